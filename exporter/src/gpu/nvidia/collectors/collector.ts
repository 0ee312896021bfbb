import type { Device } from '../device.js';

/**
 * Asks a device for some of its values.
 *
 * What the device does not support is left out; what fails is kept by the calls of the device. A collector that throws
 * takes only its own values with it.
 */
export interface DeviceCollector {
  /** Name in self-metrics and logs. */
  readonly name: string;
  /** Whether values that hardly change are asked once a minute, and repeated in between. */
  readonly cadence: 'collection' | 'minute';
  /** Whether it asks only for what is no field value of the device, so that it runs again when that changes. */
  readonly dependsOnFields?: boolean;
  collect(device: Device): void;
}
