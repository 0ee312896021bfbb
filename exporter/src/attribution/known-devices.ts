import type { CollectorState } from '../collector/state.js';
import type { DeviceIdentity, DeviceSample, DeviceStatus } from '../gpu/sample.js';

/** What is read of a collector. */
export type CollectorView = Pick<CollectorState, 'vendor' | 'driver' | 'sample' | 'deviceVerdicts'>;

const MAX_DEVICES = 256;

/** Reasons of a driver that does not answer which are also statuses of its devices. */
const STATUS_BY_REASON: Readonly<Record<string, DeviceStatus>> = {
  hung: 'hung',
  abandoned: 'hung',
  crashed: 'crashed',
  no_permission: 'no_permission',
  starting: 'error',
};

/** Remembers every device that was ever seen, so that one that goes away keeps its name and is shown as gone. */
export class KnownDevices {
  private readonly identities = new Map<string, DeviceIdentity>();

  /**
   * The devices of a collector at this moment: those of its sample, and those that were seen or are expected and are not in
   * it. Their status says whether they answer now; values are those of the sample, as long as there is one.
   *
   * @param expected devices on the PCI bus
   */
  public list(view: CollectorView, expected: readonly DeviceIdentity[]): readonly DeviceSample[] {
    const down =
      view.driver.available || (view.driver.reason === 'starting' && view.sample) ? undefined : view.driver.reason;
    const starting = down === 'starting';
    const devices = new Map<string, DeviceSample>();
    for (const device of view.sample?.devices ?? []) {
      const identity = this.remember(device.identity);
      const known = identity === device.identity ? device : { ...device, identity };
      devices.set(identity.pciBusId, down === undefined ? known : { ...known, ...failure(down) });
    }
    if (!starting) for (const identity of expected) this.remember(identity);
    for (const { pciBusId } of view.deviceVerdicts) this.remember({ vendor: view.vendor, pciBusId });
    for (const [pciBusId, identity] of this.identities) {
      if (!devices.has(pciBusId))
        devices.set(pciBusId, absent(identity, view.sample ? 'missing' : failure(down).status));
    }
    for (const { pciBusId, status, collector } of view.deviceVerdicts) {
      const device = devices.get(pciBusId);
      if (device !== undefined) devices.set(pciBusId, { ...device, status, reason: collector });
    }
    return [...devices.values()].sort(byIndex);
  }

  /** Adds what is known from before to an identity that a failing device has only a part of. */
  private remember(identity: DeviceIdentity): DeviceIdentity {
    const known = this.identities.get(identity.pciBusId);
    const another = identity.uuid !== undefined && known?.uuid !== undefined && identity.uuid !== known.uuid;
    if (known === undefined || another) {
      if (known !== undefined || this.identities.size < MAX_DEVICES) this.identities.set(identity.pciBusId, identity);
      return identity;
    }
    if (identity.uuid !== undefined) {
      this.identities.set(identity.pciBusId, identity);
      return identity;
    }
    const told = Object.entries(identity).filter(([, value]) => value !== undefined);
    return { ...known, ...Object.fromEntries(told) };
  }
}

/** Status of devices whose driver does not answer; `error` where it does and has just not been heard for too long. */
function failure(reason: string | undefined): { readonly status: DeviceStatus; readonly reason: string } {
  if (reason === undefined) return { status: 'error', reason: 'stale' };
  return { status: STATUS_BY_REASON[reason] ?? 'missing', reason };
}

const absent = (identity: DeviceIdentity, status: DeviceStatus): DeviceSample => ({
  identity,
  status,
  points: [],
  instances: [],
  processes: [],
  processesKnown: false,
  supportedEvents: [],
});

const byIndex = (a: DeviceSample, b: DeviceSample): number =>
  (a.identity.index ?? Number.MAX_SAFE_INTEGER) - (b.identity.index ?? Number.MAX_SAFE_INTEGER) ||
  (a.identity.pciBusId < b.identity.pciBusId ? -1 : 1);
