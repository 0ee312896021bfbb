import type { Point } from '../../src/gpu/sample.js';
import { CATALOGUE, definitionOf, type MetricName } from '../../src/metrics/catalogue.js';
import { ENTITY_LABELS, type EntityKind } from '../../src/metrics/definition.js';
import type { Entity, Snapshot } from '../../src/metrics/snapshot.js';
import { identityOf, snapshotOf } from './snapshots.js';

const KINDS = Object.keys(ENTITY_LABELS) as EntityKind[];

/** A snapshot with one entity of each kind, each with one series of every metric of its kind. */
export function wholeCatalogue(): Snapshot {
  return snapshotOf(
    KINDS.map((kind): Entity => {
      const points = (Object.keys(CATALOGUE) as MetricName[])
        .filter((name) => definitionOf(name).entity === kind)
        .map((name): Point => [name, 1, ...definitionOf(name).labels.map((label) => `a-${label}`)]);
      const labels = Object.fromEntries(ENTITY_LABELS[kind].map((label) => [label, `a-${label}`]));
      return { kind, labels, points, identity: identityOf(0), status: 'ok', owners: [] };
    }),
  );
}
