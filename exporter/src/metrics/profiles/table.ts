import type { Point } from '../../gpu/sample.js';
import { definitionOf, type MetricName } from '../catalogue.js';
import type { EntityKind } from '../definition.js';
import { EntityCache } from '../entity-cache.js';
import type { Family } from '../family.js';
import type { LabelText } from '../label-text.js';
import type { SeriesWriter } from '../series-writer.js';
import type { Entity, Snapshot } from '../snapshot.js';
import { EntityLines, type Labels } from './entity-lines.js';
import type { ProfileWriter } from './profile.js';

const NO_ROWS: readonly Row[] = [];

/** One metric of a profile, and the native metric that it is made of. */
export interface TableMetric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Native metrics, one for each kind of entity; absent where `derive` of the profile gives the values. */
  readonly from?: MetricName | readonly MetricName[];
  /** Values that labels of the native series must have. */
  readonly where?: Readonly<Record<string, string>>;
  /** Our values times this are the profile's. @default 1 */
  readonly scale?: number;
  /** Makes whole numbers, as the other exporter does. @default - the value as it is */
  readonly whole?: 'nearest' | 'down';
  /** The native value is a time, and the profile's the seconds since then. @default false */
  readonly age?: boolean;
  /** Labels of the native series that stay, by the profile's name. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Adds up the series that match, such as those of all links. @default false */
  readonly sum?: boolean;
  /** With `sum`: the factor of each series by the value of its last label. A value that is unknown means no series. */
  readonly weights?: Readonly<Record<string, number>>;
}

/** A value that a profile works out by itself. */
export interface DerivedValue {
  readonly name: string;
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a profile says about entities, beside its table. */
export interface Spelling {
  readonly metrics: readonly TableMetric[];
  /** Labels that name the entity; `undefined` where the profile does not show it. */
  labels(entity: Entity, snapshot: Snapshot): LabelText | undefined;
  /** Values of metrics of the table that have no `from`. */
  derive?(entity: Entity, snapshot: Snapshot): readonly DerivedValue[];
}

interface Row extends TableMetric {
  readonly family: number;
  /** Positions in a point of the labels of `where`, with the values that they must have. */
  readonly conditions: readonly (readonly [index: number, value: string])[];
  readonly stateset: boolean;
  /** Names and positions of the labels that stay. */
  readonly kept: readonly (readonly [name: string, index: number])[];
}

/** Writes a snapshot by a table. Of entities that the profile cannot tell apart, the first is written. */
export class TableProfile implements ProfileWriter {
  readonly families: readonly Family[];
  private readonly rows = new Map<string, readonly Row[]>();
  private readonly positions: ReadonlyMap<string, number>;
  private readonly cache = new EntityCache(() => new EntityLines());

  constructor(private readonly spelling: Spelling) {
    const byName = new Map(spelling.metrics.map((metric) => [metric.name, metric]));
    this.positions = new Map([...byName.keys()].map((name, position) => [name, position]));
    this.families = [...byName.values()].map(({ name, type, help, labels }) => ({
      name,
      type,
      help,
      ...(labels !== undefined && 'link' in labels ? { detail: 'link' } : {}),
    }));
    for (const metric of spelling.metrics) {
      for (const from of sourcesOf(metric)) {
        this.rows.set(from, [...(this.rows.get(from) ?? []), rowOf(metric, from, this.position(metric.name))]);
      }
    }
  }

  write(snapshot: Snapshot, to: SeriesWriter): void {
    const seen = new Map<EntityKind, Set<LabelText>>();
    for (const [position, entity] of snapshot.entities.entries()) {
      const labels = this.spelling.labels(entity, snapshot);
      if (labels === undefined || !isNew(seen, entity.kind, labels)) {
        continue;
      }
      to.startEntity(position);
      const lines = this.cache.get(entity);
      lines.start(labels);
      this.writePoints(entity, lines, snapshot.time, to);
      for (const { name, value, labels: more } of this.spelling.derive?.(entity, snapshot) ?? []) {
        to.add(this.position(name), lines.of(name, more), value);
      }
    }
    this.cache.sweep();
  }

  private writePoints({ points }: Entity, lines: EntityLines, time: number, to: SeriesWriter): void {
    const sums = new Map<Row, number>();
    for (const point of points) {
      for (const row of this.rows.get(point[0]) ?? NO_ROWS) {
        if (!matches(point, row)) {
          continue;
        }
        if (row.sum === true) {
          addUp(sums, row, point);
        } else {
          const value = row.age === true ? secondsBetween(point[1], time) : point[1];
          to.add(row.family, lines.of(row.name, keptLabels(row, point)), converted(value, row));
        }
      }
    }
    for (const [row, sum] of sums) {
      if (!Number.isNaN(sum)) {
        to.add(row.family, lines.of(row.name), converted(sum, row));
      }
    }
  }

  private position(name: string): number {
    const position = this.positions.get(name);
    if (position === undefined) {
      throw new Error(`${name} is not in the table of the profile.`);
    }
    return position;
  }
}

function sourcesOf({ from = [] }: TableMetric): readonly MetricName[] {
  return typeof from === 'string' ? [from] : from;
}

function rowOf(metric: TableMetric, from: MetricName, family: number): Row {
  const indexOf = (label: string): number => {
    const index = definitionOf(from).labels.indexOf(label);
    if (index < 0) {
      throw new Error(`${metric.name} wants the label "${label}" of ${from}, which has no such label.`);
    }
    return index + 2;
  };
  return {
    ...metric,
    family,
    stateset: definitionOf(from).type === 'stateset',
    conditions: Object.entries(metric.where ?? {}).map(([label, value]) => [indexOf(label), value]),
    kept: Object.entries(metric.labels ?? {}).map(([name, label]) => [name, indexOf(label)]),
  };
}

function matches(point: Point, { conditions }: Row): boolean {
  for (const [index, value] of conditions) {
    if (point[index] !== value) {
      return false;
    }
  }
  return true;
}

/** A state set of which no state holds adds up to nothing, rather than to the number of its first state. */
function addUp(sums: Map<Row, number>, row: Row, point: Point): void {
  if (point[1] === 0 && row.stateset) {
    return;
  }
  const weight = row.weights === undefined || point[1] === 0 ? 1 : row.weights[String(point.at(-1))];
  sums.set(row, (sums.get(row) ?? 0) + point[1] * (weight ?? Number.NaN));
}

function keptLabels({ kept }: Row, point: Point): Labels | undefined {
  return kept.length === 0
    ? undefined
    : Object.fromEntries(kept.map(([name, index]) => [name, String(point[index] ?? '')]));
}

function isNew(seen: Map<EntityKind, Set<LabelText>>, kind: EntityKind, labels: LabelText): boolean {
  const ofKind = seen.get(kind) ?? new Set();
  seen.set(kind, ofKind);
  return ofKind.size < ofKind.add(labels).size;
}

/** To the millisecond; a clock that was set back makes no negative age. */
function secondsBetween(start: number, end: number): number {
  return Math.max(0, Math.round((end - start) * 1000) / 1000);
}

/** A float that was scaled down loses its last digits, which came from the division into base units. */
function converted(value: number, { scale = 1, whole }: Row): number {
  const scaled = value * scale;
  switch (whole) {
    case 'nearest':
      return Math.round(scaled);
    case 'down':
      return Math.floor(scaled);
    case undefined:
      return scale === 1 ? value : Math.round(scaled * 1e6) / 1e6;
  }
}
