import { expect, it } from 'vitest';
import { DeviceUsers } from '../../src/gpu/device-users.js';
import type { DeviceSample, Sample } from '../../src/gpu/sample.js';

const sampleOf = (...pids: readonly number[]): Sample => {
  const processes = pids.map((pid) => ({ pid, type: 'compute' as const, points: [] }));
  return { devices: [{ processes } as unknown as DeviceSample] } as unknown as Sample;
};

it('notices processes that come, and not those that stay or go', () => {
  const users = new DeviceUsers();
  expect([[], [1, 2], [2, 1], [1], [1, 2], [3]].map((pids) => users.differ(sampleOf(...pids)))).toEqual([
    false,
    true,
    false,
    false,
    true,
    true,
  ]);
});
