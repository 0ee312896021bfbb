import type { Device } from '../device.js';
import { readU64 } from '../device-calls.js';
import { placeOf } from '../fields.js';
import { LAYOUTS } from '../layouts.js';
import type { DeviceCollector } from './collector.js';

const SRAM = LAYOUTS.nvmlEccSramErrorStatus_v1_t;
const SRAM_LOCATION = 7;
/** Fields that have the mode, and the one after the next restart. */
const MODES = [placeOf(1), placeOf(2)];

/** Values of the labels `error` and `period`, by the driver's numbers, and the field that has the total. */
const TOTALS: readonly (readonly [type: number, counter: number, place: number, error: string, period: string])[] = [
  [0, 0, placeOf(3), 'corrected', 'volatile'],
  [1, 0, placeOf(4), 'uncorrected', 'volatile'],
  [0, 1, placeOf(5), 'corrected', 'aggregate'],
  [1, 1, placeOf(6), 'uncorrected', 'aggregate'],
];

/** Values of the label `location`, by the driver's numbers, and the fields that have the counters in the order of the totals. */
const LOCATIONS: readonly (readonly [location: number, name: string, fields: readonly (number | undefined)[]])[] = [
  [0, 'l1_cache', [7, 8, 18, 19]],
  [1, 'l2_cache', [9, 10, 20, 21]],
  [2, 'dram', [11, 12, 22, 23]],
  [3, 'register_file', [13, 14, 24, 25]],
  [4, 'texture_memory', [15, 16, 26, 27]],
  [5, 'shared_memory', []],
  [6, 'cbu', [undefined, 17, undefined, 28]],
];

/** The same as places in the batch of field values. */
const COUNTERS = LOCATIONS.flatMap(([location, name, fields]) =>
  TOTALS.map(([type, counter, , error, period], at) => {
    const id = fields[at];
    return {
      location,
      type,
      counter,
      place: id === undefined ? undefined : placeOf(id),
      labels: [error, period, name],
    };
  }),
);

/** Where in the SRAM uncorrectable errors arose; the driver counts them over the life of the GPU only. */
const SRAM_PARTS: readonly (readonly [offset: number, location: string])[] = [
  [SRAM.fields.aggregateUncBucketL2.offset, 'sram_l2_cache'],
  [SRAM.fields.aggregateUncBucketSm.offset, 'sram_sm'],
  [SRAM.fields.aggregateUncBucketPcie.offset, 'sram_pcie'],
  [SRAM.fields.aggregateUncBucketMcu.offset, 'sram_microcontroller'],
  [SRAM.fields.aggregateUncBucketOther.offset, 'sram_other'],
];

const current = Buffer.alloc(4);
const pending = Buffer.alloc(4);
const count = Buffer.alloc(8);
const status = Buffer.alloc(SRAM.size);

/** Errors of the SRAM, and what else of ECC is no field value of this driver. */
export const eccCollector: DeviceCollector = {
  name: 'ecc',
  cadence: 'minute',
  dependsOnFields: true,
  collect(device) {
    const [hasMode, hasPending] = MODES.map((place) => device.fields.supports(place));
    if (!(hasMode && hasPending) && device.calls.run('nvmlDeviceGetEccMode', current, pending)) {
      if (!hasMode) device.put('gpu_ecc_mode_enabled', current.readUInt32LE(0));
      if (!hasPending) device.put('gpu_ecc_mode_pending_enabled', pending.readUInt32LE(0));
    }
    for (const [type, counter, place, error, period] of TOTALS) {
      if (
        !device.fields.supports(place) &&
        device.calls.runVariant('nvmlDeviceGetTotalEccErrors', `${type}/${counter}`, type, counter, count)
      ) {
        device.put('gpu_ecc_errors_total', readU64(count), error, period);
      }
    }
    for (const { location, type, counter, place, labels } of COUNTERS) {
      if (place === undefined || !device.fields.supports(place)) {
        locationCounter(device, location, type, counter, labels);
      }
    }
    status.fill(0);
    status.writeUInt32LE(SRAM.version, SRAM.fields.version.offset);
    if (device.calls.run('nvmlDeviceGetSramEccErrorStatus', status)) {
      sramStatus(device);
    } else {
      sramCounters(device);
    }
  },
};

function sramStatus(device: Device): void {
  const at = SRAM.fields;
  const put = (value: number | undefined, error: string, period: string, location = 'sram') =>
    device.put('gpu_ecc_location_errors_total', value, error, period, location);
  const sum = (...offsets: readonly number[]) =>
    offsets.reduce((total, offset) => total + (readU64(status, offset) ?? Number.NaN), 0);

  put(sum(at.volatileCor.offset), 'corrected', 'volatile');
  put(sum(at.volatileUncParity.offset, at.volatileUncSecDed.offset), 'uncorrected', 'volatile');
  put(sum(at.aggregateCor.offset), 'corrected', 'aggregate');
  put(sum(at.aggregateUncParity.offset, at.aggregateUncSecDed.offset), 'uncorrected', 'aggregate');
  for (const [offset, location] of SRAM_PARTS) {
    put(readU64(status, offset), 'uncorrected', 'aggregate', location);
  }
  device.put('gpu_ecc_sram_threshold_exceeded', status.readUInt32LE(at.bThresholdExceeded.offset) === 0 ? 0 : 1);
}

function sramCounters(device: Device): void {
  for (const [type, counter, , error, period] of TOTALS) {
    locationCounter(device, SRAM_LOCATION, type, counter, [error, period, 'sram']);
  }
}

function locationCounter(
  device: Device,
  location: number,
  type: number,
  counter: number,
  labels: readonly string[],
): void {
  const variant = `${location}/${type}/${counter}`;
  if (device.calls.runVariant('nvmlDeviceGetMemoryErrorCounter', variant, type, counter, location, count)) {
    device.put('gpu_ecc_location_errors_total', readU64(count), ...labels);
  }
}
