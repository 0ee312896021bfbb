import { counter, gauge, MEBIBYTES, MEGAHERTZ, MILLIJOULES, PERCENT, profiling } from './dcgm-metric.js';
import type { TableMetric } from './table.js';

/**
 * What dcgm-exporter exports by default, its counters file with profiling included.
 *
 * Traffic over NVLink is a rate there and called a counter; here it is called what it is.
 * DCGM_FI_DEV_VGPU_LICENSE_STATUS is not here, because it is about guests of a hypervisor.
 *
 * @see https://github.com/NVIDIA/dcgm-exporter/tree/main/etc
 */
export const DCGM_DEFAULT_METRICS: readonly TableMetric[] = [
  gauge('SM_CLOCK', 'Clock of the multiprocessors, in MHz', 'gpu_clock_hertz', {
    where: { clock: 'sm' },
    ...MEGAHERTZ,
  }),
  gauge('MEM_CLOCK', 'Clock of the memory, in MHz', 'gpu_clock_hertz', { where: { clock: 'memory' }, ...MEGAHERTZ }),
  gauge('MEMORY_TEMP', 'Temperature of the memory, in degrees Celsius', 'gpu_temperature_celsius', {
    where: { sensor: 'memory' },
  }),
  gauge('GPU_TEMP', 'Temperature of the GPU, in degrees Celsius', 'gpu_temperature_celsius', {
    where: { sensor: 'gpu' },
  }),
  gauge('POWER_USAGE', 'Power that the board draws, in watts', 'gpu_power_watts'),
  counter(
    'TOTAL_ENERGY_CONSUMPTION',
    'Energy since the driver was loaded, in mJ',
    'gpu_energy_joules_total',
    MILLIJOULES,
  ),
  counter('PCIE_REPLAY_COUNTER', 'Packets that were sent again over PCI Express', 'gpu_pcie_replays_total'),
  gauge('GPU_UTIL', 'Share of time in which a kernel ran, in percent', 'gpu_utilization_ratio', PERCENT),
  gauge(
    'MEM_COPY_UTIL',
    'Share of time in which memory was read or written, in percent',
    'gpu_memory_controller_utilization_ratio',
    PERCENT,
  ),
  gauge('ENC_UTIL', 'Utilization of the video encoder, in percent', 'gpu_encoder_utilization_ratio', PERCENT),
  gauge('DEC_UTIL', 'Utilization of the video decoder, in percent', 'gpu_decoder_utilization_ratio', PERCENT),
  gauge('XID_ERRORS', 'Number of the last XID error, 0 if there was none', undefined),
  gauge('FB_FREE', 'Free memory, in MiB', ['gpu_memory_free_bytes', 'gpu_mig_memory_free_bytes'], MEBIBYTES),
  gauge('FB_USED', 'Used memory, in MiB', ['gpu_memory_used_bytes', 'gpu_mig_memory_used_bytes'], MEBIBYTES),
  gauge(
    'FB_RESERVED',
    'Memory that the driver reserves, in MiB',
    ['gpu_memory_reserved_bytes', 'gpu_mig_memory_reserved_bytes'],
    MEBIBYTES,
  ),
  gauge('NVLINK_BANDWIDTH_TOTAL', 'Traffic over all NVLinks in both directions, in MB per second', undefined),
  counter('UNCORRECTABLE_REMAPPED_ROWS', 'Rows replaced after uncorrectable errors', 'gpu_remapped_rows_total', {
    where: { cause: 'uncorrected' },
  }),
  counter('CORRECTABLE_REMAPPED_ROWS', 'Rows replaced after correctable errors', 'gpu_remapped_rows_total', {
    where: { cause: 'corrected' },
  }),
  gauge('ROW_REMAP_FAILURE', 'Whether a row could not be replaced', 'gpu_row_remap_failed'),
  profiling('GR_ENGINE_ACTIVE', 'Share of time in which the graphics or compute engine was active, 0 to 1', [
    'gpu_graphics_engine_active_ratio',
    'gpu_mig_graphics_engine_active_ratio',
  ]),
  profiling('PIPE_TENSOR_ACTIVE', 'Share of cycles in which the tensor cores were active, 0 to 1', [
    'gpu_tensor_active_ratio',
    'gpu_mig_tensor_active_ratio',
  ]),
  profiling('DRAM_ACTIVE', 'Share of cycles in which the memory interface was active, 0 to 1', [
    'gpu_dram_active_ratio',
    'gpu_mig_dram_active_ratio',
  ]),
  profiling('PCIE_TX_BYTES', 'Bytes per second sent over PCI Express', [
    'gpu_pcie_transmit_bytes_per_second',
    'gpu_mig_pcie_transmit_bytes_per_second',
  ]),
  profiling('PCIE_RX_BYTES', 'Bytes per second received over PCI Express', [
    'gpu_pcie_receive_bytes_per_second',
    'gpu_mig_pcie_receive_bytes_per_second',
  ]),
];
