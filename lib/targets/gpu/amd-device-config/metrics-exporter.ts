import { imageProblem } from '../../../core/images';
import type { k8s } from '../../../core/k8s';
import { checkResources, type Resources } from '../../../core/workload';
import type { Labels } from '../../../model/label';
import type { Problems } from '../../../model/problem';
import { portProblem } from '../../../model/scrape/endpoint';
import { checkServiceMonitor, type DeviceConfigServiceMonitor, renderServiceMonitor } from './service-monitor';

/** kube-rbac-proxy in front of the exporter; it speaks https then, with a certificate that it signs for itself. */
export interface DeviceConfigRbac {
  /** @default true */
  readonly enable?: boolean;
  /** Image of kube-rbac-proxy. @default - the one that AMD's operator has pinned */
  readonly image?: string;
  /** Speaks plain http. @default false */
  readonly disableHttps?: boolean;
  /** Secret of type `kubernetes.io/tls` with a certificate for the proxy. @default - it signs one for itself */
  readonly secret?: string;
  /** ConfigMap with the key `ca.crt`: the authority of client certificates. @default - only tokens count */
  readonly clientCaConfigMap?: string;
  /** Lets the client of this common name in without asking the API server. @default - the API server is asked */
  readonly staticAuthorization?: { readonly clientName: string };
}

/** The exporter's part of a DeviceConfig, with every field that it has. */
export interface MetricsExporterOptions {
  /** Image of the exporter. @default - the pinned one; that of AMD's operator would be `:latest` */
  readonly image?: string;
  /** @default - Kubernetes' own */
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  /** Secret by which the image is pulled. @default - none */
  readonly imageRegistrySecret?: string;
  /** ConfigMap with the exporter's own configuration, under the key `config.json`. @default - the image's */
  readonly config?: string;
  /** @default 5000 */
  readonly port?: number;
  /** @default ClusterIP */
  readonly serviceType?: 'ClusterIP' | 'NodePort';
  /** Port on every node, from 30000 to 32767; needs serviceType NodePort. @default - Kubernetes chooses one */
  readonly nodePort?: number;
  /** @default - none */
  readonly serviceAnnotations?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** Uses the network of the node. @default false */
  readonly hostNetwork?: boolean;
  /** Folder of the kubelet's socket that tells which pod has which GPU. @default /var/lib/kubelet/pod-resources */
  readonly podResourceApiSocketPath?: string;
  /** @default - AMD's own: 500m and 512M requested, 2 CPUs and 4G at most */
  readonly resources?: Resources;
  /** Labels of the nodes that the exporter runs on. @default - the selector of the DeviceConfig */
  readonly selector?: Labels;
  /** @default - only the taint of unhealthy GPUs */
  readonly tolerations?: readonly k8s.Toleration[];
  /** @default - one pod after the other */
  readonly upgradePolicy?: {
    /** @default 1 */
    readonly maxUnavailable?: number;
    /** @default RollingUpdate */
    readonly upgradeStrategy?: 'RollingUpdate' | 'OnDelete';
  };
  /** @default - no proxy, plain http */
  readonly rbacConfig?: DeviceConfigRbac;
}

/** Whether kube-rbac-proxy is in front, and speaks https. */
export function speaksHttps({ rbacConfig }: MetricsExporterOptions): boolean {
  return rbacConfig !== undefined && rbacConfig.enable !== false && rbacConfig.disableHttps !== true;
}

/** The field `metricsExporter`. */
export function renderMetricsExporter(
  options: MetricsExporterOptions & { readonly image: string },
  monitor: DeviceConfigServiceMonitor,
): Record<string, unknown> {
  const { rbacConfig } = options;
  return {
    enable: true,
    image: options.image,
    imagePullPolicy: options.imagePullPolicy,
    imageRegistrySecret: named(options.imageRegistrySecret),
    config: named(options.config),
    port: options.port,
    serviceType: options.serviceType,
    nodePort: options.nodePort,
    serviceAnnotations: options.serviceAnnotations,
    podAnnotations: options.podAnnotations,
    hostNetwork: options.hostNetwork,
    podResourceAPISocketPath: options.podResourceApiSocketPath,
    resource: options.resources,
    selector: options.selector,
    tolerations: options.tolerations,
    upgradePolicy: options.upgradePolicy,
    prometheus: { serviceMonitor: renderServiceMonitor(monitor) },
    rbacConfig: rbacConfig && {
      enable: rbacConfig.enable ?? true,
      image: rbacConfig.image,
      disableHttps: rbacConfig.disableHttps,
      secret: named(rbacConfig.secret),
      clientCAConfigMap: named(rbacConfig.clientCaConfigMap),
      staticAuthorization: rbacConfig.staticAuthorization && {
        enable: true,
        clientName: rbacConfig.staticAuthorization.clientName,
      },
    },
  };
}

/** Checks the part of the exporter. */
export function checkMetricsExporter(
  options: MetricsExporterOptions & { readonly image: string },
  monitor: DeviceConfigServiceMonitor,
  problems: Problems,
): void {
  const { nodePort, rbacConfig, upgradePolicy } = options;
  problems.addIf('image', imageProblem(options.image));
  problems.addIf('port', options.port === undefined ? undefined : portProblem(options.port));
  if (nodePort !== undefined && options.serviceType !== 'NodePort') {
    problems.add('nodePort', 'It has no effect without serviceType NodePort.');
  }
  if (nodePort !== undefined && !(Number.isInteger(nodePort) && nodePort >= 30000 && nodePort <= 32767)) {
    problems.add('nodePort', `${nodePort} received. Allowed: a whole number from 30000 to 32767.`);
  }
  if (options.podResourceApiSocketPath?.startsWith('/') === false) {
    problems.add(
      'podResourceApiSocketPath',
      `"${options.podResourceApiSocketPath}" received. Allowed: an absolute path on the node.`,
    );
  }
  const unavailable = upgradePolicy?.maxUnavailable;
  if (unavailable !== undefined && !(Number.isInteger(unavailable) && unavailable > 0)) {
    problems.add('upgradePolicy.maxUnavailable', `${unavailable} received. Allowed: a whole number, 1 or more.`);
  }
  checkResources(options.resources, 'resources', problems);
  problems.addIf('rbacConfig.image', rbacConfig?.image === undefined ? undefined : imageProblem(rbacConfig.image));
  if (rbacConfig?.staticAuthorization !== undefined && rbacConfig.clientCaConfigMap === undefined) {
    problems.add(
      'rbacConfig.staticAuthorization',
      'A client is known by its certificate, and no authority of client certificates is named. Set clientCaConfigMap.',
    );
  }
  const { authorization, bearerTokenFile } = monitor;
  if (!speaksHttps(options) && (authorization !== undefined || bearerTokenFile !== undefined)) {
    problems.add(
      'serviceMonitor.authorization',
      'Credentials would travel over plain http, where anyone on the network reads them. Set rbacConfig: {}, which puts ' +
        'kube-rbac-proxy in front, or remove them.',
    );
  }
  checkServiceMonitor(monitor, problems.within('serviceMonitor'));
}

function named(name: string | undefined): { readonly name: string } | undefined {
  return name === undefined ? undefined : { name };
}
