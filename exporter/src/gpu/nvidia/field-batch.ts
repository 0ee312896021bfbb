import { type DeviceCalls, RETRY_UNSUPPORTED_SECONDS, readU64 } from './device-calls.js';
import { INVALID_ARGUMENT, isAbsent, isUnsupported, NO_DATA, SUCCESS } from './errors.js';
import { LAYOUTS } from './layouts.js';

/** A value that is asked for by number: the field, and of what, such as a link. */
export interface FieldId {
  readonly id: number;
  readonly scope: number;
}

const FUNCTION = 'nvmlDeviceGetFieldValues';
const ENTRY = LAYOUTS.nvmlFieldValue_t.size;
const AT = LAYOUTS.nvmlFieldValue_t.fields;

/** The type of a 32-bit counter, which wraps; the only one of the driver's types that callers tell apart. */
export const UNSIGNED_INT = 1;

/**
 * Many field values of one device in one call.
 *
 * The buffer is kept over collections. Fields that the device does not support leave the batch for ten minutes.
 */
export class FieldBatch {
  /** The value of each field after {@link query}, NaN where there is none. */
  public readonly values: Float64Array;
  /** The type of each value, in the driver's numbers. */
  public readonly types: Uint8Array;
  /** Changes whenever a field turns out to be supported, or not. */
  public generation = 0;
  private readonly supported: Uint8Array;
  private asked: readonly number[] = [];
  private buffer = Buffer.alloc(0);
  private probeAt = Number.NEGATIVE_INFINITY;

  public constructor(private readonly fields: readonly FieldId[]) {
    this.values = new Float64Array(fields.length).fill(Number.NaN);
    this.types = new Uint8Array(fields.length);
    this.supported = new Uint8Array(fields.length);
  }

  /** Whether the device supports the field, given by its place in the batch, as far as is known. */
  public supports(field: number): boolean {
    return this.supported[field] === 1;
  }

  /** Asks for everything again, as after a change of mode. */
  public forgetUnsupported(): void {
    this.probeAt = Number.NEGATIVE_INFINITY;
  }

  /** Asks for the values. */
  public query(calls: DeviceCalls, now: number): void {
    this.values.fill(Number.NaN);
    if (!calls.has(FUNCTION) || calls.lost) {
      return;
    }
    if (now >= this.probeAt) {
      this.probeAt = now + RETRY_UNSUPPORTED_SECONDS;
      this.ask(this.fields.map((_, field) => field));
    }
    if (this.asked.length === 0) {
      return;
    }
    for (let entry = 0; entry < this.asked.length; entry += 1) {
      // A driver that leaves an entry alone must not make the last answer look like a new one.
      this.buffer.writeInt32LE(NO_DATA, entry * ENTRY + AT.nvmlReturn.offset);
    }
    const status = calls.status(FUNCTION, this.asked.length, this.buffer);
    if (status === SUCCESS) {
      this.read(calls);
    } else if (status === INVALID_ARGUMENT || (status !== undefined && isUnsupported(status))) {
      this.queryOneByOne(calls);
      this.read(calls);
    } else if (status !== undefined) {
      calls.fail(FUNCTION, status);
    }
  }

  /** An old driver may refuse a batch for one field that it does not know. */
  private queryOneByOne(calls: DeviceCalls): void {
    for (let entry = 0; entry < this.asked.length; entry += 1) {
      const one = this.buffer.subarray(entry * ENTRY, (entry + 1) * ENTRY);
      const status = calls.status(FUNCTION, 1, one);
      if (status !== undefined && status !== SUCCESS) {
        one.writeInt32LE(status, AT.nvmlReturn.offset);
      }
    }
  }

  private read(calls: DeviceCalls): void {
    const { failed } = calls;
    let refused = 0;
    for (let entry = 0; entry < this.asked.length; entry += 1) {
      const field = this.asked[entry] ?? 0;
      const code = this.buffer.readInt32LE(entry * ENTRY + AT.nvmlReturn.offset);
      if (code === SUCCESS) {
        this.support(field, 1);
        this.types[field] = this.buffer.readUInt32LE(entry * ENTRY + AT.valueType.offset);
        this.values[field] = this.readValue(entry, this.types[field] ?? 0);
        calls.succeeded += 1;
      } else if (isRefused(code)) {
        this.support(field, 0);
        refused += 1;
      } else if (!isAbsent(code)) {
        calls.fail(`${FUNCTION} field ${this.fields[field]?.id}`, code);
      }
    }
    // However many fields fail, as all of a broken link do: it was one call.
    calls.failed = Math.min(calls.failed, failed + 1);
    if (refused > 0) {
      this.ask(
        this.asked.filter((_, entry) => !isRefused(this.buffer.readInt32LE(entry * ENTRY + AT.nvmlReturn.offset))),
      );
    }
  }

  private support(field: number, supported: 0 | 1): void {
    if (this.supported[field] !== supported) {
      this.supported[field] = supported;
      this.generation += 1;
    }
  }

  /** Values whose bits are all ones stand for "not available". */
  private readValue(entry: number, type: number): number {
    const at = entry * ENTRY + AT.value.offset;
    switch (type) {
      case 0:
        return this.buffer.readDoubleLE(at);
      case UNSIGNED_INT: {
        const value = this.buffer.readUInt32LE(at);
        return value === 0xffffffff ? Number.NaN : value;
      }
      case 2:
      case 3:
        return readU64(this.buffer, at) ?? Number.NaN;
      case 4:
        return Number(this.buffer.readBigInt64LE(at));
      case 5:
        return this.buffer.readInt32LE(at);
      case 6:
        return this.buffer.readUInt16LE(at);
      default:
        // A type of a later driver: nothing is known about its bits.
        return Number.NaN;
    }
  }

  private ask(fields: readonly number[]): void {
    this.asked = fields;
    this.buffer = Buffer.alloc(fields.length * ENTRY);
    for (const [entry, field] of fields.entries()) {
      const { id, scope } = this.fields[field] ?? { id: 0, scope: 0 };
      this.buffer.writeUInt32LE(id, entry * ENTRY + AT.fieldId.offset);
      this.buffer.writeUInt32LE(scope, entry * ENTRY + AT.scopeId.offset);
    }
  }
}

const isRefused = (code: number): boolean => isUnsupported(code) || code === INVALID_ARGUMENT;
