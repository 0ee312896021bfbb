import type { Device } from '../device.js';
import { scale } from '../device.js';
import { UNSIGNED_INT } from '../field-batch.js';
import { DEVICE_FIELDS, type DeviceField } from '../fields.js';
import { isBeforeAmpere } from '../names.js';
import { RECOVERY_ACTIONS } from '../states.js';
import type { DeviceCollector } from './collector.js';

const WRAP = 2 ** 32;

/** What a counter of 32 bits has counted beyond its wraps. */
interface Wraps {
  last: number;
  base: number;
}

/**
 * Values that the driver gives by number, all in one call.
 *
 * PCI Express byte counters are added up beyond their wraps where the driver says that they are of 32 bits; a decrease of
 * such a counter is a wrap, since a GPU cannot be reset while its driver is open here. More than one wrap within a
 * collection cannot be seen.
 */
export class FieldValueCollector implements DeviceCollector {
  public readonly name = 'field_values';
  public readonly cadence = 'collection';
  private readonly wraps = new WeakMap<Device, Map<number, Wraps>>();

  public collect(device: Device): void {
    device.fields.query(device.calls, device.now);
    const { values } = device.fields;
    const beforeAmpere = isBeforeAmpere(device.identity.architecture);
    for (let place = 0; place < DEVICE_FIELDS.length; place += 1) {
      const value = values[place] ?? Number.NaN;
      const field = DEVICE_FIELDS[place];
      if (field !== undefined && !Number.isNaN(value)) {
        this.emit(device, field, place, value, beforeAmpere);
      }
    }
  }

  private emit(device: Device, field: DeviceField, place: number, value: number, beforeAmpere: boolean): void {
    switch (field.treatment) {
      case 'silent':
        return;
      case 'recovery':
        device.putStates(field.metric, RECOVERY_ACTIONS, value);
        return;
      case 'positive':
        if (value <= 0) return;
        break;
      case 'before_ampere':
        if (!beforeAmpere) return;
        break;
      case 'wrapping':
        if (device.fields.types[place] === UNSIGNED_INT) {
          device.points.push([field.metric, this.unwrap(device, place, value)]);
          return;
        }
        break;
      default:
    }
    device.points.push([field.metric, scale(value, field.factor), ...field.labels]);
  }

  private unwrap(device: Device, place: number, value: number): number {
    let counters = this.wraps.get(device);
    if (counters === undefined) {
      counters = new Map();
      this.wraps.set(device, counters);
    }
    const counter = counters.get(place) ?? { last: value, base: 0 };
    if (value < counter.last) {
      counter.base += WRAP;
    }
    counter.last = value;
    counters.set(place, counter);
    return counter.base + value;
  }
}
