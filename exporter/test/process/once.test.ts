import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from '../nvml/library.js';
import { GpuNode } from './exporter-process.js';
import { Procfs } from './procfs.js';
import { Scrape } from './scrape.js';

/** Series that are of the driver: neither of the exporter nor of what happens to be now, as rates are. */
const ofDriver = (text: string): string[] =>
  text.split('\n').filter((line) => /^gpu_(?!exporter_)/.test(line) && !line.includes('_throughput_MiBps{'));

describe.concurrent('--once', { timeout: 30_000 }, () => {
  it.skipIf(!hasCompiler())('prints one exposition, with shares of time and processes', async (test) => {
    const node = new GpuNode(test, 2);
    const procfs = new Procfs(node.path('proc')).add(4711);
    node.script.process(0, { pid: 4711, memory: 5000, sm: 20 }).write();
    const { stdout, end, noise } = await node.run({ flags: { once: 'true', 'path.procfs': procfs.path } });
    expect([end, noise]).toEqual([{ code: 0, signal: null }, []]);
    const scrape = new Scrape(stdout);
    expect(scrape.byGpu('gpu_up')).toEqual({ 0: 1, 1: 1 });
    expect(scrape.value('gpu_process_memory_used_bytes', { pid: '4711' })).toBe(5000);
    expect(scrape.value('gpu_process_sm_utilization_ratio', { pid: '4711' })).toBe(0.2);
    expect(scrape.value('gpu_exporter_collections_total', { result: 'ok' })).toBe(2);
  });

  it('tells by its status that there is no driver, and prints what there is', async (test) => {
    const { stdout, end } = await new GpuNode(test).run({ flags: { once: 'true', 'nvml.library': '/none' } });
    expect(end).toEqual({ code: 1, signal: null });
    expect(new Scrape(stdout).driverReason).toBe('library_not_found');
  });

  it('simulates GPUs with pods for who has none', async (test) => {
    const { stdout, end } = await new GpuNode(test).run({
      flags: { once: 'true', backend: 'simulated', gpus: '8xH100', 'kubernetes.enabled': undefined },
    });
    expect(end).toEqual({ code: 0, signal: null });
    const scrape = new Scrape(stdout);
    expect(Object.values(scrape.byGpu('gpu_up'))).toEqual(Array(8).fill(1));
    expect(scrape.all('gpu_pod_memory_used_bytes').length).toBeGreaterThan(0);
  });

  it.skipIf(!hasCompiler())('prints the same from a recording as from the driver that was recorded', async (test) => {
    const node = new GpuNode(test);
    const procfs = new Procfs(node.path('proc')).add(4711);
    node.script
      .device({ preset: 'h100' })
      .device({ preset: 'a100', values: { 'mig.mode': 1 } })
      .mig(1, { index: 0, gi: 7, profile: '1g.5gb', uuid: 'MIG-one', memoryTotal: 5000, memoryUsed: 100 })
      .device({ preset: 't4' })
      .process(0, { pid: 4711, memory: 5000, sm: 20 })
      .fail(2, 'nvmlDeviceGetPowerUsage', 999)
      .write();
    const flags = { once: 'true', 'path.procfs': procfs.path, profile: 'native,dcgm,nvitop', 'dcgm.optional': 'true' };
    const calls = node.path('calls');
    const recorded = await node.run({ flags: { ...flags, record: calls } });
    expect(recorded.end).toEqual({ code: 0, signal: null });
    expect(statSync(calls).mode & 0o777).toBe(0o600);
    const replayed = await node.run({ flags: { ...flags, backend: 'replay', replay: calls } });
    expect(replayed.end).toEqual({ code: 0, signal: null });
    expect(ofDriver(recorded.stdout).length).toBeGreaterThan(200);
    expect(ofDriver(replayed.stdout)).toEqual(ofDriver(recorded.stdout));
  });
});
