import { expect, test } from 'vitest';
import { Watch } from '../../src/collector/watch.js';

/** A watch that is looked at every 0.1 s of a clock of its own. */
function watchFor(
  seconds: number,
  positionAt: (second: number) => string | undefined,
  watch: Watch,
  clock: { now: number },
) {
  for (let step = 0; step < seconds * 10; step += 1) {
    clock.now += 0.1;
    const pciBusId = positionAt(step / 10);
    watch.look(pciBusId === undefined ? { collector: 'open' } : { collector: 'power', pciBusId });
  }
}

function make(): { watch: Watch; clock: { now: number } } {
  const clock = { now: 1000 };
  return { clock, watch: new Watch(0.1, () => clock.now) };
}

test('calls stuck what stays with one device for the whole time', () => {
  const { watch, clock } = make();
  watchFor(9.8, () => 'a', watch, clock);
  expect(watch.isStuck(10)).toBe(false);
  watchFor(0.4, () => 'a', watch, clock);
  expect(watch.isStuck(10)).toBe(true);
});

test('calls slow what goes from device to device, three times as long', () => {
  const { watch, clock } = make();
  watchFor(20, (second) => `${Math.floor(second / 2)}`, watch, clock);
  expect(watch.isStuck(10)).toBe(false);
  watchFor(10.2, (second) => `${Math.floor(second / 2)}`, watch, clock);
  expect(watch.isStuck(10)).toBe(true);
});

test('calls stuck what stays with a device that it came to late, half of the time later', () => {
  const { watch, clock } = make();
  watchFor(9, (second) => `${Math.floor(second / 2)}`, watch, clock);
  watchFor(4, () => 'late', watch, clock);
  expect(watch.isStuck(10)).toBe(false);
  watchFor(1.5, () => 'late', watch, clock);
  expect(watch.isStuck(10)).toBe(true);
});

test('counts a long gap between two looks as a short one', () => {
  const { watch, clock } = make();
  watchFor(1, () => 'a', watch, clock);
  clock.now += 3600;
  watch.look({ collector: 'power', pciBusId: 'a' });
  expect(watch.seconds).toBeLessThan(2);
  expect(watch.isStuck(10)).toBe(false);
});

test('waits for something without a device as for one', () => {
  const { watch, clock } = make();
  watchFor(10.2, () => undefined, watch, clock);
  expect(watch.isStuck(10)).toBe(true);
});
