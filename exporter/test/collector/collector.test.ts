import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CollectorOptions } from '../../src/collector/collector-options.js';
import { type Bundle, bundle } from './bundle.js';
import { isAlive, ScriptedCollector, until } from './harness.js';
import type { Script } from './scripted-child.js';

const A = '0000:3b:00.0';
const B = '0000:5e:00.0';
let child: Bundle;
let running: ScriptedCollector[] = [];

beforeAll(async () => {
  child = await bundle('test/collector/scripted-child.ts');
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.remove()));
  running = [];
});
afterAll(() => child.remove());

function collectorWith(script: Script, options?: Partial<CollectorOptions>): ScriptedCollector {
  const scripted = new ScriptedCollector(child.path, script, options);
  running.push(scripted);
  scripted.collector.start();
  return scripted;
}

/** Waits for a number of good samples from now on. */
async function samples(scripted: ScriptedCollector, count = 1): Promise<void> {
  const from = scripted.collector.state().collections.ok;
  await until(`${count} samples`, () => scripted.collector.state().collections.ok >= from + count);
}

/** Status of each device: of a verdict, or of the sample. */
function statuses(scripted: ScriptedCollector): Record<string, string> {
  const { sample, deviceVerdicts } = scripted.collector.state();
  const statuses: Record<string, string> = {};
  for (const { identity, status } of sample?.devices ?? []) statuses[identity.pciBusId] = status;
  for (const { pciBusId, status } of deviceVerdicts) statuses[pciBusId] = status;
  return statuses;
}

test('hands out a sample of every interval, with its age', async () => {
  const scripted = collectorWith({ devices: { [A]: 'ok' } });
  const powers: (number | undefined)[] = [];
  scripted.collector.onSample(({ devices }) => powers.push(devices[0]?.points[0]?.[1]));
  await samples(scripted, 3);
  expect(powers.slice(0, 3)).toEqual([101, 102, 103]);
  const state = scripted.collector.state();
  expect(state.driver).toEqual({ available: true });
  expect(state.ageSeconds).toBeLessThan(1);
  expect(state.sample?.devices[0]?.points).toContainEqual(['gpu_nvlink_errors_total', 0, '3', 'crc']);
  expect(state.sample?.capabilities).toEqual([{ capability: 'profiling', supported: false, reason: 'NOT_SUPPORTED' }]);
  expect(state.childMemory).toBeGreaterThan(10e6);
});

test('shows a device as hung while its call does not return, and the age of the last values', async () => {
  const scripted = collectorWith({ devices: { [A]: 'ok', [B]: 'ok' } }, { timeout: 20, interval: 0.1 });
  await samples(scripted);
  scripted.script({ devices: { [A]: 'ok', [B]: 'spin' } });
  const state = await until('a verdict', () => {
    const now = scripted.collector.state();
    return now.deviceVerdicts.length > 0 && now;
  });
  expect(state.deviceVerdicts).toMatchObject([{ pciBusId: B, status: 'hung', collector: 'clocks' }]);
  expect(Math.abs((state.deviceVerdicts[0]?.since ?? 0) - Date.now() / 1000)).toBeLessThan(5);
  expect(state.runningSeconds).toBeGreaterThan(0.2);
  expect(state.ageSeconds).toBeGreaterThan(0.2);
  expect(state.restarts.hung).toBe(0);
});

test('replaces a child that hangs, leaves the device alone, and goes on with the others', async () => {
  const scripted = collectorWith(
    { devices: { [A]: 'ok', [B]: 'ok' } },
    { limits: { device: { first: 60, last: 60 } } },
  );
  await samples(scripted);
  const before = scripted.collector.state().childPid as number;
  scripted.script({ devices: { [A]: 'ok', [B]: 'spin' } });
  await until('a restart', () => scripted.collector.state().restarts.hung === 1);
  await samples(scripted, 2);
  expect(statuses(scripted)).toEqual({ [A]: 'ok', [B]: 'hung' });
  const state = scripted.collector.state();
  expect(state.sample?.devices.map(({ identity }) => identity.pciBusId)).toEqual([A]);
  expect(state.driver.available).toBe(true);
  expect(state.childPid).not.toBe(before);
  expect(isAlive(before)).toBe(false);
});

test('asks a device again after a while that doubles, and shows it once it answers', async () => {
  const scripted = collectorWith({ devices: { [A]: 'ok', [B]: 'spin' } }, { timeout: 0.3 });
  await until('two hangs', () => scripted.collector.state().restarts.hung === 2);
  scripted.script({ devices: { [A]: 'ok', [B]: 'ok' } });
  const since = performance.now();
  await until('it answers', () => statuses(scripted)[B] === 'ok');
  expect(performance.now() - since).toBeGreaterThan(700);
  expect(scripted.collector.state().deviceVerdicts).toEqual([]);
});

test.each(['segfault', 'abort', 'exit'] as const)(
  'leaves a device alone whose call ends the child by %s',
  async (how) => {
    const scripted = collectorWith(
      { devices: { [A]: 'ok', [B]: how } },
      { limits: { device: { first: 60, last: 60 } } },
    );
    await samples(scripted, 2);
    expect(statuses(scripted)).toEqual({ [A]: 'ok', [B]: 'crashed' });
    const { restarts, deviceVerdicts } = scripted.collector.state();
    expect(deviceVerdicts).toMatchObject([{ pciBusId: B, status: 'crashed', collector: 'clocks' }]);
    expect(restarts).toMatchObject(how === 'exit' ? { exit: 1, crash: 0 } : { exit: 0, crash: 1 });
  },
);

test('blames no device when the child is killed from outside', async () => {
  const scripted = collectorWith({ devices: { [A]: 'ok', [B]: 3000 } }, { timeout: 20 });
  await until('a call', () => scripted.collector.state().runningSeconds !== undefined);
  await new Promise((resolve) => setTimeout(resolve, 100));
  process.kill(scripted.collector.state().childPid as number, 'SIGKILL');
  await until('a restart', () => scripted.collector.state().restarts.killed === 1);
  scripted.script({ devices: { [A]: 'ok', [B]: 'ok' } });
  await samples(scripted);
  expect(statuses(scripted)).toEqual({ [A]: 'ok', [B]: 'ok' });
});

test('asks an absent driver again from the same child, and shows values when it is back', async () => {
  const scripted = collectorWith({ open: 'unavailable', devices: { [A]: 'ok' } });
  const state = await until('answers', () => {
    const now = scripted.collector.state();
    return now.collections.unavailable >= 2 && now;
  });
  expect(state.driver).toEqual({ available: false, reason: 'driver_not_loaded', message: 'Driver Not Loaded' });
  scripted.script({ devices: { [A]: 'ok' } });
  await samples(scripted);
  expect(scripted.collector.state().childPid).toBe(state.childPid);
  expect(Object.values(scripted.collector.state().restarts)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(scripted.logBook.lines.filter(({ message }) => message === 'The driver is not available')).toHaveLength(1);
});

test('starts another child for another driver library', async () => {
  const scripted = collectorWith({ devices: { [A]: 'version_mismatch' } });
  await until('a restart', () => scripted.collector.state().restarts.driver >= 1);
  expect(scripted.collector.state().driver.reason).toBe('version_mismatch');
  scripted.script({ devices: { [A]: 'ok' } });
  await samples(scripted);
});

test('an error of our own costs one collection, not the child', async () => {
  const scripted = collectorWith({ devices: { [A]: 'throw' } });
  const { driver } = await until('an answer', () => {
    const now = scripted.collector.state();
    return now.collections.unavailable > 0 && now;
  });
  expect(driver).toEqual({ available: false, reason: 'unknown', message: 'something of ours is broken' });
  scripted.script({ devices: { [A]: 'ok' } });
  await samples(scripted);
  expect(Object.values(scripted.collector.state().restarts)).toEqual([0, 0, 0, 0, 0, 0]);
});

test('calls the driver hung when opening it does not return, and tries again later', async () => {
  const scripted = collectorWith({ open: 'spin', devices: { [A]: 'ok' } }, { timeout: 0.3 });
  await until('suspicion', () => scripted.collector.state().driver.reason === 'hung');
  expect(scripted.collector.state().restarts.hung).toBe(0);
  await until('a restart', () => scripted.collector.state().restarts.hung === 1);
  expect(scripted.collector.state().driver).toMatchObject({ available: false, reason: 'hung' });
  scripted.script({ devices: { [A]: 'ok' } });
  await samples(scripted);
  expect(scripted.collector.state().driver).toEqual({ available: true });
});

test('calls the driver the cause after three crashes that concern no device', async () => {
  const scripted = collectorWith({ open: 'segfault', devices: { [A]: 'ok' } });
  await until('three crashes', () => scripted.collector.state().driver.reason === 'crashed');
  expect(scripted.collector.state().restarts.crash).toBe(3);
  expect(scripted.collector.state().driver.message).toBe('SIGSEGV (open)');
  scripted.script({ devices: { [A]: 'ok' } });
  await samples(scripted);
});

test('blames the driver when a device that was left alone ends the child again', async () => {
  const scripted = collectorWith({ devices: { [A]: 'segfault' }, ignoreSkip: true });
  await until('the driver is blamed', () => scripted.collector.state().driver.reason === 'crashed');
  expect(scripted.collector.state().restarts.crash).toBe(4);
});

test('replaces a child that grows too large, between two collections', async () => {
  const scripted = collectorWith({ devices: { [A]: 'ok' }, leak: 30e6 }, { limits: { memory: 200e6, memoryAge: 0 } });
  await until('a restart', () => scripted.collector.state().restarts.memory === 1);
  await samples(scripted);
  expect(scripted.collector.state()).toMatchObject({
    restarts: { hung: 0, crash: 0, killed: 0 },
    driver: { available: true },
  });
});

test('waits for devices that are slow and not stuck', async () => {
  const devices = Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`0000:0${i}:00.0`, 150]));
  const scripted = collectorWith({ devices }, { timeout: 0.5 });
  await samples(scripted);
  expect(scripted.collector.state().restarts.hung).toBe(0);
  expect(Object.values(statuses(scripted))).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
});

test('drops a sample that is too old, and says so', async () => {
  const scripted = collectorWith({ devices: { [A]: 'ok' } }, { staleness: 0.5 });
  await samples(scripted);
  scripted.script({ open: 'unavailable', devices: { [A]: 'unavailable' } });
  await until('unavailable', () => !scripted.collector.state().driver.available);
  expect(scripted.collector.state().sample).toBeDefined();
  let changedWithout = false;
  scripted.collector.onChange(() => {
    changedWithout ||= scripted.collector.state().sample === undefined;
  });
  await until('a change', () => changedWithout);
  expect(scripted.collector.state().ageSeconds).toBeGreaterThan(0.5);
});

test('lets go of the driver and collects again when asked to', async () => {
  const scripted = collectorWith({ devices: { [A]: 'ok' } });
  await samples(scripted);
  const pid = scripted.collector.state().childPid as number;
  await scripted.collector.release();
  expect(isAlive(pid)).toBe(false);
  expect(scripted.collector.state()).toMatchObject({ driver: { available: false, reason: 'released' } });
  expect(scripted.collector.state().sample).toBeUndefined();
  expect(scripted.collector.state().childPid).toBeUndefined();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(scripted.collector.state().childPid).toBeUndefined();
  scripted.collector.resume();
  await samples(scripted);
});

test('takes up the driver at once though it waited for it long before', { timeout: 20_000 }, async () => {
  const limits = { open: 0.3, driverHung: { first: 3, last: 60 } };
  const scripted = collectorWith({ open: 'spin', devices: {} }, { limits });
  const { collector } = scripted;
  await until('a restart', () => collector.state().restarts.hung === 1);
  scripted.script({ devices: { [A]: 'ok' } });
  await samples(scripted);
  const released = collector.release();
  collector.resume();
  await released;
  const since = performance.now();
  await samples(scripted);
  expect(performance.now() - since).toBeLessThan(2500);
});

test('stops within a second while a call hangs', async () => {
  const scripted = collectorWith({ devices: { [A]: 'spin' } }, { timeout: 20 });
  const pid = await until('a call that is late', () => {
    const { deviceVerdicts, childPid } = scripted.collector.state();
    return deviceVerdicts.length > 0 && childPid;
  });
  const since = performance.now();
  await scripted.collector.stop();
  expect(performance.now() - since).toBeLessThan(1000);
  expect(isAlive(pid)).toBe(false);
});

test('logs what a library prints, in lines of bounded length and number', async () => {
  const scripted = collectorWith({ devices: { [A]: 'ok' }, print: `${'x'.repeat(2000)}\n`.repeat(100) });
  await samples(scripted, 2);
  const printed = scripted.logBook.lines.filter(({ message }) => message === 'The collector printed');
  expect(printed).toHaveLength(30);
  expect(printed[0]?.fields.line).toHaveLength(500);
});

test('says why a child cannot be started, and tries again', async () => {
  const scripted = new ScriptedCollector('/nonexistent/child.js', { devices: {} });
  running.push(scripted);
  scripted.collector.start();
  await until('two tries', () => scripted.collector.state().restarts.exit >= 2);
  expect(scripted.collector.state().collections.crashed).toBeGreaterThanOrEqual(2);
  expect(scripted.logBook.lines.some(({ fields }) => String(fields.line).includes('/nonexistent/child.js'))).toBe(true);
});
