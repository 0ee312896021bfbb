import type { CollectRequest } from '../gpu/backend.js';
import type { LogFields, LogLevel } from '../log.js';
import type { BackendOptions } from './backend-options.js';
import type { EncodedSample } from './encoded-sample.js';

/** What the exporter says to the collector's process. */
export type Request =
  /** The first message: what to ask. Answered by `ready`. */
  | { readonly type: 'start'; readonly backend: BackendOptions; readonly seekableProgress: boolean }
  /** Opens the driver if it is not open, then asks every device that is not skipped. */
  | ({ readonly type: 'collect'; readonly id: number } & CollectRequest);

/** How a request to collect ends, unless the process ends first. */
export type Answer =
  | { readonly type: 'sample'; readonly id: number; readonly rss: number; readonly sample: EncodedSample }
  | {
      readonly type: 'unavailable';
      readonly id: number;
      readonly rss: number;
      readonly reason: string;
      readonly message: string;
    };

/** What the collector's process says to the exporter. */
export type Reply =
  | Answer
  /** The back end is loaded; nothing of the driver was called yet. */
  | { readonly type: 'ready' }
  /** The driver is open: the time of the collection itself begins. */
  | { readonly type: 'opened'; readonly id: number }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string; readonly fields?: LogFields };
