import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../../../core/connections';
import { k8s } from '../../../core/k8s';
import { ScopedAccess } from '../../../core/rbac';
import { RbacProxySidecar } from '../../../core/rbac-proxy-sidecar';
import { toIntOrString } from '../../../core/rolling-update';
import { servicePort } from '../../../core/service';
import { addCheck, addWarning } from '../../../core/synthesis';
import { metadataOf, scheduling } from '../../../core/workload';
import { defined } from '../../../model/defined';
import { formatDuration, parseDuration } from '../../../model/duration';
import type { IMonitored, MonitoringPack } from '../../../model/monitoring-pack';
import { shipped } from '../../../model/rules';
import { ScrapeTarget } from '../../../model/scrape/scrape-target';
import { gpuScrapeOptions } from '../gpu-scrape';
import { collectInterval } from './arguments';
import { checkGpuExporter } from './check-gpu-exporter';
import { container } from './container';
import { gpuDashboard } from './dashboard';
import { deviceAccessParts } from './device-access';
import type { GpuExporterProps } from './gpu-exporter-props';
import { GPU_NODES, GPU_TAINT } from './nodes';
import { podPrivileges } from './privileges';
import { gpuExporterRules } from './rules/rules';
import { hasSource, sourceAccess, sourcesOf, sourceVolumes } from './sources';
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
          rollingUpdate: { maxUnavailable: toIntOrString(maxUnavailable) },
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
            ...podPrivileges({
              profile: privileges,
              needsRoot: sources.kubelet || sources.runtimeFiles !== undefined,
              userIds,
            }),
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
    this.monitoring = { name: target.job, targets: [target], ...onNativeMetrics(props, target.job) };
    addCheck(this, (problems) => {
      checkGpuExporter(props, problems);
      sidecar.check(problems);
    });
    addWarning(this, () => [...(scrape.podLabels?.warnings ?? []), ...warnings(props)]);
  }

  /** The ServiceAccount of the pods. */
  public get serviceAccount(): ApiObject {
    return this.access.serviceAccount;
  }
}

/** Rules and dashboard, which read the native metrics. */
function onNativeMetrics(props: GpuExporterProps, job: string): Pick<MonitoringPack, 'rules' | 'dashboards'> {
  const { profiles = ['native'], rules = true, dashboards = true, scrape = {} } = props;
  if (!profiles.includes('native')) {
    return {};
  }
  const { nodeLabel = 'node' } = scrape;
  const attribution = hasSource(sourcesOf(props));
  const staleAfter = staleAge(collectInterval(props));
  return {
    ...(rules && { rules: shipped(gpuExporterRules({ job, nodeLabel, staleAfter, attribution })) }),
    ...(dashboards && { dashboards: [gpuDashboard({ job, nodeLabel })] }),
  };
}

/** Several collections must have failed, and five minutes have passed. */
function staleAge(interval = '5s'): string {
  return formatDuration(Math.max(5 * 60_000, 5 * (parseDuration(interval) ?? 0)));
}

function warnings(props: GpuExporterProps): readonly string[] {
  const { deviceAccess, privileges = 'process', webConfig, connection } = props;
  return [
    ...(typeof deviceAccess === 'object' && privileges !== 'privileged'
      ? [
          `deviceAccess mounts a driver from the node, and privileges "${privileges}" gives the container none of the node's ` +
            "devices. Set privileges: 'privileged', unless something else gives them.",
        ]
      : []),
    ...(webConfig !== undefined && connection === undefined
      ? ['webConfig is given without connection: Prometheus scrapes by plain HTTP and without a password.']
      : []),
  ];
}

function runtimeClass(
  { runtimeClassName }: GpuExporterProps,
  needed: string | undefined,
): { readonly runtimeClassName?: string } {
  const name = runtimeClassName === false ? undefined : (runtimeClassName ?? needed);
  return name === undefined ? {} : { runtimeClassName: name };
}
