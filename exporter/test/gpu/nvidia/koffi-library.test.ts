import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KoffiLibrary } from '../../../src/gpu/nvidia/koffi-library.js';
import { SIGNATURES } from '../../../src/gpu/nvidia/signatures.js';
import { compileNvml, hasCompiler, nvmlFunctions } from '../../nvml/library.js';
import { TestDriver } from './driver.js';

// Each variant of the C library is compiled once.
vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(!hasCompiler())('a library called through koffi', () => {
  let driver: TestDriver;

  beforeEach(() => {
    driver = new TestDriver();
    driver.script.device().write();
  });

  afterEach(() => driver.close());

  it('passes handles by value and buffers by address', () => {
    const library = new KoffiLibrary(compileNvml());
    const handle = Buffer.alloc(8);
    const name = Buffer.alloc(96);
    expect(library.call('nvmlInit_v2')).toBe(0);
    expect(library.call('nvmlDeviceGetHandleByIndex_v2', 0, handle)).toBe(0);
    expect(library.call('nvmlDeviceGetName', handle.readBigUInt64LE(), name, name.length)).toBe(0);
    expect(name.toString('utf8', 0, name.indexOf(0))).toBe('NVIDIA H100 80GB HBM3');
    library.close();
  });

  it('knows which functions are missing, and names one that is called all the same', () => {
    const library = new KoffiLibrary(compileNvml({ without: ['nvmlDeviceGetName'] }));
    expect(library.has('nvmlDeviceGetName')).toBe(false);
    expect(library.has('nvmlDeviceGetUUID')).toBe(true);
    expect(() => library.call('nvmlDeviceGetName', 0n, null, 0)).toThrow(/has no function nvmlDeviceGetName$/);
    library.close();
  });

  it('refuses a function without a signature', () => {
    const library = new KoffiLibrary(compileNvml());
    expect(() => library.has('nvmlDeviceSetPersistenceMode')).toThrow('no signature of nvmlDeviceSetPersistenceMode');
    library.close();
  });

  it('has signatures of functions that exist', () => {
    const functions = nvmlFunctions();
    expect(Object.keys(SIGNATURES).filter((name) => !functions.includes(name))).toEqual([]);
  });
});
