import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DriverUnavailableError } from '../../../src/gpu/backend.js';
import { candidates, findLibrary } from '../../../src/gpu/nvidia/find-library.js';
import { compileNvml, hasCompiler } from '../../nvml/library.js';

// Each variant of the C library is compiled once.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-library-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function failure(search: Parameters<typeof findLibrary>[0]): DriverUnavailableError {
  try {
    findLibrary(search).close();
  } catch (error) {
    if (error instanceof DriverUnavailableError) return error;
    throw error;
  }
  throw new Error('it was found');
}

describe('a library that is given', () => {
  it('is named when there is no such file', () => {
    const error = failure({ library: join(folder, 'none.so') });
    expect(error.reason).toBe('library_not_found');
    expect(error.message).toBe(`cannot load the library ${join(folder, 'none.so')} (no such file) of --nvml.library`);
  });

  it('is named with the words of the linker when it does not load', () => {
    const path = join(folder, 'broken.so');
    writeFileSync(path, 'not a library');
    expect(failure({ library: path }).message).toMatch(/broken\.so \(.+\) of --nvml\.library$/);
  });

  it('is the only one that is tried', () => {
    expect(candidates({ library: '/x/lib.so', rootfs: '/host', environment: { NVML_LIBRARY_PATH: '/y.so' } })).toEqual([
      '/x/lib.so',
    ]);
  });
});

describe('a library that is looked for', () => {
  it('is first the one of the environment, then the one of the linker, then in folders of the container and of the node', () => {
    const all = candidates({ rootfs: '/host', environment: { NVML_LIBRARY_PATH: '/y.so' } });
    expect(all.slice(0, 2)).toEqual(['/y.so', 'libnvidia-ml.so.1']);
    expect(all).toContain('/home/kubernetes/bin/nvidia/lib64/libnvidia-ml.so.1');
    expect(all.indexOf('/host/usr/lib64/libnvidia-ml.so.1')).toBeGreaterThan(
      all.indexOf('/usr/lib64/libnvidia-ml.so.1'),
    );
  });

  it('has the folders once where the root of the node is the own', () => {
    const all = candidates({ rootfs: '/' });
    expect(new Set(all).size).toBe(all.length);
  });

  it.skipIf(!hasCompiler())('is found below the root of the node', () => {
    const there = join(folder, 'run/nvidia/driver/usr/lib64');
    mkdirSync(there, { recursive: true });
    copyFileSync(compileNvml(), join(there, 'libnvidia-ml.so.1'));
    const library = findLibrary({ rootfs: folder, environment: {} });
    expect(library.path).toBe(join(there, 'libnvidia-ml.so.1'));
    expect(library.has('nvmlInit_v2')).toBe(true);
    library.close();
  });

  it('is said to be nowhere, with the places and what to do', () => {
    const { message } = failure({ rootfs: folder, environment: {} });
    expect(message).toContain('libnvidia-ml.so.1');
    expect(message).toContain(join(folder, 'usr/lib64'));
    expect(message).toContain('--nvml.library');
  });
});
