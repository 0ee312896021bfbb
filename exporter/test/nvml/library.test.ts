import { writeFileSync } from 'node:fs';
import koffi from 'koffi';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NvmlCaller } from './caller.js';
import { compileNvml, hasCompiler, readCalls, WITHOUT } from './library.js';

describe.skipIf(!hasCompiler())('the C library with the ABI of NVML', () => {
  let nvml: NvmlCaller;

  beforeAll(() => {
    nvml = new NvmlCaller(compileNvml());
  }, 60_000);
  beforeEach(() => {
    nvml.script.clear().devices(2).write();
    expect(nvml.call('nvmlInit_v2')).toBe(0);
  });
  afterAll(() => nvml.close());

  it('answers nothing before it is started and after it was stopped as often as it was started', () => {
    while (nvml.call('nvmlShutdown') === 0);
    expect(nvml.u32('nvmlDeviceGetCount_v2')).toBe('error 1');
    nvml.call('nvmlInit_v2');
    nvml.call('nvmlInitWithFlags', 0);
    nvml.call('nvmlShutdown');
    expect(nvml.u32('nvmlDeviceGetCount_v2')).toBe(2);
    nvml.call('nvmlShutdown');
    expect(nvml.u32('nvmlDeviceGetCount_v2')).toBe('error 1');
  });

  it('answers what the script says, from the next call on', () => {
    const device = nvml.handle();
    for (const watts of [123, 456, 789]) {
      nvml.script.set(0, 'power.usage', watts).write();
      expect(nvml.u32('nvmlDeviceGetPowerUsage', device)).toBe(watts);
    }
    expect(nvml.u32('nvmlDeviceGetPowerUsage', nvml.handle(1))).toBe(348_000);
  });

  it('sees a script that others wrote', async () => {
    writeFileSync(nvml.script.path, 'device 0 t4\n');
    await expect.poll(() => nvml.u32('nvmlDeviceGetCount_v2'), { interval: 5 }).toBe(1);
    expect(nvml.u32('nvmlDeviceGetPowerUsage', nvml.handle())).toBe(42_000);
  });

  it('answers INVALID_ARGUMENT to every call until a script that it does not understand is mended', () => {
    nvml.script.line('set 0 power.usage plenty').write();
    expect(nvml.u32('nvmlDeviceGetCount_v2')).toBe('error 2');
    nvml.script.clear().device().write();
    expect(nvml.u32('nvmlDeviceGetCount_v2')).toBe(1);
  });

  it('takes no handle of an earlier start, of a device that is gone, or made up', () => {
    const [first, second] = [nvml.handle(0), nvml.handle(1)];
    nvml.script.absent(0).write();
    expect(nvml.u32('nvmlDeviceGetPowerUsage', first)).toBe('error 15');
    expect(nvml.u32('nvmlDeviceGetIndex', second)).toBe(0);
    expect(nvml.u32('nvmlDeviceGetCount_v2')).toBe(1);
    nvml.script.present(0).write();
    expect(nvml.u32('nvmlDeviceGetPowerUsage', first)).toBe(348_000);
    expect(nvml.u32('nvmlDeviceGetPowerUsage', 4711n)).toBe('error 2');
    while (nvml.call('nvmlShutdown') === 0);
    nvml.call('nvmlInit_v2');
    expect(nvml.u32('nvmlDeviceGetPowerUsage', first)).toBe('error 2');
  });

  it('asks for the right version of a struct, and for room', () => {
    const memory = Buffer.alloc(40);
    expect(nvml.call('nvmlDeviceGetMemoryInfo_v2', nvml.handle(), memory)).toBe(25);
    memory.writeUInt32LE(0x02000028);
    expect(nvml.call('nvmlDeviceGetMemoryInfo_v2', nvml.handle(), memory)).toBe(0);
    expect(nvml.call('nvmlDeviceGetName', nvml.handle(), Buffer.alloc(96), 5)).toBe(7);
    expect(nvml.call('nvmlDeviceGetName', nvml.handle(), null, 96)).toBe(2);
  });

  it('hides functions that an older library lacks', () => {
    const old = koffi.load(compileNvml({ without: WITHOUT.r470 }));
    expect(() => old.func('nvmlDeviceGetMemoryInfo_v2', 'int', ['void *'])).toThrow('nvmlDeviceGetMemoryInfo_v2');
    expect(old.func('nvmlDeviceGetMemoryInfo', 'int', ['void *', 'void *'])).toBeTypeOf('function');
    old.unload();
    expect(() => compileNvml({ without: ['nvmlDeviceGetNothing'] })).toThrow('no function nvmlDeviceGetNothing');
  });

  it('counts calls', () => {
    const device = nvml.handle();
    const before = readCalls(nvml.callsPath).get('nvmlDeviceGetPowerUsage') ?? 0;
    for (let i = 0; i < 12; i++) nvml.u32('nvmlDeviceGetPowerUsage', device);
    expect(readCalls(nvml.callsPath).get('nvmlDeviceGetPowerUsage')).toBe(before + 12);
  });

  it.each(['h100', 'a100', 't4', 'rtx4090', 'gb10'] as const)('knows the values of a board: %s', (preset) => {
    nvml.script.clear().device({ preset }).write();
    const device = nvml.handle();
    const memory = preset === 'gb10' ? 'error 3' : expect.any(BigInt);
    expect(nvml.u32('nvmlDeviceGetPowerUsage', device)).toBeGreaterThan(1000);
    expect(nvml.u64('nvmlDeviceGetTotalEccErrors', device, 0, 0)).toEqual(/100|t4/.test(preset) ? 5n : 'error 3');
    expect(nvml.call('nvmlDeviceGetMemoryInfo', device, Buffer.alloc(24))).toBe(memory === 'error 3' ? 3 : 0);
    expect(nvml.u32('nvmlDeviceGetNvLinkState', device, 0)).toBe(/100/.test(preset) ? 1 : 'error 3');
    expect(nvml.u32('nvmlDeviceGetNumFans', device)).toBe(
      { rtx4090: 2, h100: 0, a100: 0 }[preset as string] ?? 'error 3',
    );
  });
});
