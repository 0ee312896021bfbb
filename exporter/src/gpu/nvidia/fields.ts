import type { MetricName } from '../../metrics/catalogue.js';
import type { FieldId } from './field-batch.js';

/**
 * How the value of a field becomes a value of a metric.
 *
 * - `plain`: as it is · `positive`: 0 means that there is no such sensor
 * - `wrapping`: a counter that wraps where the driver gives it as 32 bits
 * - `before_ampere`: of GPUs that retire pages; later ones replace rows, and answer 0 at best
 * - `recovery`: number of a state · `silent`: no metric of its own
 */
export type Treatment = 'plain' | 'positive' | 'wrapping' | 'before_ampere' | 'recovery' | 'silent';

/** A field value and the metric that it becomes. */
export interface DeviceField extends FieldId {
  readonly metric: MetricName;
  /** Unit of the metric per unit of the driver. */
  readonly factor: number;
  readonly labels: readonly string[];
  readonly treatment: Treatment;
}

/** Fields that other collectors read. */
export const NVLINK_COUNT = 91;
export const NVLINK_COMMON_SPEED = 90;

const MILLI = 1e-3;
const NANO = 1e-9;

const field = (id: number, metric: MetricName, factor = 1, ...labels: readonly string[]): DeviceField => ({
  id,
  scope: 0,
  metric,
  factor,
  labels,
  treatment: 'plain',
});

const ecc = (id: number, error: string, period: string): DeviceField =>
  field(id, 'gpu_ecc_errors_total', 1, error, period);
const eccIn = (id: number, error: string, period: string, location: string): DeviceField =>
  field(id, 'gpu_ecc_location_errors_total', 1, error, period, location);
const throttled = (id: number, reason: string): DeviceField => field(id, 'gpu_throttle_seconds_total', NANO, reason);
const pcieError = (id: number, type: string): DeviceField => field(id, 'gpu_pcie_errors_total', 1, type);

/**
 * Field values of a device, asked in one call.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlFieldValueEnums.html
 */
export const DEVICE_FIELDS: readonly DeviceField[] = [
  { ...field(82, 'gpu_temperature_celsius', 1, 'memory'), treatment: 'positive' },
  field(83, 'gpu_energy_joules_total', MILLI),
  field(185, 'gpu_power_average_watts', MILLI),
  field(186, 'gpu_power_instant_watts', MILLI),
  { ...field(186, 'gpu_module_power_watts', MILLI), scope: 1, treatment: 'positive' },

  field(1, 'gpu_ecc_mode_enabled'),
  field(2, 'gpu_ecc_mode_pending_enabled'),
  ecc(3, 'corrected', 'volatile'),
  ecc(4, 'uncorrected', 'volatile'),
  ecc(5, 'corrected', 'aggregate'),
  ecc(6, 'uncorrected', 'aggregate'),
  eccIn(7, 'corrected', 'volatile', 'l1_cache'),
  eccIn(8, 'uncorrected', 'volatile', 'l1_cache'),
  eccIn(9, 'corrected', 'volatile', 'l2_cache'),
  eccIn(10, 'uncorrected', 'volatile', 'l2_cache'),
  eccIn(11, 'corrected', 'volatile', 'dram'),
  eccIn(12, 'uncorrected', 'volatile', 'dram'),
  eccIn(13, 'corrected', 'volatile', 'register_file'),
  eccIn(14, 'uncorrected', 'volatile', 'register_file'),
  eccIn(15, 'corrected', 'volatile', 'texture_memory'),
  eccIn(16, 'uncorrected', 'volatile', 'texture_memory'),
  eccIn(17, 'uncorrected', 'volatile', 'cbu'),
  eccIn(18, 'corrected', 'aggregate', 'l1_cache'),
  eccIn(19, 'uncorrected', 'aggregate', 'l1_cache'),
  eccIn(20, 'corrected', 'aggregate', 'l2_cache'),
  eccIn(21, 'uncorrected', 'aggregate', 'l2_cache'),
  eccIn(22, 'corrected', 'aggregate', 'dram'),
  eccIn(23, 'uncorrected', 'aggregate', 'dram'),
  eccIn(24, 'corrected', 'aggregate', 'register_file'),
  eccIn(25, 'uncorrected', 'aggregate', 'register_file'),
  eccIn(26, 'corrected', 'aggregate', 'texture_memory'),
  eccIn(27, 'uncorrected', 'aggregate', 'texture_memory'),
  eccIn(28, 'uncorrected', 'aggregate', 'cbu'),

  throttled(74, 'sw_power_cap'),
  throttled(75, 'thermal'),
  throttled(76, 'sync_boost'),
  throttled(77, 'board_limit'),
  throttled(78, 'low_utilization'),
  throttled(79, 'reliability'),
  throttled(80, 'application_clocks'),
  throttled(81, 'base_clocks'),
  throttled(269, 'sw_thermal'),
  throttled(270, 'hw_thermal'),
  throttled(271, 'hw_power_brake'),

  field(94, 'gpu_pcie_replays_total'),
  field(95, 'gpu_pcie_replay_rollovers_total'),
  { ...field(197, 'gpu_pcie_transmit_bytes_total'), treatment: 'wrapping' },
  { ...field(198, 'gpu_pcie_receive_bytes_total'), treatment: 'wrapping' },
  pcieError(169, 'l0_to_recovery'),
  pcieError(173, 'correctable'),
  pcieError(174, 'naks_received'),
  pcieError(175, 'receiver'),
  pcieError(176, 'bad_tlp'),
  pcieError(177, 'naks_sent'),
  pcieError(178, 'bad_dllp'),
  pcieError(179, 'non_fatal'),
  pcieError(180, 'fatal'),
  pcieError(181, 'unsupported_request'),
  pcieError(182, 'lcrc'),
  pcieError(183, 'lane'),

  field(142, 'gpu_remapped_rows_total', 1, 'corrected'),
  field(143, 'gpu_remapped_rows_total', 1, 'uncorrected'),
  field(144, 'gpu_row_remap_pending'),
  field(145, 'gpu_row_remap_failed'),
  { ...field(29, 'gpu_retired_pages_total', 1, 'corrected'), treatment: 'before_ampere' },
  { ...field(30, 'gpu_retired_pages_total', 1, 'uncorrected'), treatment: 'before_ampere' },
  { ...field(31, 'gpu_retired_pages_pending'), treatment: 'before_ampere' },
  { ...field(230, 'gpu_recovery_action'), treatment: 'recovery' },
  { ...field(NVLINK_COUNT, 'gpu_nvlink_up'), treatment: 'silent' },
  { ...field(NVLINK_COMMON_SPEED, 'gpu_nvlink_speed_bytes_per_second'), treatment: 'silent' },
];

const places = new Map(DEVICE_FIELDS.map(({ id, scope }, place) => [`${id}/${scope}`, place]));

/** Place of a field in {@link DEVICE_FIELDS}. */
export function placeOf(id: number, scope = 0): number {
  const place = places.get(`${id}/${scope}`);
  if (place === undefined) {
    throw new Error(`field ${id} of scope ${scope} is not asked for`);
  }
  return place;
}
