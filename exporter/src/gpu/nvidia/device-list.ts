import type { CollectRequest, Progress } from '../backend.js';
import type { DeviceIdentity } from '../sample.js';
import { Device, type DeviceOptions } from './device.js';
import { readText } from './device-calls.js';
import { describeFailure, driverUnavailable, SUCCESS } from './errors.js';
import { LAYOUTS } from './layouts.js';
import { normalizePciBusId } from './names.js';
import type { NativeLibrary } from './native-library.js';
import { byAddress } from './pci.js';

/** Seconds after which handles are asked for again. */
const REFRESH_SECONDS = 60;
/** The same while a device has no handle. */
const RETRY_SECONDS = 10;
const PCI = LAYOUTS.nvmlPciInfo_t;

/** A device that the driver counts. */
export interface Listed {
  readonly index: number;
  readonly pciBusId: string;
  /** Absent of a device without a handle, and of one that is left alone. */
  readonly device?: Device;
  /** Return code of the call for the handle, where it failed. */
  readonly code?: number;
}

/** What the driver says when it is asked which devices there are. */
export interface Listing {
  readonly listed: readonly Listed[];
  /** Devices without a handle of which nothing says which they are, one line each. */
  readonly errors: readonly string[];
}

/**
 * The devices of the driver.
 *
 * Their number is asked in every collection; handles once a minute, when the number changes, and after a device failed. A
 * device that is to be left alone is found by its place on the PCI bus, so that not even its handle is asked for.
 */
export class DeviceList {
  private listing: Listing = { listed: [], errors: [] };
  private count = -1;
  private refreshAt = 0;
  private readonly word = Buffer.alloc(8);
  private readonly pci = Buffer.alloc(PCI.size);

  public constructor(
    private readonly library: NativeLibrary,
    private readonly options: DeviceOptions,
    /** Called with the address of a device whose handle is no longer valid. */
    private readonly forget: (pciBusId: string) => void,
  ) {}

  /** Makes the next collection ask for handles again. */
  public invalidate(): void {
    this.refreshAt = 0;
  }

  /**
   * Lists the devices.
   *
   * @param expected addresses on the PCI bus, in its order
   * @param known what is known of devices that were seen before
   * @throws DriverUnavailableError
   */
  public list(
    now: number,
    expected: readonly string[],
    known: ReadonlyMap<string, DeviceIdentity>,
    { skip }: CollectRequest,
    progress: Progress,
  ): Listing {
    progress('enumeration');
    const code = this.library.call('nvmlDeviceGetCount_v2', this.word);
    if (code !== SUCCESS) {
      throw driverUnavailable('nvmlDeviceGetCount_v2', code);
    }
    const count = this.word.readUInt32LE(0);
    const wasSkipped = this.listing.listed.some(
      ({ pciBusId, device, code: failed }) => device === undefined && failed === undefined && !skip.includes(pciBusId),
    );
    if (count !== this.count || now >= this.refreshAt || wasSkipped) {
      this.count = count;
      this.refresh(expected, known, skip, progress);
      const complete = this.listing.listed.every((listed) => listed.code === undefined);
      this.refreshAt = now + (complete ? REFRESH_SECONDS : RETRY_SECONDS);
    }
    return {
      listed: this.listing.listed.map((listed) =>
        skip.includes(listed.pciBusId) ? { index: listed.index, pciBusId: listed.pciBusId } : listed,
      ),
      errors: this.listing.errors,
    };
  }

  private refresh(
    expected: readonly string[],
    known: ReadonlyMap<string, DeviceIdentity>,
    skip: readonly string[],
    progress: Progress,
  ): void {
    const before = new Map(this.listing.listed.map((listed) => [listed.pciBusId, listed.device]));
    const listed: Listed[] = [];
    const failed: { index: number; code: number; functionName: string }[] = [];
    for (let index = 0; index < this.count; index += 1) {
      const guess = this.guess(index, expected);
      if (guess !== undefined && skip.includes(guess)) {
        listed.push({ index, pciBusId: guess });
        continue;
      }
      progress('enumeration', guess);
      const answer = this.ask(index);
      if ('code' in answer) {
        failed.push({ index, ...answer });
      } else if (skip.includes(answer.pciBusId)) {
        listed.push({ index, pciBusId: answer.pciBusId });
      } else {
        const { pciBusId } = answer;
        const device = this.device(answer.handle, index, pciBusId, before.get(pciBusId), known.get(pciBusId));
        listed.push({ index, pciBusId, device });
      }
    }
    const errors = this.nameFailed(failed, listed, expected, known);
    for (const [pciBusId, device] of before) {
      const now = listed.find((other) => other.pciBusId === pciBusId);
      if (device !== undefined && now?.device !== device) {
        this.forget(pciBusId);
      }
    }
    this.listing = { listed: listed.sort((one, other) => one.index - other.index), errors };
  }

  /** The address of a device, before it is asked: the driver lists GPUs in the order of the bus. */
  private guess(index: number, expected: readonly string[]): string | undefined {
    return expected.length === this.count
      ? expected[index]
      : this.listing.listed.length === this.count
        ? this.listing.listed[index]?.pciBusId
        : undefined;
  }

  private ask(index: number): { handle: bigint; pciBusId: string } | { code: number; functionName: string } {
    const code = this.library.call('nvmlDeviceGetHandleByIndex_v2', index, this.word);
    if (code !== SUCCESS) {
      return { code, functionName: 'nvmlDeviceGetHandleByIndex_v2' };
    }
    const handle = this.word.readBigUInt64LE(0);
    const status = this.library.call('nvmlDeviceGetPciInfo_v3', handle, this.pci);
    const { offset, length } = PCI.fields.busId;
    const pciBusId = status === SUCCESS ? normalizePciBusId(readText(this.pci, offset, length) ?? '') : undefined;
    return pciBusId === undefined ? { code: status, functionName: 'nvmlDeviceGetPciInfo_v3' } : { handle, pciBusId };
  }

  private device(
    handle: bigint,
    index: number,
    pciBusId: string,
    before: Device | undefined,
    known: DeviceIdentity | undefined,
  ): Device {
    if (before?.calls.handle === handle) {
      before.identity = { ...before.identity, index };
      return before;
    }
    return new Device(this.library, handle, { ...known, vendor: 'nvidia', pciBusId, index }, this.options);
  }

  /** Says which devices those without a handle are: what the bus has, or what was seen before, and is not listed. */
  private nameFailed(
    failed: readonly { index: number; code: number; functionName: string }[],
    listed: Listed[],
    expected: readonly string[],
    known: ReadonlyMap<string, DeviceIdentity>,
  ): readonly string[] {
    const errors: string[] = [];
    const unlisted = [...new Set([...expected, ...known.keys()])]
      .filter((pciBusId) => !listed.some((other) => other.pciBusId === pciBusId))
      .sort(byAddress);
    for (const [at, { index, code, functionName }] of failed.entries()) {
      const pciBusId = unlisted.length === failed.length ? unlisted[at] : this.guess(index, expected);
      if (pciBusId !== undefined && !listed.some((other) => other.pciBusId === pciBusId)) {
        listed.push({ index, pciBusId, code });
      } else {
        errors.push(`device ${index}: ${describeFailure(functionName, code)}`);
      }
    }
    return errors;
  }
}
