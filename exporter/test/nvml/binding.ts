import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';
import { LAYOUTS } from '../../src/gpu/nvidia/layouts.js';
import { NVML_CONSTANTS } from './constants.js';

/** Version of NVIDIA's Python binding that the recorded layouts are of. */
export const BINDING_VERSION = '13.615.71';

/** What the binding says of one struct. */
interface BindingStruct {
  readonly bytes: number;
  readonly version: number | null;
  readonly fields: Readonly<Record<string, { readonly offset: number; readonly bytes: number }>>;
}

/** Layouts and constants of the binding; null for what it does not have. */
export interface BindingLayouts {
  readonly package: string;
  readonly version: string;
  readonly structs: Readonly<Record<string, BindingStruct | null>>;
  readonly constants: Readonly<Record<string, number | null>>;
}

/**
 * The folder of an installed `nvidia-ml-py`: `NVML_BINDING`, or a folder of the cluster tier's cache.
 *
 * Without it or Python the test is skipped and says so; with REQUIRE_TOOLS=1, as in CI, it fails.
 */
export function bindingFolder(context: TestContext): string {
  const cache = process.env.CLUSTER_CACHE ?? join(homedir(), '.cache/cdk8s-gpu-monitoring');
  const folder = process.env.NVML_BINDING ?? join(cache, `nvidia-ml-py-${BINDING_VERSION}`);
  const found = existsSync(join(folder, 'pynvml.py')) && spawnSync('python3', ['--version']).status === 0;
  if (found) return folder;
  const remedy = `python3 -m pip install --no-deps --target ${folder} nvidia-ml-py==${BINDING_VERSION}`;
  if (process.env.REQUIRE_TOOLS === '1') {
    throw new Error(`NVIDIA's Python binding is missing, and REQUIRE_TOOLS=1 says that it must be there: ${remedy}`);
  }
  return context.skip(`NVIDIA's Python binding is not here: ${remedy}`);
}

/** Asks the installed binding for what the exporter uses. */
export function readBinding(folder: string): BindingLayouts {
  const structs = Object.entries(LAYOUTS).map(([name, { fields }]) => [name, Object.keys(fields)]);
  const question = { structs: Object.fromEntries(structs), constants: Object.keys(NVML_CONSTANTS) };
  return JSON.parse(runPython(folder, [join(import.meta.dirname, 'binding_layout.py')], {}, JSON.stringify(question)));
}

/** Runs Python with the binding, and returns what it prints. */
export function runPython(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = '',
): string {
  const env = { ...process.env, ...environment, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
  return execFileSync('python3', args, { env, input, encoding: 'utf8' });
}
