import { copyFileSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { until } from '../collector/harness.js';
import { compileNvml, hasCompiler, WITHOUT } from '../nvml/library.js';
import { childrenOf, GpuNode } from './exporter-process.js';

const SOME_GPU = '0000:1b:00.0';

describe.skipIf(!hasCompiler()).concurrent('faults of the driver', { timeout: 60_000 }, () => {
  it('says which GPUs are on the bus while no driver is installed, and takes it up when it comes', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const library = node.path('libnvidia-ml.so.1');
    const exporter = await node.start({ library, flags: { 'path.sysfs': node.bus(SOME_GPU) } });
    const without = await exporter.scrapeUntil('absent', ({ driverReason }) => driverReason === 'library_not_found');
    expect(without.value('gpu_up', { pci_bus_id: SOME_GPU })).toBe(0);
    expect(without.status({ pci_bus_id: SOME_GPU })).toBe('missing');
    expect(without.value('gpu_devices_expected')).toBe(1);
    expect(without.value('gpu_devices_visible')).toBe(0);
    expect(without.all('gpu_power_watts')).toEqual([]);
    expect(await exporter.get('/-/ready')).toMatchObject({ status: 200, body: 'ready, driver: library_not_found\n' });
    expect((await exporter.logUntil('The driver is not available')).error).toContain(library);
    copyFileSync(compileNvml(), library);
    const back = await exporter.scrapeUntil('it is there', ({ driverReason }) => driverReason === '');
    expect(back.value('gpu_up', { pci_bus_id: SOME_GPU })).toBe(1);
  });

  it('shows every GPU as missing when the driver is unloaded, and as before when it is back', async (test: TestContext) => {
    const node = new GpuNode(test, 2);
    const exporter = await node.startWith(2);
    node.script.driver('not_loaded').write();
    const gone = await exporter.scrapeUntil('it is gone', ({ driverReason }) => driverReason === 'driver_not_loaded');
    expect(gone.byGpu('gpu_up')).toEqual({ 0: 0, 1: 0 });
    expect(gone.status({ gpu: '1' })).toBe('missing');
    expect(gone.value('gpu_exporter_collections_total', { result: 'unavailable' })).toBeGreaterThan(0);
    expect(await exporter.logUntil('The driver is not available')).toMatchObject({
      level: 'warn',
      reason: 'driver_not_loaded',
    });
    node.script.driver('ok').write();
    const back = await exporter.scrapeUntil('it is back', ({ driverReason }) => driverReason === '');
    expect(back.byGpu('gpu_up')).toEqual({ 0: 1, 1: 1 });
    expect(Object.keys(back.byGpu('gpu_power_watts'))).toEqual(['0', '1']);
    await until('it is logged again', () => exporter.logged('The driver answers').length === 2);
  });

  it('drops values of a driver that stays away once they are too old', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const exporter = await node.startWith(1, { flags: { 'collect.staleness': '1s' } });
    node.script.driver('not_loaded').write();
    const old = await exporter.scrapeUntil('they vanish', (scrape) => scrape.all('gpu_power_watts').length === 0);
    expect(old.value('gpu_exporter_collection_age_seconds')).toBeGreaterThanOrEqual(1);
    expect(old.byGpu('gpu_up')).toEqual({ 0: 0 });
  });

  it('loads the library anew while its version is not that of the kernel module', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const exporter = await node.startWith(1);
    const first = exporter.collector;
    node.script.driver('mismatch').write();
    const apart = await exporter.scrapeUntil('they differ', ({ driverReason }) => driverReason === 'version_mismatch');
    expect(apart.byGpu('gpu_up')).toEqual({ 0: 0 });
    expect((await exporter.logUntil('The driver is not available')).error).toContain('/proc/driver/nvidia/version');
    node.script.driver('ok').write();
    const back = await exporter.scrapeUntil('they are one', ({ driverReason }) => driverReason === '');
    expect(back.value('gpu_exporter_collector_restarts_total', { reason: 'driver' })).toBeGreaterThan(0);
    expect(exporter.collector).not.toBe(first);
  });

  it('says that it may not ask the driver', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    node.script.driver('no_permission').write();
    const exporter = await node.start({ flags: { 'path.sysfs': node.bus(SOME_GPU) } });
    const refused = await exporter.scrapeUntil('it may not', ({ driverReason }) => driverReason === 'no_permission');
    expect(refused.status({ pci_bus_id: SOME_GPU })).toBe('no_permission');
    node.script.driver('ok').write();
    await exporter.scrapeUntil('it may', ({ driverReason }) => driverReason === '');
  });

  it('leaves out what an older driver cannot do, and says so', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    node.script.abi('v3-32').write();
    const exporter = await node.startWith(1, {
      library: compileNvml({ without: [...WITHOUT.r535, 'nvmlDeviceGetFieldValues'] }),
    });
    const scrape = await exporter.scrape();
    expect(scrape.value('gpu_exporter_capability', { capability: 'field_values' })).toBe(0);
    expect(
      scrape.all('gpu_exporter_capability', { reason: 'missing_symbol' }).map(({ labels }) => labels.capability),
    ).toContain('nvmlDeviceGetSramEccErrorStatus');
    expect(scrape.all('gpu_ecc_sram_threshold_exceeded')).toEqual([]);
    expect(scrape.value('gpu_power_watts')).toBeGreaterThan(0);
    expect(scrape.all('gpu_exporter_collector_success').filter(({ value }) => value === 0)).toEqual([]);
  });

  it('is not hung while the driver takes its time to open', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    node.script.sleep('system', 'nvmlInitWithFlags', 2500).write();
    const exporter = await node.start();
    const { status, body } = await exporter.get('/-/ready');
    expect([status, body]).toEqual([503, 'the first collection is running\n']);
    const open = await exporter.scrapeUntil('it is open', ({ driverReason }) => driverReason === '');
    expect(open.value('gpu_exporter_collector_restarts_total', { reason: 'hung' })).toBe(0);
  });

  it('answers scrapes while the driver hangs when it is opened', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    node.script.hang('system', 'nvmlInitWithFlags').write();
    const exporter = await node.start({ flags: { 'path.sysfs': node.bus(SOME_GPU) } });
    const hung = await exporter.scrapeUntil('it hangs', ({ driverReason }) => driverReason === 'hung');
    expect(await exporter.quickestMilliseconds()).toBeLessThan(100);
    expect(hung.value('gpu_exporter_driver_up')).toBe(0);
  });

  it('blames the driver when the library crashes again and again as it is opened', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    node.script.crash('system', 'nvmlInitWithFlags').write();
    const exporter = await node.start({ flags: { 'path.sysfs': node.bus(SOME_GPU) } });
    const crashed = await exporter.scrapeUntil('it crashes', ({ driverReason }) => driverReason === 'crashed');
    expect(crashed.value('gpu_exporter_collector_restarts_total', { reason: 'crash' })).toBe(3);
    expect(crashed.status({ pci_bus_id: SOME_GPU })).toBe('crashed');
    expect(await exporter.logUntil('The driver is not available')).toMatchObject({ error: 'SIGSEGV (open)' });
    node.script.mend('system', 'nvmlInitWithFlags').write();
    await exporter.scrapeUntil('it answers', ({ driverReason }) => driverReason === '', 40);
  });

  it('lets go of the driver on SIGUSR1, for an upgrade, and takes it up on the next', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const exporter = await node.startWith(1);
    exporter.signal('SIGUSR1');
    const released = await exporter.scrapeUntil('it let go', ({ driverReason }) => driverReason === 'released');
    expect(released.all('gpu_power_watts')).toEqual([]);
    expect(released.byGpu('gpu_up')).toEqual({ 0: 0 });
    await until('no process has the driver', () => childrenOf(exporter.pid).length === 0);
    await exporter.logUntil('Let go of the driver');
    exporter.signal('SIGUSR1');
    const back = await exporter.scrapeUntil('it has it again', ({ driverReason }) => driverReason === '');
    expect(back.byGpu('gpu_up')).toEqual({ 0: 1 });
    // Left to itself, Node.js would wait for a debugger.
    expect(exporter.noise).toEqual([]);
  });
});
