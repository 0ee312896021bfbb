import type { Grace } from './collector-process.js';

/** First and last of delays that double, in seconds. */
export interface BackoffLimits {
  readonly first: number;
  readonly last: number;
}

/** How patient a collector is; times in seconds. */
export interface CollectorLimits {
  /** Until a child is loaded. */
  readonly start: number;
  /** Until the driver is open. Without persistence mode it takes up to 3 seconds for each GPU. */
  readonly open: number;
  /** How a child ends that hangs. */
  readonly hung: Grace;
  /** How a child ends that does nothing; letting go of the last GPU takes a moment. */
  readonly idle: Grace;
  /** Until a device is asked again that hung or crashed. */
  readonly device: BackoffLimits;
  /** Until a driver is asked again that hung or crashed. */
  readonly driverHung: BackoffLimits;
  /** Until a driver is asked again that said that it is not there. */
  readonly driver: BackoffLimits;
  /** Until a child is started again that ended for no reason that concerns a device. */
  readonly restart: BackoffLimits;
  /** Crashes in a row about no device, from which on the driver counts as the cause. */
  readonly crashes: number;
  /** Children that may sit in a call that does not return; beyond that no other is started. */
  readonly abandoned: number;
  /** Bytes of a child beyond which it is replaced. */
  readonly memory: number;
  /** Age before which a child is not replaced for its memory, so that a small bound does not mean a start per collection. */
  readonly memoryAge: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_LIMITS: CollectorLimits = {
  start: 30,
  open: 60,
  hung: { terminate: 0.2, kill: 1 },
  idle: { terminate: 3, kill: 1 },
  device: { first: 30, last: 600 },
  driverHung: { first: 30, last: 600 },
  driver: { first: 1, last: 30 },
  restart: { first: 1, last: 30 },
  crashes: 3,
  abandoned: 3,
  // With the exporter itself, well within the memory limit of the construct.
  memory: 160 * 1024 * 1024,
  memoryAge: 600,
};
