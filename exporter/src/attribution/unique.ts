import type { Entity } from '../metrics/snapshot.js';

/**
 * Joins entities of one kind with the same labels, whose series would otherwise collide: devices that never told who they
 * are. Of anything else the first one stays.
 */
export function unique(entities: readonly Entity[]): readonly Entity[] {
  const known = new Map<string, Entity>();
  for (const entity of entities) {
    const key = `${entity.kind}\n${JSON.stringify(entity.labels)}`;
    const first = known.get(key);
    if (first === undefined) known.set(key, entity);
    else if (entity.kind === 'device') known.set(key, { ...first, points: [...first.points, ...entity.points] });
  }
  return [...known.values()];
}
