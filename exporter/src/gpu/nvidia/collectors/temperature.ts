import type { Device } from '../device.js';
import { LAYOUTS } from '../layouts.js';
import type { DeviceCollector } from './collector.js';

const TEMPERATURE = LAYOUTS.nvmlTemperature_v1_t;
const MARGIN = LAYOUTS.nvmlMarginTemperature_v1_t;
const GPU_SENSOR = 0;
const PERCENT = 0.01;

const reading = Buffer.alloc(TEMPERATURE.size);

/** Values of the label `threshold`, by the driver's numbers. */
const THRESHOLDS: readonly string[] = [
  'shutdown',
  'slowdown',
  'memory_max',
  'gpu_max',
  'acoustic_min',
  'acoustic_current',
  'acoustic_max',
  'gps_current',
];

/** Temperatures and fans; the temperature of the memory is a field value. */
export const temperatureCollector: DeviceCollector = {
  name: 'temperature',
  cadence: 'collection',
  collect(device) {
    device.put('gpu_temperature_celsius', gpuTemperature(device), 'gpu');
    reading.writeUInt32LE(MARGIN.version, MARGIN.fields.version.offset);
    if (device.calls.run('nvmlDeviceGetMarginTemperature', reading)) {
      device.put('gpu_temperature_margin_celsius', reading.readInt32LE(MARGIN.fields.marginTemperature.offset));
    }
    // A GPU without fans of its own does not support this either; the number of fans costs no trip to the GPU.
    const fans = device.calls.u32('nvmlDeviceGetNumFans') ?? 0;
    for (let fan = 0; fan < fans; fan += 1) {
      device.putScaled('gpu_fan_speed_ratio', device.calls.u32With('nvmlDeviceGetFanSpeed_v2', fan), PERCENT, `${fan}`);
    }
  },
};

/** Newer drivers have a call with a version, older ones that without, which NVIDIA has deprecated. */
function gpuTemperature({ calls }: Device): number | undefined {
  reading.writeUInt32LE(TEMPERATURE.version, TEMPERATURE.fields.version.offset);
  reading.writeUInt32LE(GPU_SENSOR, TEMPERATURE.fields.sensorType.offset);
  return calls.run('nvmlDeviceGetTemperatureV', reading)
    ? reading.readInt32LE(TEMPERATURE.fields.temperature.offset)
    : calls.u32With('nvmlDeviceGetTemperature', GPU_SENSOR);
}

/** Temperatures at which the driver acts. */
export const temperatureThresholdCollector: DeviceCollector = {
  name: 'temperature_thresholds',
  cadence: 'minute',
  collect(device) {
    for (const [number, threshold] of THRESHOLDS.entries()) {
      const celsius = device.calls.u32With('nvmlDeviceGetTemperatureThreshold', number);
      // 0 stands for a threshold that the board does not have.
      device.put('gpu_temperature_threshold_celsius', celsius === 0 ? undefined : celsius, threshold);
    }
  },
};
