import type { Sample, Vendor } from '../gpu/sample.js';

/** Why a child was replaced; the values of the label `reason` of the counter of restarts. */
export const RESTART_REASONS = ['exit', 'crash', 'killed', 'hung', 'memory', 'driver'] as const;

/**
 * Why a child was replaced.
 *
 * - `exit`: it ended by itself · `crash`: a signal of its own making ended it, such as SIGSEGV · `killed`: someone else's SIGKILL did
 * - `hung`: it did not answer in time · `memory`: it grew beyond its bound · `driver`: it had loaded the library of another driver
 */
export type RestartReason = (typeof RESTART_REASONS)[number];

/** A device that is left alone, or is being waited for. */
export interface DeviceVerdict {
  readonly pciBusId: string;
  readonly status: 'hung' | 'crashed';
  /** Collector whose call did not return. */
  readonly collector: string;
  /** Unix time in seconds since when. */
  readonly since: number;
}

/** Whether the driver as a whole answers. */
export interface DriverState {
  readonly available: boolean;
  /** One word: of `DriverUnavailableError`, or `starting`, `hung`, `crashed`, `released`, `stopped`, `abandoned`. */
  readonly reason?: string;
  /** The same in the driver's words, one line. */
  readonly message?: string;
}

/** How many collections ended in which way; one for which the child did not even start counts too. */
export interface CollectionCounts {
  readonly ok: number;
  readonly unavailable: number;
  readonly hung: number;
  readonly crashed: number;
}

/** Everything that is known about one vendor's GPUs at this moment. */
export interface CollectorState {
  readonly vendor: Vendor;
  readonly driver: DriverState;
  /** The last good sample; absent before the first, and once it is older than the staleness limit. */
  readonly sample?: Sample;
  /** Age of the last good sample in seconds, of a clock that never jumps; goes on when the sample is dropped. */
  readonly ageSeconds?: number;
  readonly deviceVerdicts: readonly DeviceVerdict[];
  readonly restarts: Readonly<Record<RestartReason, number>>;
  /** Children that do not die, since a call into the kernel does not return. */
  readonly abandoned: number;
  /** Seconds since the collection that is running now began; absent while none is. */
  readonly runningSeconds?: number;
  readonly collections: CollectionCounts;
  /** Memory of the child after its last answer, in bytes. */
  readonly childMemory?: number;
  /** Process id of the child. */
  readonly childPid?: number;
}
