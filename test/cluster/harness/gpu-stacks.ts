import {
  AmdExporter,
  Backend,
  ClusterProfile,
  Gpu,
  MonitoringStack,
  NvidiaExporter,
  RbacProxy,
  SecretKey,
} from '../../../lib';
import { AMD_NAMESPACE, NVIDIA_NAMESPACE } from './gpu-operator-objects';
import { synthesizeHere } from './synthesize-here';
import type { Output } from './synthesized';

/** The exporters: where the pod of each is. */
export const EXPORTERS = {
  nvidia: { namespace: NVIDIA_NAMESPACE, selector: 'app=nvidia-dcgm-exporter' },
  amd: { namespace: AMD_NAMESPACE, selector: 'daemonset-name=gpu-operator' },
  guarded: { namespace: AMD_NAMESPACE, selector: 'daemonset-name=guarded' },
  own: { namespace: 'gpu-of-ours-node-agents', selector: 'app.kubernetes.io/name=dcgm-exporter' },
} as const;
export type Exporter = keyof typeof EXPORTERS;

/** What the two kinds of exporters call things. */
const DCGM = { metric: 'DCGM_FI_DEV_GPU_UTIL', gpu: 'gpu', node: 'node' };
const AMD = { metric: 'gpu_gfx_activity', gpu: 'gpu_id', node: 'node' };

/** A job whose series are looked at. */
export interface Watched {
  readonly job: string;
  readonly exporter: Exporter;
  readonly metric: string;
  readonly gpu: string;
  /** The label with the node's name. */
  readonly node: string;
}

const AMD_JOB = 'amd-device-metrics-exporter';
/** Who uses the first GPU of every exporter; the second is idle. */
export const BUSY = 'ml/trainer-0/main';

/** A stack, by its namespace, and the jobs that its GPUs come to. */
interface Stack {
  readonly backend: () => Backend;
  readonly gpus: () => readonly Gpu[];
  readonly watched: readonly Watched[];
}

const plain = {
  gpus: () => [Gpu.nvidia({ exporter: NvidiaExporter.gpuOperator() }), Gpu.amd()],
  watched: [
    { job: 'nvidia-dcgm-exporter', exporter: 'nvidia', ...DCGM },
    { job: AMD_JOB, exporter: 'amd', ...AMD },
  ],
} as const;
const guarded = {
  gpus: () => [
    Gpu.nvidia({
      exporter: NvidiaExporter.gpuOperator(),
      job: 'gpu-metrics',
      interval: '1s',
      nodeLabel: 'kubernetes_node',
    }),
    Gpu.amd({
      exporter: AmdExporter.gpuOperator({
        deviceConfig: 'guarded',
        ...RbacProxy.target({ tls: { insecureSkipVerify: true } }),
      }),
    }),
  ],
  watched: [
    { job: 'gpu-metrics', exporter: 'nvidia', ...DCGM, node: 'kubernetes_node' },
    { job: AMD_JOB, exporter: 'guarded', ...AMD },
  ],
} as const;

/** The counters file of the dcgm-exporter of ours. */
export const COUNTERS = [
  { field: 'DCGM_FI_DEV_GPU_UTIL', type: 'gauge', help: 'Share of time, in percent, with "quotes".' },
  { field: 'DCGM_FI_PROF_SM_ACTIVE', type: 'gauge', help: 'Share of time.' },
  { field: 'DCGM_FI_DRIVER_VERSION', type: 'label', help: 'Version.' },
] as const;

/** A dcgm-exporter of ours, and a DeviceConfig of ours, whose monitor AMD's operator makes. */
const ours = {
  gpus: () => [
    Gpu.nvidia({
      exporter: NvidiaExporter.dcgm({
        counters: COUNTERS,
        profiling: true,
        rbacProxy: RbacProxy.withTokens({ tls: { client: { insecureSkipVerify: true } } }),
        extraEnv: [{ name: 'STAND_IN_WORKLOADS', value: BUSY }],
      }),
    }),
    Gpu.amd({ exporter: AmdExporter.deviceConfig() }),
  ],
  watched: [
    { job: 'dcgm-exporter', exporter: 'own', ...DCGM },
    { job: AMD_JOB, exporter: 'amd', ...AMD },
  ],
} as const;
const oursGuarded = {
  gpus: () => [
    Gpu.amd({
      exporter: AmdExporter.deviceConfig({
        name: 'guarded',
        metricsExporter: { rbacConfig: {} },
        tls: { insecureSkipVerify: true },
        authorization: { credentials: SecretKey.of('prom-token', 'token') },
      }),
    }),
  ],
  watched: [{ job: AMD_JOB, exporter: 'guarded', ...AMD }],
} as const;

const standalone = () => Backend.standalone() as unknown as Backend;
const operator = () => Backend.operator();
const STACKS: Readonly<Record<string, Stack>> = {
  'gpu-by-hand': { backend: standalone, ...plain },
  'gpu-by-operator': { backend: operator, ...plain },
  'gpu-guarded-by-hand': { backend: standalone, ...guarded },
  'gpu-guarded-by-operator': { backend: operator, ...guarded },
  'gpu-of-ours': { backend: operator, ...ours },
  // Two of them look for monitors in the namespace of AMD's operator, each for its own.
  'gpu-of-ours-guarded': {
    backend: () => Backend.operator({ selectorLabels: { prometheus: 'guarded' } }),
    ...oursGuarded,
  },
};
export const STACK_NAMES = Object.keys(STACKS);

/** The jobs of a stack that are looked at. */
export function watched(stack: string): readonly Watched[] {
  return STACKS[stack]?.watched ?? [];
}

/** Whether the stack brings an operator, which then names the pods. */
export function hasOperator(stack: string): boolean {
  return STACKS[stack]?.backend !== standalone;
}

/** Pairs of stacks that must see the same of the jobs that both have. */
export const SAME = [
  ['gpu-by-hand', 'gpu-by-operator', 2],
  ['gpu-guarded-by-hand', 'gpu-guarded-by-operator', 2],
  ['gpu-by-hand', 'gpu-of-ours', 1],
  ['gpu-guarded-by-hand', 'gpu-of-ours-guarded', 1],
] as const;

/** The stack with nothing in it that has no part in GPUs. */
export function synthesizeGpuStack(namespace: string): Promise<Output> {
  const { backend, gpus } = STACKS[namespace] as Stack;
  return synthesizeHere(namespace, (app) => {
    new MonitoringStack(app, 'stack', {
      cluster: ClusterProfile.kubeadm('gpus'),
      namespace,
      backend: backend(),
      gpus: gpus(),
      prometheus: {
        scrapeInterval: '2s',
        resources: { requests: { cpu: '20m', memory: '64Mi' } },
        scrapeTimeout: '2s',
      },
      alertmanager: false,
      grafana: false,
      nodeExporter: false,
      kubeStateMetrics: false,
      kubernetes: false,
    });
  });
}
