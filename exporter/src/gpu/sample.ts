import type { MetricName } from '../metrics/catalogue.js';

/** Makers of GPUs with a back end; the value of the label `vendor`. */
export type Vendor = 'nvidia' | 'amd';

/**
 * One value of a metric of the entity it is listed under: name, value in the unit of the catalogue, and the values of the
 * labels that the catalogue gives for the metric, in that order. A plain array: it crosses a process boundary.
 */
export type Point = readonly [metric: MetricName, value: number, ...labels: readonly string[]];

/** What a GPU is; everything but the PCI address can be unknown, of a GPU that was never seen to answer. */
export interface DeviceIdentity {
  readonly vendor: Vendor;
  /** PCI address as the kernel spells it: `0000:3b:00.0`, lower case, domain of four digits. The key of a device. */
  readonly pciBusId: string;
  /** Index of the driver, which changes when a device before it goes away. */
  readonly index?: number;
  readonly uuid?: string;
  readonly model?: string;
  /** `N` of `/dev/nvidiaN`. */
  readonly minorNumber?: number;
  readonly brand?: string;
  readonly architecture?: string;
  readonly computeCapability?: string;
  readonly serial?: string;
  readonly vbiosVersion?: string;
  readonly gspFirmwareVersion?: string;
  readonly numaNode?: number;
  /** Whether the memory is the GPU's own or the system's. */
  readonly memoryType?: 'dedicated' | 'unified';
}

/** Values of the label `status` of `gpu_status`. */
export const DEVICE_STATUSES = [
  'ok',
  'lost',
  'reset_required',
  'no_permission',
  'hung',
  'crashed',
  'missing',
  'error',
] as const;

/**
 * Whether a device answers.
 *
 * - `ok`: it does
 * - `lost`: it has fallen off the bus · `reset_required`: the driver asks for a reset · `no_permission`: access is denied
 * - `hung`, `crashed`: a call about it did not return, or ended the collector's process
 * - `missing`: it is on the PCI bus, or was seen before, and the driver does not list it
 * - `error`: any other answer
 */
export type DeviceStatus = (typeof DEVICE_STATUSES)[number];

/** How one collector did on one device, or on the node where `pciBusId` is absent. */
export interface CollectorOutcome {
  readonly collector: string;
  readonly pciBusId?: string;
  readonly seconds: number;
  /** What went wrong, one line; absent after success. That a device does not support something is a success. */
  readonly error?: string;
}

/** Whether something can be measured, and why not. */
export interface Capability {
  /** Such as `process_utilization`, `profiling`, `field_values`, or the name of a function of the driver's library. */
  readonly capability: string;
  readonly supported: boolean;
  /** One word or a return code, such as `NOT_SUPPORTED`, `missing_symbol`, `pid_namespace`; empty where supported. */
  readonly reason: string;
  readonly pciBusId?: string;
}

/** A process that has a context on a device. */
export interface ProcessSample {
  readonly pid: number;
  readonly type: 'compute' | 'graphics' | 'mps';
  readonly gpuInstanceId?: number;
  readonly computeInstanceId?: number;
  /** Values of `gpu_process_*`, without `gpu_process_info` and `gpu_process_start_time_seconds`. */
  readonly points: readonly Point[];
}

/** A MIG instance. */
export interface InstanceSample {
  readonly gpuInstanceId: number;
  readonly computeInstanceId: number;
  readonly uuid: string;
  /** Such as `1g.10gb`. */
  readonly profile: string;
  /** Values of `gpu_mig_*`, without `gpu_mig_info`. */
  readonly points: readonly Point[];
}

/** Something that the driver reported since the last collection. */
export interface DeviceEvent {
  /** Device that it is about; absent where the driver does not say. */
  readonly pciBusId?: string;
  /** `xid`, or a value of the label `event` of `gpu_events_total`. */
  readonly event: string;
  /** Number of the XID. */
  readonly xid?: number;
  readonly gpuInstanceId?: number;
  readonly computeInstanceId?: number;
  /** Unix time in seconds. */
  readonly time: number;
}

/** One device in one collection. */
export interface DeviceSample {
  readonly identity: DeviceIdentity;
  readonly status: DeviceStatus;
  /** Why the status is not `ok`: the driver's own words. */
  readonly reason?: string;
  /** Values of device metrics, without `gpu_up`, `gpu_status`, `gpu_info`, `gpu_unattributed_*` and counters of events. */
  readonly points: readonly Point[];
  readonly instances: readonly InstanceSample[];
  readonly processes: readonly ProcessSample[];
  /** Whether processes are known: an empty list of a device that cannot list them says nothing. */
  readonly processesKnown: boolean;
  /** Events that this device can report, XID errors among them; their counters start at 0. */
  readonly supportedEvents: readonly string[];
}

/** Versions of what was asked. */
export interface DriverVersions {
  readonly driver?: string;
  readonly library?: string;
  readonly cuda?: string;
}

/** What one back end saw in one collection: everything that crosses from the collector's process. */
export interface Sample {
  readonly vendor: Vendor;
  /** Unix time in seconds at which the collection began, by the clock of the system. */
  readonly time: number;
  /** Seconds of a clock that never jumps, for differences between samples. */
  readonly monotonic: number;
  /** Seconds that it took. */
  readonly duration: number;
  readonly driver: DriverVersions;
  readonly devices: readonly DeviceSample[];
  readonly events: readonly DeviceEvent[];
  readonly outcomes: readonly CollectorOutcome[];
  readonly capabilities: readonly Capability[];
  /** Number of the last record of the kernel's log whose events were told; absent where the log is not read. */
  readonly kernelLogPosition?: number;
}
