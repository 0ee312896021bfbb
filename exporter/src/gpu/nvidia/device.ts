import type { MetricName } from '../../metrics/catalogue.js';
import type { Capability, DeviceIdentity, Point } from '../sample.js';
import { DeviceCalls } from './device-calls.js';
import { FieldBatch } from './field-batch.js';
import { DEVICE_FIELDS } from './fields.js';
import type { NativeLibrary } from './native-library.js';

/** Folders of the node, and what is asked. */
export interface DeviceOptions {
  readonly procfs: string;
  readonly sysfs: string;
  readonly pcieThroughput: boolean;
}

/** One GPU as long as its handle is valid: how to ask it, and what it has answered so far in this collection. */
export class Device {
  public readonly calls: DeviceCalls;
  /** Values by number, asked once per collection before all else. */
  public readonly fields = new FieldBatch(DEVICE_FIELDS);
  /** Where values go; a collector adds to it through {@link put}. */
  public points: Point[] = [];
  /** What can be known of its processes. */
  public capabilities: readonly Capability[] = [];
  /** Monotonic seconds at which the collection began. */
  public now = 0;

  public constructor(
    library: NativeLibrary,
    handle: bigint,
    /** What is known about the GPU; a collector refreshes it. */
    public identity: DeviceIdentity,
    public readonly options: DeviceOptions,
  ) {
    this.calls = new DeviceCalls(library, handle);
  }

  /** Begins a collection. */
  public begin(now: number): void {
    this.now = now;
    this.calls.begin(now);
  }

  /** Adds a value, if there is one. */
  public put(metric: MetricName, value: number | undefined, ...labels: readonly string[]): void {
    if (value !== undefined && Number.isFinite(value)) {
      this.points.push([metric, value, ...labels]);
    }
  }

  /** Adds a value that the driver gives in another unit. */
  public putScaled(metric: MetricName, value: number | undefined, factor: number, ...labels: readonly string[]): void {
    if (value !== undefined) {
      this.put(metric, scale(value, factor), ...labels);
    }
  }

  /** Adds one value per state, 1 for the one that holds; nothing where the driver gives a number that has no name. */
  public putStates(metric: MetricName, states: readonly string[], state: number | undefined): void {
    if (state !== undefined && states[state] !== undefined) {
      for (const [number, name] of states.entries()) {
        this.points.push([metric, number === state ? 1 : 0, name]);
      }
    }
  }

  /** Asks again for what was not supported, as after a change of mode. */
  public forgetUnsupported(): void {
    this.calls.forgetUnsupported();
    this.fields.forgetUnsupported();
  }
}

/** Multiplies; a factor below 1 divides by its inverse, so that 250123 milliwatts are 250.123 watts and no digit more. */
export function scale(value: number, factor: number): number {
  return factor < 1 ? value / Math.round(1 / factor) : value * factor;
}
