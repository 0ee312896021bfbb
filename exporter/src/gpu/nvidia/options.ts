import type { Logger } from '../../log.js';

/** How NVIDIA's driver is asked. */
export interface NvidiaOptions {
  /** File of the driver's library; by default it is looked for. */
  readonly library?: string;
  /** File that every call of the driver is recorded to. */
  readonly record?: string;
  /** Recording that answers in place of a driver. */
  readonly replay?: string;
  readonly paths: { readonly procfs: string; readonly sysfs: string; readonly rootfs: string };
  /** Whether processes are listed. */
  readonly processes: boolean;
  /** Whether profiling counters are read. */
  readonly profiling: boolean;
  /** Whether the call that measures PCI Express for 20 ms per direction and GPU is made. */
  readonly pcieThroughput: boolean;
  readonly log: Logger;
  /** Seconds of a clock that never jumps. @default the clock of the process */
  readonly clock?: () => number;
}
