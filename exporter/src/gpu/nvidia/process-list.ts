import type { ProcessSample } from '../sample.js';
import { throwIfGone } from './call-error.js';
import { readU32, readU64 } from './device-calls.js';
import { FUNCTION_NOT_FOUND, INSUFFICIENT_SIZE, SUCCESS } from './errors.js';
import { LAYOUTS } from './layouts.js';
import type { NativeLibrary } from './native-library.js';

/** A process as the driver lists it. */
export interface ListedProcess {
  readonly pid: number;
  readonly type: ProcessSample['type'];
  /** Bytes; absent where the driver does not know. */
  readonly memory: number | undefined;
  readonly gpuInstanceId: number | undefined;
  readonly computeInstanceId: number | undefined;
}

/** The kernel module answers with at most so many processes of a GPU; a full list is likely to be cut. */
export const PROCESS_LIST_LIMIT = 950;

interface Variant {
  readonly name: string;
  readonly elementSize: number;
  readonly hasInstances: boolean;
}

const FUNCTIONS: Readonly<Record<ProcessSample['type'], string>> = {
  compute: 'nvmlDeviceGetComputeRunningProcesses',
  mps: 'nvmlDeviceGetMPSComputeRunningProcesses',
  graphics: 'nvmlDeviceGetGraphicsRunningProcesses',
};

const {
  pid: PID,
  usedGpuMemory: MEMORY,
  gpuInstanceId: GI,
  computeInstanceId: CI,
} = LAYOUTS.nvmlProcessInfo_v2_t.fields;
const FIRST_CAPACITY = 64;
const LARGEST_CAPACITY = 16_384;
const LARGEST_ELEMENT = LAYOUTS.nvmlProcessDetail_v1_t.size;

/**
 * Bytes of an element of the lists of the third version.
 *
 * Drivers 535.43 to 535.86 had the longer element, with protected memory, under the same name. They are told by the
 * functions that came with it and right after it.
 */
function elementSizeOfVersion3(library: NativeLibrary): number {
  const isLong =
    library.has('nvmlDeviceGetConfComputeMemSizeInfo') && !library.has('nvmlDeviceGetRunningProcessDetailList');
  return isLong ? LAYOUTS.nvmlProcessDetail_v1_t.size : LAYOUTS.nvmlProcessInfo_v2_t.size;
}

/** Reads the lists of processes of a device or a MIG instance, in the newest version that the driver has. */
export class ProcessListReader {
  private readonly count = Buffer.alloc(4);
  private readonly variants: Record<ProcessSample['type'], Variant[]>;
  private capacity = FIRST_CAPACITY;
  private buffer = Buffer.alloc(FIRST_CAPACITY * LARGEST_ELEMENT);

  public constructor(private readonly library: NativeLibrary) {
    const sizeOfVersion3 = elementSizeOfVersion3(library);
    const variantsOf = (name: string): Variant[] =>
      [
        { name: `${name}_v3`, elementSize: sizeOfVersion3, hasInstances: true },
        { name: `${name}_v2`, elementSize: LAYOUTS.nvmlProcessInfo_v2_t.size, hasInstances: true },
        { name, elementSize: LAYOUTS.nvmlProcessInfo_v1_t.size, hasInstances: false },
      ].filter((variant) => library.has(variant.name));
    this.variants = {
      compute: variantsOf(FUNCTIONS.compute),
      mps: variantsOf(FUNCTIONS.mps),
      graphics: variantsOf(FUNCTIONS.graphics),
    };
  }

  /** Appends the processes of one list, and returns the code of the driver. @throws CallError where the device is gone */
  public read(type: ProcessSample['type'], handle: bigint, into: ListedProcess[]): number {
    const variants = this.variants[type];
    for (let variant = variants[0]; variant !== undefined; variant = variants[0]) {
      const code = this.call(variant.name, handle);
      if (code === FUNCTION_NOT_FOUND) {
        // The library has the symbol and the kernel module lacks what is behind it.
        variants.shift();
        continue;
      }
      if (code === SUCCESS) {
        this.decode(type, variant, into);
      }
      return code;
    }
    return FUNCTION_NOT_FOUND;
  }

  private call(name: string, handle: bigint): number {
    for (;;) {
      this.count.writeUInt32LE(this.capacity, 0);
      const code = this.library.call(name, handle, this.count, this.buffer);
      throwIfGone(name, code);
      if (code !== INSUFFICIENT_SIZE || this.capacity >= LARGEST_CAPACITY) {
        return code;
      }
      // Room for some more than there are now: processes start between two calls.
      const wanted = Math.max(Math.ceil(this.count.readUInt32LE(0) * 1.25), this.capacity * 2);
      this.capacity = Math.min(wanted, LARGEST_CAPACITY);
      this.buffer = Buffer.alloc(this.capacity * LARGEST_ELEMENT);
    }
  }

  private decode(type: ProcessSample['type'], { elementSize, hasInstances }: Variant, into: ListedProcess[]): void {
    const count = Math.min(this.count.readUInt32LE(0), this.capacity);
    for (let index = 0, at = 0; index < count; index += 1, at += elementSize) {
      into.push({
        pid: this.buffer.readUInt32LE(at + PID.offset),
        type,
        memory: readU64(this.buffer, at + MEMORY.offset),
        gpuInstanceId: hasInstances ? readU32(this.buffer, at + GI.offset) : undefined,
        computeInstanceId: hasInstances ? readU32(this.buffer, at + CI.offset) : undefined,
      });
    }
  }
}
