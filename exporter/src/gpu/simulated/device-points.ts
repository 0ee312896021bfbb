import type { Point } from '../sample.js';
import type { SimulatedDevice } from './fleet.js';
import { PERIOD } from './jobs.js';
import { hasProfiling, remapsRows } from './models.js';
import type { Timeline } from './timeline.js';

const MEGA = 1e6;
const MIB = 1024 * 1024;
const RESERVED = 0.008;
/** One memory error that is corrected in so many seconds of a GPU. */
const SECONDS_PER_CORRECTED_ERROR = 6 * 3600;

const COMPUTE_MODES = ['default', 'exclusive_thread', 'prohibited', 'exclusive_process'] as const;
const RECOVERY_ACTIONS = ['none', 'gpu_reset', 'node_reboot', 'drain_p2p', 'drain_and_reset'] as const;
const THROTTLE_REASONS = [
  'idle',
  'application_clocks',
  'sw_power_cap',
  'hw_slowdown',
  'sync_boost',
  'sw_thermal',
  'hw_thermal',
  'hw_power_brake',
] as const;

/** A moment of the simulation. */
export interface Moment {
  /** Unix time in seconds. */
  readonly time: number;
  /** Unix time in seconds at which the counters began. */
  readonly since: number;
  /** Second of the period. */
  readonly second: number;
}

/** The moment of a time. */
export function momentOf(time: number, since: number): Moment {
  return { time, since, second: Math.floor(time) % PERIOD };
}

/** What of a device does not change. */
export function fixedPoints({ model, memoryBytes, instances }: SimulatedDevice): readonly Point[] {
  const { limitWatts, clockMhz, memoryClockMhz, ecc, pcieGeneration, nvlinks, nvlinkMegabytes } = model;
  const points: Point[] = [
    ['gpu_memory_total_bytes', memoryBytes],
    ['gpu_memory_reserved_bytes', Math.round(memoryBytes * RESERVED)],
    ['gpu_bar1_memory_total_bytes', 2 ** Math.ceil(Math.log2(memoryBytes))],
    ['gpu_bar1_memory_used_bytes', 8 * MIB],
    ['gpu_bar1_memory_free_bytes', 2 ** Math.ceil(Math.log2(memoryBytes)) - 8 * MIB],
    ['gpu_power_limit_watts', limitWatts],
    ['gpu_power_configured_limit_watts', limitWatts],
    ['gpu_power_default_limit_watts', limitWatts],
    ['gpu_power_min_limit_watts', Math.round(limitWatts * 0.3)],
    ['gpu_power_max_limit_watts', limitWatts],
    ['gpu_temperature_threshold_celsius', 95, 'shutdown'],
    ['gpu_temperature_threshold_celsius', 90, 'slowdown'],
    ['gpu_temperature_threshold_celsius', 87, 'gpu_max'],
    ['gpu_clock_max_hertz', clockMhz * MEGA, 'graphics'],
    ['gpu_clock_max_hertz', clockMhz * MEGA, 'sm'],
    ['gpu_clock_max_hertz', memoryClockMhz * MEGA, 'memory'],
    ['gpu_pcie_link_generation', pcieGeneration],
    ['gpu_pcie_link_max_generation', pcieGeneration],
    ['gpu_pcie_link_width', 16],
    ['gpu_pcie_link_max_width', 16],
    ['gpu_pcie_replays_total', 0],
    ['gpu_persistence_mode_enabled', 1],
    ...COMPUTE_MODES.map((mode, at): Point => ['gpu_compute_mode', at === 0 ? 1 : 0, mode]),
  ];
  if (model.mig) {
    points.push(['gpu_mig_mode_enabled', instances.length > 0 ? 1 : 0]);
    points.push(['gpu_mig_mode_pending_enabled', instances.length > 0 ? 1 : 0]);
  }
  if (hasProfiling(model)) {
    points.push(...RECOVERY_ACTIONS.map((action, at): Point => ['gpu_recovery_action', at === 0 ? 1 : 0, action]));
  }
  for (let link = 0; link < nvlinks; link += 1) {
    points.push(['gpu_nvlink_up', 1, `${link}`]);
    points.push(['gpu_nvlink_speed_bytes_per_second', nvlinkMegabytes * MEGA, `${link}`]);
    for (const type of ['replay', 'recovery', 'crc']) points.push(['gpu_nvlink_errors_total', 0, `${link}`, type]);
  }
  if (ecc) {
    points.push(['gpu_ecc_mode_enabled', 1], ['gpu_ecc_mode_pending_enabled', 1]);
    points.push(['gpu_ecc_errors_total', 0, 'uncorrected', 'volatile']);
    points.push(['gpu_ecc_errors_total', 0, 'uncorrected', 'aggregate']);
  }
  if (remapsRows(model)) {
    points.push(['gpu_remapped_rows_total', 0, 'corrected'], ['gpu_remapped_rows_total', 0, 'uncorrected']);
    points.push(['gpu_row_remap_pending', 0], ['gpu_row_remap_failed', 0]);
  }
  return points;
}

/** What of a device changes, at a moment. */
export function livingPoints(timeline: Timeline, memoryUsed: number, moment: Moment): readonly Point[] {
  const { device } = timeline;
  const { model, memoryBytes, instances } = device;
  const { time, since, second } = moment;
  const load = timeline.load[second] as number;
  const watts = timeline.watts[second] as number;
  const celsius = timeline.celsius[second] as number;
  const capped = timeline.capped[second] as number;
  const clock = (load > 0 ? model.clockMhz - (capped ? 105 : 0) : Math.min(345, model.clockMhz)) * MEGA;
  const free = memoryBytes - Math.round(memoryBytes * RESERVED) - memoryUsed;
  const points: Point[] = [
    ['gpu_memory_used_bytes', memoryUsed],
    ['gpu_memory_free_bytes', free],
    ['gpu_power_watts', round(watts, 1000)],
    ['gpu_power_instant_watts', round(watts, 1000)],
    ['gpu_energy_joules_total', round(timeline.joules.between(since, time), 1000)],
    ['gpu_temperature_celsius', Math.round(celsius), 'gpu'],
    ['gpu_temperature_margin_celsius', Math.round(87 - celsius)],
    ['gpu_clock_hertz', clock, 'graphics'],
    ['gpu_clock_hertz', clock, 'sm'],
    ['gpu_clock_hertz', model.memoryClockMhz * MEGA, 'memory'],
    ['gpu_clock_hertz', Math.round(clock * 0.9), 'video'],
    ['gpu_performance_state', load > 0 || model.ecc ? 0 : 8],
    ['gpu_throttle_seconds_total', round(timeline.cappedSeconds.between(since, time), 1000), 'sw_power_cap'],
    ['gpu_throttle_seconds_total', 0, 'thermal'],
  ];
  for (const reason of THROTTLE_REASONS) {
    const active = reason === 'sw_power_cap' ? capped : reason === 'idle' && load === 0 ? 1 : 0;
    points.push(['gpu_throttle_active', active, reason]);
  }
  for (let fan = 0; fan < model.fans; fan += 1) {
    points.push(['gpu_fan_speed_ratio', round(Math.max(0, (celsius - 30) / 60), 100), `${fan}`]);
  }
  if (instances.length === 0) utilization(points, load);
  if (model.ecc) errors(points, device.number, moment);
  if (model.nvlinks > 0) points.push(['gpu_temperature_celsius', Math.round(celsius + 6), 'memory']);
  traffic(points, timeline, moment);
  if (hasProfiling(model)) profiling(points, load);
  return points;
}

/** A device with MIG cannot say how busy it is. */
function utilization(points: Point[], load: number): void {
  points.push(['gpu_utilization_ratio', round(load, 100)]);
  points.push(['gpu_memory_controller_utilization_ratio', round(load * 0.55, 100)]);
  points.push(['gpu_encoder_utilization_ratio', 0], ['gpu_decoder_utilization_ratio', 0]);
}

function errors(points: Point[], device: number, { time, since }: Moment): void {
  // Each device has its errors at another time.
  const count = Math.floor((time - since + device * 2700) / SECONDS_PER_CORRECTED_ERROR);
  points.push(['gpu_ecc_errors_total', count, 'corrected', 'volatile']);
  points.push(['gpu_ecc_errors_total', count + device * 3, 'corrected', 'aggregate']);
}

function traffic(points: Point[], timeline: Timeline, { time, since }: Moment): void {
  const { nvlinks } = timeline.device.model;
  const pcie = timeline.pcieBytes.between(since, time);
  points.push(['gpu_pcie_transmit_bytes_total', Math.round(pcie * 0.4)]);
  points.push(['gpu_pcie_receive_bytes_total', Math.round(pcie)]);
  const link = nvlinks > 0 ? Math.round(timeline.nvlinkBytes.between(since, time) / nvlinks) : 0;
  for (let number = 0; number < nvlinks; number += 1) {
    points.push(['gpu_nvlink_transmit_bytes_total', link, `${number}`]);
    points.push(['gpu_nvlink_receive_bytes_total', link, `${number}`]);
  }
}

function profiling(points: Point[], load: number): void {
  points.push(
    ['gpu_graphics_engine_active_ratio', round(load, 1e4)],
    ['gpu_sm_active_ratio', round(load * 0.93, 1e4)],
    ['gpu_sm_occupancy_ratio', round(load * 0.38, 1e4)],
    ['gpu_tensor_active_ratio', round(load * 0.46, 1e4)],
    ['gpu_fp64_active_ratio', 0],
    ['gpu_fp32_active_ratio', round(load * 0.11, 1e4)],
    ['gpu_fp16_active_ratio', round(load * 0.07, 1e4)],
    ['gpu_dram_active_ratio', round(load * 0.52, 1e4)],
  );
}

/** Rounds to as many parts of one as the driver gives. */
export function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
