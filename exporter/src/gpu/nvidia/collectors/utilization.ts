import type { MetricName } from '../../../metrics/catalogue.js';
import { readU32 } from '../device-calls.js';
import { LAYOUTS } from '../layouts.js';
import type { FunctionName } from '../signatures.js';
import type { DeviceCollector } from './collector.js';

const { gpu, memory } = LAYOUTS.nvmlUtilization_t.fields;
const PERCENT = 0.01;

const rates = Buffer.alloc(LAYOUTS.nvmlUtilization_t.size);
const share = Buffer.alloc(4);
const samplingPeriod = Buffer.alloc(4);

/** Engines that have a call of their own. */
const ENGINES: readonly (readonly [FunctionName, MetricName])[] = [
  ['nvmlDeviceGetEncoderUtilization', 'gpu_encoder_utilization_ratio'],
  ['nvmlDeviceGetDecoderUtilization', 'gpu_decoder_utilization_ratio'],
  ['nvmlDeviceGetJpgUtilization', 'gpu_jpeg_utilization_ratio'],
  ['nvmlDeviceGetOfaUtilization', 'gpu_optical_flow_utilization_ratio'],
];

/** How busy the engines are; the driver has no such values while a GPU is divided into instances. */
export const utilizationCollector: DeviceCollector = {
  name: 'utilization',
  cadence: 'collection',
  collect(device) {
    if (device.calls.run('nvmlDeviceGetUtilizationRates', rates)) {
      device.putScaled('gpu_utilization_ratio', readU32(rates, gpu.offset), PERCENT);
      device.putScaled('gpu_memory_controller_utilization_ratio', readU32(rates, memory.offset), PERCENT);
    }
    for (const [name, metric] of ENGINES) {
      if (device.calls.run(name, share, samplingPeriod)) {
        device.putScaled(metric, readU32(share), PERCENT);
      }
    }
  },
};
