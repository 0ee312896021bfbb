import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_CLUSTER_NETWORK } from '../../../lib/core/cluster-network';
import { Images } from '../../../lib/core/images';
import { ConfigMapKey, SecretKey } from '../../../lib/model/references';
import { Relabel, type RelabelConfig, renderRelabel } from '../../../lib/model/relabel';
import { renderNative } from '../../../lib/model/scrape/native';
import {
  AmdDeviceConfig,
  type AmdDeviceConfigProps,
  type DeviceConfigSpec,
} from '../../../lib/targets/gpu/amd-device-config/device-config';
import type {
  DeviceConfigRbac,
  MetricsExporterOptions,
} from '../../../lib/targets/gpu/amd-device-config/metrics-exporter';
import type { DeviceConfigOptions } from '../../../lib/targets/gpu/amd-device-config/own-device-config';
import type { DeviceConfigServiceMonitor } from '../../../lib/targets/gpu/amd-device-config/service-monitor';
import { AmdExporter } from '../../../lib/targets/gpu/amd-exporter';
import { type AmdGpuOptions, Gpu } from '../../../lib/targets/gpu/gpu';
import { PodLabels } from '../../../lib/targets/gpu/pod-labels';
import { expectValidCustomResources } from '../../crd-schema';
import { objectOf, objectsOf } from '../../objects';
import { type LabellingConfig, scrapedSeries } from '../../relabel-evaluator';
import { AMD_ANSWER, exporterPod, faultOf, type GpuWorld, warningsOf, worldOf } from './world';

interface Monitor extends Record<string, unknown> {
  readonly relabelings?: readonly RelabelConfig[];
}

interface MetricsExporter extends Record<string, unknown> {
  readonly image: string;
  readonly prometheus: { readonly serviceMonitor: Monitor };
}

const KEY = 'DeviceConfig kube-amd-gpu/gpu-operator';

function make(props: AmdDeviceConfigProps = {}) {
  const app = Testing.app();
  const chart = new Chart(app, 'chart', { disableResourceNameHashes: true });
  new AmdDeviceConfig(chart, 'amd', props);
  return { app, chart };
}

function gpuWith(
  backend: 'standalone' | 'operator',
  options: DeviceConfigOptions = {},
  scrape: Omit<AmdGpuOptions, 'exporter'> = {},
): GpuWorld {
  return worldOf([Gpu.amd({ ...scrape, exporter: AmdExporter.deviceConfig(options) })], backend);
}

function exporterOf(chart: Chart, key = KEY): MetricsExporter {
  return objectOf(chart, key).spec.metricsExporter as MetricsExporter;
}

function monitorOf(world: GpuWorld): Monitor {
  return exporterOf(world.chart('amd-device-config')).prometheus.serviceMonitor;
}

const pod = exporterPod({
  namespace: 'kube-amd-gpu',
  service: 'gpu-operator-metrics-exporter',
  serviceLabels: { 'app.kubernetes.io/service': 'gpu-operator-metrics-exporter' },
  port: 'exporter-port',
});

/** What prometheus-operator puts in front of the relabelings of a ServiceMonitor like the one that AMD's operator makes. */
const OPERATOR_RELABELINGS = [
  { source_labels: ['job'], target_label: '__tmp_prometheus_job_name' },
  {
    action: 'keep',
    source_labels: [
      '__meta_kubernetes_service_label_app_kubernetes_io_service',
      '__meta_kubernetes_service_labelpresent_app_kubernetes_io_service',
    ],
    regex: '(gpu-operator-metrics-exporter);true',
  },
  { action: 'keep', source_labels: ['__meta_kubernetes_endpointslice_port_name'], regex: 'exporter-port' },
  {
    source_labels: [
      '__meta_kubernetes_endpointslice_address_target_kind',
      '__meta_kubernetes_endpointslice_address_target_name',
    ],
    regex: 'Pod;(.*)',
    replacement: '${1}',
    target_label: 'pod',
  },
  { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
  { source_labels: ['__meta_kubernetes_service_name'], target_label: 'service' },
  { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
  { source_labels: ['__meta_kubernetes_pod_container_name'], target_label: 'container' },
  { action: 'drop', source_labels: ['__meta_kubernetes_pod_phase'], regex: '(Failed|Succeeded)' },
  { source_labels: ['__meta_kubernetes_service_name'], target_label: 'job', replacement: '${1}' },
  { target_label: 'endpoint', replacement: 'exporter-port' },
];

function seriesOfMonitor({ relabelings = [], honorLabels }: Monitor) {
  const config: LabellingConfig = {
    job_name: 'serviceMonitor/kube-amd-gpu/gpu-operator-metrics-exporter/0',
    honor_labels: honorLabels as boolean,
    relabel_configs: [...OPERATOR_RELABELINGS, ...(relabelings.map(renderRelabel) as object[])],
  };
  return scrapedSeries(config, pod, AMD_ANSWER);
}

function seriesOfService(world: GpuWorld) {
  const [target] = world.bound[0]?.monitoring.targets ?? [];
  const [config] = target === undefined ? [] : renderNative(target, { path: () => '' });
  return scrapedSeries(config as LabellingConfig, pod, AMD_ANSWER);
}

describe('in a stack', () => {
  it("without an operator AMD's makes no ServiceMonitor, and the Service is scraped", () => {
    const world = gpuWith('standalone');
    expect(monitorOf(world)).toMatchObject({ enable: false });
    expect(world.bound[0]?.monitoring.targets).toHaveLength(1);
    expect(objectsOf(world.monitoring).has('Role kube-amd-gpu/monitoring-prometheus')).toBe(true);
  });

  it("with an operator AMD's makes one that the Prometheus takes up, and nothing is scraped twice", () => {
    const world = gpuWith('operator', {}, { interval: '1m30s' });
    expect(monitorOf(world)).toMatchObject({
      enable: true,
      interval: '90000ms',
      honorLabels: false,
      labels: { prometheus: 'prometheus' },
    });
    expect(world.bound[0]?.monitoring.targets).toEqual([]);
    expect(objectsOf(world.monitoring).has('ServiceMonitor monitoring/amd-device-metrics-exporter')).toBe(false);
    expect(objectsOf(world.monitoring).has('Role kube-amd-gpu/monitoring-prometheus')).toBe(true);
    const { serviceMonitorNamespaceSelector } = objectOf(world.monitoring, 'Prometheus monitoring/prometheus').spec;
    expect(JSON.stringify(serviceMonitorNamespaceSelector)).toContain('kube-amd-gpu');
    expect(warningsOf(world)).toBe('');
  });

  it('both ways give the same labels, and an idle GPU no pod', () => {
    const scrape = { labels: { team: 'a$1' }, relabelings: [Relabel.set('zone', 'b')], job: 'amd' };
    const direct = seriesOfService(gpuWith('standalone', {}, scrape));
    expect(seriesOfMonitor(monitorOf(gpuWith('operator', {}, scrape)))).toEqual(direct);
    const [busy, idle] = direct;
    expect(busy).toMatchObject({ pod: 'train-0', namespace: 'ml', container: 'main', team: 'a$1', zone: 'b' });
    expect(idle).not.toHaveProperty('pod');
    expect(idle).not.toHaveProperty('namespace');
    expect(idle).toMatchObject({ job: 'amd', exporter_pod: 'gpu-operator-metrics-exporter-abcde', gpu_id: '1' });
  });

  it('what the AMD documentation sets can be said in each place', () => {
    const world = gpuWith(
      'operator',
      { serviceMonitorLabels: { release: 'prometheus-operator' } },
      {
        interval: '60s',
        attachNodeMetadata: true,
        honorTimestamps: true,
        podLabels: PodLabels.honor(),
        metricRelabelings: [Relabel.drop('__name__', 'gpu_prof_.*')],
      },
    );
    expect(monitorOf(world)).toMatchObject({
      interval: '60s',
      attachMetadata: { node: true },
      honorTimestamps: true,
      honorLabels: true,
      labels: { release: 'prometheus-operator', prometheus: 'prometheus' },
      metricRelabelings: [{ sourceLabels: ['__name__'], regex: 'gpu_prof_.*', action: 'drop' }],
    });
    expect(objectOf(world.monitoring, 'ClusterRole monitoring-prometheus').rules).toContainEqual(
      expect.objectContaining({ resources: ['nodes'], verbs: ['list', 'watch'] }),
    );
  });

  it('behind kube-rbac-proxy the token of Prometheus is used by a monitor of our own', () => {
    const options = { metricsExporter: { rbacConfig: {} }, tls: { insecureSkipVerify: true } };
    const standalone = gpuWith('standalone', options);
    expect(standalone.bound[0]?.monitoring.targets?.[0]?.options).toMatchObject({
      scheme: 'https',
      authorization: { credentials: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
    });
    const operator = gpuWith('operator', options);
    expect(monitorOf(operator)).toMatchObject({ enable: false });
    expect(objectsOf(operator.monitoring).has('ServiceMonitor monitoring/amd-device-metrics-exporter')).toBe(true);
    expect(objectOf(operator.monitoring, 'ClusterRole monitoring-prometheus').rules).toContainEqual({
      nonResourceURLs: ['/metrics'],
      verbs: ['get'],
    });
  });

  it("behind kube-rbac-proxy a token of a Secret is used by AMD's monitor", () => {
    const world = gpuWith('operator', {
      metricsExporter: { rbacConfig: { secret: 'exporter-tls', clientCaConfigMap: 'client-ca' } },
      authorization: { credentials: SecretKey.of('prom-token', 'token') },
      tls: { ca: ConfigMapKey.of('server-ca', 'ca.crt'), serverName: 'metrics.example.com' },
    });
    expect(monitorOf(world)).toMatchObject({
      enable: true,
      authorization: { credentials: { name: 'prom-token', key: 'token' } },
      tlsConfig: { ca: { configMap: { name: 'server-ca', key: 'ca.crt' } }, serverName: 'metrics.example.com' },
    });
  });

  it('what only a scrape of the Service can do is done by one', () => {
    const world = gpuWith('operator', {}, { sampleLimit: 1000 });
    expect(monitorOf(world)).toMatchObject({ enable: false });
    expect(world.bound[0]?.monitoring.targets?.[0]?.options).toMatchObject({ sampleLimit: 1000 });
  });

  it('a monitor that was asked for may read files, with a warning', () => {
    const world = gpuWith('operator', {
      serviceMonitor: true,
      metricsExporter: { rbacConfig: {} },
      bearerTokenFile: '/var/run/token',
      tls: { insecureSkipVerify: true },
    });
    expect(monitorOf(world)).toMatchObject({ enable: true, bearerTokenFile: '/var/run/token' });
    expect(warningsOf(world)).toContain('serviceMonitor.bearerTokenFile is deprecated');
  });

  it('an exporter on the network of its node is reached there', () => {
    const world = gpuWith('standalone', { metricsExporter: { hostNetwork: true } });
    expect(world.bound[0]?.monitoring.targets?.[0]?.options.hostNetwork).toBe(true);
  });

  it("with AMD's monitor, too, Prometheus may connect to the nodes", () => {
    const network = { ...DEFAULT_CLUSTER_NETWORK, nodeCidrs: ['10.0.0.0/16'] };
    const nodesOf = (metricsExporter: MetricsExporterOptions) => {
      const gpu = Gpu.amd({ exporter: AmdExporter.deviceConfig({ metricsExporter }) });
      const world = worldOf([gpu], 'operator', { agents: { namespace: 'node-agents', network } });
      expect(monitorOf(world)).toMatchObject({ enable: true });
      const { egress } = objectOf(world.monitoring, 'NetworkPolicy monitoring/prometheus').spec;
      return (egress as { to?: object[]; ports?: object[] }[]).filter(({ to }) =>
        JSON.stringify(to)?.includes('10.0.'),
      );
    };
    const to = [{ ipBlock: { cidr: '10.0.0.0/16' } }];
    expect(nodesOf({ hostNetwork: true, port: 5001 })).toEqual([{ to, ports: [{ port: 5001, protocol: 'TCP' }] }]);
    expect(nodesOf({ hostNetwork: true })).toEqual([{ to, ports: [{ port: 5000, protocol: 'TCP' }] }]);
    expect(nodesOf({ port: 5001 })).toEqual([]);
  });

  it('says what is not allowed to somebody else’s Prometheus', () => {
    const { context } = gpuWith('operator');
    const gpu = Gpu.amd({ attachNodeMetadata: true, exporter: AmdExporter.deviceConfig() });
    const { prometheusAccess: _, ...foreign } = context;
    expect(gpu.warnings(foreign)).toEqual([
      'attachNodeMetadata: the ServiceAccount of the Prometheus must be allowed to list and watch nodes.',
    ]);
  });
});

it('runs a pinned image of the exporter, from the mirror where there is one', () => {
  expect(exporterOf(make().chart).image).toBe('docker.io/rocm/device-metrics-exporter:v1.5.1');
  const images = Images.of({ mirror: 'registry.example.com' });
  expect(exporterOf(make({ images }).chart).image).toBe('registry.example.com/rocm/device-metrics-exporter:v1.5.1');
});

it('passes every field on, as the custom resource has it', () => {
  const relabelings = [Relabel.set('a', 'b')];
  const metricRelabelings = [{ sourceLabels: ['a'], targetLabel: 'b', modulus: 2, action: 'hashmod' as const }];
  // A token by file, which means the same as authorization, has a test of its own.
  const serviceMonitor: Required<Omit<DeviceConfigServiceMonitor, 'bearerTokenFile'>> = {
    enable: true,
    interval: '30s',
    attachMetadata: { node: true },
    honorLabels: true,
    honorTimestamps: false,
    labels: { release: 'kps' },
    relabelings,
    metricRelabelings,
    authorization: { type: 'Token', credentials: SecretKey.of('secret', 'token') },
    tlsConfig: {
      ca: SecretKey.of('tls', 'ca.crt'),
      cert: ConfigMapKey.of('client', 'tls.crt'),
      key: SecretKey.of('client', 'tls.key'),
      serverName: 'amd',
      minVersion: 'TLS12',
      maxVersion: 'TLS13',
      insecureSkipVerify: false,
    },
  };
  const rbacConfig: Required<DeviceConfigRbac> = {
    enable: true,
    image: 'quay.io/brancz/kube-rbac-proxy:v0.18.1',
    disableHttps: false,
    secret: 'proxy-tls',
    clientCaConfigMap: 'client-ca',
    staticAuthorization: { clientName: 'prometheus' },
  };
  const metricsExporter: Required<MetricsExporterOptions> = {
    image: 'registry.example.com/amd:v1',
    imagePullPolicy: 'Always',
    imageRegistrySecret: 'pull',
    config: 'exporter-config',
    port: 5001,
    serviceType: 'NodePort',
    nodePort: 30500,
    serviceAnnotations: { a: 'b' },
    podAnnotations: { c: 'd' },
    hostNetwork: true,
    podResourceApiSocketPath: '/data/pod-resources',
    resources: { requests: { cpu: '1' }, limits: { memory: '2Gi' } },
    selector: { pool: 'amd' },
    tolerations: [{ key: 'amd.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    upgradePolicy: { maxUnavailable: 2, upgradeStrategy: 'OnDelete' },
    rbacConfig,
  };
  const spec: Required<DeviceConfigSpec> = {
    selector: { 'feature.node.kubernetes.io/amd-gpu': 'true' },
    driver: { enable: false },
    devicePlugin: { enableNodeLabeller: true },
    draDriver: { enable: false },
    commonConfig: { initContainerImage: 'busybox:1.36' },
    configManager: { enable: false },
    remediationWorkflow: { enable: false },
    testRunner: { enable: false },
  };
  const props: Required<AmdDeviceConfigProps> = {
    name: 'own',
    namespace: 'amd',
    labels: { team: 'a' },
    annotations: { owner: 'b' },
    images: Images.of(),
    metricsExporter,
    serviceMonitor,
    spec,
  };
  const { chart } = make(props);
  const object = objectOf(chart, 'DeviceConfig amd/own');
  expect(object).toMatchObject({
    apiVersion: 'amd.com/v1alpha1',
    metadata: { labels: { team: 'a' }, annotations: { owner: 'b' } },
    spec,
  });
  expect(exporterOf(chart, 'DeviceConfig amd/own')).toEqual({
    enable: true,
    image: 'registry.example.com/amd:v1',
    imagePullPolicy: 'Always',
    imageRegistrySecret: { name: 'pull' },
    config: { name: 'exporter-config' },
    port: 5001,
    serviceType: 'NodePort',
    nodePort: 30500,
    serviceAnnotations: { a: 'b' },
    podAnnotations: { c: 'd' },
    hostNetwork: true,
    podResourceAPISocketPath: '/data/pod-resources',
    resource: { requests: { cpu: '1' }, limits: { memory: '2Gi' } },
    selector: { pool: 'amd' },
    tolerations: [{ key: 'amd.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    upgradePolicy: { maxUnavailable: 2, upgradeStrategy: 'OnDelete' },
    rbacConfig: {
      enable: true,
      image: 'quay.io/brancz/kube-rbac-proxy:v0.18.1',
      disableHttps: false,
      secret: { name: 'proxy-tls' },
      clientCAConfigMap: { name: 'client-ca' },
      staticAuthorization: { enable: true, clientName: 'prometheus' },
    },
    prometheus: {
      serviceMonitor: {
        enable: true,
        interval: '30s',
        attachMetadata: { node: true },
        honorLabels: true,
        honorTimestamps: false,
        labels: { release: 'kps' },
        relabelings,
        metricRelabelings,
        authorization: { type: 'Token', credentials: { name: 'secret', key: 'token' } },
        tlsConfig: {
          ca: { secret: { name: 'tls', key: 'ca.crt' } },
          cert: { configMap: { name: 'client', key: 'tls.crt' } },
          keySecret: { name: 'client', key: 'tls.key' },
          serverName: 'amd',
          minVersion: 'TLS12',
          maxVersion: 'TLS13',
          insecureSkipVerify: false,
        },
      },
    },
  });
  expect(expectValidCustomResources([object])).toBe(1);
});

it('files of the Prometheus have fields of their own', () => {
  const tlsConfig = { ca: '/tls/ca.crt', cert: '/tls/tls.crt', key: '/tls/tls.key' };
  const { chart } = make({ metricsExporter: { rbacConfig: {} }, serviceMonitor: { tlsConfig } });
  expect(exporterOf(chart).prometheus.serviceMonitor).toMatchObject({
    enable: true,
    tlsConfig: { caFile: '/tls/ca.crt', certFile: '/tls/tls.crt', keyFile: '/tls/tls.key' },
  });
});

it('is valid for both back ends', () => {
  for (const backend of ['standalone', 'operator'] as const) {
    const world = gpuWith(backend, {}, { attachNodeMetadata: true, interval: '15s' });
    const objects = [...objectsOf(world.chart('amd-device-config')).values()];
    expect(expectValidCustomResources(objects)).toBe(1);
    expect(() => world.app.synth()).not.toThrow();
  }
});

it('is written as plain YAML without anchors', () => {
  const { app } = make({ serviceMonitor: { relabelings: [Relabel.set('a', 'b'), Relabel.set('a', 'b')] } });
  const text = app.synthYaml();
  expect(text).not.toMatch(/[&*]ref_|&a\d/);
  expect(parse(text)).toMatchObject({ kind: 'DeviceConfig' });
});

describe('bad input', () => {
  const exporter = (metricsExporter: MetricsExporterOptions): AmdDeviceConfigProps => ({ metricsExporter });
  const monitor = (serviceMonitor: DeviceConfigServiceMonitor): AmdDeviceConfigProps => ({
    serviceMonitor,
    metricsExporter: { rbacConfig: {} },
  });
  const bad: readonly [string, AmdDeviceConfigProps, string][] = [
    ['a name that is too long', { name: 'a'.repeat(47) }, 'name\n    "aaaa'],
    ['a namespace that is none', { namespace: 'A' }, 'namespace\n    "A" received.'],
    [
      'a floating image',
      exporter({ image: 'rocm/exporter:latest' }),
      'metricsExporter  image\n    "rocm/exporter:latest" is :latest',
    ],
    ['a floating proxy', exporter({ rbacConfig: { image: 'proxy' } }), 'rbacConfig.image\n    "proxy" has no tag'],
    ['a port that is none', exporter({ port: 70_000 }), 'port\n    70000 is not a port.'],
    [
      'a port of the nodes without any',
      exporter({ nodePort: 30_001 }),
      'nodePort\n    It has no effect without serviceType NodePort.',
    ],
    [
      'a port of the nodes out of range',
      exporter({ serviceType: 'NodePort', nodePort: 80 }),
      '80 received. Allowed: a whole number from 30000 to 32767.',
    ],
    [
      'a relative folder',
      exporter({ podResourceApiSocketPath: 'a' }),
      'podResourceApiSocketPath\n    "a" received. Allowed: an absolute path',
    ],
    [
      'no pod at a time',
      exporter({ upgradePolicy: { maxUnavailable: 0 } }),
      'upgradePolicy.maxUnavailable\n    0 received.',
    ],
    ['a quantity that is none', exporter({ resources: { limits: { cpu: 'x' } } }), 'resources.limits.cpu'],
    [
      'a client without an authority',
      exporter({ rbacConfig: { staticAuthorization: { clientName: 'a' } } }),
      'rbacConfig.staticAuthorization\n    A client is known by its certificate',
    ],
    [
      'a token over plain http',
      { serviceMonitor: { bearerTokenFile: '/token' } },
      'Credentials would travel over plain http',
    ],
    [
      'an interval of two units',
      monitor({ interval: '1m30s' }),
      'serviceMonitor  interval\n    "1m30s" received. Allowed: a whole number above 0 and one of ms, s, m, h.',
    ],
    ['an interval of nothing', monitor({ interval: '0s' }), 'interval\n    "0s" received.'],
    [
      'two tokens',
      monitor({ bearerTokenFile: '/a', authorization: { credentials: SecretKey.of('a', 'b') } }),
      'bearerTokenFile\n    It means the same as authorization',
    ],
    [
      'a relative token',
      monitor({ bearerTokenFile: 'a' }),
      'bearerTokenFile\n    "a" received. Allowed: an absolute path',
    ],
    [
      'a file where a Secret belongs',
      monitor({ authorization: { credentials: '/a' } }),
      'authorization.credentials\n    A file has no place here.',
    ],
    [
      'a certificate without its key',
      monitor({ tlsConfig: { cert: SecretKey.of('a', 'b') } }),
      'tls.key\n    A client certificate needs both cert and key.',
    ],
    ['a relabeling that is none', monitor({ relabelings: [{ regex: '(' }] }), 'relabelings[0].regex'],
    [
      'a relabeling of series that is none',
      monitor({ metricRelabelings: [{ action: 'replace' }] }),
      'metricRelabelings[0].targetLabel',
    ],
  ];

  it.each(bad)('%s', (_title, props, message) => {
    expect(faultOf(make(props))).toContain(message);
  });

  const wrong: readonly [string, GpuWorld, string][] = [
    [
      'a proxy whose certificate nobody verifies',
      gpuWith('standalone', { metricsExporter: { rbacConfig: {} } }),
      'gpus[0]/exporter  tls\n    It does not say how the certificate',
    ],
    [
      'a monitor that nobody takes up',
      gpuWith('standalone', { serviceMonitor: true }),
      'exporter  serviceMonitor\n    This Prometheus takes up no ServiceMonitors',
    ],
    [
      'a monitor without a field for it',
      gpuWith('operator', { serviceMonitor: true }, { timeout: '5s' }),
      "AMD's ServiceMonitor has no field for timeout.",
    ],
    [
      'labels of no monitor',
      gpuWith('standalone', { serviceMonitorLabels: { a: 'b' } }),
      "serviceMonitorLabels\n    AMD's operator makes no ServiceMonitor here.",
    ],
    [
      "a label that is not the Prometheus'",
      gpuWith('operator', { serviceMonitorLabels: { prometheus: 'other', team: 'a' } }),
      'gpus[0]/exporter  serviceMonitorLabels\n    prometheus: "other" received, but this Prometheus takes up only monitors ' +
        'with prometheus: "prometheus". Leave the label out.',
    ],
    [
      'the wrong side dropped',
      gpuWith('operator', {}, { metricRelabelings: [Relabel.labelDrop('pod')] }),
      'gpus[0]  metricRelabelings[0]\n    labeldrop removes pod after the scrape',
    ],
  ];

  it.each(wrong)('%s', (_title, world, message) => {
    const fault = faultOf(world);
    expect(fault).toContain(message);
    expect(fault).toContain('1 problem\n');
  });
});
