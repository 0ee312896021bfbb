import type { Point, Vendor } from '../gpu/sample.js';
import { definitionOf } from './catalogue.js';
import type { EntityKind } from './definition.js';
import type { Entity, Owner, Snapshot } from './snapshot.js';

/** A series of a metric that has labels of its own. */
export interface LabelledValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Values by the name of the metric: a number, or a list where the metric has labels of its own. */
export type ValuesByMetric = Readonly<Record<string, number | readonly LabelledValue[]>>;

/** Something with values: labels as in the native profile. */
export interface EntityJson {
  readonly labels: Readonly<Record<string, string>>;
  readonly owners: readonly Owner[];
  readonly values: ValuesByMetric;
}

/** A GPU with everything on it. */
export interface DeviceJson extends EntityJson {
  readonly vendor: Vendor;
  readonly pciBusId: string;
  readonly index: number | null;
  readonly uuid: string | null;
  readonly model: string | null;
  readonly status: string;
  readonly instances: readonly EntityJson[];
  readonly processes: readonly EntityJson[];
  /** What containers use of it. */
  readonly pods: readonly EntityJson[];
}

/** The document at `/snapshot`. Keys are always there; what is unknown is `null` or empty. */
export interface SnapshotJson {
  /** Unix time in seconds of the collection. */
  readonly time: number | null;
  /** Age of the values in seconds, by vendor. */
  readonly ageSeconds: Readonly<Record<string, number>>;
  readonly drivers: Snapshot['drivers'];
  readonly node: readonly EntityJson[];
  readonly devices: readonly DeviceJson[];
  /** What containers have, over all devices. */
  readonly allocations: readonly EntityJson[];
}

/** A snapshot as data for programs; what it says is what the native profile says. */
export function snapshotJson(
  snapshot: Snapshot | undefined,
  ageSeconds: Readonly<Record<string, number>>,
): SnapshotJson {
  const { time, drivers, entities } = snapshot ?? { time: null, drivers: {}, entities: [] };
  const byDevice = new Map<string, Entity[]>();
  for (const entity of entities) {
    const key = entity.identity?.pciBusId;
    if (key === undefined) {
      continue;
    }
    const onDevice = byDevice.get(key);
    if (onDevice === undefined) {
      byDevice.set(key, [entity]);
    } else {
      onDevice.push(entity);
    }
  }
  return {
    time,
    ageSeconds,
    drivers,
    node: ofKind('node', entities),
    devices: entities.flatMap((entity) => deviceJson(entity, byDevice.get(entity.identity?.pciBusId ?? '') ?? [])),
    allocations: ofKind('allocation', entities),
  };
}

function deviceJson(entity: Entity, onDevice: readonly Entity[]): readonly DeviceJson[] {
  const { kind, identity, status = 'error' } = entity;
  if (kind !== 'device' || identity === undefined) {
    return [];
  }
  return [
    {
      vendor: identity.vendor,
      pciBusId: identity.pciBusId,
      index: identity.index ?? null,
      uuid: identity.uuid ?? null,
      model: identity.model ?? null,
      status,
      ...entityJson(entity),
      instances: ofKind('instance', onDevice),
      processes: ofKind('process', onDevice),
      pods: ofKind('pod', onDevice),
    },
  ];
}

function ofKind(kind: EntityKind, entities: readonly Entity[]): readonly EntityJson[] {
  return entities.filter((entity) => entity.kind === kind).map(entityJson);
}

function entityJson({ labels, owners, points }: Entity): EntityJson {
  return { labels, owners, values: valuesOf(points) };
}

/** Only the last of a metric without labels counts; there is no more than one. */
function valuesOf(points: readonly Point[]): ValuesByMetric {
  const values: Record<string, number | LabelledValue[]> = {};
  for (const [name, value, ...labels] of points) {
    const own = definitionOf(name).labels;
    if (!Number.isFinite(value)) {
      continue;
    }
    if (own.length === 0) {
      values[name] = value;
      continue;
    }
    const list = Array.isArray(values[name]) ? values[name] : [];
    const pairs = own.flatMap((label, index) => (labels[index] ? [[label, labels[index]]] : []));
    list.push({ labels: Object.fromEntries(pairs), value });
    values[name] = list;
  }
  return values;
}
