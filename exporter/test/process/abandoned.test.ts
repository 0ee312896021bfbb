import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { isAlive, until } from '../collector/harness.js';
import { hasCompiler } from '../nvml/library.js';
import { compile } from './compile.js';
import { childrenOf, type ExporterProcess, GpuNode } from './exporter-process.js';

/** Only root can mount a file system whose reads no signal ends. */
function canMount(): boolean {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** A file that can be opened, and whose read ends with the program that is returned. */
async function blockingFile(node: GpuNode, test: TestContext): Promise<ChildProcess> {
  const mountPoint = node.path('mount');
  mkdirSync(mountPoint);
  const server = spawn(compile('blocking-file', node.folder, 'program'), [mountPoint], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  test.onTestFinished(() => {
    server.kill('SIGKILL');
    spawnSync('umount', ['-l', mountPoint]);
  });
  await new Promise((resolve, reject) => {
    server.stdout?.once('data', resolve);
    server.once('exit', reject);
  });
  return server;
}

/** An exporter whose driver hangs by reading that file. */
function startBlocking(node: GpuNode, gpus: number): Promise<ExporterProcess> {
  return node.startWith(gpus, {
    environment: {
      LD_PRELOAD: compile('blocking-sleep', node.folder, 'preload'),
      BLOCKING_FILE: node.path('mount/file'),
    },
  });
}

const stateOf = (pid: number): string => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';

// In CI it must run.
describe.skipIf(process.env.CI === undefined && (!hasCompiler() || !canMount()))('a call that no signal ends', () => {
  it('gives up processes that survive SIGKILL, three at most, and goes on when they end', {
    timeout: 60_000,
  }, async (test: TestContext) => {
    const node = new GpuNode(test, 5);
    const server = await blockingFile(node, test);
    const exporter = await startBlocking(node, 5);
    node.script.hang(1, 'nvmlDeviceGetPowerUsage').write();
    const first = await exporter.scrapeUntil('one is given up', (scrape) => {
      return scrape.value('gpu_exporter_abandoned_processes') === 1 && scrape.value('gpu_devices_visible') === 4;
    });
    expect(first.byGpu('gpu_up')).toEqual({ 0: 1, 1: 0, 2: 1, 3: 1, 4: 1 });
    const [stuck = 0] = childrenOf(exporter.pid).filter((pid) => stateOf(pid) === 'D');
    expect(isAlive(stuck)).toBe(true);
    expect(await exporter.logUntil('does not end, even when killed')).toMatchObject({ level: 'error', pid: stuck });

    node.script.hang(2, 'nvmlDeviceGetPowerUsage').hang(3, 'nvmlDeviceGetPowerUsage').write();
    const third = await exporter.scrapeUntil('three are given up', ({ driverReason }) => driverReason === 'abandoned');
    expect(third.value('gpu_exporter_abandoned_processes')).toBe(3);
    expect(third.value('gpu_devices_visible')).toBe(0);
    expect(await exporter.quickestMilliseconds()).toBeLessThan(100);
    expect(childrenOf(exporter.pid)).toHaveLength(3);

    server.kill('SIGKILL');
    const back = await exporter.scrapeUntil(
      'they end',
      (scrape) => scrape.value('gpu_exporter_abandoned_processes') === 0,
    );
    expect(back.byGpu('gpu_up')[1]).toBe(0);
    await exporter.scrapeUntil('the others answer', (scrape) => (scrape.value('gpu_devices_visible') ?? 0) >= 2);
    await until('one collector is left', () => childrenOf(exporter.pid).length === 1);
  });

  it('ends on SIGTERM, though a process that it gave up does not', { timeout: 30_000 }, async (test: TestContext) => {
    const node = new GpuNode(test, 2);
    await blockingFile(node, test);
    const exporter = await startBlocking(node, 2);
    node.script.hang(0, 'nvmlDeviceGetPowerUsage').write();
    await exporter.scrapeUntil('one is given up', (scrape) => scrape.value('gpu_exporter_abandoned_processes') === 1);
    exporter.signal('SIGTERM');
    expect(await exporter.ended()).toEqual({ code: 0, signal: null });
  });
});
