/** An object that an operator makes. */
type Made = Readonly<Record<string, unknown>>;

export const NVIDIA_NAMESPACE = 'gpu-operator';
export const AMD_NAMESPACE = 'kube-amd-gpu';

/** Images that these objects refer to. */
export const gpuOperatorImages = {
  dcgm: 'nvcr.io/nvidia/k8s/dcgm-exporter:4.5.3-4.8.2-distroless',
  amd: 'docker.io/rocm/device-metrics-exporter:v1.4.0',
  proxy: 'quay.io/brancz/kube-rbac-proxy:v0.18.1',
  shell: 'busybox:1.36',
};

/**
 * The dcgm-exporter of NVIDIA's GPU operator, but for its privileges, which the stand-in has no use for.
 *
 * @see https://github.com/NVIDIA/gpu-operator/tree/main/assets/state-dcgm-exporter
 */
export function nvidiaExporter(workloads: string): readonly Made[] {
  const labels = { app: 'nvidia-dcgm-exporter' };
  const metadata = { name: 'nvidia-dcgm-exporter', namespace: NVIDIA_NAMESPACE, labels };
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9400' } },
      spec: {
        selector: labels,
        ports: [{ name: 'gpu-metrics', port: 9400, targetPort: 9400, protocol: 'TCP' }],
      },
    },
    daemonSet(metadata, labels, {
      priorityClassName: 'system-node-critical',
      initContainers: [{ name: 'toolkit-validation', image: gpuOperatorImages.shell, command: ['sh', '-c', 'wait'] }],
      containers: [
        {
          name: 'nvidia-dcgm-exporter',
          image: gpuOperatorImages.dcgm,
          env: [
            { name: 'DCGM_EXPORTER_LISTEN', value: ':9400' },
            { name: 'DCGM_EXPORTER_KUBERNETES', value: 'true' },
            { name: 'DCGM_EXPORTER_COLLECTORS', value: '/etc/dcgm-exporter/dcp-metrics-included.csv' },
            { name: 'STAND_IN_WORKLOADS', value: workloads },
          ],
          ports: [{ name: 'metrics', containerPort: 9400 }],
        },
      ],
    }),
  ];
}

/**
 * What AMD's GPU operator (6df13c17) was observed to make of a DeviceConfig, but for privileges and resources, which the
 * stand-in has no use for: the exporter by itself, or behind kube-rbac-proxy.
 */
export function amdExporter(deviceConfig: string, workloads: string, isProxied = false): readonly Made[] {
  const name = `${deviceConfig}-metrics-exporter`;
  const labels = { 'app.kubernetes.io/name': 'metrics-exporter', 'daemonset-name': deviceConfig };
  const ports = [{ name: 'exporter-port', containerPort: 5000, protocol: 'TCP' }];
  const account = isProxied ? AMD_PROXY_ACCOUNT : 'amd-gpu-operator-metrics-exporter';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace: AMD_NAMESPACE } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: AMD_NAMESPACE, labels: { 'app.kubernetes.io/service': name } },
      spec: {
        type: 'ClusterIP',
        selector: labels,
        ports: [{ name: 'exporter-port', port: 5000, targetPort: 5000, protocol: 'TCP' }],
      },
    },
    daemonSet({ name, namespace: AMD_NAMESPACE }, labels, {
      serviceAccountName: account,
      priorityClassName: 'system-node-critical',
      terminationGracePeriodSeconds: 1,
      tolerations: [{ key: 'amd-gpu-unhealthy', operator: 'Exists', effect: 'NoSchedule' }],
      initContainers: [{ name: 'driver-init', image: gpuOperatorImages.shell, command: ['sh', '-c', 'wait'] }],
      containers: [
        {
          name: 'metrics-exporter-container',
          image: gpuOperatorImages.amd,
          workingDir: '/root',
          env: [
            { name: 'DS_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
            { name: 'METRICS_EXPORTER_PORT', value: isProxied ? '4999' : '5000' },
            { name: 'AMD_EXPORTER_RELAXED_FLAGS_PARSING', value: 'true' },
            { name: 'STAND_IN_WORKLOADS', value: workloads },
          ],
          ...(isProxied ? { args: ['--bind=127.0.0.1'] } : { ports }),
        },
        ...(isProxied ? [amdProxy(ports)] : []),
      ],
    }),
  ];
}

/** The ServiceAccount under which AMD's proxy asks the API server about others. */
export const AMD_PROXY_ACCOUNT = 'amd-gpu-operator-metrics-exporter-rbac-proxy';

function amdProxy(ports: readonly object[]): object {
  return {
    name: 'kube-rbac-proxy-container',
    image: gpuOperatorImages.proxy,
    args: ['--upstream=http://127.0.0.1:4999', '--logtostderr=true', '--v=10', '--secure-listen-address=0.0.0.0:5000'],
    ports,
    securityContext: { allowPrivilegeEscalation: false, runAsUser: 65532 },
  };
}

function daemonSet(metadata: object, labels: object, spec: object): Made {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata,
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

/** The part of a DeviceConfig, as the API server gives it back, of which a ServiceMonitor is made. */
export interface DeviceConfig {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly metricsExporter: {
      readonly port?: number;
      readonly rbacConfig?: { readonly enable?: boolean; readonly disableHttps?: boolean };
      readonly prometheus: { readonly serviceMonitor: AmdServiceMonitorFields };
    };
  };
}

interface AmdServiceMonitorFields {
  readonly enable?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly attachMetadata?: object;
  readonly authorization?: object;
  readonly tlsConfig?: object;
  /** All others go to the endpoint as they are. */
  readonly [field: string]: unknown;
}

/** The ServiceMonitor that AMD's GPU operator was observed to make of a DeviceConfig. */
export function amdServiceMonitor({ metadata, spec }: DeviceConfig): Made {
  const { port, rbacConfig, prometheus } = spec.metricsExporter;
  const { enable, labels, attachMetadata, authorization, tlsConfig, ...endpoint } = prometheus.serviceMonitor;
  if (enable !== true) {
    throw new Error(`DeviceConfig ${metadata.name} asks for no ServiceMonitor`);
  }
  const name = `${metadata.name}-metrics-exporter`;
  const isHttps = rbacConfig?.enable === true && rbacConfig.disableHttps !== true;
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: { name, namespace: metadata.namespace, labels: { app: 'amd-device-metrics-exporter', ...labels } },
    spec: {
      ...(attachMetadata && { attachMetadata }),
      endpoints: [
        {
          ...endpoint,
          port: 'exporter-port',
          targetPort: port ?? 5000,
          scheme: isHttps ? 'https' : 'http',
          ...(authorization && { authorization: { type: 'Bearer', ...authorization } }),
          // Structures that are no pointers there are written even where they are empty.
          ...(tlsConfig && { tlsConfig: { ca: {}, cert: {}, ...tlsConfig } }),
        },
      ],
      namespaceSelector: { matchNames: [metadata.namespace] },
      selector: { matchLabels: { 'app.kubernetes.io/service': name } },
    },
  };
}
