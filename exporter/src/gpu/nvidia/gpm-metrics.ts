import type { MetricName } from '../../metrics/catalogue.js';

/** One metric of GPU Performance Monitoring. */
export interface GpmMetric {
  /** Number of `nvmlGpmMetricId_t`. */
  readonly id: number;
  /** What NVML gives: 0 to 100, or mebibytes in a second. */
  readonly unit: 'percent' | 'mebibytes_per_second';
  readonly device: MetricName;
  /** Metric of a MIG instance; absent where it has none. */
  readonly instance?: MetricName;
  /** Value of the label `engine`. */
  readonly engine?: string;
}

const engines = (engine: string, firstId: number, count: number): readonly GpmMetric[] =>
  Array.from({ length: count }, (_, number) => ({
    id: firstId + number,
    unit: 'percent' as const,
    device: 'gpu_engine_active_ratio' as const,
    engine: `${engine}${number}`,
  }));

/**
 * The metrics that are asked for.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlGpmEnums.html
 */
export const GPM_METRICS: readonly GpmMetric[] = [
  {
    id: 1,
    unit: 'percent',
    device: 'gpu_graphics_engine_active_ratio',
    instance: 'gpu_mig_graphics_engine_active_ratio',
  },
  { id: 2, unit: 'percent', device: 'gpu_sm_active_ratio', instance: 'gpu_mig_sm_active_ratio' },
  { id: 3, unit: 'percent', device: 'gpu_sm_occupancy_ratio', instance: 'gpu_mig_sm_occupancy_ratio' },
  { id: 4, unit: 'percent', device: 'gpu_integer_active_ratio', instance: 'gpu_mig_integer_active_ratio' },
  { id: 5, unit: 'percent', device: 'gpu_tensor_active_ratio', instance: 'gpu_mig_tensor_active_ratio' },
  { id: 10, unit: 'percent', device: 'gpu_dram_active_ratio', instance: 'gpu_mig_dram_active_ratio' },
  { id: 11, unit: 'percent', device: 'gpu_fp64_active_ratio', instance: 'gpu_mig_fp64_active_ratio' },
  { id: 12, unit: 'percent', device: 'gpu_fp32_active_ratio', instance: 'gpu_mig_fp32_active_ratio' },
  { id: 13, unit: 'percent', device: 'gpu_fp16_active_ratio', instance: 'gpu_mig_fp16_active_ratio' },
  {
    id: 20,
    unit: 'mebibytes_per_second',
    device: 'gpu_pcie_transmit_bytes_per_second',
    instance: 'gpu_mig_pcie_transmit_bytes_per_second',
  },
  {
    id: 21,
    unit: 'mebibytes_per_second',
    device: 'gpu_pcie_receive_bytes_per_second',
    instance: 'gpu_mig_pcie_receive_bytes_per_second',
  },
  ...engines('nvdec', 30, 8),
  ...engines('nvjpg', 40, 8),
  ...engines('nvofa', 50, 2),
  { id: 60, unit: 'mebibytes_per_second', device: 'gpu_nvlink_receive_bytes_per_second' },
  { id: 61, unit: 'mebibytes_per_second', device: 'gpu_nvlink_transmit_bytes_per_second' },
  ...engines('nvenc', 166, 4),
];

/** The first drivers with profiling knew the numbers below this one, and may refuse a request with any other. */
export const FIRST_LATER_GPM_ID = 100;
