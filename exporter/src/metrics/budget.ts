import type { Family } from './family.js';
import type { ProfileWriter } from './profiles/profile.js';
import { type Omission, SeriesWriter } from './series-writer.js';
import type { Entity, Snapshot } from './snapshot.js';

/**
 * Writes a snapshot by a profile with no more series than the limit, as far as details can be left out.
 *
 * First go whole processes, those with the least memory first; then all series by link; then all by place in memory. Half a
 * list of links would give wrong sums, so those go together. What says how a device is always stays, even above the limit.
 */
export function writeWithin(limit: number, profile: ProfileWriter, snapshot: Snapshot): SeriesWriter {
  const { families } = profile;
  const whole = new SeriesWriter(families, snapshot.entities.length);
  profile.write(snapshot, whole);
  if (whole.series <= limit) {
    return whole;
  }
  const part = new SeriesWriter(
    families,
    snapshot.entities.length,
    omissionOf(whole, limit, families, snapshot.entities),
  );
  profile.write(snapshot, part);
  return part;
}

function omissionOf(
  { series, perEntity, perFamily }: SeriesWriter,
  limit: number,
  families: readonly Family[],
  entities: readonly Entity[],
): Omission {
  const omission = { entities: new Uint8Array(entities.length), families: new Uint8Array(families.length) };
  let excess = series - limit;
  for (const position of processesByMemory(entities)) {
    if (excess <= 0) {
      break;
    }
    omission.entities[position] = 1;
    excess -= perEntity[position] as number;
  }
  for (const detail of ['link', 'location'] as const) {
    if (excess <= 0) {
      break;
    }
    for (const [position, family] of families.entries()) {
      if (family.detail === detail) {
        omission.families[position] = 1;
        excess -= perFamily[position] as number;
      }
    }
  }
  return omission;
}

/** Positions of processes, least memory first; of equal ones the later process id, then the later in the snapshot. */
function processesByMemory(entities: readonly Entity[]): readonly number[] {
  const processes = entities.flatMap((entity, position) =>
    entity.kind === 'process' ? [{ position, memory: memoryOf(entity), pid: Number(entity.labels.pid) || 0 }] : [],
  );
  return processes
    .sort((one, other) => one.memory - other.memory || other.pid - one.pid || other.position - one.position)
    .map(({ position }) => position);
}

function memoryOf({ points }: Entity): number {
  return points.find(([name]) => name === 'gpu_process_memory_used_bytes')?.[1] ?? 0;
}
