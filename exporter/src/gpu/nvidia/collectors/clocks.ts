import { type Device, scale } from '../device.js';
import { readU64 } from '../device-calls.js';
import { placeOf } from '../fields.js';
import { LAYOUTS } from '../layouts.js';
import { THROTTLE_REASONS } from '../states.js';
import type { DeviceCollector } from './collector.js';

const MEGA = 1e6;
const NANO = 1e-9;
/** The driver's number for a performance state that it does not know. */
const UNKNOWN_STATE = 32;

/** Values of the label `clock`, by the driver's numbers. */
const CLOCKS: readonly string[] = ['graphics', 'sm', 'memory', 'video'];

/** Policies that keep clocks down, by the driver's number, and the field that has the same counter. */
const POLICIES: readonly (readonly [policy: number, place: number, reason: string])[] = [
  [0, placeOf(74), 'sw_power_cap'],
  [1, placeOf(75), 'thermal'],
  [2, placeOf(76), 'sync_boost'],
  [3, placeOf(77), 'board_limit'],
  [4, placeOf(78), 'low_utilization'],
  [5, placeOf(79), 'reliability'],
  [10, placeOf(80), 'application_clocks'],
  [11, placeOf(81), 'base_clocks'],
];

const violation = Buffer.alloc(LAYOUTS.nvmlViolationTime_t.size);
const { violationTime } = LAYOUTS.nvmlViolationTime_t.fields;

/** Clocks, the performance state, and what keeps clocks down; the time of that is a field value of newer drivers. */
export const clockCollector: DeviceCollector = {
  name: 'clocks',
  cadence: 'collection',
  collect(device) {
    const { calls } = device;
    for (const [number, clock] of CLOCKS.entries()) {
      device.putScaled('gpu_clock_hertz', calls.u32With('nvmlDeviceGetClockInfo', number), MEGA, clock);
    }
    const state = calls.u32('nvmlDeviceGetPerformanceState');
    device.put('gpu_performance_state', state === UNKNOWN_STATE ? undefined : state);
    throttleReasons(device);
    throttleTime(device);
  },
};

function throttleReasons(device: Device): void {
  const { calls } = device;
  // The name of driver 535 and later, and the one before.
  const active =
    calls.u64('nvmlDeviceGetCurrentClocksEventReasons') ?? calls.u64('nvmlDeviceGetCurrentClocksThrottleReasons');
  if (active !== undefined) {
    for (const [bit, reason] of THROTTLE_REASONS) {
      device.points.push(['gpu_throttle_active', Math.floor(active / bit) % 2, reason]);
    }
  }
}

function throttleTime(device: Device): void {
  for (const [policy, place, reason] of POLICIES) {
    if (
      !device.fields.supports(place) &&
      device.calls.runVariant('nvmlDeviceGetViolationStatus', policy, policy, violation)
    ) {
      const nanoseconds = readU64(violation, violationTime.offset);
      device.put(
        'gpu_throttle_seconds_total',
        nanoseconds === undefined ? undefined : scale(nanoseconds, NANO),
        reason,
      );
    }
  }
}

/** Greatest frequencies. */
export const maximumClockCollector: DeviceCollector = {
  name: 'max_clocks',
  cadence: 'minute',
  collect(device) {
    for (const [number, clock] of CLOCKS.entries()) {
      device.putScaled('gpu_clock_max_hertz', device.calls.u32With('nvmlDeviceGetMaxClockInfo', number), MEGA, clock);
    }
  },
};
