import { expect, test } from 'vitest';
import { LastSample } from '../../src/collector/last-sample.js';
import type { Sample } from '../../src/gpu/sample.js';
import { until } from './harness.js';

const now = (): number => performance.now() / 1000;

test('says that a sample is too old as soon as it is, though the collection took long', async () => {
  let dropped: number | undefined;
  const last = new LastSample(0.5, () => (dropped = now()), now);
  const monotonic = now() - 0.4;
  const sample: Sample = {
    vendor: 'nvidia',
    time: 0,
    monotonic,
    duration: 0.4,
    driver: {},
    devices: [],
    events: [],
    outcomes: [],
    capabilities: [],
  };
  last.set(sample);
  expect(last.get()).toBe(sample);
  const at = await until('it is dropped', () => dropped);
  expect(last.get()).toBeUndefined();
  expect(at - monotonic).toBeLessThan(0.8);
});
