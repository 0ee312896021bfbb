import { describe, expect, it, type TestContext } from 'vitest';
import { isAlive } from '../collector/harness.js';
import { hasCompiler } from '../nvml/library.js';
import { GpuNode } from './exporter-process.js';
import type { Scrape } from './scrape.js';

/** Milliseconds in which `/metrics` answers, whatever the driver does. */
const AT_ONCE = 100;

/** Whether a scrape shows a collection that ended just now. */
const isFresh = (scrape: Scrape): boolean => (scrape.value('gpu_exporter_collection_age_seconds') ?? 9) < 0.6;

const restarts = (scrape: Scrape, reason: string): number | undefined =>
  scrape.value('gpu_exporter_collector_restarts_total', { reason });

describe.skipIf(!hasCompiler()).concurrent('faults of a GPU', { timeout: 60_000 }, () => {
  it('goes on with the other GPUs while a call about one does not return, and shows it when it answers', async (test: TestContext) => {
    const node = new GpuNode(test, 3);
    const exporter = await node.startWith(3);
    node.script.hang(1, 'nvmlDeviceGetPowerUsage').write();
    const hung = await exporter.scrapeUntil('one hangs', (scrape) => scrape.byGpu('gpu_up')[1] === 0);
    expect(await exporter.quickestMilliseconds()).toBeLessThan(AT_ONCE);
    expect(hung.status({ gpu: '1' })).toBe('hung');
    expect(hung.value('gpu_exporter_collection_age_seconds')).toBeGreaterThan(0.2);
    const on = await exporter.scrapeUntil(
      'the others go on',
      (scrape) => restarts(scrape, 'hung') === 1 && isFresh(scrape),
    );
    expect(on.byGpu('gpu_up')).toEqual({ 0: 1, 1: 0, 2: 1 });
    expect(Object.keys(on.byGpu('gpu_power_watts'))).toEqual(['0', '2']);
    expect(await exporter.logUntil('does not return')).toMatchObject({ level: 'error', collector: 'power' });
    node.script.mend(1, 'nvmlDeviceGetPowerUsage').write();
    await exporter.scrapeUntil('it answers again', (scrape) => scrape.byGpu('gpu_up')[1] === 1, 40);
    expect(await exporter.stop()).toEqual({ code: 0, signal: null });
  });

  it('goes on with the other GPUs though one hangs from the start, before its name is known', async (test: TestContext) => {
    const node = new GpuNode(test, 3);
    node.script.hang(1, 'nvmlDeviceGetHandleByIndex_v2').write();
    const exporter = await node.startWith(2, {
      flags: { 'path.sysfs': node.bus('0000:1b:00.0', '0000:2b:00.0', '0000:3b:00.0') },
    });
    const scrape = await exporter.scrape();
    expect(scrape.status({ pci_bus_id: '0000:2b:00.0' })).toBe('hung');
    expect(Object.keys(scrape.byGpu('gpu_power_watts'))).toEqual(['0', '2']);
    expect(await exporter.logUntil('does not return')).toMatchObject({ gpu: '0000:2b:00.0', collector: 'enumeration' });
  });

  it('goes on with the other GPUs after the library crashed in a call about one, and tries it again', async (test: TestContext) => {
    const node = new GpuNode(test, 2);
    const exporter = await node.startWith(2);
    const before = exporter.collector as number;
    node.script.crash(0, 'nvmlDeviceGetFieldValues').write();
    const crashed = await exporter.scrapeUntil('one is left out', (scrape) => {
      return restarts(scrape, 'crash') === 1 && scrape.byGpu('gpu_power_watts')[0] === undefined;
    });
    expect(crashed.byGpu('gpu_up')).toEqual({ 0: 0, 1: 1 });
    expect(crashed.status({ gpu: '0' })).toBe('crashed');
    expect(crashed.byGpu('gpu_power_watts')[1]).toBeGreaterThan(0);
    expect(await exporter.logUntil('The collector ended')).toMatchObject({ level: 'error', signal: 'SIGSEGV' });
    expect(isAlive(before)).toBe(false);
    node.script.mend(0, 'nvmlDeviceGetFieldValues').write();
    await exporter.scrapeUntil('it answers again', (scrape) => scrape.byGpu('gpu_up')[0] === 1, 40);
  });

  it.for([
    ['lost', 15, 'GPU_IS_LOST'],
    ['reset_required', 16, 'RESET_REQUIRED'],
    ['no_permission', 4, 'NO_PERMISSION'],
    ['error', 999, 'UNKNOWN'],
  ] as const)(
    'keeps the XID errors of a GPU that is %s and none of its values, until it is back',
    async ([status, code, name], test) => {
      const node = new GpuNode(test, 2);
      const exporter = await node.startWith(2);
      const uuid = 'GPU-a0b1c201-1c2d-4e5f-8a9b-012345678901';
      node.script.event({ slot: 1, type: 8, data: 79 }).write();
      await exporter.scrapeUntil(
        'its XID is counted',
        (scrape) => scrape.value('gpu_xid_errors_total', { uuid, xid: '79' }) === 1,
      );
      node.script.fail(1, '*', code).write();
      const failed = await exporter.scrapeUntil('it fails', (scrape) => scrape.byGpu('gpu_up')[1] === 0);
      const labels = { pci_bus_id: '0000:2b:00.0' };
      expect(failed.status(labels)).toBe(status);
      expect(failed.byGpu('gpu_power_watts')).toEqual({ 0: expect.any(Number) });
      expect(failed.value('gpu_xid_errors_total', { uuid, xid: '79' })).toBe(1);
      expect(failed.all('gpu_xid_errors_total').length).toBeGreaterThanOrEqual(0);
      expect(failed.value('gpu_exporter_collector_restarts_total', { reason: 'crash' })).toBe(0);
      const line = await exporter.logUntil(`a GPU is ${status}`);
      expect(line).toMatchObject({ level: 'error', gpu: labels.pci_bus_id, reason: expect.stringContaining(name) });
      node.script.mend(1, '*').write();
      await exporter.scrapeUntil('it is back', (scrape) => scrape.byGpu('gpu_up')[1] === 1, 30);
      await exporter.logUntil('a GPU is back');
    },
  );

  it('waits for a slow call as long as the timeout says, and answers scrapes meanwhile', async (test: TestContext) => {
    const node = new GpuNode(test, 2);
    const exporter = await node.startWith(2);
    node.script.sleep(0, 'nvmlDeviceGetPowerUsage', 700).write();
    const slow = await exporter.scrapeUntil('a collection is slow', (scrape) => {
      return (
        (scrape.value('gpu_exporter_collector_last_duration_seconds', {
          collector: 'power',
          pci_bus_id: '0000:1b:00.0',
        }) ?? 0) > 0.6
      );
    });
    expect(await exporter.quickestMilliseconds()).toBeLessThan(AT_ONCE);
    expect(restarts(slow, 'hung')).toBe(0);
    expect(slow.byGpu('gpu_up')[1]).toBe(1);
    node.script.mend(0, 'nvmlDeviceGetPowerUsage').write();
    await exporter.scrapeUntil(
      'it is quick',
      (scrape) =>
        (scrape.value('gpu_exporter_collector_last_duration_seconds', {
          collector: 'power',
          pci_bus_id: '0000:1b:00.0',
        }) as number) < 0.1,
    );
  });

  it('takes away nothing but the metric whose call fails', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const exporter = await node.startWith(1);
    node.script.fail(0, 'nvmlDeviceGetUtilizationRates', 999).write();
    const failed = await exporter.scrapeUntil(
      'one fails',
      (scrape) => scrape.all('gpu_utilization_ratio').length === 0,
    );
    expect(failed.byGpu('gpu_up')).toEqual({ 0: 1 });
    expect(failed.value('gpu_power_watts')).toBeGreaterThan(0);
    expect(
      failed
        .all('gpu_exporter_collector_success')
        .filter(({ value }) => value === 0)
        .map(({ labels }) => labels.collector),
    ).toEqual(['utilization']);
    expect(await exporter.logUntil('a collector failed')).toMatchObject({ level: 'warn', collector: 'utilization' });
  });

  it('keeps showing a GPU that is gone, under its name, and knows it again', async (test: TestContext) => {
    const node = new GpuNode(test, 3);
    const exporter = await node.startWith(3);
    node.script.absent(0).write();
    const gone = await exporter.scrapeUntil('one is gone', (scrape) => scrape.value('gpu_devices_visible') === 2);
    expect(gone.value('gpu_devices_expected')).toBe(3);
    const labels = { pci_bus_id: '0000:1b:00.0' };
    expect(gone.status(labels)).toMatch(/^(lost|missing)$/);
    const uuids = new Set(gone.all('gpu_up').map((series) => series.labels.uuid));
    expect(uuids.size).toBe(3);
    node.script.present(0).write();
    const back = await exporter.scrapeUntil('it is back', (scrape) => scrape.value('gpu_devices_visible') === 3);
    expect(back.value('gpu_up', labels)).toBe(1);
  });

  it('follows MIG instances that come and go', async (test: TestContext) => {
    const node = new GpuNode(test);
    node.script
      .device({ values: { 'mig.mode': 1 } })
      .mig(0, { index: 0, gi: 7, profile: '1g.10gb', uuid: 'MIG-one', memoryTotal: 10_000_000_000, memoryUsed: 5 })
      .write();
    const exporter = await node.startWith(1);
    const uuids = (scrape: Scrape) => scrape.all('gpu_mig_info').map(({ labels }) => labels.mig_uuid);
    const one = await exporter.scrapeUntil('one', (scrape) => uuids(scrape).length === 1);
    expect(uuids(one)).toEqual(['MIG-one']);
    node.script
      .mig(0, { index: 1, gi: 9, profile: '2g.20gb', uuid: 'MIG-two', memoryTotal: 20_000_000_000, memoryUsed: 0 })
      .write();
    await exporter.scrapeUntil('two', (scrape) => uuids(scrape).length === 2, 20);
    node.script.removeMig(0, 0).write();
    const other = await exporter.scrapeUntil('the other', (scrape) => uuids(scrape).length === 1, 20);
    expect(uuids(other)).toEqual(['MIG-two']);
    expect(other.all('gpu_mig_memory_total_bytes')).toHaveLength(1);
  });
});
