import type { Vendor } from '../gpu/sample.js';
import type { BackendOptions } from './backend-options.js';
import type { CollectorLimits } from './limits.js';

/** What a collector asks, how often, and how patient it is; times in seconds. */
export interface CollectorOptions {
  readonly vendor: Vendor;
  readonly backend: BackendOptions;
  readonly interval: number;
  /** A collection that takes longer counts as hung. */
  readonly timeout: number;
  /** A sample that is older is no longer handed out. */
  readonly staleness: number;
  /**
   * Module that the child runs.
   *
   * @default `child.js` beside this module
   */
  readonly childPath?: string;
  /** @default DEFAULT_LIMITS for each that is not given */
  readonly limits?: Partial<CollectorLimits>;
}
