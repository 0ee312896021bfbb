import type { MetricName } from '../catalogue.js';
import type { Entity, Snapshot } from '../snapshot.js';

/** Rates of counters between the last two snapshots, for profiles whose metrics are rates. */
export class CounterRates {
  private snapshot: Snapshot | undefined;
  private before = new Map<string, number>();
  private now = new Map<string, number>();
  private seconds = 0;

  constructor(private readonly metrics: readonly MetricName[]) {}

  /** Takes the next snapshot; another one of the same collection, such as after a pod was found, changes nothing. */
  advance(snapshot: Snapshot): void {
    if (snapshot.time === this.snapshot?.time) {
      return;
    }
    this.seconds = this.snapshot === undefined ? 0 : snapshot.time - this.snapshot.time;
    this.snapshot = snapshot;
    this.before = this.now;
    this.now = new Map();
    for (const entity of snapshot.entities) {
      for (const [metric, value, ...labels] of entity.kind === 'device' ? entity.points : []) {
        if (this.metrics.includes(metric)) {
          this.now.set(keyOf(entity, metric, labels[0]), value);
        }
      }
    }
  }

  /** Units per second; absent for the first snapshot, after a restart of the counter, and where the clock went back. */
  rate(entity: Entity, metric: MetricName, label?: string): number | undefined {
    const key = keyOf(entity, metric, label);
    const now = this.now.get(key);
    const before = this.before.get(key);
    return now === undefined || before === undefined || now < before || this.seconds <= 0
      ? undefined
      : (now - before) / this.seconds;
  }
}

function keyOf({ identity, labels }: Entity, metric: MetricName, label = ''): string {
  return `${identity?.pciBusId ?? labels.uuid} ${metric} ${label}`;
}
