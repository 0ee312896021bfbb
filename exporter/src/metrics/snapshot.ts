import type { DeviceIdentity, DeviceStatus, DriverVersions, Point } from '../gpu/sample.js';
import type { EntityKind } from './definition.js';

/** Whose a device, a MIG instance or a process is. */
export interface Owner {
  readonly namespace: string;
  readonly pod: string;
  /** Absent where only the pod is known. */
  readonly container?: string;
  readonly podUid?: string;
}

/** A thing with series of its own. */
export interface Entity {
  readonly kind: EntityKind;
  /** The labels of `ENTITY_LABELS` that are known, in that order. Two entities of a kind never have the same. */
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
  /** The device that it is, or is on; absent for the node and for an allocation. */
  readonly identity?: DeviceIdentity;
  /** Status of a device. */
  readonly status?: DeviceStatus;
  /** UUID of a MIG instance. */
  readonly migUuid?: string;
  /** Owners of a device or an instance, exclusive first; the one owner of a process, a pod's part or an allocation. */
  readonly owners: readonly Owner[];
}

/** Everything that one scrape shows, from one collection. Made once, then shared by every scrape and profile. */
export interface Snapshot {
  /** Unix time in seconds of the collection. */
  readonly time: number;
  readonly drivers: Readonly<Record<string, DriverVersions>>;
  readonly entities: readonly Entity[];
}
