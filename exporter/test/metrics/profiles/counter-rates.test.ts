import { expect, it } from 'vitest';
import { CounterRates } from '../../../src/metrics/profiles/counter-rates.js';
import type { Snapshot } from '../../../src/metrics/snapshot.js';
import { device, snapshotOf } from '../snapshots.js';

const METRIC = 'gpu_pcie_transmit_bytes_total';
const at = (time: number, bytes: number): Snapshot => snapshotOf([device(0, [[METRIC, bytes]])], time);

function ratesAfter(...snapshots: readonly Snapshot[]): readonly (number | undefined)[] {
  const rates = new CounterRates([METRIC]);
  return snapshots.map((snapshot) => {
    rates.advance(snapshot);
    return rates.rate(device(0, []), METRIC);
  });
}

it('gives rates between two collections, none where the counter or the clock went back', () => {
  expect(ratesAfter(at(100, 50), at(110, 150), at(120, 10), at(115, 20))).toEqual([
    undefined,
    10,
    undefined,
    undefined,
  ]);
});

it('keeps the rate where a snapshot of the same collection is made again', () => {
  expect(ratesAfter(at(100, 50), at(110, 150), at(110, 150), at(120, 350))).toEqual([undefined, 10, 10, 20]);
});
