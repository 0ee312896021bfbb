import type { Sample } from '../gpu/sample.js';
import type { MetricName } from '../metrics/catalogue.js';

/** Names and labels of the points of an entity, in order: what does not change from one collection to the next. */
export type Layout = readonly (readonly [metric: MetricName, ...labels: readonly string[]])[];

/**
 * A sample without what its predecessors said already, for the structured clone of the channel between the processes.
 *
 * Names, labels and identities are the same in each collection: they cross once, and are numbers from then on. Measured
 * with 8 GPUs and 64 processes each, CPU of both processes: 2.4 ms for the sample as JSON, 4.9 ms for its structured
 * clone, 1.0 ms for this.
 */
export interface EncodedSample {
  /** Whether what was remembered is void. */
  readonly reset: boolean;
  /** What is new, in the order of its numbers. */
  readonly layouts: readonly Layout[];
  readonly objects: readonly unknown[];
  readonly rest: Omit<Sample, 'devices' | 'outcomes' | 'capabilities'>;
  /**
   * Numbers of objects and layouts, counts and values. A list is its length and its items; points are the number of their
   * layout and their values; an item is the number of what rarely changes of it, then the rest.
   */
  readonly numbers: Float64Array;
}
