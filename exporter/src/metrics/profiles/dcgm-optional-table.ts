import { COMPUTE_MODES, RECOVERY_ACTIONS, THROTTLE_REASONS } from '../../gpu/nvidia/states.js';
import { counter, gauge, MEBIBYTES, MEGAHERTZ, NANOSECONDS, PERCENT, profiling } from './dcgm-metric.js';
import type { TableMetric } from './table.js';

const VIOLATIONS: Readonly<Record<string, string>> = {
  POWER: 'sw_power_cap',
  THERMAL: 'thermal',
  SYNC_BOOST: 'sync_boost',
  BOARD_LIMIT: 'board_limit',
  LOW_UTIL: 'low_utilization',
  RELIABILITY: 'reliability',
  TOTAL_APP_CLOCKS: 'application_clocks',
  TOTAL_BASE_CLOCKS: 'base_clocks',
};

const NVLINK_ERRORS: Readonly<Record<string, string>> = {
  CRC_FLIT: 'crc_flit',
  CRC_DATA: 'crc_data',
  REPLAY: 'replay',
  RECOVERY: 'recovery',
};

const ECC_ERRORS = { SBE: 'corrected', DBE: 'uncorrected' } as const;
const ECC_PERIODS = { VOL: 'volatile', AGG: 'aggregate' } as const;
const ECC_LOCATIONS: Readonly<Record<string, string>> = {
  L1: 'l1_cache',
  L2: 'l2_cache',
  DEV: 'dram',
  REG: 'register_file',
  TEX: 'texture_memory',
  SHM: 'shared_memory',
  CBU: 'cbu',
  SRM: 'sram',
};

const numbersOf = (states: readonly string[]) => Object.fromEntries(states.map((state, number) => [state, number]));

/** What dcgm-exporter exports when it is told to, as far as NVML has it. */
export const DCGM_OPTIONAL_METRICS: readonly TableMetric[] = [
  gauge('VIDEO_CLOCK', 'Clock of the video engines, in MHz', 'gpu_clock_hertz', {
    where: { clock: 'video' },
    ...MEGAHERTZ,
  }),
  gauge('MAX_SM_CLOCK', 'Greatest clock of the multiprocessors, in MHz', 'gpu_clock_max_hertz', {
    where: { clock: 'sm' },
    ...MEGAHERTZ,
  }),
  gauge('MAX_MEM_CLOCK', 'Greatest clock of the memory, in MHz', 'gpu_clock_max_hertz', {
    where: { clock: 'memory' },
    ...MEGAHERTZ,
  }),
  gauge('MAX_VIDEO_CLOCK', 'Greatest clock of the video engines, in MHz', 'gpu_clock_max_hertz', {
    where: { clock: 'video' },
    ...MEGAHERTZ,
  }),
  gauge('CLOCKS_EVENT_REASONS', 'Why the clocks are below their greatest, as a bit mask', 'gpu_throttle_active', {
    sum: true,
    weights: Object.fromEntries(THROTTLE_REASONS.map(([bit, reason]) => [reason, bit])),
  }),
  gauge('POWER_USAGE_INSTANT', 'Power that the board draws at this moment, in watts', 'gpu_power_instant_watts'),
  gauge('ENFORCED_POWER_LIMIT', 'Power limit that is enforced, in watts', 'gpu_power_limit_watts'),
  gauge('POWER_MGMT_LIMIT', 'Power limit that was set, in watts', 'gpu_power_configured_limit_watts'),
  gauge('POWER_MGMT_LIMIT_MIN', 'Least power limit, in watts', 'gpu_power_min_limit_watts'),
  gauge('POWER_MGMT_LIMIT_MAX', 'Greatest power limit, in watts', 'gpu_power_max_limit_watts'),
  gauge('POWER_MGMT_LIMIT_DEF', 'Power limit after a reset, in watts', 'gpu_power_default_limit_watts'),
  gauge('SLOWDOWN_TEMP', 'Temperature of the slowdown, in degrees Celsius', 'gpu_temperature_threshold_celsius', {
    where: { threshold: 'slowdown' },
  }),
  gauge('SHUTDOWN_TEMP', 'Temperature of the shutdown, in degrees Celsius', 'gpu_temperature_threshold_celsius', {
    where: { threshold: 'shutdown' },
  }),
  gauge('GPU_MAX_OP_TEMP', 'Greatest temperature of the GPU at work', 'gpu_temperature_threshold_celsius', {
    where: { threshold: 'gpu_max' },
  }),
  gauge('MEM_MAX_OP_TEMP', 'Greatest temperature of the memory at work', 'gpu_temperature_threshold_celsius', {
    where: { threshold: 'memory_max' },
  }),
  gauge('GPU_TEMP_LIMIT', 'Degrees until the GPU slows down', 'gpu_temperature_margin_celsius'),
  gauge('FAN_SPEED', 'Speed of the first fan, in percent', 'gpu_fan_speed_ratio', { where: { fan: '0' }, ...PERCENT }),
  gauge('PSTATE', 'Performance state, 0 the fastest', 'gpu_performance_state'),
  gauge('PCIE_LINK_GEN', 'PCI Express generation of the link', 'gpu_pcie_link_generation'),
  gauge('PCIE_LINK_WIDTH', 'Lanes of the PCI Express link', 'gpu_pcie_link_width'),
  gauge('PCIE_MAX_LINK_GEN', 'Greatest PCI Express generation', 'gpu_pcie_link_max_generation'),
  gauge('PCIE_MAX_LINK_WIDTH', 'Greatest number of lanes', 'gpu_pcie_link_max_width'),
  ...['TX', 'RX'].map((direction) =>
    gauge(
      `PCIE_${direction}_THROUGHPUT`,
      `Traffic over PCI Express (${direction}), in KB per second, sampled for 20 ms`,
      'gpu_pcie_throughput_bytes_per_second',
      { where: { direction: direction === 'TX' ? 'transmit' : 'receive' }, scale: 1e-3, whole: 'nearest' },
    ),
  ),
  gauge('FB_TOTAL', 'Memory, in MiB', ['gpu_memory_total_bytes', 'gpu_mig_memory_total_bytes'], MEBIBYTES),
  gauge('FB_USED_PERCENT', 'Used memory as a share of what is not reserved, 0 to 1', undefined),
  gauge('BAR1_TOTAL', 'Size of the PCI window, in MiB', 'gpu_bar1_memory_total_bytes', MEBIBYTES),
  gauge('BAR1_USED', 'Used part of the PCI window, in MiB', 'gpu_bar1_memory_used_bytes', MEBIBYTES),
  gauge('BAR1_FREE', 'Free part of the PCI window, in MiB', 'gpu_bar1_memory_free_bytes', MEBIBYTES),
  ...Object.entries(VIOLATIONS).map(([name, reason]) =>
    counter(`${name}_VIOLATION`, 'Time in which this held the clocks down, in ns', 'gpu_throttle_seconds_total', {
      where: { reason },
      ...NANOSECONDS,
    }),
  ),
  gauge('ECC_CURRENT', 'Whether error correction is on', 'gpu_ecc_mode_enabled'),
  gauge('ECC_PENDING', 'Whether error correction is on after the next restart', 'gpu_ecc_mode_pending_enabled'),
  ...Object.entries(ECC_ERRORS).flatMap(([errorName, error]) =>
    Object.entries(ECC_PERIODS).flatMap(([periodName, period]) => [
      counter(`ECC_${errorName}_${periodName}_TOTAL`, `Memory errors, ${error}, ${period}`, 'gpu_ecc_errors_total', {
        where: { error, period },
      }),
      ...Object.entries(ECC_LOCATIONS).map(([locationName, location]) =>
        counter(
          `ECC_${errorName}_${periodName}_${locationName}`,
          `Memory errors, ${error}, ${period}, in one place`,
          'gpu_ecc_location_errors_total',
          { where: { error, period, location } },
        ),
      ),
    ]),
  ),
  gauge('THRESHOLD_SRM', 'Whether errors of the SRAM passed the limit', 'gpu_ecc_sram_threshold_exceeded'),
  counter('RETIRED_SBE', 'Pages retired after single-bit errors', 'gpu_retired_pages_total', {
    where: { cause: 'corrected' },
  }),
  counter('RETIRED_DBE', 'Pages retired after double-bit errors', 'gpu_retired_pages_total', {
    where: { cause: 'uncorrected' },
  }),
  gauge('RETIRED_PENDING', 'Whether a page waits to be retired', 'gpu_retired_pages_pending'),
  gauge('ROW_REMAP_PENDING', 'Whether a row waits to be replaced', 'gpu_row_remap_pending'),
  ...['MAX', 'HIGH', 'PARTIAL', 'LOW', 'NONE'].map((name) =>
    gauge(`BANKS_REMAP_ROWS_AVAIL_${name}`, 'Banks of memory with this many spare rows', 'gpu_row_remapper_banks', {
      where: { availability: name.toLowerCase() },
    }),
  ),
  gauge('GPU_RECOVERY_ACTION', 'What the driver asks for, 0 for nothing', 'gpu_recovery_action', {
    sum: true,
    weights: numbersOf(RECOVERY_ACTIONS),
  }),
  gauge('COMPUTE_MODE', 'Which processes may compute, 0 for all', 'gpu_compute_mode', {
    sum: true,
    weights: numbersOf(COMPUTE_MODES),
  }),
  gauge('PERSISTENCE_MODE', 'Whether the driver stays loaded', 'gpu_persistence_mode_enabled'),
  gauge('MIG_MODE', 'Whether the GPU is divided into instances', 'gpu_mig_mode_enabled'),
  ...Object.entries(NVLINK_ERRORS).map(([name, type]) =>
    counter(`NVLINK_${name}_ERROR_COUNT_TOTAL`, 'Errors of all NVLinks', 'gpu_nvlink_errors_total', {
      where: { type },
      sum: true,
    }),
  ),
  counter('NVLINK_ERROR_DL_CRC', 'Checksum errors of all NVLinks', 'gpu_nvlink_errors_total', {
    where: { type: 'crc' },
    sum: true,
  }),
  counter('NVLINK_COUNT_TX_BYTES', 'Bytes sent over all NVLinks', 'gpu_nvlink_transmit_bytes_total', { sum: true }),
  counter('NVLINK_COUNT_RX_BYTES', 'Bytes received over all NVLinks', 'gpu_nvlink_receive_bytes_total', { sum: true }),
  ...Array.from({ length: 18 }, (_, link) =>
    gauge(`NVLINK_BANDWIDTH_L${link}`, 'Traffic over one NVLink in both directions, in MB per second', undefined),
  ),
  profiling('SM_ACTIVE', 'Share of time in which a multiprocessor had a warp, 0 to 1', [
    'gpu_sm_active_ratio',
    'gpu_mig_sm_active_ratio',
  ]),
  profiling('SM_OCCUPANCY', 'Resident warps as a share of the greatest number, 0 to 1', [
    'gpu_sm_occupancy_ratio',
    'gpu_mig_sm_occupancy_ratio',
  ]),
  ...(['fp64', 'fp32', 'fp16'] as const).map((pipe) =>
    profiling(`PIPE_${pipe.toUpperCase()}_ACTIVE`, 'Share of cycles in which the pipe was active, 0 to 1', [
      `gpu_${pipe}_active_ratio`,
      `gpu_mig_${pipe}_active_ratio`,
    ]),
  ),
  profiling('PIPE_INT_ACTIVE', 'Share of cycles in which the integer pipe was active, 0 to 1', [
    'gpu_integer_active_ratio',
    'gpu_mig_integer_active_ratio',
  ]),
  profiling('NVLINK_TX_BYTES', 'Bytes per second sent over all NVLinks', 'gpu_nvlink_transmit_bytes_per_second'),
  profiling('NVLINK_RX_BYTES', 'Bytes per second received over all NVLinks', 'gpu_nvlink_receive_bytes_per_second'),
  ...Object.entries({ NVDEC: 8, NVJPG: 8, NVOFA: 2 }).flatMap(([engine, count]) =>
    Array.from({ length: count }, (_, index) =>
      profiling(`${engine}${index}_ACTIVE`, 'Share of time in which the engine was active', 'gpu_engine_active_ratio', {
        where: { engine: `${engine.toLowerCase()}${index}` },
      }),
    ),
  ),
];
