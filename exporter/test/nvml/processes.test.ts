import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NvmlCaller } from './caller.js';
import { compileNvml, hasCompiler } from './library.js';

describe.skipIf(!hasCompiler())('processes of a script', () => {
  let nvml: NvmlCaller;
  let device: bigint;

  beforeAll(() => {
    nvml = new NvmlCaller(compileNvml());
  }, 60_000);
  beforeEach(() => {
    nvml.script.clear().device().write();
    expect(nvml.call('nvmlInit_v2')).toBe(0);
    device = nvml.handle();
  });
  afterAll(() => nvml.close());

  /** Code, number, and the pids of a list with elements of a size. */
  function list(
    name: string,
    size: number,
    room: number,
  ): { code: number; count: number; pids: number[]; buffer: Buffer } {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(room);
    const buffer = Buffer.alloc(size * room);
    const code = nvml.call(name, device, count, room === 0 ? null : buffer);
    const found = count.readUInt32LE();
    const pids = Array.from({ length: Math.min(found, room) }, (_, i) => buffer.readUInt32LE(i * size));
    return { code, count: found, pids, buffer };
  }

  const V3 = 'nvmlDeviceGetComputeRunningProcesses_v3';

  it('say how much room they need', () => {
    for (const pid of [11, 12, 13]) nvml.script.process(0, { pid, memory: 100 });
    nvml.script.write();
    expect(list(V3, 24, 0)).toMatchObject({ code: 7, count: 3 });
    expect(list(V3, 24, 2)).toMatchObject({ code: 7, count: 3 });
    expect(list(V3, 24, 5)).toMatchObject({ code: 0, count: 3, pids: [11, 12, 13] });
    expect(list('nvmlDeviceGetComputeRunningProcesses', 16, 5)).toMatchObject({ code: 0, pids: [11, 12, 13] });
    nvml.script.removeProcess(0, 12).write();
    expect(list(V3, 24, 5).pids).toEqual([11, 13]);
  });

  it('are none without error', () => expect(list(V3, 24, 0)).toMatchObject({ code: 0, count: 0 }));

  it('have the longer element in the ABI of two drivers', () => {
    nvml.script.abi('v3-32').process(0, { pid: 11, memory: 7 }).process(0, { pid: 12, memory: 8 }).write();
    const { buffer, pids } = list(V3, 32, 2);
    expect(pids).toEqual([11, 12]);
    expect(buffer.readBigUInt64LE(32 + 8)).toBe(8n);
    expect(list('nvmlDeviceGetComputeRunningProcesses_v2', 24, 2).pids).toEqual([11, 12]);
  });

  it('are at most 950', () => {
    for (let pid = 1; pid <= 1000; pid++) nvml.script.process(0, { pid });
    nvml.script.write();
    expect(list(V3, 24, 2000).count).toBe(950);
  });

  it("are those of the caller's PID namespace where the driver converts them", () => {
    nvml.script
      .pids('caller')
      .process(0, { pid: process.pid })
      .process(0, { pid: 2 ** 22 - 1 })
      .process(0, { pid: 2 ** 22 - 2, ns: 7 });
    nvml.script.write();
    expect(list(V3, 24, 5).pids).toEqual([process.pid, 7]);
  });

  /** Code and samples of utilization: pid, time, shares. */
  function utilization(lastSeen: bigint, room = 100): { code: number; count: number; samples: number[][] } {
    const count = Buffer.alloc(4);
    count.writeUInt32LE(room);
    const buffer = Buffer.alloc(32 * room);
    const code = nvml.call('nvmlDeviceGetProcessUtilization', device, buffer, count, lastSeen);
    const found = count.readUInt32LE();
    const samples = Array.from({ length: code === 0 ? found : 0 }, (_, i) => [
      buffer.readUInt32LE(i * 32),
      Number(buffer.readBigUInt64LE(i * 32 + 8)),
      ...[16, 20, 24, 28].map((offset) => buffer.readUInt32LE(i * 32 + offset)),
    ]);
    return { code, count: found, samples };
  }

  it('have a sample in each period, and none twice', () => {
    nvml.script.set(0, 'utilization.period_ms', 100).set(0, 'utilization.history_ms', 1000);
    nvml.script.process(0, { pid: 11, sm: 60, mem: 30, enc: 2, dec: 1 }).process(0, { pid: 12 }).write();
    const { samples } = utilization(0n);
    expect(samples).toHaveLength(10);
    expect(samples.map(([pid, , ...shares]) => [pid, ...shares])).toEqual(samples.map(() => [11, 60, 30, 2, 1]));
    const times = samples.map(([, time]) => time ?? 0);
    expect(times.map((time) => time % 100_000)).toEqual(times.map(() => 0));
    expect(Math.abs(Date.now() * 1000 - Math.max(...times))).toBeLessThan(2_000_000);
    expect(utilization(BigInt(Math.max(...times)) + 10_000_000n)).toMatchObject({ code: 6, count: 0 });
    expect(
      utilization(BigInt(times[6] ?? 0))
        .samples.map(([, time]) => time)
        .slice(0, 3),
    ).toEqual(times.slice(7));
    expect(utilization(0n, 3)).toMatchObject({ code: 7, count: expect.any(Number) });
  });

  it('have the samples that are written down', () => {
    nvml.script.process(0, { pid: 11, sm: 60 }).sample(0, 11, 300, [80, 10]).sample(0, 11, 200, [20, 5, 4, 3]).write();
    const { samples } = utilization(0n);
    expect(samples.map(([pid, , ...shares]) => [pid, ...shares])).toEqual([
      [11, 80, 10, 0, 0],
      [11, 20, 5, 4, 3],
    ]);
    expect((samples[1]?.[1] ?? 0) - (samples[0]?.[1] ?? 0)).toBeGreaterThan(99_000);
    expect(utilization(BigInt(samples[0]?.[1] ?? 0)).samples).toHaveLength(1);
  });
});
