import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Collector } from '../../src/collector/collector.js';
import type { CollectorOptions } from '../../src/collector/collector-options.js';
import type { CollectorState } from '../../src/collector/state.js';
import { compileNvml, hasCompiler } from '../nvml/library.js';
import { NvmlScript } from '../nvml/script.js';
import { type Bundle, bundle } from './bundle.js';
import { isAlive, LogBook, until } from './harness.js';

/** A record of the kernel's log. */
const xidLine = (sequence: number, xid: number): string =>
  `3,${sequence},1,-;NVRM: Xid (PCI:0000:1b:00): ${xid}, pid=1\n`;

describe.skipIf(!hasCompiler())('with the driver library', () => {
  let child: Bundle;
  let library: string;
  let folder: string;
  let script: NvmlScript;
  let collector: Collector;

  beforeAll(async () => {
    child = await bundle('src/collector/child.ts');
    library = compileNvml();
  }, 60_000);
  afterEach(async () => {
    await collector.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => child.remove());

  /** Starts a collector of a number of H100s. */
  function start(
    gpus: number,
    options: Partial<CollectorOptions> = {},
    prepare: (folder: string) => void = () => undefined,
  ): void {
    folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-collector-nvml-'));
    prepare(folder);
    script = new NvmlScript(join(folder, 'script')).devices(gpus).write();
    Object.assign(process.env, script.environment);
    collector = new Collector(
      {
        vendor: 'nvidia',
        backend: {
          name: 'nvidia',
          library,
          paths: { procfs: '/proc', sysfs: join(folder, 'sys'), rootfs: folder },
          processes: true,
          profiling: true,
          pcieThroughput: false,
        },
        interval: 0.1,
        timeout: 0.8,
        staleness: 10,
        childPath: child.path,
        ...options,
        limits: {
          device: { first: 60, last: 60 },
          driver: { first: 0.05, last: 0.2 },
          driverHung: { first: 0.3, last: 1 },
          open: 1.5,
          ...options.limits,
        },
      },
      new LogBook(),
    );
    collector.start();
  }

  const state = (): CollectorState => collector.state();
  const statuses = (): string[] => (state().sample?.devices ?? []).map(({ status }) => status);
  const powers = (): (number | undefined)[] =>
    (state().sample?.devices ?? []).map(({ points }) => points.find(([name]) => name === 'gpu_power_watts')?.[1]);

  async function samples(count = 1): Promise<void> {
    const from = state().collections.ok;
    await until(`${count} samples`, () => state().collections.ok >= from + count);
  }

  test('hands out values as they change', async () => {
    start(2);
    await samples();
    script.set(1, 'power.usage', 123_000).write();
    await until('the new value', () => powers()[1] === 123);
    expect(statuses()).toEqual(['ok', 'ok']);
  });

  test.each(['sleeps', 'ignores every signal but SIGKILL'])(
    'goes on with the other GPUs while a call about one does not return and %s',
    async (how) => {
      start(3);
      await samples();
      const pid = state().childPid as number;
      const bad = state().sample?.devices[1]?.identity.pciBusId;
      script.hang(1, 'nvmlDeviceGetPowerUsage', how === 'sleeps' ? undefined : 'uninterruptible').write();
      await until('a verdict', () => state().deviceVerdicts.length === 1);
      expect(state().restarts.hung).toBe(0);
      expect(state().deviceVerdicts).toMatchObject([{ pciBusId: bad, status: 'hung', collector: 'power' }]);
      await until('a restart', () => state().restarts.hung === 1);
      await samples(2);
      expect(isAlive(pid)).toBe(false);
      expect(statuses()).toEqual(['ok', 'hung', 'ok']);
      expect(powers()[1]).toBeUndefined();
      expect(powers()[2]).toBeGreaterThan(0);
      expect(state()).toMatchObject({ abandoned: 0, restarts: { hung: 1, crash: 0, exit: 0 } });
    },
  );

  test('goes on with the other GPUs after a crash in a call about one', async () => {
    start(2);
    await samples();
    const bad = state().sample?.devices[0]?.identity.pciBusId;
    script.crash(0, 'nvmlDeviceGetFieldValues').write();
    await until('a restart', () => state().restarts.crash === 1);
    await samples(2);
    expect(state().deviceVerdicts).toMatchObject([{ pciBusId: bad, status: 'crashed' }]);
    expect(powers()).toEqual([undefined, expect.any(Number)]);
  });

  test('counts what the kernel logged while a call hung, and what came before it not again', async () => {
    start(2, {}, (folder) => {
      mkdirSync(join(folder, 'dev'));
      writeFileSync(join(folder, 'dev/kmsg'), xidLine(1, 13));
    });
    const xids: (number | undefined)[] = [];
    collector.onSample(({ events }) => xids.push(...events.map(({ xid }) => xid)));
    await samples();
    appendFileSync(join(folder, 'dev/kmsg'), xidLine(2, 31));
    await until('an error', () => xids.length === 1);
    script.hang(0, 'nvmlDeviceGetPowerUsage').write();
    await until('a call that hangs', () => state().deviceVerdicts.length === 1);
    appendFileSync(join(folder, 'dev/kmsg'), xidLine(3, 119));
    await until('a restart', () => state().restarts.hung === 1);
    await samples(2);
    expect(xids).toEqual([31, 119]);
  });

  test('shows a GPU again that answers again', async () => {
    start(2, { limits: { device: { first: 0.2, last: 0.4 } } });
    await samples();
    script.hang(0, 'nvmlDeviceGetPowerUsage').write();
    await until('a restart', () => state().restarts.hung >= 1);
    script.mend(0, 'nvmlDeviceGetPowerUsage').write();
    await until('it answers', () => state().deviceVerdicts.length === 0);
    expect(statuses()).toEqual(['ok', 'ok']);
  });

  test('waits for a driver that is slow to open', async () => {
    start(1, { timeout: 0.4 });
    script.sleep('system', 'nvmlInitWithFlags', 900).sleep('system', 'nvmlInit_v2', 900).write();
    await samples();
    expect(state().restarts.hung).toBe(0);
  });

  test('tells of a driver that goes, and shows values when it is back', async () => {
    start(1);
    await samples();
    const pid = state().childPid;
    script.driver('not_loaded').write();
    await until('unavailable', () => !state().driver.available);
    expect(state().driver.reason).toBe('driver_not_loaded');
    script.driver('ok').write();
    await samples();
    expect(state()).toMatchObject({ driver: { available: true }, childPid: pid });
  });

  test('a driver that hangs when it is opened is tried again later', async () => {
    start(1);
    script.hang('system', 'nvmlInitWithFlags').hang('system', 'nvmlInit_v2').write();
    await until('a restart', () => state().restarts.hung >= 1);
    expect(state().driver).toMatchObject({ available: false, reason: 'hung' });
    script.mend('system', 'nvmlInitWithFlags').mend('system', 'nvmlInit_v2').write();
    await samples();
  });

  test('lets go of the driver when asked to', async () => {
    start(1);
    await samples();
    const pid = state().childPid as number;
    await collector.release();
    expect(isAlive(pid)).toBe(false);
    collector.resume();
    await samples();
  });
});
