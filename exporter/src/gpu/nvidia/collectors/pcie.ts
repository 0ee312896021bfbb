import { placeOf } from '../fields.js';
import type { DeviceCollector } from './collector.js';

const REPLAYS = placeOf(94);
/** NVML's documentation says KB. */
const KILO = 1000;

/** Values of the label `direction`, by the driver's numbers. */
const DIRECTIONS: readonly string[] = ['transmit', 'receive'];

/** The PCI Express link; bytes and errors are field values. */
export const pcieCollector: DeviceCollector = {
  name: 'pcie',
  cadence: 'collection',
  collect(device) {
    const { calls } = device;
    device.put('gpu_pcie_link_generation', calls.u32('nvmlDeviceGetCurrPcieLinkGeneration'));
    device.put('gpu_pcie_link_width', calls.u32('nvmlDeviceGetCurrPcieLinkWidth'));
    if (!device.fields.supports(REPLAYS)) {
      device.put('gpu_pcie_replays_total', calls.u32('nvmlDeviceGetPcieReplayCounter'));
    }
    // This call measures for 20 ms, so that it is opt-in.
    if (device.options.pcieThroughput) {
      for (const [number, direction] of DIRECTIONS.entries()) {
        const rate = calls.u32With('nvmlDeviceGetPcieThroughput', number);
        device.putScaled('gpu_pcie_throughput_bytes_per_second', rate, KILO, direction);
      }
    }
  },
};

/** What GPU and slot could do. */
export const pcieLimitCollector: DeviceCollector = {
  name: 'pcie_limits',
  cadence: 'minute',
  collect(device) {
    device.put('gpu_pcie_link_max_generation', device.calls.u32('nvmlDeviceGetMaxPcieLinkGeneration'));
    device.put('gpu_pcie_link_max_width', device.calls.u32('nvmlDeviceGetMaxPcieLinkWidth'));
  },
};
