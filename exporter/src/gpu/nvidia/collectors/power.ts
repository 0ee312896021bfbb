import { readU32 } from '../device-calls.js';
import { placeOf } from '../fields.js';
import type { DeviceCollector } from './collector.js';

const MILLI = 1e-3;
const ENERGY = placeOf(83);

const least = Buffer.alloc(4);
const greatest = Buffer.alloc(4);

/** Power that the board draws, the limit in force, and energy where the driver has it by a call of its own only. */
export const powerCollector: DeviceCollector = {
  name: 'power',
  cadence: 'collection',
  collect(device) {
    device.putScaled('gpu_power_watts', device.calls.u32('nvmlDeviceGetPowerUsage'), MILLI);
    device.putScaled('gpu_power_limit_watts', device.calls.u32('nvmlDeviceGetEnforcedPowerLimit'), MILLI);
    if (!device.fields.supports(ENERGY)) {
      device.putScaled('gpu_energy_joules_total', device.calls.u64('nvmlDeviceGetTotalEnergyConsumption'), MILLI);
    }
  },
};

/** Limits of power that an administrator sets, or the board has. */
export const powerLimitCollector: DeviceCollector = {
  name: 'power_limits',
  cadence: 'minute',
  collect(device) {
    const { calls } = device;
    device.putScaled('gpu_power_configured_limit_watts', calls.u32('nvmlDeviceGetPowerManagementLimit'), MILLI);
    device.putScaled('gpu_power_default_limit_watts', calls.u32('nvmlDeviceGetPowerManagementDefaultLimit'), MILLI);
    if (calls.run('nvmlDeviceGetPowerManagementLimitConstraints', least, greatest)) {
      device.putScaled('gpu_power_min_limit_watts', readU32(least), MILLI);
      device.putScaled('gpu_power_max_limit_watts', readU32(greatest), MILLI);
    }
  },
};
