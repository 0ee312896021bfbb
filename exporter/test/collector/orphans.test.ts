import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { CollectorOptions } from '../../src/collector/collector-options.js';
import type { CollectorState } from '../../src/collector/state.js';
import { compileNvml, hasCompiler } from '../nvml/library.js';
import { NvmlScript } from '../nvml/script.js';
import { type Bundle, bundle } from './bundle.js';
import { isAlive, until } from './harness.js';
import type { Script } from './scripted-child.js';

const A = '0000:3b:00.0';

/** An exporter as a process, and what it said last. */
class Parent {
  public state: Partial<CollectorState> = {};
  public readonly process: ChildProcess;
  private readonly seen = new Set<number>();

  public constructor(
    path: string,
    options: CollectorOptions,
    how: string,
    environment: Readonly<Record<string, string>>,
  ) {
    this.process = spawn(process.execPath, [path, JSON.stringify(options), how], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ...environment },
    });
    let rest = '';
    this.process.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.state = JSON.parse(line) as Partial<CollectorState>;
        if (this.state.childPid !== undefined) this.seen.add(this.state.childPid);
      }
    });
  }

  public get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Children that it ever had and that are alive. */
  public orphans(): number[] {
    return [...this.seen].filter(isAlive);
  }

  public remove(): void {
    if (!this.hasEnded) this.process.kill('SIGKILL');
    for (const pid of this.orphans()) process.kill(pid, 'SIGKILL');
  }
}

let bundles: Bundle[];
let folder: string;
let parent: Parent | undefined;

beforeAll(async () => {
  const modules = ['test/collector/parent.ts', 'test/collector/scripted-child.ts', 'src/collector/child.ts'];
  bundles = await Promise.all(modules.map(bundle));
});
afterEach(() => {
  parent?.remove();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => {
  for (const each of bundles) each.remove();
});

const pathOf = (at: number): string => bundles[at]?.path ?? '';

function startScripted(script: Script, how: string): Parent {
  folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-orphans-'));
  const path = join(folder, 'script.json');
  writeFileSync(path, JSON.stringify(script));
  const options: CollectorOptions = {
    vendor: 'nvidia',
    backend: { name: 'simulated', gpus: '1xT4', seed: 1, since: 0 },
    interval: 0.05,
    timeout: 1,
    staleness: 5,
    childPath: pathOf(1),
    limits: { hung: { terminate: 0.2, kill: 1 } },
  };
  parent = new Parent(pathOf(0), options, how, { COLLECTOR_SCRIPT: path });
  return parent;
}

const hangs = (of: Parent) => until('a call that hangs', () => (of.state.runningSeconds ?? 0) > 0.15);

test.each([
  ['graceful', 'SIGTERM', 0],
  ['throws', 'SIGTERM', 1],
] as const)('leaves no child behind, amid a call that hangs: %s, %s', async (how, signal, code) => {
  const running = startScripted({ devices: { [A]: 'spin' } }, how);
  await hangs(running);
  running.process.kill(signal);
  await until('its end', () => running.hasEnded);
  expect(running.process.exitCode).toBe(code);
  await until('the end of its child', () => running.orphans().length === 0, 2);
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a child that does nothing ends with an exporter that %s ends',
  async (signal) => {
    const running = startScripted({ devices: { [A]: 'ok' } }, '');
    await until('samples', () => (running.state.collections?.ok ?? 0) > 2);
    running.process.kill(signal);
    await until('the end of its child', () => running.hasEnded && running.orphans().length === 0, 2);
  },
);

test('blames nobody for a time in which the exporter itself was suspended', async () => {
  const running = startScripted({ devices: { [A]: 500 } }, 'graceful');
  await until('samples', () => (running.state.collections?.ok ?? 0) > 0);
  await until('a call', () => (running.state.runningSeconds ?? 0) > 0.05);
  const child = running.state.childPid as number;
  // As in a frozen container: neither of the two runs.
  process.kill(child, 'SIGSTOP');
  running.process.kill('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, 4000));
  running.process.kill('SIGCONT');
  await new Promise((resolve) => setTimeout(resolve, 100));
  process.kill(child, 'SIGCONT');
  const { ok } = running.state.collections ?? { ok: 0 };
  await until('samples', () => (running.state.collections?.ok ?? 0) > ok + 1);
  expect(running.state).toMatchObject({ childPid: child, restarts: { hung: 0, crash: 0 } });
}, 20_000);

describe.skipIf(!hasCompiler())('with the driver library', () => {
  test('a child whose call hangs is killed by the kernel when the exporter is', async () => {
    folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-orphans-'));
    const script = new NvmlScript(join(folder, 'script'))
      .devices(1)
      .hang(0, 'nvmlDeviceGetPowerUsage', 'uninterruptible')
      .write();
    const options: CollectorOptions = {
      vendor: 'nvidia',
      backend: {
        name: 'nvidia',
        library: compileNvml(),
        paths: { procfs: '/proc', sysfs: join(folder, 'sys'), rootfs: folder },
        processes: true,
        profiling: false,
        pcieThroughput: false,
      },
      interval: 0.1,
      timeout: 20,
      staleness: 30,
      childPath: pathOf(2),
    };
    parent = new Parent(pathOf(0), options, '', script.environment);
    const running = parent;
    await hangs(running);
    running.process.kill('SIGKILL');
    await until('the end of its child', () => running.hasEnded && running.orphans().length === 0, 2);
  }, 60_000);
});
