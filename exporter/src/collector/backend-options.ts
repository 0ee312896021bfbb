/** What the collector's process asks; plain data, since it crosses a process boundary. */
export type BackendOptions = NvidiaOptions | ReplayOptions | SimulatedOptions;

/** What is asked of NVIDIA's driver, or of a recording of it. */
export interface NvidiaCollection {
  readonly paths: { readonly procfs: string; readonly sysfs: string; readonly rootfs: string };
  readonly processes: boolean;
  readonly profiling: boolean;
  /** The call that samples for 20 ms per direction and GPU. */
  readonly pcieThroughput: boolean;
}

/** NVIDIA's driver through NVML. */
export interface NvidiaOptions extends NvidiaCollection {
  readonly name: 'nvidia';
  /** File of the library; searched for where it is absent. */
  readonly library?: string;
  /** File to which the calls are recorded. */
  readonly record?: string;
}

/** A recording of NVIDIA's driver. */
export interface ReplayOptions extends NvidiaCollection {
  readonly name: 'replay';
  readonly file: string;
}

/** GPUs that do not exist. */
export interface SimulatedOptions {
  readonly name: 'simulated';
  /** Such as `8xH100` or `4xA100+MIG,2xT4`. */
  readonly gpus: string;
  /** The same seed at the same time gives the same values. */
  readonly seed: number;
  /** Unix time in seconds at which the counters began: the exporter's start, so that they outlive the process. */
  readonly since: number;
}
