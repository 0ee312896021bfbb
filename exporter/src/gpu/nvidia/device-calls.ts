import {
  describeFailure,
  GPU_IS_LOST,
  INVALID_ARGUMENT,
  isAbsent,
  isUnsupported,
  RESET_REQUIRED,
  SUCCESS,
} from './errors.js';
import type { Argument, NativeLibrary } from './native-library.js';
import type { FunctionName } from './signatures.js';

/** Seconds after which something that was not supported is asked for again. */
export const RETRY_UNSUPPORTED_SECONDS = 600;

/** 32 and 64 bits of ones stand for a value that the driver does not have. */
const NOT_AVAILABLE_32 = 0xffffffff;

/** A call that failed. */
export interface Failure {
  readonly functionName: string;
  readonly code: number;
}

/** Reads 64 bits as a number; undefined where all of them are ones. Beyond 2^53 the last digits are lost. */
export function readU64(buffer: Buffer, offset = 0): number | undefined {
  const low = buffer.readUInt32LE(offset);
  const high = buffer.readUInt32LE(offset + 4);
  return low === NOT_AVAILABLE_32 && high === NOT_AVAILABLE_32 ? undefined : high * 2 ** 32 + low;
}

/** Reads 32 bits; undefined where all of them are ones. */
export function readU32(buffer: Buffer, offset = 0): number | undefined {
  const value = buffer.readUInt32LE(offset);
  return value === NOT_AVAILABLE_32 ? undefined : value;
}

/** Reads text up to its closing zero; undefined where it is empty. */
export function readText(buffer: Buffer, offset = 0, length = buffer.length - offset): string | undefined {
  const end = buffer.indexOf(0, offset);
  const text = buffer.toString('utf8', offset, end === -1 ? offset + length : Math.min(end, offset + length)).trim();
  return text === '' || text === 'N/A' || text === '[N/A]' ? undefined : text;
}

/**
 * Calls about one device that keep count of how it answers.
 *
 * What the device or the driver does not support is left alone for ten minutes. After the driver said once that the GPU is
 * lost, nothing more is asked about it in this collection: such calls can take long, and none of them succeeds.
 */
export class DeviceCalls {
  /** First call that failed in this collection, or the first that was answered with a demand for a reset. */
  public failure: Failure | undefined;
  /** Calls of this collection that failed. */
  public failed = 0;
  /** Calls of this collection that succeeded. */
  public succeeded = 0;
  /** Whether the driver said in this collection that the GPU is lost. */
  public lost = false;
  /** First failure since {@link takeError}, in one line. */
  private error: string | undefined;
  private now = 0;
  private readonly retryAt = new Map<string, number>();
  private readonly scratch = Buffer.alloc(128);

  public constructor(
    private readonly library: NativeLibrary,
    public readonly handle: bigint,
  ) {}

  /** Begins a collection. */
  public begin(now: number): void {
    this.now = now;
    this.failure = undefined;
    this.succeeded = 0;
    this.failed = 0;
    this.lost = false;
    this.error = undefined;
  }

  /** Whether the driver has the function. */
  public has(name: FunctionName): boolean {
    return this.library.has(name);
  }

  /** Functions that the device said it does not support, without those of which it lacks one variant only. */
  public unsupported(): readonly string[] {
    const names: string[] = [];
    for (const [key, retryAt] of this.retryAt) {
      if (retryAt > this.now && !key.includes('/')) names.push(key);
    }
    return names;
  }

  /** Whether the driver lacks the function, or the device said that it does not support it. */
  public lacks(name: FunctionName): boolean {
    return !this.library.has(name) || (this.retryAt.get(name) ?? Number.NEGATIVE_INFINITY) > this.now;
  }

  /** Asks for everything again, as after a change of mode. */
  public forgetUnsupported(): void {
    this.retryAt.clear();
  }

  /** What failed first since the last time that this was asked, in one line. */
  public takeError(): string | undefined {
    const error = this.error;
    this.error = undefined;
    return error;
  }

  /** Calls a function with the device as first argument. Whether it succeeded; the buffers hold the answer. */
  public run(name: FunctionName, ...args: readonly Argument[]): boolean {
    return this.callUnlessUnsupported(name, name, args);
  }

  /** A call of which a device may support some variants only, such as one clock and not another. */
  public runVariant(name: FunctionName, variant: string | number, ...args: readonly Argument[]): boolean {
    return this.callUnlessUnsupported(name, `${name}/${variant}`, args);
  }

  /** A 32-bit result. */
  public u32(name: FunctionName): number | undefined {
    return this.run(name, this.scratch) ? readU32(this.scratch) : undefined;
  }

  /** A 32-bit result of a function with an argument. */
  public u32With(name: FunctionName, argument: number): number | undefined {
    return this.runVariant(name, argument, argument, this.scratch) ? readU32(this.scratch) : undefined;
  }

  /** A 64-bit result. */
  public u64(name: FunctionName): number | undefined {
    return this.run(name, this.scratch) ? readU64(this.scratch) : undefined;
  }

  /** A text result. */
  public text(name: FunctionName, bytes: number): string | undefined {
    this.scratch.fill(0);
    return this.run(name, this.scratch, bytes) ? readText(this.scratch, 0, bytes) : undefined;
  }

  /** Calls a function and leaves the judgement of the return code to the caller; undefined where there is nobody to ask. */
  public status(name: FunctionName, ...args: readonly Argument[]): number | undefined {
    return this.lost || !this.library.has(name) ? undefined : this.library.call(name, this.handle, ...args);
  }

  /** Takes note of a failure. */
  public fail(functionName: string, code: number): void {
    this.failed += 1;
    if (this.failure === undefined || (code === RESET_REQUIRED && this.failure.code !== code)) {
      this.failure = { functionName, code };
    }
    this.error ??= describeFailure(functionName, code);
    if (code === GPU_IS_LOST) {
      this.lost = true;
    }
  }

  private callUnlessUnsupported(name: FunctionName, key: string, args: readonly Argument[]): boolean {
    if (this.lost || !this.library.has(name)) {
      return false;
    }
    const retryAt = this.retryAt.get(key);
    if (retryAt !== undefined) {
      if (retryAt > this.now) {
        return false;
      }
      this.retryAt.delete(key);
    }
    const code = this.library.call(name, this.handle, ...args);
    if (code === SUCCESS) {
      this.succeeded += 1;
      return true;
    }
    if (isUnsupported(code) || (code === INVALID_ARGUMENT && this.succeeded > 0)) {
      this.retryAt.set(key, this.now + RETRY_UNSUPPORTED_SECONDS);
    } else if (!isAbsent(code)) {
      this.fail(name, code);
    }
    return false;
  }
}
