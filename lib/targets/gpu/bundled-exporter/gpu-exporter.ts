import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../../../core/connections';
import { k8s } from '../../../core/k8s';
import { ScopedAccess } from '../../../core/rbac';
import { RbacProxySidecar } from '../../../core/rbac-proxy-sidecar';
import { servicePort } from '../../../core/service';
import { addCheck, addWarning } from '../../../core/synthesis';
import { metadataOf, scheduling } from '../../../core/workload';
import { defined } from '../../../model/defined';
import type { IMonitored, MonitoringPack } from '../../../model/monitoring-pack';
import { ScrapeTarget } from '../../../model/scrape/scrape-target';
import { gpuScrapeOptions } from '../gpu-scrape';
import { checkGpuExporter } from './check-gpu-exporter';
import { container } from './container';
import { deviceAccessParts } from './device-access';
import type { GpuExporterProps } from './gpu-exporter-props';
import { GPU_NODES, GPU_TAINT } from './nodes';
import { podPrivileges } from './privileges';
import { sourceAccess, sourcesOf, sourceVolumes } from './sources';
import { WebFiles } from './web-files';

/**
 * The GPU exporter of this project on every node with a GPU.
 *
 * The nodes need the driver, and a container runtime that gives it to containers. What the pod may do on its node, and which
 * metrics it loses by less, is its `privileges`; its namespace needs the Pod Security level `privileged`, since folders of the
 * node are mounted.
 *
 * @example
 * prometheus.monitor(new GpuExporter(chart, 'gpu-exporter', { namespace: 'node-agents' }));
 */
export class GpuExporter extends Construct implements IMonitored {
  public readonly monitoring: MonitoringPack;
  public readonly connections: Connections;
  public readonly daemonSet: ApiObject;
  public readonly service: ApiObject;
  /** ServiceAccount, Roles and their bindings. */
  public readonly access: ScopedAccess;

  public constructor(scope: Construct, id: string, props: GpuExporterProps = {}) {
    super(scope, id);
    const metadata = metadataOf('gpu-exporter', props, this);
    const { port = 9836, privileges = 'process', userIds = 'fixed', scrape = {} } = props;
    const sources = sourcesOf(props);
    const devices = deviceAccessParts(props.deviceAccess ?? 'environment', privileges === 'privileged');
    const web = new WebFiles(this, 'Web', metadata, props);
    const sidecar = new RbacProxySidecar(this, 'RbacProxy', metadata, props, [
      { name: 'metrics', port, probePaths: ['/-/ready', '/-/healthy'] },
    ]);
    const read = sourceAccess(sources);
    this.access = new ScopedAccess(this, 'Access', metadata, () => [...read, ...sidecar.access]);
    if (props.nodeAccessClusterRole !== undefined) {
      new k8s.KubeRoleBinding(this, 'NodeAccess', {
        metadata: metadata.object('node-access'),
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: props.nodeAccessClusterRole },
        subjects: [{ kind: 'ServiceAccount', name: metadata.name, namespace: metadata.namespace }],
      });
    }
    this.connections = new Connections(this, 'NetworkPolicy', metadata, props.networkPolicy);
    if (read.length + sidecar.access.length > 0) {
      this.connections.allowToApiServer();
    }
    const { maxUnavailable = '10%' } = props;
    this.daemonSet = new k8s.KubeDaemonSet(this, 'DaemonSet', {
      metadata: metadata.object(),
      spec: {
        selector: { matchLabels: metadata.selector },
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: intOrString(maxUnavailable) },
        },
        template: {
          metadata: metadata.pod({ ...devices.podAnnotations, ...web.podAnnotations, ...sidecar.podAnnotations }),
          spec: {
            ...scheduling(
              {
                ...props,
                affinity: props.affinity ?? (props.nodeSelector === undefined ? GPU_NODES : undefined),
                tolerations: props.tolerations ?? [GPU_TAINT],
                priorityClassName: props.priorityClassName ?? 'system-node-critical',
              },
              metadata,
            ),
            ...podPrivileges({ profile: privileges, needsRoot: sources.kubelet || sources.runtimeFiles, userIds }),
            ...runtimeClass(props, devices.runtimeClassName),
            serviceAccountName: metadata.name,
            automountServiceAccountToken: read.length > 0,
            containers: [container(props, { port, sources, devices, web, sidecar }), ...sidecar.containers],
            volumes: [...devices.volumes, ...sourceVolumes(sources).volumes, ...web.volumes, ...sidecar.volumes],
          },
        },
      },
    });
    this.service = new k8s.KubeService(this, 'Service', {
      metadata: metadata.object(),
      spec: { clusterIp: 'None', selector: metadata.selector, ports: [servicePort('metrics', port)] },
    });
    const target = ScrapeTarget.service(this.service, {
      job: 'gpu-exporter',
      ...(props.tls && { scheme: 'https' as const, ...(props.tls.client && { tls: props.tls.client }) }),
      ...sidecar.endpoint,
      ...defined(props.connection ?? {}),
      ...gpuScrapeOptions(scrape),
      port: 'metrics',
    });
    this.monitoring = { name: target.job, targets: [target] };
    addCheck(this, (problems) => {
      checkGpuExporter(props, problems);
      sidecar.check(problems);
    });
    addWarning(this, () => scrape.podLabels?.warnings ?? []);
  }

  /** The ServiceAccount of the pods. */
  public get serviceAccount(): ApiObject {
    return this.access.serviceAccount;
  }
}

function runtimeClass(
  { runtimeClassName }: GpuExporterProps,
  needed: string | undefined,
): { readonly runtimeClassName?: string } {
  const name = runtimeClassName === false ? undefined : (runtimeClassName ?? needed);
  return name === undefined ? {} : { runtimeClassName: name };
}

function intOrString(value: number | string): k8s.IntOrString {
  return typeof value === 'number' ? k8s.IntOrString.fromNumber(value) : k8s.IntOrString.fromString(value);
}
