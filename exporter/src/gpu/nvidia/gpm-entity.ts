import type { Point } from '../sample.js';
import { RETRY_UNSUPPORTED_SECONDS } from './device-calls.js';
import { isUnsupported, returnCodeName, SUCCESS } from './errors.js';
import type { GpmMetric } from './gpm-metrics.js';
import type { GpmReader, GpmValue } from './gpm-reader.js';

/** Counters need so much time between two samples. */
const SHORTEST_WINDOW = 0.1;
/** Counters may have wrapped, and nobody wants an average over so long. */
const LONGEST_WINDOW = 600;
/** Up to this a ratio is 1 and an error of measurement; beyond it is something else. */
const LARGEST_RATIO = 1.1;
const BUSY = 0.5;
const STALLED_LIMIT = 3;
const MEBIBYTE = 1_048_576;

/**
 * The two samples of a device or of a GPU instance, and the values between them.
 */
export class GpmEntity {
  /** Why there are no values, in one word; empty while there are, or while the first window lasts. */
  public reason = '';
  /** Values dropped since they lay far above 100 percent. */
  public outOfRange = 0;
  private older: bigint | undefined;
  private newer: bigint | undefined;
  /** When `newer` was taken. */
  private takenAt: number | undefined;
  private points: readonly Point[] = [];
  private asked: readonly GpmMetric[];
  /** When metrics that the device does not have are asked for again. */
  private asksAllAt = 0;
  private restsUntil = 0;
  private stalled = 0;

  public constructor(
    private readonly reader: GpmReader,
    private readonly metrics: readonly GpmMetric[],
    private readonly kind: 'device' | 'instance',
  ) {
    this.asked = metrics;
  }

  /**
   * Takes a sample and gives the values since the one before.
   *
   * @param now seconds of a clock that never jumps
   * @param utilization of the device as a ratio, where known
   * @param take fills a sample, and returns the code of the driver
   */
  public collect(now: number, utilization: number | undefined, take: (sample: bigint) => number): readonly Point[] {
    const window = this.takenAt === undefined ? undefined : now - this.takenAt;
    if (now < this.restsUntil || (window !== undefined && window < SHORTEST_WINDOW)) {
      return this.points;
    }
    this.points = [];
    if (!this.sample(now, take) || window === undefined || window > LONGEST_WINDOW) {
      return this.points;
    }
    this.points = this.valuesOf(now, utilization);
    return this.points;
  }

  /** Lets go of the samples. */
  public close(): void {
    for (const sample of [this.older, this.newer]) {
      if (sample !== undefined) this.reader.free(sample);
    }
    this.older = undefined;
    this.newer = undefined;
    this.takenAt = undefined;
    this.points = [];
  }

  /** Fills the sample that is two collections old, which then is the newer one. */
  private sample(now: number, take: (sample: bigint) => number): boolean {
    const spare = this.older ?? this.reader.allocate();
    if (spare === undefined) {
      this.reason = 'no_memory';
      return false;
    }
    this.older = spare;
    const code = take(spare);
    if (code !== SUCCESS) {
      // What is in the sample is not known; the next window begins anew.
      this.takenAt = undefined;
      this.reason = returnCodeName(code);
      this.restsUntil = isUnsupported(code) ? now + RETRY_UNSUPPORTED_SECONDS : 0;
      return false;
    }
    this.older = this.newer;
    this.newer = spare;
    this.takenAt = now;
    this.reason = this.stalled >= STALLED_LIMIT ? 'stalled' : '';
    return true;
  }

  private valuesOf(now: number, utilization: number | undefined): readonly Point[] {
    if (now >= this.asksAllAt) {
      this.asked = this.metrics;
      this.asksAllAt = now + RETRY_UNSUPPORTED_SECONDS;
    }
    if (this.older === undefined || this.newer === undefined) {
      return [];
    }
    const answer = this.reader.read(this.asked, this.older, this.newer);
    if (typeof answer === 'number') {
      this.reason = returnCodeName(answer);
      return [];
    }
    if (answer.some(({ unsupported }) => unsupported)) {
      this.asked = answer.flatMap(({ metric, unsupported }) => (unsupported ? [] : [metric]));
    }
    return this.isStalled(answer, utilization) ? [] : answer.flatMap((value) => this.pointOf(value));
  }

  /**
   * Whether the counters stand still: all at 0 for some collections, while the driver says that the device is busy.
   *
   * @see https://github.com/NVIDIA/dcgm-exporter/issues/662
   */
  private isStalled(values: readonly GpmValue[], utilization: number | undefined): boolean {
    const ratios = values.filter(({ metric, value }) => metric.unit === 'percent' && value !== undefined);
    const isZero = ratios.length > 0 && ratios.every(({ value }) => value === 0);
    this.stalled = isZero && utilization !== undefined && utilization >= BUSY ? this.stalled + 1 : 0;
    const isStalled = this.stalled >= STALLED_LIMIT;
    this.reason = isStalled ? 'stalled' : '';
    return isStalled;
  }

  private pointOf({ metric, value }: GpmValue): Point[] {
    const name = this.kind === 'device' ? metric.device : metric.instance;
    if (value === undefined || name === undefined) {
      return [];
    }
    if (metric.unit === 'mebibytes_per_second') {
      return [[name, value * MEBIBYTE]];
    }
    const ratio = value / 100;
    if (ratio > LARGEST_RATIO) {
      this.outOfRange += 1;
      return [];
    }
    return [metric.engine === undefined ? [name, Math.min(1, ratio)] : [name, Math.min(1, ratio), metric.engine]];
  }
}
