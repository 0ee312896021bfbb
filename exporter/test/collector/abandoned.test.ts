import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hasCompiler } from '../nvml/library.js';
import { type Bundle, bundle } from './bundle.js';
import { ScriptedCollector, until } from './harness.js';

const A = '0000:3b:00.0';

describe.skipIf(!hasCompiler())('children that do not die', () => {
  let child: Bundle;
  let folder: string;
  let scripted: ScriptedCollector;
  let tracers: ChildProcess[] = [];

  beforeAll(async () => {
    child = await bundle('test/collector/scripted-child.ts');
    folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-tracer-'));
    execFileSync('cc', ['-O1', '-o', join(folder, 'tracer'), join(import.meta.dirname, 'tracer.c')]);
  });
  afterEach(async () => {
    for (const tracer of tracers) tracer.kill('SIGKILL');
    tracers = [];
    await scripted.remove();
  });
  afterAll(() => {
    child.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Makes a process one that does not go away when it is killed. */
  async function holdBack(pid: number): Promise<void> {
    const tracer = spawn(join(folder, 'tracer'), [`${pid}`], { stdio: ['pipe', 'pipe', 'inherit'] });
    tracers.push(tracer);
    await new Promise<void>((resolve, reject) => {
      tracer.stdout?.once('data', () => resolve());
      tracer.once('exit', () => reject(new Error('This machine does not allow to trace processes.')));
    });
  }

  test('are given up and replaced, up to a number, and start again when one has gone', async () => {
    scripted = new ScriptedCollector(
      child.path,
      { devices: { [A]: 'ok' } },
      {
        timeout: 0.3,
        limits: { abandoned: 2, hung: { terminate: 0.05, kill: 0.2 }, device: { first: 0.1, last: 0.1 } },
      },
    );
    const { collector } = scripted;
    collector.start();
    const held = new Set<number>();
    for (const count of [1, 2]) {
      scripted.script({ devices: { [A]: 'ok' } });
      const pid = await until('another child that collects', () => {
        const { childPid, sample, driver } = collector.state();
        return driver.available && sample && childPid !== undefined && !held.has(childPid) && childPid;
      });
      held.add(pid);
      await holdBack(pid);
      scripted.script({ devices: { [A]: 'spin' } });
      await until(`${count} given up`, () => collector.state().abandoned === count);
    }
    const state = await until('no other child', () => {
      const now = collector.state();
      return now.driver.reason === 'abandoned' && now;
    });
    expect(state.childPid).toBeUndefined();
    expect(state.driver.message).toContain('2 processes');
    scripted.script({ devices: { [A]: 'ok' } });
    tracers[0]?.stdin?.end();
    await until('one has gone', () => collector.state().abandoned === 1);
    await until('values', () => collector.state().driver.available);
  }, 30_000);
});
