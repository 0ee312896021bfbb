import type { Capability, DeviceEvent } from '../sample.js';
import { throwIfGone } from './call-error.js';
import { RETRY_UNSUPPORTED_SECONDS, readU32, readU64 } from './device-calls.js';
import { isUnsupported, NOT_SUPPORTED, returnCodeName, SUCCESS } from './errors.js';
import { ALL_EVENTS, EVENT_NAMES, eventNamesOf, XID_EVENT, XID_EVENT_TYPE } from './event-types.js';
import type { KernelLog } from './kmsg.js';
import { LAYOUTS } from './layouts.js';
import type { NativeLibrary } from './native-library.js';
import { XidSources } from './xid-sources.js';

interface Registration {
  readonly pciBusId: string;
  readonly names: readonly string[];
  readonly reason: string;
  /** When to try again, by the clock of the collector; never for what succeeded. */
  readonly retryAt: number;
}

/** What an event collector is told beside the library. */
export interface EventOptions {
  /** The kernel's log, as a second source of XID errors. */
  readonly kernelLog?: KernelLog;
  /** Unix time in seconds. */
  readonly now?: () => number;
}

const NEEDED = [
  'nvmlEventSetCreate',
  'nvmlEventSetFree',
  'nvmlEventSetWait_v2',
  'nvmlDeviceRegisterEvents',
  'nvmlDeviceGetSupportedEventTypes',
] as const;

const TIMEOUT = 10;
/** Events of one collection; the rest waits in the driver. */
const MOST_EVENTS = 1_000;
const DATA = LAYOUTS.nvmlEventData_t;

/**
 * Collects what the driver reports on its own: XID errors, memory errors, changes of MIG instances and others.
 *
 * All devices share one event set. It is asked without waiting, once in a collection.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlEvents.html
 */
export class EventCollector {
  private set: bigint | undefined;
  private readonly registrations = new Map<bigint, Registration>();
  /** Of devices that went away too: their last event is often why. */
  private readonly addresses = new Map<bigint, string>();
  private readonly eight = Buffer.alloc(8);
  private readonly data = Buffer.alloc(DATA.size);
  private readonly available: boolean;
  private readonly kernelLog: KernelLog | undefined;
  private readonly sources: XidSources | undefined;
  private readonly now: () => number;
  private reason = '';
  /** Whether the set was made anew and did not answer since. */
  private isNew = false;

  public constructor(
    private readonly library: NativeLibrary,
    { kernelLog, now = () => Date.now() / 1000 }: EventOptions = {},
  ) {
    this.available = NEEDED.every((name) => library.has(name));
    this.kernelLog = kernelLog;
    this.sources = kernelLog === undefined ? undefined : new XidSources();
    this.now = now;
  }

  /**
   * Makes sure that events of a device are reported, and returns the names of those that can be: `xid`, and values of the
   * label `event` of `gpu_events_total`. To be called in every collection: it costs nothing once done.
   *
   * @throws CallError where the device is gone
   */
  public register(handle: bigint, pciBusId: string): readonly string[] {
    let registration = this.registrations.get(handle);
    if (registration === undefined || this.now() >= registration.retryAt) {
      registration = this.registered(handle, pciBusId);
      this.registrations.set(handle, registration);
      this.addresses.set(handle, pciBusId);
    }
    const logged = this.kernelLog !== undefined && this.kernelLog.reason === '';
    return logged && !registration.names.includes(XID_EVENT) ? [XID_EVENT, ...registration.names] : registration.names;
  }

  /** Number of the last record of the kernel's log that was read. */
  public get kernelLogPosition(): number | undefined {
    return this.kernelLog?.position;
  }

  /**
   * Events since the last call.
   *
   * @param kernelLogPosition number of the last record of the kernel's log that a collector before this one read
   */
  public drain(kernelLogPosition?: number): DeviceEvent[] {
    const events: DeviceEvent[] = [];
    const time = this.now();
    this.sources?.begin(time);
    while (this.set !== undefined && events.length < MOST_EVENTS) {
      const code = this.library.call('nvmlEventSetWait_v2', this.set, this.data, 0);
      if (code === SUCCESS) {
        this.take(time, events);
      } else if (code === TIMEOUT || !this.renewed(code)) {
        break;
      }
      this.isNew &&= code !== SUCCESS && code !== TIMEOUT;
    }
    for (const { pciBusId, ...logged } of this.kernelLog?.read(kernelLogPosition) ?? []) {
      if (this.sources?.accept('kernel_log', pciBusId, logged.xid, time)) {
        events.push({ pciBusId, event: XID_EVENT, ...logged, time });
      }
    }
    return events;
  }

  /** `events` of each device, and `kernel_log`. */
  public capabilities(): readonly Capability[] {
    const capabilities: Capability[] = [];
    for (const { pciBusId, reason } of this.registrations.values()) {
      capabilities.push({ capability: 'events', supported: reason === '', reason, pciBusId });
    }
    if (this.registrations.size === 0 && (this.reason !== '' || !this.available)) {
      const reason = this.available ? this.reason : 'missing_symbol';
      capabilities.push({ capability: 'events', supported: false, reason });
    }
    if (this.kernelLog !== undefined) {
      const { reason } = this.kernelLog;
      capabilities.push({ capability: 'kernel_log', supported: reason === '', reason });
    }
    return capabilities;
  }

  /** Forgets a device that went away; when it comes back it is registered anew. */
  public forget(pciBusId: string): void {
    for (const [handle, registration] of this.registrations) {
      if (registration.pciBusId === pciBusId) this.registrations.delete(handle);
    }
  }

  /** Lets go of the event set and of the kernel's log. */
  public close(): void {
    this.freeSet();
    this.kernelLog?.close();
  }

  private registered(handle: bigint, pciBusId: string): Registration {
    const failed = (reason: string, retryAt: number): Registration => ({ pciBusId, names: [], reason, retryAt });
    const later = this.now() + RETRY_UNSUPPORTED_SECONDS;
    if (!this.available) {
      return failed('missing_symbol', later);
    }
    const asked = this.library.call('nvmlDeviceGetSupportedEventTypes', handle, this.eight);
    throwIfGone('nvmlDeviceGetSupportedEventTypes', asked);
    const supported = asked === SUCCESS ? this.eight.readUInt32LE(0) & ALL_EVENTS : 0;
    if (supported === 0) {
      return failed(
        returnCodeName(asked === SUCCESS ? NOT_SUPPORTED : asked),
        asked === SUCCESS || isUnsupported(asked) ? later : 0,
      );
    }
    this.set ??= this.createSet();
    const { set } = this;
    if (set === undefined) {
      return failed(this.reason, 0);
    }
    // A driver that does not take all that it says it supports may still take XID errors alone.
    let code = 0;
    for (const mask of [supported, supported & XID_EVENT_TYPE].filter((bits) => bits !== 0)) {
      code = this.library.call('nvmlDeviceRegisterEvents', handle, mask, set);
      throwIfGone('nvmlDeviceRegisterEvents', code);
      if (code === SUCCESS) {
        return { pciBusId, names: eventNamesOf(mask), reason: '', retryAt: Number.POSITIVE_INFINITY };
      }
    }
    return failed(returnCodeName(code), isUnsupported(code) ? later : 0);
  }

  /**
   * One lost GPU fails the set for all: makes it anew of the devices that can still be registered. Whether it did: a set
   * that fails at once again stays, so that it gathers what comes until it answers.
   */
  private renewed(code: number): boolean {
    this.reason = returnCodeName(code);
    if (this.isNew) {
      return false;
    }
    this.freeSet();
    this.isNew = true;
    for (const [handle, { pciBusId }] of [...this.registrations]) {
      try {
        this.registrations.set(handle, this.registered(handle, pciBusId));
      } catch {
        this.registrations.delete(handle);
      }
    }
    return this.set !== undefined;
  }

  private createSet(): bigint | undefined {
    const code = this.library.call('nvmlEventSetCreate', this.eight);
    this.reason = code === SUCCESS ? '' : returnCodeName(code);
    return code === SUCCESS ? this.eight.readBigUInt64LE(0) : undefined;
  }

  private freeSet(): void {
    if (this.set !== undefined) {
      this.library.call('nvmlEventSetFree', this.set);
    }
    this.set = undefined;
  }

  private take(time: number, into: DeviceEvent[]): void {
    const { data } = this;
    const type = data.readUInt32LE(DATA.fields.eventType.offset);
    const event = EVENT_NAMES.get(type) ?? 'other';
    const pciBusId = this.addresses.get(data.readBigUInt64LE(DATA.fields.device.offset));
    const xid = event === XID_EVENT ? (readU64(data, DATA.fields.eventData.offset) ?? 0) : undefined;
    if (xid !== undefined && this.sources?.accept('nvml', pciBusId ?? '', xid, time) === false) {
      return;
    }
    const gpuInstanceId = readU32(data, DATA.fields.gpuInstanceId.offset);
    const computeInstanceId = readU32(data, DATA.fields.computeInstanceId.offset);
    into.push({
      ...(pciBusId === undefined ? {} : { pciBusId }),
      event,
      ...(xid === undefined ? {} : { xid }),
      ...(gpuInstanceId === undefined ? {} : { gpuInstanceId }),
      ...(computeInstanceId === undefined ? {} : { computeInstanceId }),
      time,
    });
  }
}
