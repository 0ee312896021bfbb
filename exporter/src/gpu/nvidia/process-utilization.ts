import { throwIfGone } from './call-error.js';
import { RETRY_UNSUPPORTED_SECONDS, readU64 } from './device-calls.js';
import { INSUFFICIENT_SIZE, isUnsupported, NOT_FOUND, returnCodeName, SUCCESS } from './errors.js';
import { LAYOUTS } from './layouts.js';
import type { NativeLibrary } from './native-library.js';
import { averageSamples, type Shares, type UtilizationSamples } from './utilization-window.js';

/** How processes used a device since the last collection. */
export interface UtilizationReading {
  /** Shares of the processes that used it, by PID; a process that is not in it used nothing. Absent where not known. */
  readonly shares?: ReadonlyMap<number, Shares>;
  /** Whether the device can tell. */
  readonly supported: boolean;
  /** Why not, in one word. */
  readonly reason: string;
}

interface DeviceState {
  /** Newest time stamp that was seen, in microseconds of the driver's clock; 0 before the first. */
  newest: number;
  /** How far the driver's clock is before ours, at least. */
  offset: number;
  /** When it was last asked, in seconds of our clock that never jumps. */
  askedAt: number;
  /** When there last was an answer with samples. */
  answeredAt: number;
  shares: ReadonlyMap<number, Shares> | undefined;
  /** Collections in a row without a sample on a device that was busy. */
  silent: number;
  /** When to look whether the driver's clock was set back. */
  probesAt: number;
  /** Until when it is not asked again, after it answered that it cannot. */
  restsUntil: number;
  reason: string;
}

const {
  pid: PID,
  timeStamp: TIME,
  smUtil: SM,
  memUtil: MEM,
  encUtil: ENC,
  decUtil: DEC,
} = LAYOUTS.nvmlProcessUtilizationSample_t.fields;
const SAMPLE_SIZE = LAYOUTS.nvmlProcessUtilizationSample_t.size;
const MICROSECONDS = 1_000_000;
const FIRST_CAPACITY = 256;
const LARGEST_CAPACITY = 65_536;
/** Drivers sample at least once a second: no sample sooner than that says nothing. */
const SLOWEST_SAMPLING = 1.5;
/** How far the newest sample may lag behind the moment of the call. */
const LAG = 1;
/** How often a device without samples is asked for all that it has. */
const PROBE_SECONDS = 30;
const BUSY = 0.5;
const SILENT_LIMIT = 3;

/** Reads what share of a device each process used. Keeps, for each device, which samples were seen. */
export class ProcessUtilizationReader {
  private readonly devices = new Map<string, DeviceState>();
  private readonly count = Buffer.alloc(4);
  private readonly available: boolean;
  private capacity = FIRST_CAPACITY;
  private buffer = Buffer.alloc(FIRST_CAPACITY * SAMPLE_SIZE);
  private samples: UtilizationSamples = { count: 0, pids: [], times: [], values: [] };

  public constructor(
    private readonly library: NativeLibrary,
    /** Seconds of a clock that never jumps. */
    private readonly now: () => number,
  ) {
    this.available = library.has('nvmlDeviceGetProcessUtilization');
  }

  /**
   * Asks for the samples since the last call about the device.
   *
   * The first answer with samples only says where the driver's clock is: it covers whatever the driver still had.
   *
   * @param busy utilization of the device as a ratio, where known
   * @throws CallError where the device is gone
   */
  public read(handle: bigint, key: string, busy?: number): UtilizationReading {
    if (!this.available) {
      return { supported: false, reason: 'missing_symbol' };
    }
    const now = this.now();
    const state = this.stateOf(key, now);
    if (now < state.restsUntil) {
      return { supported: false, reason: state.reason };
    }
    const start = startOf(state);
    const code = this.call(handle, start);
    const elapsed = now - state.askedAt;
    state.askedAt = now;
    if (code === SUCCESS || code === NOT_FOUND) {
      const newest = code === SUCCESS ? this.decode() : 0;
      return newest > 0
        ? this.withSamples(state, start, newest, elapsed, now)
        : this.withoutSamples(handle, state, now, busy !== undefined && busy >= BUSY);
    }
    state.reason = returnCodeName(code);
    state.shares = undefined;
    state.restsUntil = isUnsupported(code) ? now + RETRY_UNSUPPORTED_SECONDS : 0;
    return { supported: false, reason: state.reason };
  }

  /** Forgets a device that went away. */
  public forget(key: string): void {
    this.devices.delete(key);
  }

  private stateOf(key: string, now: number): DeviceState {
    let state = this.devices.get(key);
    if (state === undefined) {
      state = {
        newest: 0,
        offset: Number.NEGATIVE_INFINITY,
        askedAt: now,
        answeredAt: Number.NEGATIVE_INFINITY,
        shares: undefined,
        silent: 0,
        probesAt: 0,
        restsUntil: 0,
        reason: '',
      };
      this.devices.set(key, state);
    }
    return state;
  }

  private withSamples(
    state: DeviceState,
    start: number,
    newest: number,
    elapsed: number,
    now: number,
  ): UtilizationReading {
    state.silent = 0;
    state.answeredAt = now;
    state.probesAt = now + PROBE_SECONDS;
    state.newest = newest;
    state.offset = Math.max(state.offset, newest - now * MICROSECONDS);
    state.shares = start === 0 ? undefined : averageSamples(this.samples, start, newest, elapsed * MICROSECONDS);
    return { shares: state.shares, supported: true, reason: '' };
  }

  private withoutSamples(handle: bigint, state: DeviceState, now: number, isBusy: boolean): UtilizationReading {
    if (state.newest === 0) {
      state.silent += isBusy ? 1 : 0;
      if (state.silent >= SILENT_LIMIT) {
        return { supported: false, reason: 'NOT_FOUND' };
      }
      if (state.silent > 0) {
        return { supported: true, reason: '' };
      }
    } else if (isBusy || now >= state.probesAt) {
      state.probesAt = now + PROBE_SECONDS;
      if (this.wasSetBack(handle, state, now)) {
        return { supported: true, reason: '' };
      }
    }
    if (now - state.answeredAt >= SLOWEST_SAMPLING) {
      state.shares = new Map();
    }
    return { shares: state.shares, supported: true, reason: '' };
  }

  /** Begins anew where the driver's clock was set back: then it has samples, and none after the last that was seen. */
  private wasSetBack(handle: bigint, state: DeviceState, now: number): boolean {
    const newest = this.call(handle, 0) === SUCCESS ? this.decode() : 0;
    if (newest === 0 || newest === state.newest) {
      return false;
    }
    state.newest = newest;
    state.offset = newest - now * MICROSECONDS;
    state.shares = undefined;
    return true;
  }

  private call(handle: bigint, lastSeen: number): number {
    const since = BigInt(lastSeen);
    for (;;) {
      // Some drivers count samples that they do not fill: those must not be the ones of the device before.
      this.buffer.fill(0);
      this.count.writeUInt32LE(this.capacity, 0);
      const code = this.library.call('nvmlDeviceGetProcessUtilization', handle, this.buffer, this.count, since);
      throwIfGone('nvmlDeviceGetProcessUtilization', code);
      if (code !== INSUFFICIENT_SIZE || this.capacity >= LARGEST_CAPACITY) {
        return code;
      }
      this.capacity = Math.min(Math.max(this.count.readUInt32LE(0), this.capacity * 2), LARGEST_CAPACITY);
      this.buffer = Buffer.alloc(this.capacity * SAMPLE_SIZE);
    }
  }

  /** Takes over the samples of the answer that make sense, and returns the newest time stamp, 0 where there is none. */
  private decode(): number {
    const { pids, times, values } = this.samples;
    const count = Math.min(this.count.readUInt32LE(0), this.capacity);
    let kept = 0;
    let newest = 0;
    for (let index = 0, at = 0; index < count; index += 1, at += SAMPLE_SIZE) {
      const pid = this.buffer.readUInt32LE(at + PID.offset);
      const time = readU64(this.buffer, at + TIME.offset) ?? 0;
      const sm = this.buffer.readUInt32LE(at + SM.offset);
      const memory = this.buffer.readUInt32LE(at + MEM.offset);
      const encoder = this.buffer.readUInt32LE(at + ENC.offset);
      const decoder = this.buffer.readUInt32LE(at + DEC.offset);
      // Entries that were never filled come with the answer of some drivers, among them those of zombie processes.
      if (pid === 0 || time === 0 || sm > 100 || memory > 100 || encoder > 100 || decoder > 100) {
        continue;
      }
      pids[kept] = pid;
      times[kept] = time;
      values[kept * 4] = sm;
      values[kept * 4 + 1] = memory;
      values[kept * 4 + 2] = encoder;
      values[kept * 4 + 3] = decoder;
      kept += 1;
      newest = Math.max(newest, time);
    }
    this.samples.count = kept;
    return newest;
  }
}

/**
 * The time stamp after which the next window begins: the newest that was seen, or about when the device was last asked.
 * The latter keeps a time in which nothing ran from thinning out what comes after it.
 */
function startOf({ newest, offset, askedAt }: DeviceState): number {
  return newest === 0 ? 0 : Math.max(newest, Math.floor(offset + (askedAt - LAG) * MICROSECONDS));
}
