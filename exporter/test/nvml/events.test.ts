import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NvmlCaller } from './caller.js';
import { compileNvml, hasCompiler } from './library.js';

const XID = 8n;

describe.skipIf(!hasCompiler())('events and samples of a script', () => {
  let nvml: NvmlCaller;
  let device: bigint;

  beforeAll(() => {
    nvml = new NvmlCaller(compileNvml());
  }, 60_000);
  beforeEach(() => {
    nvml.script.clear().devices(2).write();
    expect(nvml.call('nvmlInit_v2')).toBe(0);
    device = nvml.handle();
  });
  afterAll(() => nvml.close());

  const createSet = (): bigint => nvml.u64('nvmlEventSetCreate') as bigint;

  function wait(set: bigint, milliseconds = 0): { code: number; device?: bigint; type?: bigint; data?: bigint } {
    const event = Buffer.alloc(32);
    const code = nvml.call('nvmlEventSetWait_v2', set, event, milliseconds);
    if (code !== 0) return { code };
    return { code, device: event.readBigUInt64LE(0), type: event.readBigUInt64LE(8), data: event.readBigUInt64LE(16) };
  }

  it('are delivered once, to a set that was registered for the device and the type', () => {
    const set = createSet();
    expect(nvml.call('nvmlDeviceRegisterEvents', device, XID, set)).toBe(0);
    nvml.script
      .event({ slot: 0, type: 8, data: 79 })
      .event({ slot: 1, type: 8, data: 31 })
      .event({ slot: 0, type: 1 })
      .write();
    expect(wait(set)).toEqual({ code: 0, device, type: XID, data: 79n });
    expect(wait(set)).toEqual({ code: 10 });
    expect(nvml.call('nvmlDeviceRegisterEvents', nvml.handle(1), XID, set)).toBe(0);
    expect(wait(set)).toMatchObject({ code: 0, device: nvml.handle(1), data: 31n });
    expect(nvml.call('nvmlEventSetFree', set)).toBe(0);
    expect(wait(set).code).toBe(2);
  });

  it('go only to sets that were there before, where they have a time', () => {
    nvml.script.event({ slot: 0, type: 8, data: 13, after: Date.now() / 1000 - 1 }).write();
    const set = createSet();
    nvml.call('nvmlDeviceRegisterEvents', device, XID, set);
    expect(wait(set).code).toBe(10);
    nvml.script.event({ slot: 0, type: 8, data: 14, after: Date.now() / 1000 }).write();
    expect(wait(set, 50)).toMatchObject({ code: 0, data: 14n });
  });

  it('are waited for as long as asked', () => {
    const start = performance.now();
    expect(wait(createSet(), 60).code).toBe(10);
    expect(performance.now() - start).toBeGreaterThan(58);
  });

  it('are refused where the device does not support their type', () => {
    nvml.script.set(0, 'events.supported', 1).write();
    expect(nvml.call('nvmlDeviceRegisterEvents', device, XID, createSet())).toBe(3);
    nvml.script.set(0, 'events.supported', 'unsupported').write();
    expect(nvml.u64('nvmlDeviceGetSupportedEventTypes', device)).toBe('error 3');
  });

  const GPM_UTILIZATION = 2;

  /** What profiling says of one metric between two samples: code of the call, of the metric, and the value. */
  function profile(first: bigint, second: bigint): (number | string)[] {
    const request = Buffer.alloc(24 + 40);
    request.writeUInt32LE(1, 0);
    request.writeUInt32LE(1, 4);
    request.writeBigUInt64LE(first, 8);
    request.writeBigUInt64LE(second, 16);
    request.writeUInt32LE(GPM_UTILIZATION, 24);
    const code = nvml.call('nvmlGpmMetricsGet', request);
    return code === 0 ? [code, request.readInt32LE(28), request.readDoubleLE(32)] : [code];
  }

  it('of profiling are compared in their order, and of one device', () => {
    nvml.script.gpm(0, GPM_UTILIZATION, 37.5).write();
    const [first, second] = [nvml.u64('nvmlGpmSampleAlloc') as bigint, nvml.u64('nvmlGpmSampleAlloc') as bigint];
    expect(nvml.call('nvmlGpmSampleGet', device, first)).toBe(0);
    expect(profile(first, second)).toEqual([2]);
    expect(nvml.call('nvmlGpmSampleGet', device, second)).toBe(0);
    expect(profile(first, second)).toEqual([0, 0, 37.5]);
    expect(profile(second, first)).toEqual([2]);
    expect(nvml.call('nvmlGpmSampleGet', nvml.handle(1), second)).toBe(0);
    expect(profile(first, second)).toEqual([2]);
    expect(nvml.call('nvmlGpmSampleFree', first)).toBe(0);
    expect(nvml.call('nvmlGpmSampleFree', first)).toBe(2);
    expect(nvml.call('nvmlGpmSampleGet', device, first)).toBe(2);
  });

  it('of profiling are not there for a board without it', () => {
    nvml.script.set(0, 'gpm.supported', 0).write();
    const sample = nvml.u64('nvmlGpmSampleAlloc') as bigint;
    expect(nvml.call('nvmlGpmSampleGet', device, sample)).toBe(3);
    nvml.call('nvmlGpmSampleFree', sample);
  });
});
