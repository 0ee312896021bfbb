import { createHash } from 'node:crypto';
import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { Connections } from '../../../core/connections';
import { k8s } from '../../../core/k8s';
import { Peer } from '../../../core/peer';
import { type Access, ScopedAccess } from '../../../core/rbac';
import { RbacProxySidecar } from '../../../core/rbac-proxy-sidecar';
import { servicePort } from '../../../core/service';
import { addCheck, addWarning } from '../../../core/synthesis';
import { metadataOf, scheduling } from '../../../core/workload';
import { parseDuration } from '../../../model/duration';
import type { IMonitored, MonitoringPack } from '../../../model/monitoring-pack';
import { ScrapeTarget } from '../../../model/scrape/scrape-target';
import { gpuScrapeOptions } from '../gpu-scrape';
import { checkDcgmExporter } from './check-dcgm-exporter';
import { collectInterval, container, volumes } from './container';
import { countersFile, selectCounters } from './counters';
import type { DcgmExporterProps } from './dcgm-exporter-props';

/**
 * NVIDIA's dcgm-exporter on every node with a GPU.
 *
 * The nodes need the driver and NVIDIA's container toolkit. Its namespace needs the Pod Security level `privileged`,
 * since the kubelet's socket is a path of the node; beyond that the exporter has a read-only root and no capability but
 * SYS_ADMIN for profiling. It is root on the node's side, because only root may ask the kubelet which pod has which GPU.
 *
 * @see https://github.com/NVIDIA/dcgm-exporter
 *
 * @example
 * prometheus.monitor(new DcgmExporter(chart, 'dcgm-exporter', { namespace: 'node-agents', profiling: true }));
 */
export class DcgmExporter extends Construct implements IMonitored {
  public readonly monitoring: MonitoringPack;
  public readonly connections: Connections;
  public readonly daemonSet: ApiObject;
  public readonly service: ApiObject;
  /** The counters file. */
  public readonly configMap: ApiObject;
  /** ServiceAccount, Roles and their bindings. */
  public readonly access: ScopedAccess;

  public constructor(scope: Construct, id: string, props: DcgmExporterProps = {}) {
    super(scope, id);
    const metadata = metadataOf('dcgm-exporter', props, this);
    const { port = 9400, kubernetes, profiling = false, scrape = {} } = props;
    const counters = countersFile(selectCounters(props));
    const sidecar = new RbacProxySidecar(this, 'RbacProxy', metadata, props, [
      { name: 'metrics', port, probePaths: ['/health'] },
    ]);
    const read = readAccess(props);
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
    connectHostengine(this.connections, props.hostengine);
    this.configMap = new k8s.KubeConfigMap(this, 'Counters', {
      metadata: metadata.object('counters'),
      data: { 'counters.csv': counters },
    });
    const checksum = { 'checksum/counters': createHash('sha256').update(counters).digest('hex') };
    this.daemonSet = new k8s.KubeDaemonSet(this, 'DaemonSet', {
      metadata: metadata.object(),
      spec: {
        selector: { matchLabels: metadata.selector },
        updateStrategy: {
          type: 'RollingUpdate',
          rollingUpdate: { maxUnavailable: k8s.IntOrString.fromString('10%') },
        },
        template: {
          metadata: metadata.pod({ ...checksum, ...sidecar.podAnnotations }),
          spec: {
            ...scheduling(
              {
                ...props,
                nodeSelector: props.nodeSelector ?? { 'nvidia.com/gpu.present': 'true' },
                tolerations: props.tolerations ?? [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
                priorityClassName: props.priorityClassName ?? 'system-node-critical',
              },
              metadata,
            ),
            runtimeClassName: runtimeClass(props),
            serviceAccountName: metadata.name,
            automountServiceAccountToken: read.length > 0,
            securityContext: podSecurity(props.userIds, kubernetes !== false || profiling),
            containers: [container(props, port, sidecar), ...sidecar.containers],
            volumes: [...volumes(props, `${metadata.name}-counters`), ...sidecar.volumes],
          },
        },
      },
    });
    this.service = new k8s.KubeService(this, 'Service', {
      metadata: metadata.object(),
      spec: { clusterIp: 'None', selector: metadata.selector, ports: [servicePort('metrics', port)] },
    });
    const options = { job: 'dcgm-exporter', ...sidecar.endpoint, ...gpuScrapeOptions(scrape) };
    const target = ScrapeTarget.service(this.service, { ...options, port: 'metrics' });
    this.monitoring = { name: target.job, targets: [target] };
    addCheck(this, (problems) => {
      checkDcgmExporter(props, problems);
      sidecar.check(problems);
    });
    addWarning(this, () => [...(scrape.podLabels?.warnings ?? []), ...staleWarnings(props)]);
  }

  /** The ServiceAccount of the pods. */
  public get serviceAccount(): ApiObject {
    return this.access.serviceAccount;
  }
}

/** What the exporter reads at the API server; the kubelet tells names of pods without it. */
function readAccess({ kubernetes }: DcgmExporterProps): readonly Access[] {
  const { podLabels, podUid, dynamicResourceAllocation } = kubernetes || {};
  const verbs = ['get', 'list', 'watch'];
  const rules = [
    ...(podLabels !== undefined || podUid === true ? [{ resources: ['pods'], verbs }] : []),
    ...(dynamicResourceAllocation === true
      ? [{ apiGroups: ['resource.k8s.io'], resources: ['resourceslices'], verbs }]
      : []),
  ];
  return rules.length === 0 ? [] : [{ namespaces: 'cluster', rules }];
}

function connectHostengine(connections: Connections, hostengine = ''): void {
  const [, host, port] = /^(?:tcp:\/\/)?(\[[0-9a-fA-F:]+\]|[^\s/:[\]]+):(\d+)$/.exec(hostengine) ?? [];
  if (host !== undefined) {
    connections.allowTo(Peer.host(`${host}:${port}`), { port: Number(port) });
  }
}

function runtimeClass({ runtimeClassName, hostengine }: DcgmExporterProps): string | undefined {
  const name = runtimeClassName ?? (hostengine === undefined ? 'nvidia' : false);
  return name === false ? undefined : name;
}

/** The kubelet's socket and the performance counters are root's; without them any user will do. */
function podSecurity(userIds: DcgmExporterProps['userIds'] = 'fixed', needsRoot: boolean): k8s.PodSecurityContext {
  const user = needsRoot ? 0 : 65534;
  return {
    runAsNonRoot: !needsRoot,
    ...((needsRoot || userIds === 'fixed') && { runAsUser: user, runAsGroup: user }),
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

function staleWarnings(props: DcgmExporterProps): readonly string[] {
  const [scraped, read] = [props.scrape?.interval, collectInterval(props)];
  return scraped !== undefined && (parseDuration(scraped) ?? 0) < (parseDuration(read) ?? 0)
    ? [`it is scraped every ${scraped}, but reads its GPUs only every ${read}. Set collectInterval: '${scraped}'.`]
    : [];
}
