import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { isAlive, until } from '../collector/harness.js';
import { hasCompiler, readCalls } from '../nvml/library.js';
import { compile } from './compile.js';
import { childrenOf, GpuNode } from './exporter-process.js';
import type { Scrape } from './scrape.js';

const ageOf = (scrape: Scrape): number =>
  scrape.value('gpu_exporter_collection_age_seconds') ?? Number.POSITIVE_INFINITY;

const hasPrlimit = process.env.CI !== undefined || spawnSync('prlimit', ['--version']).status === 0;

describe.skipIf(!hasCompiler()).concurrent('faults of processes', { timeout: 60_000 }, () => {
  it('replaces a collector that somebody killed', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const exporter = await node.startWith(1);
    const first = exporter.collector as number;
    process.kill(first, 'SIGKILL');
    const killed = await exporter.scrapeUntil(
      'it is replaced',
      (scrape) => scrape.value('gpu_exporter_collector_restarts_total', { reason: 'killed' }) === 1,
    );
    expect(killed.byGpu('gpu_power_watts')).toEqual({ 0: expect.any(Number) });
    expect(await exporter.logUntil('The collector ended')).toMatchObject({ level: 'error', signal: 'SIGKILL' });
    const back = await exporter.scrapeUntil(
      'it collects',
      (scrape) => ageOf(scrape) < 0.3 && exporter.collector !== undefined,
    );
    expect(back.byGpu('gpu_up')).toEqual({ 0: 1 });
    expect(exporter.collector).not.toBe(first);
  });

  it('lets a collection end on SIGTERM, and shuts the driver down before it ends itself', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const exporter = await node.startWith(1, {
      flags: { 'collect.interval': '2s', 'collect.timeout': '10s' },
      environment: { NVML_CALLS: node.path('calls') },
    });
    const children = childrenOf(exporter.pid);
    // Some calls of a GPU are slow, which signals may cut short one by one.
    for (const name of ['PowerUsage', 'UtilizationRates', 'PerformanceState', 'FanSpeed_v2']) {
      node.script.sleep(0, `nvmlDeviceGet${name}`, 300);
    }
    node.script.write();
    await exporter.scrapeUntil('a collection is under way', (scrape) => ageOf(scrape) > 2.2);
    expect(await exporter.stop()).toEqual({ code: 0, signal: null });
    expect(children.filter(isAlive)).toEqual([]);
    expect(readCalls(node.path('calls')).get('nvmlShutdown')).toBe(1);
    expect(exporter.logged('Stopping')).toMatchObject([{ signal: 'SIGTERM' }]);
  });

  it('ends on SIGTERM while a call hangs, and its collector too', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const exporter = await node.startWith(1, { flags: { 'collect.timeout': '30s' } });
    const children = childrenOf(exporter.pid);
    node.script.hang(0, 'nvmlDeviceGetPowerUsage', 'uninterruptible').write();
    await exporter.scrapeUntil('it hangs', (scrape) => scrape.status({ gpu: '0' }) === 'hung');
    const began = performance.now();
    expect(await exporter.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - began).toBeLessThan(4000);
    expect(children.filter(isAlive)).toEqual([]);
  });

  it('finishes on SIGTERM what a scrape still reads', async (test: TestContext) => {
    const node = new GpuNode(test, 16);
    // More than the buffers of a connection hold.
    for (let pid = 1; pid <= 10_000; pid++)
      node.script.process(pid % 16, { pid, memory: 1, sm: 1, mem: 1, enc: 1, dec: 1 });
    node.script.write();
    const exporter = await node.startWith(16, { flags: { 'collect.interval': '1s', 'series.processes': '10000' } });
    // Shares of time are differences, so the first expositions are half as long.
    const isLong = async () => (await exporter.get('/metrics')).body.length > 6_500_000;
    while (!(await isLong())) await sleep(200);
    const socket = connect(exporter.port, '127.0.0.1');
    test.onTestFinished(() => void socket.destroy());
    let bytes = 0;
    let length = 0;
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('data', (part) => {
      if (bytes === 0) {
        const head = part.toString('latin1');
        length = head.indexOf('\r\n\r\n') + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1]);
        socket.pause();
      }
      bytes += part.length;
    });
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('the answer begins', () => length > 0);
    expect(length).toBeGreaterThan(6_500_000);
    exporter.signal('SIGTERM');
    await exporter.logUntil('Stopping');
    await expect(exporter.get('/metrics')).rejects.toThrow('ECONNREFUSED');
    socket.resume();
    await closed;
    expect(bytes).toBe(length);
    expect(await exporter.ended()).toEqual({ code: 0, signal: null });
  });

  it.for([
    ['that collects', false],
    ['that sits in a call', true],
  ] as const)('leaves no collector behind %s when it is killed', async ([, hangs], test) => {
    const node = new GpuNode(test, 1);
    const exporter = await node.startWith(1, { flags: { 'collect.timeout': '30s' } });
    const collector = exporter.collector as number;
    if (hangs) {
      node.script.hang(0, 'nvmlDeviceGetPowerUsage', 'uninterruptible').write();
      await exporter.scrapeUntil('it hangs', (scrape) => scrape.byGpu('gpu_up')[0] === 0);
    }
    exporter.signal('SIGKILL');
    await until('the collector ends too', () => !isAlive(collector));
  });

  it.skipIf(!hasPrlimit)(
    'goes on without file descriptors, and is as before when there are some',
    async (test: TestContext) => {
      const node = new GpuNode(test, 1);
      const exporter = await node.startWith(1);
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      test.onTestFinished(() => agent.destroy());
      expect((await exporter.get('/metrics', { agent })).status).toBe(200);
      const limit = (files: number) => execFileSync('prlimit', [`--pid=${exporter.pid}`, `--nofile=${files}:4096`]);
      limit(readdirSync(`/proc/${exporter.pid}/fd`).length);
      // Scrapes by a connection that is open go on; others wait or are closed.
      process.kill(exporter.collector as number, 'SIGKILL');
      const attempt = exporter.get('/metrics').catch(() => undefined);
      for (let at = 0; at < 10; at++) expect((await exporter.get('/metrics', { agent })).status).toBe(200);
      expect(await exporter.logUntil('EMFILE')).toMatchObject({ msg: 'The collector ended', level: 'error' });
      expect(exporter.end).toBeUndefined();
      limit(1024);
      await attempt;
      const back = await exporter.scrapeUntil('it collects', (scrape) => ageOf(scrape) < 0.3, 30);
      expect(back.byGpu('gpu_up')).toEqual({ 0: 1 });
    },
  );

  it('goes on when the disk of a recording is full', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const exporter = await node.startWith(1, { flags: { record: '/dev/full' } });
    expect(await exporter.logUntil('cannot write the recording')).toMatchObject({
      level: 'error',
      error: expect.stringContaining('ENOSPC'),
    });
    const scrape = await exporter.scrape();
    expect(scrape.value('gpu_power_watts')).toBeGreaterThan(0);
    expect(scrape.value('gpu_exporter_collector_restarts_total', { reason: 'exit' })).toBe(0);
  });

  it('takes no notice of steps of the clock', async (test: TestContext) => {
    const node = new GpuNode(test, 1);
    const file = node.path('shift');
    const shift = (seconds: number) => {
      const nanoseconds = Buffer.alloc(8);
      nanoseconds.writeBigInt64LE(BigInt(seconds) * 1_000_000_000n);
      writeFileSync(file, nanoseconds, { flag: 'r+' });
    };
    writeFileSync(file, Buffer.alloc(8));
    const exporter = await node.startWith(1, {
      environment: { LD_PRELOAD: compile('shifted-clock', node.folder, 'preload'), CLOCK_SHIFT: file },
      flags: { 'collect.staleness': '2s' },
    });
    for (const seconds of [86_400, -86_400, 0]) {
      const before = (await exporter.scrape()).value('gpu_exporter_collections_total', { result: 'ok' }) ?? 0;
      shift(seconds);
      const after = await exporter.scrapeUntil('it collects by the new clock', (scrape) => {
        const time = scrape.value('gpu_exporter_collection_timestamp_seconds') ?? 0;
        return (
          Math.abs(time - Date.now() / 1000 - seconds) < 30 &&
          (scrape.value('gpu_exporter_collections_total', { result: 'ok' }) ?? 0) > before + 2
        );
      });
      expect(after.value('gpu_exporter_collection_age_seconds')).toBeLessThan(2);
      expect(after.byGpu('gpu_up')).toEqual({ 0: 1 });
      expect(after.value('gpu_power_watts')).toBeGreaterThan(0);
      expect(after.all('gpu_exporter_collector_restarts_total').filter(({ value }) => value > 0)).toEqual([]);
    }
  });
});
