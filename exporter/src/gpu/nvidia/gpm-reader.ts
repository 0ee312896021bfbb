import { FUNCTION_NOT_FOUND, INVALID_ARGUMENT, NOT_SUPPORTED, SUCCESS, UNKNOWN } from './errors.js';
import { FIRST_LATER_GPM_ID, type GpmMetric } from './gpm-metrics.js';
import { LAYOUTS } from './layouts.js';
import type { NativeLibrary } from './native-library.js';

/** One value of an answer. */
export interface GpmValue {
  readonly metric: GpmMetric;
  /** In the unit of the metric; absent where the driver gives none that is a number. */
  readonly value?: number;
  /** Whether the device does not have the metric at all. */
  readonly unsupported: boolean;
}

const { metricId: ID, nvmlReturn: RETURN, value: VALUE } = LAYOUTS.nvmlGpmMetric_t.fields;
const { size: METRIC_SIZE } = LAYOUTS.nvmlGpmMetric_t;
const { version: VERSION, fields: REQUEST } = LAYOUTS.nvmlGpmMetricsGet_t;
/** Room for the list of the newest header known, 477 metrics, and some more: a driver may clear all that its own has. */
const REQUEST_SIZE = REQUEST.metrics.offset + 512 * METRIC_SIZE;

/** Allocates samples and computes metrics from two of them. One buffer serves all devices. */
export class GpmReader {
  private readonly request = Buffer.alloc(REQUEST_SIZE);
  private readonly pointer = Buffer.alloc(8);
  /** Whether the driver refused a request with metrics that came later. */
  private onlyFirst = false;

  public constructor(private readonly library: NativeLibrary) {}

  /** Allocates a sample; undefined where the driver has no room. */
  public allocate(): bigint | undefined {
    return this.library.call('nvmlGpmSampleAlloc', this.pointer) === SUCCESS
      ? this.pointer.readBigUInt64LE(0)
      : undefined;
  }

  public free(sample: bigint): void {
    this.library.call('nvmlGpmSampleFree', sample);
  }

  /** Computes metrics between two samples. The code of the driver, or the values. */
  public read(metrics: readonly GpmMetric[], older: bigint, newer: bigint): number | readonly GpmValue[] {
    const asked = this.onlyFirst ? metrics.filter(({ id }) => id < FIRST_LATER_GPM_ID) : metrics;
    const { request } = this;
    request.writeUInt32LE(VERSION, REQUEST.version.offset);
    request.writeUInt32LE(asked.length, REQUEST.numMetrics.offset);
    request.writeBigUInt64LE(older, REQUEST.sample1.offset);
    request.writeBigUInt64LE(newer, REQUEST.sample2.offset);
    for (let index = 0, at = REQUEST.metrics.offset; index < asked.length; index += 1, at += METRIC_SIZE) {
      request.fill(0, at, at + METRIC_SIZE);
      request.writeUInt32LE(asked[index]?.id ?? 0, at + ID.offset);
      // An entry that the driver leaves as it is must not pass for a 0 that it measured.
      request.writeInt32LE(UNKNOWN, at + RETURN.offset);
    }
    const code = this.library.call('nvmlGpmMetricsGet', request);
    if (code === INVALID_ARGUMENT && !this.onlyFirst && asked.some(({ id }) => id >= FIRST_LATER_GPM_ID)) {
      this.onlyFirst = true;
      return this.read(metrics, older, newer);
    }
    return code === SUCCESS ? asked.map((metric, index) => this.decode(metric, index)) : code;
  }

  private decode(metric: GpmMetric, index: number): GpmValue {
    const at = REQUEST.metrics.offset + index * METRIC_SIZE;
    const code = this.request.readInt32LE(at + RETURN.offset);
    const value = this.request.readDoubleLE(at + VALUE.offset);
    return {
      metric,
      ...(code === SUCCESS && Number.isFinite(value) && value >= 0 ? { value } : {}),
      unsupported: code === NOT_SUPPORTED || code === FUNCTION_NOT_FOUND || code === INVALID_ARGUMENT,
    };
  }
}
