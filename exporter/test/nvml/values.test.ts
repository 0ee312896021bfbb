import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NvmlCaller } from './caller.js';
import { compileNvml, hasCompiler } from './library.js';
import type { Scalar } from './scripted.js';

describe.skipIf(!hasCompiler())('values of a script', () => {
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

  const energy = (value?: Scalar): bigint | string => {
    if (value !== undefined) nvml.script.set(0, 'energy', value).write();
    return nvml.u64('nvmlDeviceGetTotalEnergyConsumption', device);
  };
  /** Moves the moment at which counters began. */
  const began = (secondsAgo: number): void => {
    nvml.script.line(`epoch ${Date.now() / 1000 - secondsAgo}`).write();
  };

  it.each<[Scalar, bigint | string]>([
    [300_000, 300_000n],
    [-4, 18_446_744_073_709_551_612n],
    ['0xff', 255n],
    [37.9, 37n],
    [18_446_744_073_709_551_614n, 18_446_744_073_709_551_614n],
    ['n/a', 18_446_744_073_709_551_615n],
    ['unsupported', 'error 3'],
    ['error:4', 'error 4'],
    ['@power.usage', 348_000n],
    ['@power.usage*0.5', 174_000n],
  ])('are spelled %s', (spelled, value) => expect(energy(spelled)).toBe(value));

  it.each<[string, number, number]>([
    ['1000+5/s', 1500, 1520],
    ['0+integral(power.usage)', 34_800_000, 36_000_000],
    // A quarter of a turn has passed.
    ['wave:100:200:400', 199, 200],
    ['square:100:200:10', 100, 100],
    ['square:100:200:160', 200, 200],
  ])('move: %s', (spelled, least, most) => {
    nvml.script.set(0, 'energy', spelled);
    began(100);
    expect(Number(energy())).toBeGreaterThanOrEqual(least);
    expect(Number(energy())).toBeLessThanOrEqual(most);
  });

  it('keep counting when the script changes, and start anew where it says so', () => {
    nvml.script.set(0, 'power.usage', 1_000_000).set(0, 'energy', '0+integral(power.usage)');
    began(1000);
    while (nvml.call('nvmlShutdown') === 0);
    nvml.script.set(0, 'energy', '1+integral(power.usage)').write();
    nvml.call('nvmlInit_v2');
    device = nvml.handle();
    const before = Number(energy());
    expect(before).toBeGreaterThan(999_000_000);
    nvml.script.set(0, 'power.usage', 10).write();
    expect(Number(energy())).toBeGreaterThanOrEqual(before);
    expect(Number(energy())).toBeLessThan(before + 2_000_000);
    expect(Number(energy('5+integral(power.usage)'))).toBeLessThan(20_000);
  });

  it('of a field are those of its scope before those of a range before those of any', () => {
    nvml.script.field(0, 500, '*', 'uint', 1).field(0, 500, '2-4', 'uint', 2).field(0, 500, 3, 'uint', 3).write();
    const fields = Buffer.alloc(40 * 4);
    for (const [i, scope] of [0, 2, 3, 5].entries()) {
      fields.writeUInt32LE(500, i * 40);
      fields.writeUInt32LE(scope, i * 40 + 4);
    }
    expect(nvml.call('nvmlDeviceGetFieldValues', device, 4, fields)).toBe(0);
    expect([0, 1, 2, 3].map((i) => fields.readUInt32LE(i * 40 + 32))).toEqual([1, 2, 3, 1]);
  });

  it('of a field wrap with their type', () => {
    nvml.script.field(0, 501, 0, 'uint', 2 ** 32 + 5).write();
    const field = Buffer.alloc(40);
    field.writeUInt32LE(501);
    nvml.call('nvmlDeviceGetFieldValues', device, 1, field);
    expect(field.readBigUInt64LE(32)).toBe(5n);
  });

  it.each([
    ['set 0 power.usage', "'' is not a value"],
    ['set 0 power.use 4', "a device has no value 'power.use'"],
    ['set 7 power.usage 4', 'slot 7 has no device'],
    ['device 64 h100', 'slots are 0 to 63'],
    ['device 1 h9', "no preset is named 'h9'"],
    ['fail 0 nvmlDeviceGetNothing 3', "there is no function 'nvmlDeviceGetNothing'"],
    ['fail 5 nvmlDeviceGetName 3', "'5' is no target"],
    ['field 0 82 x uint 1', "'x' is not a scope"],
    ['field 0 82 0 word 1', "'word' is not a type"],
    ['process 0 4711 idle', 'the type of a process is compute, graphics or mps'],
    ['process 0 4711 compute memery=1', "a process has no 'memery'"],
    ['driver gone', 'the driver is ok, not_loaded'],
    ['nonsense 1', "'nonsense 1' is not understood"],
  ])('that are wrong are refused: %s', (line, problem) => {
    const message = nvml.problemOf(line);
    expect(message).toContain(`${nvml.script.path}:`);
    expect(message).toContain(problem);
  });

  it('are checked when they are said', () => {
    expect(() => nvml.script.set(0, 'power.use', 1)).toThrow("no value 'power.use'");
    expect(() => nvml.script.fail(0, 'nvmlDeviceGetNothing', 1)).toThrow("no function 'nvmlDeviceGetNothing'");
  });
});
