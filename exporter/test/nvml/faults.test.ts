import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NvmlCaller } from './caller.js';
import { compileNvml, hasCompiler } from './library.js';
import type { RuleTarget } from './scripted.js';

describe.skipIf(!hasCompiler())('faults that a script asks for', () => {
  let nvml: NvmlCaller;
  const children: ChildProcess[] = [];

  beforeAll(() => {
    nvml = new NvmlCaller(compileNvml());
  }, 60_000);
  beforeEach(() => {
    nvml.script.clear().devices(2).write();
    while (nvml.call('nvmlShutdown') === 0);
    expect(nvml.call('nvmlInit_v2')).toBe(0);
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => nvml.close());

  const power = (index: number): number | string => nvml.u32('nvmlDeviceGetPowerUsage', nvml.handle(index));

  it.each<[RuleTarget, number | string, number | string, number | string]>([
    [0, 'error 4', 348_000, 2],
    ['*', 'error 4', 'error 4', 2],
    ['system', 348_000, 348_000, 2],
    ['mig', 348_000, 348_000, 2],
  ])('fails a function for the target %s alone', (target, first, second, count) => {
    nvml.script.fail(target, 'nvmlDeviceGetPowerUsage', 4).write();
    expect([power(0), power(1), nvml.u32('nvmlDeviceGetCount_v2')]).toEqual([first, second, count]);
    nvml.script.mend(target, 'nvmlDeviceGetPowerUsage').write();
    expect([power(0), power(1)]).toEqual([348_000, 348_000]);
  });

  it('fails functions about no device', () => {
    nvml.script.fail('system', 'nvmlDeviceGetCount_v2', 999).write();
    expect(nvml.u32('nvmlDeviceGetCount_v2')).toBe('error 999');
    expect(power(0)).toBe(348_000);
  });

  it('loses a device that can still be found', () => {
    nvml.script.fail(0, '*', 15).fail(0, 'nvmlDeviceGetHandleByIndex_v2', 0).write();
    expect([power(0), power(1)]).toEqual(['error 15', 348_000]);
    expect(nvml.call('nvmlDeviceGetName', nvml.handle(0), Buffer.alloc(96), 96)).toBe(15);
  });

  it('fails functions about MIG devices of one slot', () => {
    nvml.script.set('*', 'mig.mode', 1);
    for (const slot of [0, 1]) nvml.script.mig(slot, { index: 0, gi: 1, profile: '1g.10gb' });
    nvml.script.fail('mig:1', 'nvmlDeviceGetGpuInstanceId', 999).write();
    const mig = (slot: number): bigint =>
      nvml.u64('nvmlDeviceGetMigDeviceHandleByIndex', nvml.handle(slot), 0) as bigint;
    expect(nvml.u32('nvmlDeviceGetGpuInstanceId', mig(0))).toBe(1);
    expect(nvml.u32('nvmlDeviceGetGpuInstanceId', mig(1))).toBe('error 999');
  });

  it.each([
    ['not_loaded', 9],
    ['no_permission', 4],
    ['mismatch', 18],
    ['unknown', 999],
    [17, 17],
  ] as const)('a driver that is %s answers everything with %d, until it is back', (state, code) => {
    nvml.script.driver(state).write();
    expect(nvml.u32('nvmlDeviceGetCount_v2')).toBe(`error ${code}`);
    while (nvml.call('nvmlShutdown') === 0);
    expect(nvml.call('nvmlInit_v2')).toBe(code);
    nvml.script.driver('ok').write();
    expect(nvml.call('nvmlInit_v2')).toBe(0);
    expect(nvml.u32('nvmlDeviceGetCount_v2')).toBe(2);
  });

  it('sleeps as long as it is told', () => {
    nvml.script.sleep(0, 'nvmlDeviceGetPowerUsage', 400).write();
    const start = performance.now();
    expect(power(1)).toBe(348_000);
    expect(performance.now() - start).toBeLessThan(300);
    expect(power(0)).toBe(348_000);
    expect(performance.now() - start).toBeGreaterThan(398);
  });

  /** A process that says `before`, calls the power of device 0, and says `after`. */
  function caller(): ChildProcess {
    const koffi = createRequire(import.meta.url).resolve('koffi');
    const code = `
      const library = require(${JSON.stringify(koffi)}).load(${JSON.stringify(compileNvml())});
      const handle = Buffer.alloc(8);
      library.func('nvmlInit_v2', 'int', [])();
      library.func('nvmlDeviceGetHandleByIndex_v2', 'int', ['uint32_t', 'void *'])(0, handle);
      require('node:fs').writeSync(1, 'before ');
      library.func('nvmlDeviceGetPowerUsage', 'int', ['uint64_t', 'void *'])(handle.readBigUInt64LE(), Buffer.alloc(4));
      require('node:fs').writeSync(1, 'after');`;
    const child = spawn(process.execPath, ['-e', code], { env: { ...process.env, ...nvml.script.environment } });
    children.push(child);
    return child;
  }

  const ended = (child: ChildProcess): Promise<string | number | null> =>
    new Promise((resolve) => child.once('exit', (status, signal) => resolve(signal ?? status)));
  const said = (child: ChildProcess): Promise<string> =>
    new Promise((resolve) => child.stdout?.once('data', (data: Buffer) => resolve(data.toString())));
  const isAlive = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;
  const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

  it('crashes', async () => {
    nvml.script.crash(0, 'nvmlDeviceGetPowerUsage').write();
    expect(await ended(caller())).toBe('SIGSEGV');
  });

  it('never returns, until it is terminated', async () => {
    nvml.script.hang(0, 'nvmlDeviceGetPowerUsage').write();
    const child = caller();
    const end = ended(child);
    expect(await said(child)).toBe('before ');
    await pause(100);
    expect(isAlive(child)).toBe(true);
    child.kill('SIGTERM');
    expect(await end).toBe('SIGTERM');
  });

  it('never returns, and ends by SIGKILL alone', async () => {
    nvml.script.hang(0, 'nvmlDeviceGetPowerUsage', 'uninterruptible').write();
    const child = caller();
    const end = ended(child);
    expect(await said(child)).toBe('before ');
    await pause(50);
    child.kill('SIGTERM');
    await pause(100);
    expect(isAlive(child)).toBe(true);
    child.kill('SIGKILL');
    expect(await end).toBe('SIGKILL');
  });
});
