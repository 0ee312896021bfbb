import type { Point } from '../../gpu/sample.js';
import { CATALOGUE, definitionOf, type MetricName } from '../catalogue.js';
import { EntityCache } from '../entity-cache.js';
import type { Family } from '../family.js';
import { type LabelText, labelText, seriesStart, withLabel } from '../label-text.js';
import { SeriesLine, type SeriesWriter } from '../series-writer.js';
import type { Entity, Snapshot } from '../snapshot.js';
import type { ProfileWriter } from './profile.js';

const NAMES = Object.keys(CATALOGUE) as MetricName[];
const POSITIONS = new Map(NAMES.map((name, position) => [name, position]));

/** The families of the native schema, in the order of the catalogue. */
const FAMILIES: readonly Family[] = NAMES.map((name) => {
  const { type, unit, help, labels } = definitionOf(name);
  return {
    name,
    type,
    help,
    ...(unit === 'none' ? {} : { unit }),
    ...(labels.includes('link') ? { detail: 'link' } : labels.includes('location') ? { detail: 'location' } : {}),
  };
});

/** Texts of one entity that do not change from snapshot to snapshot. */
interface EntityText {
  readonly labels: LabelText;
  /** Its series, in the order in which the last snapshot had them. */
  readonly starts: Start[];
}

interface Start {
  readonly point: Point;
  readonly family: number;
  readonly line: SeriesLine;
}

/** Writes the native schema: the metrics of the catalogue as they are. */
export class NativeProfile implements ProfileWriter {
  readonly families = FAMILIES;
  private readonly texts = new EntityCache<EntityText>((entity) => ({
    labels: labelText(entity.labels),
    starts: [],
  }));

  write({ entities }: Snapshot, to: SeriesWriter): void {
    for (let position = 0; position < entities.length; position++) {
      const entity = entities[position] as Entity;
      to.startEntity(position);
      this.writeEntity(entity.points, this.texts.get(entity), to);
    }
    this.texts.sweep();
  }

  /** Points mostly come in the order of the last snapshot, so the text of the same place is the first guess. */
  private writeEntity(points: readonly Point[], { labels, starts }: EntityText, to: SeriesWriter): void {
    for (let place = 0; place < points.length; place++) {
      const point = points[place] as Point;
      let start = starts[place];
      if (start === undefined || !sameSeries(start.point, point)) {
        start = startOf(point, labels);
        starts[place] = start;
      }
      if (start.family >= 0) {
        to.add(start.family, start.line, point[1]);
      }
    }
    starts.length = points.length;
  }
}

function startOf(point: Point, entityLabels: LabelText): Start {
  const [name, , ...values] = point;
  let labels = entityLabels;
  const family = POSITIONS.get(name) ?? -1;
  if (family >= 0) {
    for (const [position, label] of definitionOf(name).labels.entries()) {
      labels = withLabel(labels, label, values[position]);
    }
  }
  return { point, family, line: new SeriesLine(seriesStart(name, labels)) };
}

function sameSeries(one: Point, other: Point): boolean {
  if (one[0] !== other[0] || one.length !== other.length) {
    return false;
  }
  for (let index = 2; index < one.length; index++) {
    if (one[index] !== other[index]) {
      return false;
    }
  }
  return true;
}
