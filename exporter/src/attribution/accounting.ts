import type { Owner } from '../metrics/snapshot.js';
import { EnergyMeter } from './energy-meter.js';
import { energyShares } from './shares.js';
import type { PartitionUse, Use } from './usage.js';

/** How {@link Accounting} counts. */
export interface AccountingOptions {
  /** Seconds between collections. Time without samples for more than five of them counts as allocated to nobody. */
  readonly interval: number;
  /** A container that uses less than this share of what it has is idle. */
  readonly idleThreshold: number;
  /**
   * Seconds for which totals of a container that is gone are kept, so that a scrape sees the last of them.
   *
   * @default 300
   */
  readonly retention?: number;
  /**
   * Totals that are kept at most; without room, containers that come get none.
   *
   * @default 4096
   */
  readonly capacity?: number;
}

/** What a container has used of a device or a MIG instance since the exporter started. */
export interface Totals {
  /** In joules; absent where the energy of the device is unknown. */
  readonly energy?: number;
  /** Seconds; absent where it was never given the device. */
  readonly allocated?: number;
  /** Seconds; absent while nobody knows whether it uses the device. */
  readonly idle?: number;
}

/** Totals of a container that no longer has or uses the device. */
export interface Past<Subject> {
  readonly subject: Subject;
  readonly owner: Owner;
  readonly totals: Totals;
}

interface Entry<Subject> {
  subject: Subject;
  owner: Owner;
  energy: number;
  energyKnown: boolean;
  allocated: number;
  wasAllocated: boolean;
  idle: number;
  idleKnown: boolean;
  /** Number of the sample in which it last had the device. */
  claimed: number;
  /** When it was last seen to have or use the device. */
  seen: number;
}

/** A device in a sample. */
export interface AccountedDevice {
  readonly pciBusId: string;
  /** The device's own partition first, then its instances. */
  readonly parts: readonly PartitionUse[];
}

/**
 * Counts what containers use of the devices of one vendor, and what no pod uses. Lives as long as the exporter, whatever
 * becomes of collectors and drivers.
 *
 * @typeParam Subject what the caller needs to show totals of what is gone
 */
export class Accounting<Subject> {
  private readonly entries = new Map<string, Entry<Subject>>();
  private readonly meters = new Map<string, EnergyMeter>();
  private readonly unattributed = new Map<string, number>();
  private readonly retention: number;
  private readonly capacity: number;
  private last: number | undefined;
  private sample = 0;

  public constructor(private readonly options: AccountingOptions) {
    this.retention = options.retention ?? 300;
    this.capacity = options.capacity ?? 4096;
  }

  /**
   * Takes note of who has and uses what at this moment, and forgets who has been gone for long.
   *
   * @param now seconds of a clock that never jumps
   */
  public observe(
    now: number,
    devices: readonly AccountedDevice[],
    subjectOf: (part: PartitionUse, owner: Owner) => Subject,
  ): void {
    for (const { parts } of devices) {
      for (const part of parts) for (const use of part.uses) this.see(now, part, use, subjectOf);
    }
    for (const [key, { seen }] of this.entries) if (now - seen > this.retention) this.entries.delete(key);
  }

  /**
   * Counts the time since the last sample; called once for each, after {@link observe}.
   *
   * @param at when the sample was taken, in seconds of a clock that never jumps
   */
  public advance(at: number, devices: readonly AccountedDevice[]): void {
    const seconds = this.last === undefined ? 0 : at - this.last;
    const longest = 5 * this.options.interval;
    this.last = at;
    this.sample++;
    for (const device of devices) {
      this.addEnergy(at, device, longest);
      for (const part of device.parts) {
        for (const use of part.uses) this.addTime(use, part, seconds > 0 && seconds <= longest ? seconds : 0);
      }
    }
  }

  /** What a container has used of a partition. */
  public totals(part: PartitionUse, use: Use): Totals {
    const entry = this.entries.get(keyOf(part, use.owner));
    return entry === undefined ? {} : totalsOf(entry);
  }

  /** Energy of a device that no pod used, in joules; undefined where its energy is unknown. */
  public unattributedEnergy(pciBusId: string): number | undefined {
    return this.meters.get(pciBusId)?.known === true ? (this.unattributed.get(pciBusId) ?? 0) : undefined;
  }

  /** Totals of containers that were not seen in the last {@link observe}. */
  public past(now: number): readonly Past<Subject>[] {
    const past: Past<Subject>[] = [];
    for (const entry of this.entries.values()) {
      if (entry.seen < now) past.push({ subject: entry.subject, owner: entry.owner, totals: totalsOf(entry) });
    }
    return past;
  }

  private see(
    now: number,
    part: PartitionUse,
    use: Use,
    subjectOf: (part: PartitionUse, owner: Owner) => Subject,
  ): void {
    const key = keyOf(part, use.owner);
    const entry = this.entries.get(key);
    if (entry !== undefined) {
      entry.seen = now;
      entry.owner = use.owner;
      entry.subject = subjectOf(part, use.owner);
      return;
    }
    if (this.entries.size >= this.capacity) return;
    this.entries.set(key, {
      subject: subjectOf(part, use.owner),
      owner: use.owner,
      energy: 0,
      energyKnown: false,
      allocated: 0,
      wasAllocated: use.claim !== undefined,
      idle: 0,
      idleKnown: false,
      claimed: -1,
      seen: now,
    });
  }

  private addEnergy(at: number, { pciBusId, parts }: AccountedDevice, longest: number): void {
    const [own] = parts;
    let meter = this.meters.get(pciBusId);
    if (meter === undefined) {
      meter = new EnergyMeter();
      this.meters.set(pciBusId, meter);
    }
    const window = own && meter.advance(at, own.readings, longest);
    this.markEnergy(meter, parts);
    if (window === undefined || window.joules === 0) return;
    const shares = energyShares(parts);
    let rest = window.joules;
    for (const part of parts) {
      for (const use of part.uses) {
        const share = shares.get(use);
        const entry = share === undefined ? undefined : this.entries.get(keyOf(part, use.owner));
        if (share === undefined || entry === undefined) continue;
        // Of a long time without samples we only know who had the device both before and after it.
        if (window.seconds > longest && !(part.exclusive !== undefined && this.hadIt(entry))) continue;
        const joules = Math.min(rest, window.joules * share);
        entry.energy += joules;
        rest -= joules;
      }
    }
    this.unattributed.set(pciBusId, (this.unattributed.get(pciBusId) ?? 0) + rest);
  }

  /** Shows energy of 0 from the start where it is known, so that the first joules count as an increase. */
  private markEnergy(meter: EnergyMeter, parts: readonly PartitionUse[]): void {
    if (!meter.known) return;
    for (const part of parts) {
      for (const use of part.uses) {
        const entry = this.entries.get(keyOf(part, use.owner));
        if (entry !== undefined) entry.energyKnown = true;
      }
    }
  }

  private addTime(use: Use, part: PartitionUse, seconds: number): void {
    const entry = this.entries.get(keyOf(part, use.owner));
    if (entry === undefined || use.claim === undefined) {
      if (entry !== undefined) entry.idleKnown = false;
      return;
    }
    entry.wasAllocated = true;
    const utilization = utilizationOf(use, part);
    entry.idleKnown = utilization !== undefined;
    if (this.hadIt(entry)) {
      entry.allocated += seconds;
      if (utilization !== undefined && utilization < this.options.idleThreshold) entry.idle += seconds;
    }
    entry.claimed = this.sample;
  }

  /** Whether it had the device in the sample before this one. */
  private hadIt({ claimed }: Entry<Subject>): boolean {
    return claimed === this.sample - 1;
  }
}

/** How much of what it has a container uses: all activity of what it has for itself, else that of its processes. */
const utilizationOf = (use: Use, part: PartitionUse): number | undefined =>
  use.claim === part.exclusive ? (part.readings.activity ?? use.utilization) : use.processUtilization;

const keyOf = ({ partition }: PartitionUse, { namespace, pod, container }: Owner): string =>
  `${partition.key}|${namespace}/${pod}/${container ?? ''}`;

const totalsOf = (entry: Entry<unknown>): Totals => ({
  energy: entry.energyKnown ? entry.energy : undefined,
  allocated: entry.wasAllocated ? entry.allocated : undefined,
  idle: entry.wasAllocated && entry.idleKnown ? entry.idle : undefined,
});
