import type { MetricName } from '../catalogue.js';
import type { TableMetric } from './table.js';

const gauge = (
  name: string,
  help: string,
  from?: MetricName,
  options: Omit<TableMetric, 'name' | 'type' | 'help' | 'from'> = {},
): TableMetric => ({ name, type: 'gauge', help, ...(from === undefined ? {} : { from }), ...options });

const PERCENT = { scale: 100 } as const;
const MEBIBYTES = { scale: 1 / 1_048_576 } as const;
const MEGAHERTZ = { scale: 1e-6 } as const;

/**
 * Metrics of nvitop-exporter about devices and processes. What it says of the host (CPU, disks, network) is node-exporter's
 * to say, as are CPU and resident memory of a process.
 *
 * The last two are names that a fork with labels for pods used, in MiB and percent.
 *
 * @see https://github.com/XuehaiPan/nvitop/tree/main/nvitop-exporter
 */
export const NVITOP_METRICS: readonly TableMetric[] = [
  gauge('nvitop_info', 'Number of GPUs and versions of the driver'),
  gauge('gpu_utilization_Percentage', 'GPU utilization in percent', 'gpu_utilization_ratio', PERCENT),
  gauge(
    'gpu_memory_utilization_Percentage',
    'Share of time in which memory was read or written, in percent',
    'gpu_memory_controller_utilization_ratio',
    PERCENT,
  ),
  gauge(
    'gpu_encoder_utilization_Percentage',
    'Encoder utilization in percent',
    'gpu_encoder_utilization_ratio',
    PERCENT,
  ),
  gauge(
    'gpu_decoder_utilization_Percentage',
    'Decoder utilization in percent',
    'gpu_decoder_utilization_ratio',
    PERCENT,
  ),
  gauge('gpu_memory_total_MiB', 'Memory in MiB', 'gpu_memory_total_bytes', MEBIBYTES),
  gauge('gpu_memory_used_MiB', 'Used memory in MiB', 'gpu_memory_used_bytes', MEBIBYTES),
  gauge('gpu_memory_free_MiB', 'Free memory in MiB', 'gpu_memory_free_bytes', MEBIBYTES),
  gauge('gpu_memory_percent_Percentage', 'Used share of the memory in percent'),
  ...['sm', 'memory', 'graphics', 'video'].map((clock) =>
    gauge(`gpu_clock_${clock}_MHz`, `Clock of ${clock} in MHz`, 'gpu_clock_hertz', { where: { clock }, ...MEGAHERTZ }),
  ),
  gauge('gpu_power_usage_W', 'Power in watts', 'gpu_power_watts'),
  gauge('gpu_power_limit_W', 'Power limit in watts', 'gpu_power_configured_limit_watts'),
  gauge('gpu_temperature_C', 'Temperature in degrees Celsius', 'gpu_temperature_celsius', { where: { sensor: 'gpu' } }),
  gauge('gpu_fan_speed_Percentage', 'Speed of the first fan in percent', 'gpu_fan_speed_ratio', {
    where: { fan: '0' },
    ...PERCENT,
  }),
  gauge('gpu_pcie_tx_throughput_MiBps', 'Traffic sent over PCI Express in MiB per second'),
  gauge('gpu_pcie_rx_throughput_MiBps', 'Traffic received over PCI Express in MiB per second'),
  ...['total', 'mean'].flatMap((kind) =>
    ['tx', 'rx'].map((direction) =>
      gauge(`gpu_nvlink_${kind}_${direction}_throughput_MiBps`, `Traffic over NVLink (${kind}) in MiB per second`),
    ),
  ),
  ...['tx', 'rx'].map((direction) =>
    gauge(`gpu_nvlink_${direction}_throughput_MiBps`, 'Traffic over one NVLink in MiB per second', undefined, {
      labels: { link: 'link' },
    }),
  ),
  gauge('process_info_info', 'What the process is', 'gpu_process_info', { labels: { command: 'process_name' } }),
  gauge('process_running_time_Second', 'How long the process runs, in seconds', 'gpu_process_start_time_seconds', {
    age: true,
  }),
  gauge('process_gpu_memory_MiB', 'GPU memory of the process in MiB', 'gpu_process_memory_used_bytes', MEBIBYTES),
  ...['sm', 'memory', 'encoder', 'decoder'].map((part) =>
    gauge(
      `process_gpu_${part}_utilization_Percentage`,
      `Share of ${part} time of the process in percent`,
      `gpu_process_${part}_utilization_ratio` as MetricName,
      PERCENT,
    ),
  ),
  gauge('process_gpu_memory', 'GPU memory of the process in MiB', 'gpu_process_memory_used_bytes', MEBIBYTES),
  gauge(
    'process_gpu_sm_utilization',
    'Share of GPU time of the process in percent',
    'gpu_process_sm_utilization_ratio',
    PERCENT,
  ),
];
