import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Images } from '../../core/images';
import { k8s } from '../../core/k8s';
import { ScopedAccess } from '../../core/rbac';
import { type ProxiedProps, RbacProxySidecar } from '../../core/rbac-proxy-sidecar';
import { maxUnavailableProblem, toIntOrString } from '../../core/rolling-update';
import { httpProbe } from '../../core/service';
import { addCheck } from '../../core/synthesis';
import { checkWorkload, HARDENED, metadataOf, scheduling, toResources, type WorkloadProps } from '../../core/workload';
import { checkDuration } from '../../model/duration';
import type { IMonitored, MonitoringPack } from '../../model/monitoring-pack';
import type { Problems } from '../../model/problem';
import { checkRegex } from '../../model/regex';
import { Relabel } from '../../model/relabel';
import { type RuleGroup, shipped } from '../../model/rules';
import { portProblem } from '../../model/scrape/endpoint';
import { ScrapeTarget } from '../../model/scrape/scrape-target';
import { didYouMean } from '../../model/suggest';
import { COLLECTORS, type NodeCollector, readsCollector } from './collectors';
import { nodeExporterRules } from './rules';

/** Pods and volumes of the container runtime, which would show every container's mounts once more. */
const MOUNT_POINTS_EXCLUDE =
  '^/(dev|proc|sys|run/(containerd|credentials|k3s|user|netns)/.+|var/lib/(docker|containerd|kubelet|rancher)/.+)($|/)';
/** The host's side of every pod's network interface. */
const DEVICE_EXCLUDE = '^(veth.*|cali.*|lxc.*|cilium_.*|nodelocaldns|[a-f0-9]{15})$';

/** A node-exporter on every node. */
export interface NodeExporterProps extends WorkloadProps, ProxiedProps {
  /** Port on the node's address. @default 9100 */
  readonly port?: number;
  /** Collectors that are off by default and wanted. @default - none */
  readonly enableCollectors?: readonly NodeCollector[];
  /** Collectors that are on by default and not wanted. @default - none */
  readonly disableCollectors?: readonly NodeCollector[];
  /** Regex of mount points that are not reported. @default - those of the system and of containers */
  readonly mountPointsExclude?: string;
  /** Regex of network interfaces that are not reported. @default - the host's side of pods */
  readonly networkDeviceExclude?: string;
  /** Folder on the node with `*.prom` files. @default - none is read */
  readonly textfileDirectory?: string;
  /** Time between two scrapes. @default - that of the Prometheus */
  readonly scrapeInterval?: string;
  /** Pods that may be missing during an update: a number, or a percentage such as `10%`. @default 10% */
  readonly maxUnavailable?: number | string;
  /** ClusterRole that the pods need for access to their node, such as one of OpenShift's SCCs. @default - none */
  readonly nodeAccessClusterRole?: string;
  /** @default info */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** @default logfmt */
  readonly logFormat?: 'logfmt' | 'json';
}

/**
 * Hardware and operating system metrics of every Linux node.
 *
 * It sees the node's processes and network, so its namespace needs the Pod Security level `privileged`; beyond that it
 * runs as nobody, with a read-only root and no capability.
 *
 * @see https://github.com/prometheus/node_exporter
 */
export class NodeExporter extends Construct implements IMonitored {
  public readonly monitoring: MonitoringPack;
  public readonly daemonSet: ApiObject;
  public readonly service: ApiObject;
  public readonly serviceAccount: ApiObject;
  /** The ServiceAccount, and the rights that kube-rbac-proxy needs. */
  public readonly access: ScopedAccess;

  public constructor(scope: Construct, id: string, props: NodeExporterProps = {}) {
    super(scope, id);
    const metadata = metadataOf('node-exporter', props, this);
    const port = props.port ?? 9100;
    const ports = [{ name: 'metrics', port, probePaths: ['/'] }];
    const sidecar = new RbacProxySidecar(this, 'RbacProxy', metadata, props, ports);
    const { name, namespace } = metadata;
    this.access = new ScopedAccess(this, 'Access', metadata, () => sidecar.access);
    this.serviceAccount = this.access.serviceAccount;
    if (props.nodeAccessClusterRole !== undefined) {
      new k8s.KubeRoleBinding(this, 'NodeAccess', {
        metadata: metadata.object(),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: props.nodeAccessClusterRole },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      });
    }
    this.daemonSet = new k8s.KubeDaemonSet(this, 'DaemonSet', {
      metadata: metadata.object(),
      spec: {
        selector: { matchLabels: metadata.selector },
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: toIntOrString(props.maxUnavailable ?? '10%') },
        },
        template: {
          metadata: metadata.pod(sidecar.podAnnotations),
          spec: {
            ...scheduling(
              {
                ...props,
                tolerations: props.tolerations ?? [{ operator: 'Exists' }],
                priorityClassName: props.priorityClassName ?? 'system-node-critical',
              },
              metadata,
            ),
            serviceAccountName: name,
            automountServiceAccountToken: false,
            hostNetwork: true,
            hostPid: true,
            dnsPolicy: 'ClusterFirstWithHostNet',
            securityContext: {
              runAsNonRoot: true,
              ...(props.userIds !== 'assigned' && { runAsUser: 65534, runAsGroup: 65534 }),
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [container(props, port, sidecar), ...sidecar.containers],
            volumes: [...volumes(props), ...sidecar.volumes],
          },
        },
      },
    });
    this.service = new k8s.KubeService(this, 'Service', {
      metadata: metadata.object(),
      spec: {
        clusterIp: 'None',
        selector: metadata.selector,
        ports: [{ name: 'metrics', port, targetPort: k8s.IntOrString.fromString('metrics') }],
      },
    });
    this.monitoring = {
      name: 'node-exporter',
      targets: [
        ScrapeTarget.service(this.service, {
          job: 'node-exporter',
          port: 'metrics',
          hostNetwork: true,
          ...sidecar.endpoint,
          ...(props.scrapeInterval !== undefined && { interval: props.scrapeInterval }),
          relabelings: [Relabel.copy('__meta_kubernetes_pod_node_name', 'node')],
        }),
      ],
      rules: shipped(withoutCollectors(nodeExporterRules(), props.disableCollectors ?? [])),
    };
    addCheck(this, (problems) => {
      check(props, problems);
      sidecar.check(problems);
    });
  }
}

/** Drops the rules that a collector would have to feed: they could never fire. */
function withoutCollectors(groups: readonly RuleGroup[], disabled: readonly NodeCollector[]): readonly RuleGroup[] {
  return groups
    .map((group) => ({ ...group, rules: group.rules.filter(({ expr }) => !readsCollector(expr, disabled)) }))
    .filter(({ rules }) => rules.length > 0);
}

function container(props: NodeExporterProps, port: number, sidecar: RbacProxySidecar): k8s.Container {
  const values: Readonly<Record<string, string | undefined>> = {
    'path.procfs': '/host/proc',
    'path.sysfs': '/host/sys',
    'path.rootfs': '/host/root',
    'path.udev.data': '/host/root/run/udev/data',
    'web.listen-address': `${sidecar.listenHost('[$(HOST_IP)]')}:${port}`,
    'collector.filesystem.mount-points-exclude': props.mountPointsExclude ?? MOUNT_POINTS_EXCLUDE,
    'collector.netclass.ignored-devices': props.networkDeviceExclude ?? DEVICE_EXCLUDE,
    'collector.netdev.device-exclude': props.networkDeviceExclude ?? DEVICE_EXCLUDE,
    'collector.textfile.directory': props.textfileDirectory === undefined ? undefined : '/host/textfile',
    'log.level': props.logLevel,
    'log.format': props.logFormat,
  };
  return {
    name: 'node-exporter',
    image: (props.images ?? Images.of()).reference('node-exporter'),
    args: [
      ...Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`])),
      ...(props.enableCollectors ?? []).map((name) => `--collector.${name}`),
      ...(props.disableCollectors ?? []).map((name) => `--no-collector.${name}`),
      ...(props.extraArgs ?? []),
    ],
    env: [{ name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } }, ...(props.extraEnv ?? [])],
    ports: [{ name: 'metrics', containerPort: port, hostPort: port }],
    readinessProbe: httpProbe('/', 'metrics', { periodSeconds: 10, failureThreshold: 3, ...sidecar.probe }),
    livenessProbe: httpProbe('/', 'metrics', { periodSeconds: 10, failureThreshold: 6, ...sidecar.probe }),
    resources: toResources(
      props.resources ?? { requests: { cpu: '50m', memory: '32Mi' }, limits: { memory: '128Mi' } },
    ),
    securityContext: HARDENED,
    volumeMounts: [
      { name: 'proc', mountPath: '/host/proc', readOnly: true },
      { name: 'sys', mountPath: '/host/sys', readOnly: true },
      // Mounts that appear later on the node are to be seen too.
      { name: 'root', mountPath: '/host/root', readOnly: true, mountPropagation: 'HostToContainer' },
      ...(props.textfileDirectory === undefined
        ? []
        : [{ name: 'textfile', mountPath: '/host/textfile', readOnly: true }]),
    ],
  };
}

function volumes(props: NodeExporterProps): k8s.Volume[] {
  const paths: Readonly<Record<string, string | undefined>> = {
    proc: '/proc',
    sys: '/sys',
    root: '/',
    textfile: props.textfileDirectory,
  };
  return Object.entries(paths).flatMap(([name, path]) => (path === undefined ? [] : [{ name, hostPath: { path } }]));
}

function check(props: NodeExporterProps, problems: Problems): void {
  checkWorkload(props, problems);
  for (const property of ['enableCollectors', 'disableCollectors'] as const) {
    for (const name of props[property] ?? []) {
      if (!COLLECTORS.includes(name)) {
        problems.add(property, `"${name}" is no collector of node-exporter.${didYouMean(name, COLLECTORS)}`);
      }
    }
  }
  for (const property of ['mountPointsExclude', 'networkDeviceExclude'] as const) {
    const pattern = props[property];
    problems.addIf(property, pattern === undefined ? undefined : checkRegex(pattern));
  }
  problems.addIf(
    'scrapeInterval',
    props.scrapeInterval === undefined ? undefined : checkDuration(props.scrapeInterval),
  );
  problems.addIf(
    'maxUnavailable',
    props.maxUnavailable === undefined ? undefined : maxUnavailableProblem(props.maxUnavailable),
  );
  problems.addIf('port', props.port === undefined ? undefined : portProblem(props.port));
  if (props.textfileDirectory?.startsWith('/') === false) {
    problems.add('textfileDirectory', `"${props.textfileDirectory}" received. Allowed: an absolute path on the node.`);
  }
}
