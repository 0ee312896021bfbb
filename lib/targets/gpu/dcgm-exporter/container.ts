import { Images } from '../../../core/images';
import { k8s } from '../../../core/k8s';
import type { RbacProxySidecar } from '../../../core/rbac-proxy-sidecar';
import { httpProbe } from '../../../core/service';
import { HARDENED, toResources } from '../../../core/workload';
import { parseDuration } from '../../../model/duration';
import type { DcgmExporterProps, PodMapping } from './dcgm-exporter-props';

/** Where the container finds the kubelet's socket, and its counters. */
const POD_RESOURCES = '/var/lib/kubelet/pod-resources';
const COUNTERS = '/etc/dcgm-exporter-counters';

/** The container of a dcgm-exporter. */
export function container(props: DcgmExporterProps, port: number, sidecar: RbacProxySidecar): k8s.Container {
  const { images = Images.of(), kubernetes, profiling = false } = props;
  return {
    name: 'dcgm-exporter',
    image: images.reference('dcgm-exporter'),
    // The image's own start script refreshes the linker's cache and sets file capabilities: both write to the root.
    command: ['/usr/bin/dcgm-exporter'],
    args: [
      `--collectors=${COUNTERS}/counters.csv`,
      `--address=${sidecar.listenHost('')}:${port}`,
      `--collect-interval=${parseDuration(collectInterval(props))}`,
      ...mappingArguments(kubernetes),
      ...flag('remote-hostengine-info', props.hostengine),
      ...flag('devices', props.devices),
      ...flag('log-format', props.logFormat),
      ...(props.extraArgs ?? []),
    ],
    env: [
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      // Stands in for the linker's cache.
      {
        name: 'LD_LIBRARY_PATH',
        value: '/usr/lib:/usr/lib64:/usr/lib/x86_64-linux-gnu:/usr/lib/aarch64-linux-gnu',
      },
      ...(props.extraEnv ?? []),
    ],
    ports: [{ name: 'metrics', containerPort: port }],
    // DCGM looks at every GPU before it answers.
    startupProbe: httpProbe('/health', 'metrics', { periodSeconds: 5, failureThreshold: 36, ...sidecar.probe }),
    readinessProbe: httpProbe('/health', 'metrics', { periodSeconds: 10, failureThreshold: 3, ...sidecar.probe }),
    livenessProbe: httpProbe('/health', 'metrics', { periodSeconds: 10, failureThreshold: 6, ...sidecar.probe }),
    resources: toResources(
      props.resources ?? { requests: { cpu: '100m', memory: '512Mi' }, limits: { memory: '1Gi' } },
    ),
    securityContext: profiling ? { ...HARDENED, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } } : HARDENED,
    volumeMounts: [
      { name: 'counters', mountPath: COUNTERS, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      ...(kubernetes === false ? [] : [{ name: 'pod-resources', mountPath: POD_RESOURCES, readOnly: true }]),
    ],
  };
}

/** The volumes of its pod. */
export function volumes({ kubernetes }: DcgmExporterProps, countersName: string): k8s.Volume[] {
  const mapping = kubernetes === false ? undefined : (kubernetes ?? {});
  const path = mapping?.podResourcesDirectory ?? POD_RESOURCES;
  return [
    { name: 'counters', configMap: { name: countersName } },
    { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString('64Mi') } },
    ...(mapping === undefined ? [] : [{ name: 'pod-resources', hostPath: { path, type: 'Directory' } }]),
  ];
}

/** Time between two readings: values do not become newer by more scrapes. */
export function collectInterval({ collectInterval: given, scrape }: DcgmExporterProps): string {
  return given ?? scrape?.interval ?? '30s';
}

function mappingArguments(mapping: PodMapping | false = {}): readonly string[] {
  if (mapping === false) {
    return [];
  }
  const { podLabels, podUid, virtualGpus, dynamicResourceAllocation, resourceNames = [] } = mapping;
  return [
    '--kubernetes',
    ...flag('kubernetes-gpu-id-type', mapping.gpuIdType),
    ...(podLabels === undefined ? [] : ['--kubernetes-enable-pod-labels']),
    ...(podLabels === undefined || podLabels === 'all'
      ? []
      : [`--kubernetes-pod-label-allowlist-regex=${podLabels.join(',')}`]),
    ...(podUid === true ? ['--kubernetes-enable-pod-uid'] : []),
    ...(virtualGpus === true ? ['--kubernetes-virtual-gpus'] : []),
    ...(dynamicResourceAllocation === true ? ['--kubernetes-enable-dra'] : []),
    ...(resourceNames.length === 0 ? [] : [`--nvidia-resource-names=${resourceNames.join(',')}`]),
  ];
}

function flag(name: string, value: string | undefined): readonly string[] {
  return value === undefined ? [] : [`--${name}=${value}`];
}
