import { type App, Chart, Testing } from 'cdk8s';
import { OperatorPrometheus } from '../../../lib/prometheus/operator/operator-prometheus';
import { StandalonePrometheus } from '../../../lib/prometheus/standalone/standalone-prometheus';
import { bindGpus, Gpu } from '../../../lib/targets/gpu/gpu';
import type { GpuScrapeOptions } from '../../../lib/targets/gpu/gpu-scrape';
import type { BoundGpu, GpuContext } from '../../../lib/targets/gpu/gpu-source';
import { NvidiaExporter } from '../../../lib/targets/gpu/nvidia-exporter';

/** GPUs in the surroundings of a stack: a Prometheus of either back end, and charts by component. */
export interface GpuWorld {
  readonly app: App;
  readonly context: GpuContext;
  readonly bound: readonly BoundGpu[];
  /** The chart of the Prometheus. */
  readonly monitoring: Chart;
  /** A chart that was asked for. */
  chart(component: string): Chart;
}

export function worldOf(
  gpus: readonly Gpu[],
  backend: 'standalone' | 'operator' = 'standalone',
  more: Partial<GpuContext> = {},
): GpuWorld {
  const app = Testing.app();
  const monitoring = new Chart(app, 'monitoring', { namespace: 'monitoring', disableResourceNameHashes: true });
  const Prometheus = backend === 'standalone' ? StandalonePrometheus : OperatorPrometheus;
  const prometheus = new Prometheus(monitoring, 'prometheus');
  const charts = new Map<string, Chart>();
  const context: GpuContext = {
    scope: monitoring,
    chart: (component) => {
      const chart = new Chart(app, component, { disableResourceNameHashes: true });
      charts.set(component, chart);
      return chart;
    },
    agents: { namespace: 'node-agents' },
    prometheus,
    prometheusAccess: prometheus.access,
    monitor: (what) => prometheus.monitor(what),
    ...more,
  };
  const bound = bindGpus(gpus, context);
  return {
    app,
    context,
    bound,
    monitoring,
    chart: (component) => {
      const chart = charts.get(component);
      if (chart === undefined) {
        throw new Error(`no chart ${component}, but: ${[...charts.keys()].join(', ')}`);
      }
      return chart;
    },
  };
}

/** GPUs of NVIDIA by the dcgm-exporter of its GPU operator. */
export function operated(scrape: GpuScrapeOptions = {}): Gpu {
  return Gpu.nvidia({ exporter: NvidiaExporter.gpuOperator(), ...scrape });
}

/** The message of the error that a synthesis ends with. */
export function faultOf({ app }: { readonly app: App }): string {
  try {
    app.synth();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was wrong');
}

/** What a synthesis says on stderr. */
export function warningsOf({ app }: { readonly app: App }): string {
  const written: string[] = [];
  const write = process.stderr.write;
  process.stderr.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  try {
    app.synth();
  } finally {
    process.stderr.write = write;
  }
  return written.join('');
}

/** What discovery says of the pod of an exporter behind a Service. */
export function exporterPod(options: {
  readonly namespace: string;
  readonly service: string;
  readonly serviceLabels: Readonly<Record<string, string>>;
  readonly port: string;
}): Readonly<Record<string, string>> {
  const { namespace, service, serviceLabels, port } = options;
  const labels = Object.entries(serviceLabels).flatMap(([key, value]) => {
    const name = key.replace(/[^a-zA-Z0-9_]/g, '_');
    return [
      [`__meta_kubernetes_service_label_${name}`, value],
      [`__meta_kubernetes_service_labelpresent_${name}`, 'true'],
    ];
  });
  return {
    __address__: '10.244.1.7:9400',
    __meta_kubernetes_namespace: namespace,
    __meta_kubernetes_service_name: service,
    ...Object.fromEntries(labels),
    __meta_kubernetes_endpointslice_name: `${service}-x7k2p`,
    __meta_kubernetes_endpointslice_port_name: port,
    __meta_kubernetes_endpointslice_address_target_kind: 'Pod',
    __meta_kubernetes_endpointslice_address_target_name: `${service}-abcde`,
    __meta_kubernetes_pod_name: `${service}-abcde`,
    __meta_kubernetes_pod_container_name: 'exporter',
    __meta_kubernetes_pod_node_name: 'gpu-node-1',
    __meta_kubernetes_pod_phase: 'Running',
    __meta_kubernetes_pod_uid: '0b1c',
  };
}

/** dcgm-exporter's answer: labels of the workload are absent while a GPU is idle. */
export const DCGM_ANSWER = `
# HELP DCGM_FI_DEV_GPU_UTIL Utilization
# TYPE DCGM_FI_DEV_GPU_UTIL gauge
DCGM_FI_DEV_GPU_UTIL{gpu="0",UUID="GPU-0",device="nvidia0",Hostname="gpu-node-1",container="main",namespace="ml",pod="train-0"} 93
DCGM_FI_DEV_GPU_UTIL{gpu="1",UUID="GPU-1",device="nvidia1",Hostname="gpu-node-1"} 0
`;

/** The answer of AMD's exporter: they are empty while a GPU is idle. */
export const AMD_ANSWER = `
# TYPE gpu_gfx_activity gauge
gpu_gfx_activity{gpu_id="0",hostname="gpu-node-1",container="main",namespace="ml",pod="train-0",job_id=""} 96
gpu_gfx_activity{gpu_id="1",hostname="gpu-node-1",container="",namespace="",pod="",job_id=""} 0
`;
