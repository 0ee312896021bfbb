import type { Family } from '../family.js';
import type { SeriesWriter } from '../series-writer.js';
import type { Snapshot } from '../snapshot.js';

/** Spells a snapshot in the names, labels and units of somebody. */
export interface ProfileWriter {
  /** Everything that it can write, in the order of the exposition. */
  readonly families: readonly Family[];
  /** Writes all series of a snapshot. Called again with the same snapshot, it writes the same. */
  write(snapshot: Snapshot, to: SeriesWriter): void;
}
