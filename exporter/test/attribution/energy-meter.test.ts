import { describe, expect, it } from 'vitest';
import { EnergyMeter } from '../../src/attribution/energy-meter.js';

const joules = (steps: readonly (readonly [at: number, energy: number | undefined, power?: number])[]) => {
  const meter = new EnergyMeter();
  return steps.map(([at, energy, power]) => meter.advance(at, { energy, power }, 75)?.joules);
};

describe('EnergyMeter', () => {
  it("takes differences of the driver's counter", () => {
    expect(
      joules([
        [0, 1000],
        [15, 4000],
        [30, 4000],
      ]),
    ).toEqual([undefined, 3000, 0]);
  });

  it('takes power over time where there is no counter', () => {
    expect(
      joules([
        [0, undefined, 100],
        [10, undefined, 300],
      ]),
    ).toEqual([undefined, 2000]);
  });

  it('prefers the counter', () => {
    expect(
      joules([
        [0, 0, 100],
        [10, 5, 100],
      ]),
    ).toEqual([undefined, 5]);
  });

  it('never counts backwards, and goes on from the new value', () => {
    expect(
      joules([
        [0, 9000],
        [10, 500],
        [20, 700],
      ]),
    ).toEqual([undefined, undefined, 200]);
    expect(
      joules([
        [0, 9000, 100],
        [10, 500, 100],
        [20, 700, 100],
      ]),
    ).toEqual([undefined, 1000, 200]);
  });

  it('does not believe a counter that jumps', () => {
    expect(
      joules([
        [0, 100],
        [10, 1e12],
        [20, 1e12 + 50],
      ]),
    ).toEqual([undefined, undefined, 50]);
  });

  it('knows by the counter what was used while nothing was sampled', () => {
    expect(
      joules([
        [0, 100],
        [10, undefined],
        [200, 1100],
      ]),
    ).toEqual([undefined, undefined, 1000]);
  });

  it('does not make up power for a time without samples', () => {
    expect(
      joules([
        [0, undefined, 100],
        [10, undefined],
        [20, undefined, 100],
        [200, undefined, 100],
      ]),
    ).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('counts nothing twice where the counter is missing for a while', () => {
    expect(
      joules([
        [0, 0, 100],
        [10, undefined, 100],
        [20, 2000, 100],
        [30, 3000, 100],
      ]),
    ).toEqual([undefined, 1000, 1000, 1000]);
  });

  it('counts nothing where the clock did not go on', () => {
    expect(
      joules([
        [10, 0, 100],
        [10, 50, 100],
        [5, 60, 100],
      ]),
    ).toEqual([undefined, undefined, undefined]);
  });

  it('knows whether there is any energy to tell of', () => {
    const meter = new EnergyMeter();
    meter.advance(0, {}, 75);
    expect(meter.known).toBe(false);
    meter.advance(1, { power: 5 }, 75);
    expect(meter.known).toBe(true);
  });
});
