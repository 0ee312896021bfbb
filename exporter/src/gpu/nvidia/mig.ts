import type { MetricName } from '../../metrics/catalogue.js';
import type { Point } from '../sample.js';
import { throwIfGone } from './call-error.js';
import { RETRY_UNSUPPORTED_SECONDS, readText, readU32, readU64 } from './device-calls.js';
import { INVALID_ARGUMENT, isUnsupported, NOT_FOUND, SUCCESS } from './errors.js';
import { LAYOUTS, TEXT_BUFFERS } from './layouts.js';
import { profileOfAttributes, profileOfGpuInstance, profileOfName } from './mig-profile.js';
import type { NativeLibrary } from './native-library.js';

/** A MIG instance with its handle, as one collection saw it. */
export interface MigInstance {
  readonly handle: bigint;
  readonly gpuInstanceId: number;
  readonly computeInstanceId: number;
  readonly uuid: string;
  /** Such as `1g.10gb`; empty where the driver does not say. */
  readonly profile: string;
  /** Whether other compute instances share the GPU instance: then its profiling values are not those of this one. */
  readonly sharesGpuInstance: boolean;
  /** Values of `gpu_mig_*` that need no profiling. */
  readonly points: readonly Point[];
}

/** What of an instance stays the same as long as it exists. */
interface Fixed {
  readonly uuid: string;
  readonly gpuInstanceId: number;
  readonly computeInstanceId: number;
  readonly profile: string;
  readonly multiprocessors: number | undefined;
}

interface DeviceState {
  readonly instances: Map<number, Fixed>;
  /** Until when the device is not asked, after it answered that it has no MIG. */
  restsUntil: number;
}

/** No GPU has more GPU instances than 7, nor more compute instances than these. */
const MOST_INSTANCES = 64;
const MEMORY = LAYOUTS.nvmlMemory_t;
const MEMORY_2 = LAYOUTS.nvmlMemory_v2_t;

type MemoryField = readonly [metric: MetricName, offset: number];

const MEMORY_POINTS: readonly MemoryField[] = [
  ['gpu_mig_memory_total_bytes', MEMORY.fields.total.offset],
  ['gpu_mig_memory_used_bytes', MEMORY.fields.used.offset],
  ['gpu_mig_memory_free_bytes', MEMORY.fields.free.offset],
];

const MEMORY_2_POINTS: readonly MemoryField[] = [
  ['gpu_mig_memory_total_bytes', MEMORY_2.fields.total.offset],
  ['gpu_mig_memory_used_bytes', MEMORY_2.fields.used.offset],
  ['gpu_mig_memory_free_bytes', MEMORY_2.fields.free.offset],
  ['gpu_mig_memory_reserved_bytes', MEMORY_2.fields.reserved.offset],
];
const ATTRIBUTES = LAYOUTS.nvmlDeviceAttributes_t;

/** `MIG-GPU-<uuid>/<gpu instance>/<compute instance>` of drivers before 470. */
const OLD_UUID = /^MIG-GPU-[^/]+\/(\d+)\/(\d+)$/;

/**
 * Lists the MIG instances of devices, and their memory.
 *
 * Every collection asks for the handles and UUIDs, so that an instance that comes, goes, or is made anew under the same
 * numbers is seen at once; what does not change while a UUID stays is asked once.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlMultiInstanceGPU.html
 */
export class MigCollector {
  private readonly devices = new Map<string, DeviceState>();
  private readonly first = Buffer.alloc(8);
  private readonly second = Buffer.alloc(8);
  private readonly text = Buffer.alloc(TEXT_BUFFERS.uuid);
  private readonly memory = Buffer.alloc(MEMORY_2.size);
  private readonly attributes = Buffer.alloc(ATTRIBUTES.size);
  private readonly available: boolean;

  public constructor(
    private readonly library: NativeLibrary,
    /** Seconds of a clock that never jumps. */
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.available = library.has('nvmlDeviceGetMigMode') && library.has('nvmlDeviceGetMigDeviceHandleByIndex');
  }

  /**
   * Lists the instances of one device: none where MIG is off, not supported, or on without instances.
   *
   * @param pciBusId key of the device
   * @throws CallError where the device is gone
   */
  public collect(handle: bigint, pciBusId: string): MigInstance[] {
    if (!this.available) {
      return [];
    }
    const now = this.now();
    const state = this.stateOf(pciBusId);
    if (now < state.restsUntil) {
      return [];
    }
    const mode = this.library.call('nvmlDeviceGetMigMode', handle, this.first, this.second);
    throwIfGone('nvmlDeviceGetMigMode', mode);
    if (isUnsupported(mode)) {
      state.restsUntil = now + RETRY_UNSUPPORTED_SECONDS;
    }
    if (mode !== SUCCESS || this.first.readUInt32LE(0) !== 1) {
      state.instances.clear();
      return [];
    }
    return this.enumerate(handle, state);
  }

  /** Makes the next collection ask anew for all of a device, after the driver reported a change of its instances. */
  public invalidate(pciBusId: string): void {
    this.devices.delete(pciBusId);
  }

  /** Forgets a device that went away. */
  public forget(pciBusId: string): void {
    this.devices.delete(pciBusId);
  }

  private stateOf(pciBusId: string): DeviceState {
    let state = this.devices.get(pciBusId);
    if (state === undefined) {
      state = { instances: new Map(), restsUntil: 0 };
      this.devices.set(pciBusId, state);
    }
    return state;
  }

  private enumerate(device: bigint, state: DeviceState): MigInstance[] {
    const found: { handle: bigint; fixed: Fixed }[] = [];
    const sharers = new Map<number, number>();
    const places = this.placesOf(device);
    for (let index = 0; index < places; index += 1) {
      const handle = this.handleAt(device, index);
      const fixed = handle === undefined ? undefined : this.fixedAt(device, handle, index, state);
      if (handle === undefined || fixed === undefined) {
        state.instances.delete(index);
        continue;
      }
      state.instances.set(index, fixed);
      sharers.set(fixed.gpuInstanceId, (sharers.get(fixed.gpuInstanceId) ?? 0) + 1);
      found.push({ handle, fixed });
    }
    return found.map(({ handle, fixed }) => ({
      handle,
      gpuInstanceId: fixed.gpuInstanceId,
      computeInstanceId: fixed.computeInstanceId,
      uuid: fixed.uuid,
      profile: fixed.profile,
      sharesGpuInstance: (sharers.get(fixed.gpuInstanceId) ?? 0) > 1,
      points: this.pointsOf(handle, fixed),
    }));
  }

  private placesOf(device: bigint): number {
    const code = this.library.has('nvmlDeviceGetMaxMigDeviceCount')
      ? this.library.call('nvmlDeviceGetMaxMigDeviceCount', device, this.first)
      : NOT_FOUND;
    throwIfGone('nvmlDeviceGetMaxMigDeviceCount', code);
    return code === SUCCESS ? Math.min(this.first.readUInt32LE(0), MOST_INSTANCES) : 0;
  }

  /** The handle of a place, or undefined where it is empty, as places between others can be. */
  private handleAt(device: bigint, index: number): bigint | undefined {
    const code = this.library.call('nvmlDeviceGetMigDeviceHandleByIndex', device, index, this.first);
    throwIfGone('nvmlDeviceGetMigDeviceHandleByIndex', code);
    return code === SUCCESS ? this.first.readBigUInt64LE(0) : undefined;
  }

  private fixedAt(device: bigint, handle: bigint, index: number, state: DeviceState): Fixed | undefined {
    const uuid = this.textOf('nvmlDeviceGetUUID', handle);
    const known = state.instances.get(index);
    if (uuid === undefined || known?.uuid === uuid) {
      return uuid === undefined ? undefined : known;
    }
    const old = OLD_UUID.exec(uuid);
    const gpuInstanceId = this.numberOf('nvmlDeviceGetGpuInstanceId', handle) ?? (old ? Number(old[1]) : undefined);
    const computeInstanceId =
      this.numberOf('nvmlDeviceGetComputeInstanceId', handle) ?? (old ? Number(old[2]) : undefined);
    if (gpuInstanceId === undefined || computeInstanceId === undefined) {
      return undefined;
    }
    const attributes = this.attributesOf(handle);
    const profile =
      profileOfName(this.textOf('nvmlDeviceGetName', handle) ?? '') ??
      profileOfGpuInstance(this.library, device, gpuInstanceId) ??
      (attributes === undefined ? undefined : profileOfAttributes(attributes));
    return {
      uuid,
      gpuInstanceId,
      computeInstanceId,
      profile: profile ?? '',
      multiprocessors: attributes && readU32(attributes, ATTRIBUTES.fields.multiprocessorCount.offset),
    };
  }

  private textOf(name: string, handle: bigint): string | undefined {
    const code = this.library.has(name) ? this.library.call(name, handle, this.text, this.text.length) : NOT_FOUND;
    throwIfGone(name, code);
    return code === SUCCESS ? readText(this.text) : undefined;
  }

  private numberOf(name: string, handle: bigint): number | undefined {
    const code = this.library.has(name) ? this.library.call(name, handle, this.first) : NOT_FOUND;
    return code === SUCCESS ? this.first.readUInt32LE(0) : undefined;
  }

  private attributesOf(handle: bigint): Buffer | undefined {
    if (!this.library.has('nvmlDeviceGetAttributes_v2')) {
      return undefined;
    }
    const code = this.library.call('nvmlDeviceGetAttributes_v2', handle, this.attributes);
    return code === SUCCESS ? this.attributes : undefined;
  }

  private pointsOf(handle: bigint, { multiprocessors }: Fixed): Point[] {
    const points = this.memoryOf(handle);
    if (multiprocessors !== undefined) {
      points.push(['gpu_mig_multiprocessors', multiprocessors]);
    }
    return points;
  }

  private memoryOf(handle: bigint): Point[] {
    if (this.library.has('nvmlDeviceGetMemoryInfo_v2')) {
      this.memory.writeUInt32LE(MEMORY_2.version, 0);
      const code = this.library.call('nvmlDeviceGetMemoryInfo_v2', handle, this.memory);
      throwIfGone('nvmlDeviceGetMemoryInfo_v2', code);
      if (code === SUCCESS) {
        return this.decode(MEMORY_2_POINTS);
      }
      if (!isUnsupported(code) && code !== INVALID_ARGUMENT) {
        return [];
      }
    }
    // The first version counts what is reserved as used.
    return this.library.call('nvmlDeviceGetMemoryInfo', handle, this.memory) === SUCCESS
      ? this.decode(MEMORY_POINTS)
      : [];
  }

  private decode(fields: readonly MemoryField[]): Point[] {
    return fields.flatMap(([metric, offset]): Point[] => {
      const value = readU64(this.memory, offset);
      return value === undefined ? [] : [[metric, value]];
    });
  }
}
