import type { Capability, Point } from '../sample.js';
import { throwIfGone } from './call-error.js';
import { RETRY_UNSUPPORTED_SECONDS } from './device-calls.js';
import { isUnsupported, NOT_SUPPORTED, returnCodeName, SUCCESS } from './errors.js';
import { GpmEntity } from './gpm-entity.js';
import { GPM_METRICS, type GpmMetric } from './gpm-metrics.js';
import { GpmReader } from './gpm-reader.js';
import { LAYOUTS } from './layouts.js';
import type { MigInstance } from './mig.js';
import type { NativeLibrary } from './native-library.js';

interface DeviceState {
  readonly device: GpmEntity;
  /** By number of the GPU instance. */
  readonly instances: Map<number, { readonly uuid: string; readonly entity: GpmEntity }>;
  supported: boolean;
  /** Why it is not supported. */
  reason: string;
  /** When the device is asked again whether it supports profiling. */
  asksAt: number;
}

const NEEDED = [
  'nvmlGpmQueryDeviceSupport',
  'nvmlGpmSampleAlloc',
  'nvmlGpmSampleFree',
  'nvmlGpmSampleGet',
  'nvmlGpmMetricsGet',
] as const;

const INSTANCE_METRICS: readonly GpmMetric[] = GPM_METRICS.flatMap((metric) =>
  metric.instance === undefined ? [] : [metric],
);

/**
 * Reads the profiling counters of Hopper and newer GPUs: shares of time in which parts of the chip were active.
 *
 * Each device and each GPU instance has two samples of the hardware's counters, taken in turn; the values are those of the
 * time between the last two collections. No session of the profiler is opened, so Nsight and CUPTI work beside it.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlGpmFunctions.html
 */
export class GpmCollector {
  private readonly devices = new Map<string, DeviceState>();
  private readonly support = Buffer.alloc(LAYOUTS.nvmlGpmSupport_t.size);
  private readonly reader: GpmReader;
  private readonly available: boolean;

  public constructor(
    private readonly library: NativeLibrary,
    /** Seconds of a clock that never jumps. */
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.reader = new GpmReader(library);
    this.available = NEEDED.every((name) => library.has(name));
  }

  /**
   * Values of a whole device since the last collection; none in the first.
   *
   * @param utilization of the device as a ratio, where known: counters that stand at 0 on a busy device are not believed
   * @throws CallError where the device is gone
   */
  public collectDevice(handle: bigint, pciBusId: string, utilization?: number): readonly Point[] {
    const state = this.supportedState(handle, pciBusId);
    if (state === undefined) {
      return [];
    }
    return state.device.collect(this.now(), utilization, (sample) => {
      const code = this.library.call('nvmlGpmSampleGet', handle, sample);
      throwIfGone('nvmlGpmSampleGet', code);
      return code;
    });
  }

  /**
   * Values of all MIG instances of a device, in their order; lets go of the samples of instances that are gone.
   *
   * The counters are those of GPU instances. Where several compute instances share one they have no values.
   *
   * @throws CallError where the device is gone
   */
  public collectInstances(
    handle: bigint,
    pciBusId: string,
    instances: readonly MigInstance[],
  ): readonly (readonly Point[])[] {
    const state = this.supportedState(handle, pciBusId);
    if (state === undefined || !this.library.has('nvmlGpmMigSampleGet')) {
      return instances.map(() => []);
    }
    const here = new Map(instances.map((instance) => [instance.gpuInstanceId, instance.uuid]));
    for (const [gpuInstanceId, { uuid, entity }] of state.instances) {
      // The same numbers with another UUID are another instance.
      if (here.get(gpuInstanceId) !== uuid) {
        entity.close();
        state.instances.delete(gpuInstanceId);
      }
    }
    return instances.map((instance) =>
      instance.sharesGpuInstance ? [] : this.collectInstance(handle, state, instance.gpuInstanceId, instance.uuid),
    );
  }

  /** Whether there are samples of MIG instances of a device, to be let go once it has none any more. */
  public hasInstances(pciBusId: string): boolean {
    return (this.devices.get(pciBusId)?.instances.size ?? 0) > 0;
  }

  /** `profiling` of each device, and `profiling_range` where counters gave impossible values. */
  public capabilities(): readonly Capability[] {
    return [...this.devices].flatMap(([pciBusId, { device, instances, supported, reason }]) => {
      const entities = [device, ...[...instances.values()].map(({ entity }) => entity)];
      const works = supported && entities.some((entity) => entity.reason === '');
      const capabilities: Capability[] = [
        { capability: 'profiling', supported: works, reason: works ? '' : reason || device.reason, pciBusId },
      ];
      if (entities.some((entity) => entity.outOfRange > 0)) {
        capabilities.push({ capability: 'profiling_range', supported: false, reason: 'out_of_range', pciBusId });
      }
      return capabilities;
    });
  }

  /** Lets go of the samples of a device that went away. */
  public forget(pciBusId: string): void {
    const state = this.devices.get(pciBusId);
    this.devices.delete(pciBusId);
    state?.device.close();
    for (const { entity } of state?.instances.values() ?? []) {
      entity.close();
    }
  }

  /** Lets go of all samples. */
  public close(): void {
    for (const pciBusId of [...this.devices.keys()]) {
      this.forget(pciBusId);
    }
  }

  private collectInstance(handle: bigint, state: DeviceState, gpuInstanceId: number, uuid: string): readonly Point[] {
    let instance = state.instances.get(gpuInstanceId);
    if (instance === undefined) {
      instance = { uuid, entity: new GpmEntity(this.reader, INSTANCE_METRICS, 'instance') };
      state.instances.set(gpuInstanceId, instance);
    }
    return instance.entity.collect(this.now(), undefined, (sample) => {
      const code = this.library.call('nvmlGpmMigSampleGet', handle, gpuInstanceId, sample);
      throwIfGone('nvmlGpmMigSampleGet', code);
      return code;
    });
  }

  private supportedState(handle: bigint, pciBusId: string): DeviceState | undefined {
    const now = this.now();
    let state = this.devices.get(pciBusId);
    if (state === undefined) {
      const device = new GpmEntity(this.reader, GPM_METRICS, 'device');
      const reason = this.available ? '' : 'missing_symbol';
      state = { device, instances: new Map(), supported: false, reason, asksAt: now };
      this.devices.set(pciBusId, state);
    }
    if (this.available && !state.supported && now >= state.asksAt) {
      this.askSupport(handle, state, now);
    }
    return state.supported ? state : undefined;
  }

  private askSupport(handle: bigint, state: DeviceState, now: number): void {
    const { version, fields } = LAYOUTS.nvmlGpmSupport_t;
    this.support.writeUInt32LE(version, fields.version.offset);
    this.support.writeUInt32LE(0, fields.isSupportedDevice.offset);
    const code = this.library.call('nvmlGpmQueryDeviceSupport', handle, this.support);
    throwIfGone('nvmlGpmQueryDeviceSupport', code);
    state.supported = code === SUCCESS && this.support.readUInt32LE(fields.isSupportedDevice.offset) !== 0;
    state.reason = state.supported ? '' : returnCodeName(code === SUCCESS ? NOT_SUPPORTED : code);
    state.asksAt = code === SUCCESS || isUnsupported(code) ? now + RETRY_UNSUPPORTED_SECONDS : now;
  }
}
