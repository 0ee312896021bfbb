import { expect, test } from 'vitest';
import { Quarantine } from '../../src/collector/quarantine.js';
import type { DeviceVerdict } from '../../src/collector/state.js';

const hung = (pciBusId: string, since = 0): DeviceVerdict => ({ pciBusId, status: 'hung', collector: 'power', since });

test('leaves a device alone for a while that doubles up to a limit, and remembers when it began', () => {
  const quarantine = new Quarantine(30, 100);
  let time = 0;
  for (const delay of [30, 60, 100, 100]) {
    quarantine.add(hung('a', time), time);
    quarantine.answered(['a'], time + 1);
    expect(quarantine.skipped(time + delay - 1)).toEqual(['a']);
    expect(quarantine.skipped(time + delay + 1)).toEqual([]);
    time += delay + 1;
  }
  expect(quarantine.verdicts()).toEqual([hung('a', 0)]);
});

test('shows a device until it has been asked and answered', () => {
  const quarantine = new Quarantine(30, 600);
  quarantine.add(hung('a'), 0);
  quarantine.answered(['a'], 10);
  expect(quarantine.verdicts()).toHaveLength(1);
  quarantine.answered([], 31);
  expect(quarantine.verdicts()).toEqual([]);
});

test('goes on doubling for a device that answers and soon fails again, and forgets one that stays well', () => {
  const quarantine = new Quarantine(30, 600);
  quarantine.add(hung('a', 0), 0);
  quarantine.answered([], 31);
  quarantine.add(hung('a', 40), 40);
  expect(quarantine.verdicts()).toEqual([hung('a', 40)]);
  expect(quarantine.skipped(99)).toEqual(['a']);
  quarantine.answered([], 101);
  quarantine.answered([], 162);
  quarantine.add(hung('a', 170), 170);
  quarantine.answered(['a'], 180);
  expect(quarantine.skipped(199)).toEqual(['a']);
  expect(quarantine.skipped(201)).toEqual([]);
});

test('keeps devices apart', () => {
  const quarantine = new Quarantine(30, 600);
  quarantine.add(hung('a'), 0);
  quarantine.add({ ...hung('b'), status: 'crashed' }, 20);
  quarantine.answered(['a', 'b'], 25);
  expect(quarantine.skipped(40)).toEqual(['b']);
  quarantine.answered(['b'], 40);
  expect(quarantine.verdicts()).toMatchObject([{ pciBusId: 'b', status: 'crashed' }]);
});

test('asks no device again before the others were', () => {
  const quarantine = new Quarantine(30, 600);
  for (const [at, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
    quarantine.add(hung(id), at * 10);
    expect(quarantine.skipped(at * 10)).toHaveLength(at + 1);
  }
  quarantine.answered(['a', 'b', 'c', 'd', 'e'], 45);
  expect(quarantine.skipped(45)).toEqual(['c', 'd', 'e']);
});

test('remembers a bounded number of devices', () => {
  const quarantine = new Quarantine(30, 600);
  for (let i = 0; i < 1000; i += 1) quarantine.add(hung(`${i}`), 0);
  expect(quarantine.verdicts()).toHaveLength(256);
});
