import { describe, expect, it } from 'vitest';
import { RbacProxy } from '../../../lib/core/rbac-proxy';
import { Relabel } from '../../../lib/model/relabel';
import { renderNative } from '../../../lib/model/scrape/native';
import type { ScrapeOptions } from '../../../lib/model/scrape/scrape-target';
import { AmdExporter } from '../../../lib/targets/gpu/amd-exporter';
import { GpuExporter } from '../../../lib/targets/gpu/bundled-exporter/gpu-exporter';
import { Gpu } from '../../../lib/targets/gpu/gpu';
import type { GpuScrapeOptions } from '../../../lib/targets/gpu/gpu-scrape';
import { NvidiaExporter } from '../../../lib/targets/gpu/nvidia-exporter';
import { PodLabels } from '../../../lib/targets/gpu/pod-labels';
import { objectOf, objectsOf } from '../../objects';
import { type LabellingConfig, targetLabels } from '../../relabel-evaluator';
import { exporterPod, faultOf, operated, worldOf } from './world';

function targetOf(gpu: Gpu, backend: 'standalone' | 'operator' = 'standalone') {
  const [target] = worldOf([gpu], backend).bound[0]?.monitoring.targets ?? [];
  if (target === undefined) {
    throw new Error('nothing is scraped');
  }
  return target;
}

function configOf(gpu: Gpu): LabellingConfig & Record<string, unknown> {
  const [config] = renderNative(targetOf(gpu), { path: ({ name, key }) => `/${name}/${key}` });
  return config as LabellingConfig & Record<string, unknown>;
}

describe('NVIDIA', () => {
  const pod = exporterPod({
    namespace: 'gpu-operator',
    service: 'nvidia-dcgm-exporter',
    serviceLabels: { app: 'nvidia-dcgm-exporter' },
    port: 'gpu-metrics',
  });

  it('is the exporter of this package by default, which the stack deploys', () => {
    const world = worldOf([Gpu.nvidia()]);
    expect(world.bound[0]?.construct).toBeInstanceOf(GpuExporter);
    expect(configOf(Gpu.nvidia())).toMatchObject({ job_name: 'gpu-exporter' });
  });

  it("is scraped at the Service of NVIDIA's GPU operator where that runs one", () => {
    const config = configOf(operated());
    expect(config).toMatchObject({
      job_name: 'nvidia-dcgm-exporter',
      kubernetes_sd_configs: [{ role: 'endpointslice', namespaces: { names: ['gpu-operator'] } }],
    });
    expect(config).not.toHaveProperty('honor_labels');
    expect(targetLabels(config, pod)).toEqual({
      job: 'nvidia-dcgm-exporter',
      instance: '10.244.1.7:9400',
      endpoint: 'gpu-metrics',
      service: 'nvidia-dcgm-exporter',
      node: 'gpu-node-1',
      exporter_namespace: 'gpu-operator',
      exporter_pod: 'nvidia-dcgm-exporter-abcde',
      exporter_container: 'exporter',
    });
  });

  it('neither node feature discovery nor another port of the namespace is scraped', () => {
    const config = configOf(operated());
    const other = exporterPod({
      namespace: 'gpu-operator',
      service: 'gpu-operator-node-feature-discovery-master',
      serviceLabels: { 'app.kubernetes.io/name': 'node-feature-discovery' },
      port: 'grpc',
    });
    expect(targetLabels(config, other)).toBeUndefined();
    expect(targetLabels(config, { ...pod, __meta_kubernetes_endpointslice_port_name: 'health' })).toBeUndefined();
  });

  it('is the gpu-metrics job of a second in one line', () => {
    const config = configOf(operated({ job: 'gpu-metrics', interval: '1s', nodeLabel: 'kubernetes_node' }));
    expect(config).toMatchObject({ job_name: 'gpu-metrics', scrape_interval: '1s' });
    expect(targetLabels(config, pod)).toMatchObject({ job: 'gpu-metrics', kubernetes_node: 'gpu-node-1' });
    expect(targetLabels(config, pod)).not.toHaveProperty('node');
  });

  it('can be any other exporter of its kind', () => {
    const existing = NvidiaExporter.existing({
      namespace: 'tools',
      matchLabels: { app: 'dcgm' },
      port: 'http',
      by: 'pod',
      hostNetwork: true,
      path: '/gpus',
      scheme: 'https',
      params: { collect: ['a'] },
      tls: { serverName: 'dcgm' },
    });
    const target = targetOf(Gpu.nvidia({ exporter: existing }));
    expect(target.discovery).toEqual({
      kind: 'pod',
      namespaces: ['tools'],
      selector: { matchLabels: { app: 'dcgm' } },
    });
    expect(target.options).toMatchObject({ hostNetwork: true, external: true });
    expect(configOf(Gpu.nvidia({ exporter: existing }))).toMatchObject({
      job_name: 'dcgm',
      metrics_path: '/gpus',
      scheme: 'https',
      params: { collect: ['a'] },
      tls_config: { server_name: 'dcgm' },
    });
  });
});

describe('AMD', () => {
  it("is scraped at the Service of AMD's GPU operator by default", () => {
    const config = configOf(Gpu.amd());
    const pod = exporterPod({
      namespace: 'kube-amd-gpu',
      service: 'gpu-operator-metrics-exporter',
      serviceLabels: { 'app.kubernetes.io/service': 'gpu-operator-metrics-exporter' },
      port: 'exporter-port',
    });
    expect(config.kubernetes_sd_configs).toEqual([{ role: 'endpointslice', namespaces: { names: ['kube-amd-gpu'] } }]);
    expect(targetLabels(config, pod)).toMatchObject({
      job: 'amd-device-metrics-exporter',
      endpoint: 'exporter-port',
      exporter_namespace: 'kube-amd-gpu',
    });
  });

  it('is found by the name of the DeviceConfig', () => {
    const gpu = Gpu.amd({
      exporter: AmdExporter.gpuOperator({ namespace: 'amd', deviceConfig: 'mi300', hostNetwork: true }),
    });
    expect(targetOf(gpu).discovery).toMatchObject({
      namespaces: ['amd'],
      selector: { matchLabels: { 'app.kubernetes.io/service': 'mi300-metrics-exporter' } },
    });
    expect(targetOf(gpu).options.hostNetwork).toBe(true);
  });

  it('is scraped with a token behind kube-rbac-proxy, and Prometheus may read it', () => {
    const exporter = AmdExporter.gpuOperator(RbacProxy.target({ tls: { insecureSkipVerify: true } }));
    const world = worldOf([Gpu.amd({ exporter })]);
    expect(configOf(Gpu.amd({ exporter }))).toMatchObject({
      scheme: 'https',
      authorization: { credentials_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
      tls_config: { insecure_skip_verify: true },
    });
    expect(objectOf(world.monitoring, 'ClusterRole monitoring-prometheus').rules).toContainEqual({
      nonResourceURLs: ['/metrics'],
      verbs: ['get'],
    });
  });

  it('can be any other exporter of its kind', () => {
    const exporter = AmdExporter.existing({ namespace: 'slurm', matchLabels: { app: 'amd' }, port: 'metrics' });
    expect(targetOf(Gpu.amd({ exporter })).options).toMatchObject({ namespace: 'slurm', port: 'metrics' });
    expect(targetOf(Gpu.amd({ exporter })).job).toBe('amd');
  });
});

it.each(['standalone', 'operator'] as const)('Prometheus may discover and reach both vendors (%s)', (backend) => {
  const { monitoring } = worldOf([operated(), Gpu.amd()], backend);
  const roles = [...objectsOf(monitoring).keys()].filter((key) => key.startsWith('Role '));
  expect(roles).toEqual(
    expect.arrayContaining(['Role gpu-operator/monitoring-prometheus', 'Role kube-amd-gpu/monitoring-prometheus']),
  );
  const { egress } = objectOf(monitoring, 'NetworkPolicy monitoring/prometheus').spec as { egress: unknown };
  for (const namespace of ['gpu-operator', 'kube-amd-gpu']) {
    expect(JSON.stringify(egress)).toContain(`"kubernetes.io/metadata.name":"${namespace}"`);
  }
});

it('an operator is told the same as a ServiceMonitor', () => {
  const { monitoring } = worldOf([operated({ interval: '10s' })], 'operator');
  expect(objectOf(monitoring, 'ServiceMonitor monitoring/nvidia-dcgm-exporter').spec).toMatchObject({
    namespaceSelector: { matchNames: ['gpu-operator'] },
    selector: { matchLabels: { app: 'nvidia-dcgm-exporter' } },
    endpoints: [
      {
        port: 'gpu-metrics',
        interval: '10s',
        relabelings: expect.arrayContaining([{ regex: '(namespace|pod|container)', action: 'labeldrop' }]),
      },
    ],
  });
});

it('passes every option of the scrape on, and relabelings of the user last', () => {
  const plain: Required<Omit<GpuScrapeOptions, 'podLabels' | 'nodeLabel' | 'relabelings' | 'metricRelabelings'>> = {
    job: 'own',
    interval: '10s',
    timeout: '5s',
    labels: { team: 'ml' },
    jobLabel: 'job',
    targetLabels: ['tier'],
    podTargetLabels: ['version'],
    attachNodeMetadata: true,
    honorTimestamps: false,
    filterRunning: false,
    trackTimestampsStaleness: true,
    enableCompression: false,
    scrapeProtocols: ['PrometheusText0.0.4'],
    fallbackScrapeProtocol: 'PrometheusText0.0.4',
    scrapeClassicHistograms: true,
    scrapeNativeHistograms: false,
    convertClassicHistogramsToNhcb: true,
    scrapeClass: 'gpus',
    sampleLimit: 1,
    targetLimit: 2,
    labelLimit: 3,
    labelNameLengthLimit: 4,
    labelValueLengthLimit: 5,
    bodySizeLimit: '6MB',
    keepDroppedTargets: 7,
    nativeHistogramBucketLimit: 8,
    nativeHistogramMinBucketFactor: 9,
  };
  const target = targetOf(
    operated({
      ...plain,
      nodeLabel: 'host',
      podLabels: PodLabels.custom([Relabel.labelDrop('service')], {
        honorLabels: true,
        metricRelabelings: [Relabel.drop('__name__', 'a')],
      }),
      relabelings: [Relabel.set('zone', 'b')],
      metricRelabelings: [Relabel.drop('__name__', 'c')],
    }),
  );
  const expected: Partial<ScrapeOptions> = {
    ...plain,
    honorLabels: true,
    relabelings: [
      Relabel.copy('__meta_kubernetes_pod_node_name', 'host'),
      Relabel.labelDrop('service'),
      Relabel.set('zone', 'b'),
    ],
    metricRelabelings: [Relabel.drop('__name__', 'a'), Relabel.drop('__name__', 'c')],
  };
  expect(target.options).toMatchObject(expected);
});

describe('bad input', () => {
  it('is a second entry of a vendor', () => {
    const gpu = operated();
    const fault = faultOf(worldOf([gpu, Gpu.amd(), gpu, Gpu.nvidia({ exporter: NvidiaExporter.dcgm() })]));
    expect(fault).toContain('2 problems');
    expect(fault).toContain('monitoring  gpus[2]\n    GPUs of NVIDIA are there already. Allowed: one entry per vendor');
    expect(fault).toContain('monitoring  gpus[3]');
  });

  it('is a label of the node that means the workload, or is none', () => {
    expect(faultOf(worldOf([operated({ nodeLabel: 'pod' })]))).toContain(
      'monitoring/gpus[0]  nodeLabel\n    "pod" names the workload\'s pod. Allowed: another label, such as node.',
    );
    expect(faultOf(worldOf([Gpu.amd({ nodeLabel: 'a-b' })]))).toContain('"a-b" is not a label name.');
  });

  it('is a token over plain http', () => {
    const exporter = AmdExporter.gpuOperator({ authorization: { credentials: '/token' } });
    expect(faultOf(worldOf([Gpu.amd({ exporter })]))).toContain('Credentials would travel over plain http');
  });

  it('is an interval shorter than the timeout', () => {
    expect(faultOf(worldOf([operated({ interval: '1s', timeout: '5s' })]))).toContain(
      '5s is longer than the interval 1s.',
    );
  });
});
