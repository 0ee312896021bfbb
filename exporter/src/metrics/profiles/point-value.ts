import type { MetricName } from '../catalogue.js';
import type { Entity } from '../snapshot.js';

/** Value of a metric of an entity, where it has it; with a label, the series whose first label has that value. */
export function pointValue({ points }: Entity, name: MetricName, label?: string): number | undefined {
  return points.find((point) => point[0] === name && (label === undefined || point[2] === label))?.[1];
}
