import type { Capability, DeviceIdentity, DriverVersions, Point, Vendor } from '../gpu/sample.js';
import type { Entity, Owner, Snapshot } from '../metrics/snapshot.js';
import { Accounting } from './accounting.js';
import { type AttributedDevice, attribute } from './attribute.js';
import { Claims } from './claims.js';
import { healthPoints, unattributedPoints } from './device-entity.js';
import { DeviceIds } from './device-ids.js';
import { EventCounters } from './event-counters.js';
import { type CollectorView, KnownDevices } from './known-devices.js';
import { deviceLabels, instanceLabels, type Labels, sameLabels, withInstance } from './labels.js';
import { Owners } from './owners.js';
import { allocationEntity, type PodSubject, pastEntity, podEntity } from './pod-entities.js';
import { ProcessEntities } from './process-entities.js';
import type { ProcessInspector } from './processes.js';
import type { AttributionSources } from './sources.js';
import { unique } from './unique.js';
import type { PartitionUse } from './usage.js';

/** What an {@link Assembler} works with. */
export interface AssemblerOptions {
  /** Seconds between collections. */
  readonly interval: number;
  /** A container that uses less than this share of what it has is idle. */
  readonly idleThreshold: number;
  /** Processes with series of their own, those with the most memory first. */
  readonly processLimit: number;
  readonly sources: AttributionSources;
  /** Looks processes up. */
  readonly inspector: ProcessInspector;
  /** Whether PIDs of the driver can be looked up; where they cannot, no process is shown. */
  readonly processCapability: Capability;
  /**
   * Devices of a vendor on the PCI bus, asked for while a driver does not answer.
   *
   * @default none: a driver that never answered has no devices
   */
  readonly expectedDevices?: (vendor: Vendor) => readonly DeviceIdentity[];
  /** Seconds of a clock that never jumps. */
  readonly now?: () => number;
}

/** What lasts from one collection of a vendor to the next. */
class VendorMemory {
  public readonly devices = new KnownDevices();
  public readonly events = new EventCounters();
  public readonly labels = new Map<string, Labels>();
  public readonly accounting: Accounting<PodSubject>;
  /** Time of the sample that was counted last. */
  public counted: number | undefined;

  public constructor(options: AssemblerOptions) {
    this.accounting = new Accounting(options);
  }
}

/**
 * Makes the snapshot that a scrape shows: joins what the drivers say with what Kubernetes says, and keeps the counters that
 * outlive a collector's process.
 */
export class Assembler {
  private readonly owners: Owners;
  private readonly processes: ProcessEntities;
  private readonly vendors = new Map<Vendor, VendorMemory>();
  private readonly now: () => number;

  public constructor(private readonly options: AssemblerOptions) {
    this.owners = new Owners(options.sources);
    this.processes = new ProcessEntities(options.processLimit);
    this.now = options.now ?? (() => performance.now() / 1000);
  }

  /** Processes without series in the last snapshot, since there were more than the limit. */
  public get droppedProcesses(): number {
    return this.processes.dropped;
  }

  /** What can be attributed, and why not. */
  public capabilities(): readonly Capability[] {
    return [this.options.processCapability];
  }

  /** Makes a snapshot. A sample that was seen before is shown again and not counted again. */
  public assemble(views: readonly CollectorView[]): Snapshot {
    const now = this.now();
    const { inspector, processCapability } = this.options;
    this.owners.refresh();
    inspector.begin();
    const listed = views.map((view) => this.memoryOf(view.vendor).devices.list(view, this.expected(view)));
    const claims = new Claims(
      this.owners.allocations(),
      listed.map((devices) => new DeviceIds(devices)),
    );
    const by = { claims, owners: this.owners, inspector: processCapability.supported ? inspector : undefined };
    const entities: Entity[] = [];
    const attributed = views.flatMap((view, at) => {
      const memory = this.memoryOf(view.vendor);
      const devices = (listed[at] ?? []).map((device) => attribute(device, labelsOf(device.identity, memory), by));
      this.count(view, devices, memory, now);
      entities.push(...this.entitiesOf(view, devices, memory, now));
      return devices;
    });
    const processes = this.processes.make(attributed.flatMap((device) => device.processes));
    entities.push(...claims.totals().map(allocationEntity));
    return {
      time: Math.max(...views.map(({ sample }) => sample?.time ?? 0)) || Date.now() / 1000,
      drivers: Object.fromEntries(views.map(({ vendor, sample }) => [vendor, sample?.driver ?? {}])),
      entities: [...unique(entities), ...processes],
    };
  }

  private memoryOf(vendor: Vendor): VendorMemory {
    let memory = this.vendors.get(vendor);
    if (memory === undefined) {
      memory = new VendorMemory(this.options);
      this.vendors.set(vendor, memory);
    }
    return memory;
  }

  private expected({ vendor, sample }: CollectorView): readonly DeviceIdentity[] {
    return sample === undefined ? (this.options.expectedDevices?.(vendor) ?? []) : [];
  }

  private count(view: CollectorView, devices: readonly AttributedDevice[], memory: VendorMemory, now: number): void {
    memory.accounting.observe(now, devices, (part) =>
      subjectOf(part, labelsOf(part.partition.device.identity, memory)),
    );
    const { sample } = view;
    if (sample === undefined || sample.monotonic === memory.counted) return;
    memory.counted = sample.monotonic;
    memory.accounting.advance(sample.monotonic, devices);
    for (const device of sample.devices) memory.events.start(device);
    memory.events.add(sample.events);
  }

  private entitiesOf(
    view: CollectorView,
    devices: readonly AttributedDevice[],
    memory: VendorMemory,
    now: number,
  ): readonly Entity[] {
    const { accounting, events } = memory;
    return [
      nodeEntity(view, devices),
      ...devices.map((device) => {
        const energy = accounting.unattributedEnergy(device.pciBusId);
        const rest = this.owners.exist ? unattributedPoints(device.parts, energy) : [];
        return deviceEntity(device, [...rest, ...events.points(device.pciBusId)]);
      }),
      ...devices.flatMap(instanceEntities),
      ...devices.flatMap(({ parts, labels }) =>
        parts.flatMap((part) =>
          part.uses.map((use) => podEntity(subjectOf(part, labels), use, accounting.totals(part, use))),
        ),
      ),
      ...accounting.past(now).map(pastEntity),
    ];
  }
}

function nodeEntity({ vendor, sample, driver }: CollectorView, devices: readonly AttributedDevice[]): Entity {
  const points: Point[] = [];
  if (sample !== undefined && driver.available) points.push(['gpu_driver_info', 1, ...versionLabels(sample.driver)]);
  if (sample !== undefined || driver.reason !== 'starting') {
    points.push(['gpu_devices_expected', devices.length]);
    points.push(['gpu_devices_visible', devices.filter(({ device }) => device.status === 'ok').length]);
  }
  return { kind: 'node', labels: { vendor }, points, owners: [] };
}

const versionLabels = ({ driver, library, cuda }: DriverVersions): readonly string[] => [
  driver ?? '',
  library ?? '',
  cuda ?? '',
];

const deviceEntity = ({ device, labels, parts }: AttributedDevice, more: readonly Point[]): Entity => ({
  kind: 'device',
  labels,
  // Not by spreading, which makes a list of hundreds of points longer step by step.
  points: healthPoints(device).concat(device.points, more),
  identity: device.identity,
  status: device.status,
  owners: ownersOf(parts[0]),
});

const instanceEntities = ({ device, labels, parts }: AttributedDevice): readonly Entity[] =>
  parts.flatMap((part) => {
    const { instance } = part.partition;
    if (instance === undefined) return [];
    return {
      kind: 'instance',
      labels: instanceLabels(labels, instance),
      points: [['gpu_mig_info', 1, instance.uuid], ...instance.points],
      identity: device.identity,
      migUuid: instance.uuid,
      owners: ownersOf(part),
    } satisfies Entity;
  });

/** Containers that were given it first, then those that just use it. */
const ownersOf = (part: PartitionUse | undefined): readonly Owner[] => part?.uses.map(({ owner }) => owner) ?? [];

const subjectOf = ({ partition: { device, instance } }: PartitionUse, labels: Labels): PodSubject => ({
  labels: withInstance(labels, instance),
  identity: device.identity,
  migUuid: instance?.uuid,
});

/** Labels of a device, the same object as before where nothing about them changed. */
function labelsOf(identity: DeviceIdentity, { labels }: VendorMemory): Labels {
  const made = deviceLabels(identity);
  const known = labels.get(identity.pciBusId);
  if (known !== undefined && sameLabels(known, made)) return known;
  labels.set(identity.pciBusId, made);
  return made;
}
