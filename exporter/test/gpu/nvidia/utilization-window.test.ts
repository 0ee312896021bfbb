import { describe, expect, it } from 'vitest';
import { averageSamples, type Shares } from '../../../src/gpu/nvidia/utilization-window.js';

const SECOND = 1_000_000;
const START = 1_700_000_000 * SECOND;

/** Averages samples `[pid, seconds after the start, SM percent]`. */
function average(samples: readonly (readonly [number, number, number])[], elapsed = 5): Map<number, Shares> {
  const times = samples.map(([, seconds]) => START + seconds * SECOND);
  return averageSamples(
    {
      count: samples.length,
      pids: samples.map(([pid]) => pid),
      times,
      values: samples.flatMap(([, , sm]) => [sm, sm / 2, 0, 0]),
    },
    START,
    Math.max(...times),
    elapsed * SECOND,
  );
}

const sm = (shares: Map<number, Shares>, pid: number) => shares.get(pid)?.sm;

describe('averaging samples of processes', () => {
  it('weighs samples by the time that they stand for', () => {
    const shares = average([
      [1, 1, 100],
      [1, 2, 0],
      [1, 3, 0],
      [1, 4, 50],
      [1, 5, 50],
    ]);
    expect(sm(shares, 1)).toBeCloseTo(0.4, 10);
    expect(shares.get(1)?.memory).toBeCloseTo(0.2, 10);
  });

  it('gives a process that ran in a part of the window only its part', () => {
    const shares = average([
      [1, 1, 10],
      [1, 2, 10],
      [1, 3, 10],
      [1, 4, 10],
      [1, 5, 10],
      [2, 4, 80],
      [2, 5, 80],
    ]);
    expect(sm(shares, 1)).toBeCloseTo(0.1, 10);
    expect(sm(shares, 2)).toBeCloseTo((80 * 2) / 5 / 100, 10);
  });

  it('does not fill a pause within the window', () => {
    const shares = average([
      [1, 1, 50],
      [1, 2, 50],
      [1, 5, 50],
    ]);
    expect(sm(shares, 1)).toBeCloseTo(0.3, 10);
  });

  it('counts a window that ended in silence to its end', () => {
    const shares = average([
      [1, 0.5, 80],
      [1, 1, 80],
    ]);
    expect(sm(shares, 1)).toBeCloseTo(0.16, 10);
  });

  it('takes averages of the driver as they are', () => {
    const shares = average([
      [1, 0.4, 12],
      [2, 4.9, 7],
    ]);
    expect([sm(shares, 1), sm(shares, 2)]).toEqual([0.12, 0.07]);
  });

  it('does not depend on the order of the samples', () => {
    const samples = [
      [1, 1, 100],
      [1, 2, 20],
      [2, 2, 40],
      [1, 4, 60],
      [2, 3, 10],
    ] as const;
    expect(average([...samples].reverse())).toEqual(new Map([...average(samples)].reverse()));
  });

  it('tolerates samples that do not come like clockwork', () => {
    const shares = average([
      [1, 1, 60],
      [1, 2.1, 60],
      [1, 3, 60],
      [1, 4.05, 60],
      [1, 5, 60],
    ]);
    expect(sm(shares, 1)).toBeCloseTo(0.6, 10);
  });

  it('keeps shares within 0 and 1', () => {
    const shares = average([
      [1, 3, 100],
      [1, 6, 100],
      [1, 7.9, 100],
    ]);
    expect(sm(shares, 1)).toBeLessThanOrEqual(1);
  });
});
