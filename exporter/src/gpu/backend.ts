import type { Sample, Vendor } from './sample.js';

/** What a collection is to do. */
export interface CollectRequest {
  /** PCI addresses of devices that are left alone, since the last call about them hung or crashed. */
  readonly skip: readonly string[];
  /** That of the last sample, also of another process: what the kernel logged since then is still to be told. */
  readonly kernelLogPosition?: number;
}

/**
 * Told before a collector turns to a device, synchronously, so that the process that waits knows where a call hangs.
 *
 * @param collector name of the collector
 * @param pciBusId the device; absent for calls about no device
 */
export type Progress = (collector: string, pciBusId?: string) => void;

/** The driver as a whole does not answer, with the reason in one word and in the driver's words. */
export class DriverUnavailableError extends Error {
  public constructor(
    /** Such as `library_not_found`, `driver_not_loaded`, `no_permission`, `version_mismatch`, `unknown`. */
    public readonly reason: string,
    message: string,
  ) {
    super(message);
    this.name = 'DriverUnavailableError';
  }
}

/**
 * Asks the GPUs of one vendor. Runs in a process of its own and may block there; every call is synchronous.
 *
 * A device that fails has a status in the sample; only a driver that does not answer at all is an error.
 */
export interface GpuBackend {
  readonly vendor: Vendor;
  /** Loads the library and initialises the driver. @throws DriverUnavailableError */
  open(progress: Progress): void;
  /** Asks every device. @throws DriverUnavailableError once nothing answers any more; `open` comes next */
  collect(request: CollectRequest, progress: Progress): Sample;
  /** Lets go of the driver, so that it can be unloaded. */
  close(): void;
}
