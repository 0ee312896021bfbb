import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeviceCalls } from '../../../src/gpu/nvidia/device-calls.js';
import { FieldBatch } from '../../../src/gpu/nvidia/field-batch.js';
import { KoffiLibrary } from '../../../src/gpu/nvidia/koffi-library.js';
import type { Argument, NativeLibrary } from '../../../src/gpu/nvidia/native-library.js';
import { compileNvml, hasCompiler } from '../../nvml/library.js';
import { TestDriver } from './driver.js';

vi.setConfig({ testTimeout: 60_000 });

const ids = (...fields: readonly number[]) => fields.map((id) => ({ id, scope: 0 }));

describe.skipIf(!hasCompiler())('a batch of field values', () => {
  let driver: TestDriver;
  let library: KoffiLibrary;

  beforeEach(() => {
    driver = new TestDriver();
    driver.script.device({ preset: 't4' }).write();
    library = new KoffiLibrary(compileNvml());
    library.call('nvmlInit_v2');
  });

  afterEach(() => {
    library.close();
    driver.close();
  });

  function calls(through: NativeLibrary = library): DeviceCalls {
    const handle = Buffer.alloc(8);
    library.call('nvmlDeviceGetHandleByIndex_v2', 0, handle);
    return new DeviceCalls(through, handle.readBigUInt64LE());
  }

  it('reads every type of value', () => {
    driver.script
      .field(0, 1, '*', 'double', 1.5)
      .field(0, 2, '*', 'uint', 4_294_967_294)
      .field(0, 3, '*', 'ulong', 2 ** 40)
      .field(0, 4, '*', 'ull', 2 ** 50)
      .field(0, 5, '*', 'sll', -7)
      .field(0, 6, '*', 'int', -8)
      .field(0, 7, '*', 'ushort', 65_535)
      .write();
    const batch = new FieldBatch(ids(1, 2, 3, 4, 5, 6, 7));
    batch.query(calls(), 0);
    expect([...batch.values]).toEqual([1.5, 4_294_967_294, 2 ** 40, 2 ** 50, -7, -8, 65_535]);
    expect([...batch.types]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('has no number for values that the driver does not have', () => {
    driver.script.field(0, 82, '*', 'uint', 'n/a').field(0, 83, '*', 'ull', 'n/a').write();
    const batch = new FieldBatch(ids(82, 83, 999));
    batch.query(calls(), 0);
    expect([...batch.values]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect([0, 1, 2].map((field) => batch.supports(field))).toEqual([true, true, false]);
  });

  it('drops what is not supported for ten minutes, and says when that changes', () => {
    const asked: number[] = [];
    const counting: NativeLibrary = {
      has: (name) => library.has(name),
      call: (name, ...args: readonly Argument[]) => {
        asked.push(Number(args[1]));
        return library.call(name, ...args);
      },
      close: () => undefined,
    };
    const device = calls(counting);
    const batch = new FieldBatch(ids(83, 82, 999));
    batch.query(device, 0);
    const first = batch.generation;
    batch.query(device, 300);
    expect(batch.generation).toBe(first);
    driver.script.field(0, 82, '*', 'uint', 60).write();
    batch.query(device, 599);
    expect(batch.values[1]).toBeNaN();
    batch.query(device, 600);
    expect(batch.values[1]).toBe(60);
    expect(batch.generation).toBeGreaterThan(first);
    expect(asked).toEqual([3, 1, 1, 3]);
  });

  it('asks one by one where a driver refuses a batch for one field that it does not know', () => {
    const strict: NativeLibrary = {
      has: (name) => library.has(name),
      call: (name, ...args: readonly Argument[]) => {
        const [, count, buffer] = args;
        const fields = Array.from({ length: Number(count) }, (_, at) => (buffer as Buffer).readUInt32LE(at * 40));
        return fields.includes(230) ? 2 : library.call(name, ...args);
      },
      close: () => undefined,
    };
    const batch = new FieldBatch(ids(83, 230, 94));
    const device = calls(strict);
    batch.query(device, 0);
    expect(batch.values[2]).toBe(12);
    expect([0, 1, 2].map((field) => batch.supports(field))).toEqual([true, false, true]);
    batch.query(device, 10);
    expect(batch.values[2]).toBe(12);
  });

  it('keeps no value of the last time when a call fails', () => {
    const device = calls();
    const batch = new FieldBatch(ids(94));
    batch.query(device, 0);
    expect(batch.values[0]).toBe(12);
    driver.script.fail(0, 'nvmlDeviceGetFieldValues', 999).write();
    batch.query(device, 10);
    expect(batch.values[0]).toBeNaN();
    expect(device.takeError()).toContain('nvmlDeviceGetFieldValues: UNKNOWN (999)');
    expect(batch.supports(0)).toBe(true);
  });
});
