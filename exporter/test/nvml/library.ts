import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const SOURCES = import.meta.dirname;
const CACHE = join(SOURCES, '../../../node_modules/.cache/gpu-exporter-nvml');
const FLAGS = ['-std=c11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror', '-fPIC'];

/** What a library is built with. */
export interface NvmlOptions {
  /** Functions that the library does not export, as an older driver lacks them. */
  readonly without?: readonly string[];
}

/** Functions that the libraries of older branches of the driver lack, as far as the exporter calls them. */
export const WITHOUT = {
  /** Process lists of `_v3` have the 32-byte element here: with the script's `abi v3-32`. */
  r535: [
    'nvmlDeviceGetRunningProcessDetailList',
    'nvmlDeviceGetProcessesUtilizationInfo',
    'nvmlDeviceGetTemperatureV',
    'nvmlDeviceGetMarginTemperature',
    'nvmlDeviceGetRepairStatus',
    'nvmlDeviceGetSramEccErrorStatus',
  ],
  r470: [
    'nvmlDeviceGetRunningProcessDetailList',
    'nvmlDeviceGetProcessesUtilizationInfo',
    'nvmlDeviceGetTemperatureV',
    'nvmlDeviceGetMarginTemperature',
    'nvmlDeviceGetRepairStatus',
    'nvmlDeviceGetSramEccErrorStatus',
    'nvmlDeviceGetConfComputeMemSizeInfo',
    'nvmlDeviceGetMemoryInfo_v2',
    'nvmlDeviceGetComputeRunningProcesses_v3',
    'nvmlDeviceGetGraphicsRunningProcesses_v3',
    'nvmlDeviceGetMPSComputeRunningProcesses_v3',
    'nvmlDeviceGetCurrentClocksEventReasons',
    'nvmlDeviceGetSupportedClocksEventReasons',
    'nvmlDeviceGetGpuFabricInfo',
    'nvmlDeviceGetGpuFabricInfoV',
    'nvmlDeviceGetJpgUtilization',
    'nvmlDeviceGetOfaUtilization',
    'nvmlDeviceGetNumaNodeId',
    'nvmlGpmQueryDeviceSupport',
    'nvmlGpmSampleAlloc',
    'nvmlGpmSampleFree',
    'nvmlGpmSampleGet',
    'nvmlGpmMigSampleGet',
    'nvmlGpmMetricsGet',
    'nvmlGpmQueryIfStreamingEnabled',
    'nvmlGpmSetStreamingEnabled',
  ],
} as const;

/**
 * Whether tests that need a C compiler can run. In CI the answer is always yes, so that a missing compiler is a failure
 * there and not a skip.
 */
export function hasCompiler(): boolean {
  if (compilerWorks() || process.env.CI !== undefined) return true;
  console.warn('Skipped: the C library with the ABI of NVML needs a C compiler (cc), and there is none here.');
  return false;
}

function compilerWorks(): boolean {
  return spawnSync('cc', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Names of the functions that the library has. */
export function nvmlFunctions(): string[] {
  return names('functions.def', /^(?:SYSTEM|DEVICE|ENTITY)\((\w+)\)/gm);
}

/** Names of the values of a device that a script can set. */
export function deviceValues(): string[] {
  return names('properties.def', /^(?:PROPERTY|TEXT)\(\w+, "([^"]+)"\)/gm);
}

function names(file: string, pattern: RegExp): string[] {
  return [...readFileSync(join(SOURCES, file), 'utf8').matchAll(pattern)].map((match) => match[1] ?? '');
}

/**
 * The path of a `libnvidia-ml.so.1`, built unless it was built before from the same sources and options.
 *
 * It stays in `node_modules/.cache` for other test files and the next run. What is built appears under its name only when it is
 * complete, so that test files can run at the same time.
 */
export function compileNvml(options: NvmlOptions = {}): string {
  const without = [...new Set(options.without ?? [])].sort();
  const unknown = without.filter((name) => !nvmlFunctions().includes(name));
  if (unknown.length > 0) throw new Error(`The library has no function ${unknown.join(', ')}.`);
  const map = `{ global: nvml*; local: ${[...without, '*'].map((name) => `${name};`).join(' ')} };\n`;
  return cached('libnvidia-ml.so.1', map, (folder) => {
    const objects = cached('objects.o', '', (build) => compile(build, ['-r', '-o', 'objects.o', ...sources('.c')]));
    writeFileSync(join(folder, 'exports.map'), map);
    const version = '-Wl,--version-script=exports.map';
    compile(folder, ['-shared', version, '-o', 'libnvidia-ml.so.1', objects, '-lm', '-lpthread']);
  });
}

/** The path of a program compiled from one source of this folder, `<name>.main.c`. */
export function compileProgram(name: string): string {
  return cached(name, '', (folder) => compile(folder, ['-o', name, join(SOURCES, `${name}.main.c`)]));
}

/** The path of a file that is made in an empty folder, unless it is there for these sources and options. */
function cached(file: string, options: string, make: (folder: string) => void): string {
  const hash = createHash('sha256').update([...FLAGS, process.arch, options].join('\n'));
  for (const source of sources('')) hash.update(source).update(readFileSync(source));
  const target = join(CACHE, hash.digest('hex').slice(0, 24));
  if (existsSync(join(target, file))) return join(target, file);
  mkdirSync(target, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'build-'));
  try {
    make(folder);
    renameSync(join(folder, file), join(target, file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return join(target, file);
}

/** Files that the library is made from; with `.c` those that are compiled into it. */
function sources(ending: '.c' | ''): string[] {
  return readdirSync(SOURCES)
    .filter((file) => (ending === '.c' ? /(?<!\.main)\.c$/ : /\.(?:c|h|def)$/).test(file))
    .sort()
    .map((file) => join(SOURCES, file));
}

function compile(folder: string, args: readonly string[]): void {
  if (!compilerWorks())
    throw new Error('A C compiler (cc) is needed for the C library with the ABI of NVML: install gcc.');
  try {
    execFileSync('cc', [...FLAGS, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`The C library with the ABI of NVML does not compile:\n${output}`);
  }
}

/** How often each function was called, from the file of `$NVML_CALLS`; functions that were not called are absent. */
export function readCalls(path: string): Map<string, number> {
  const calls = new Map<string, number>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [name, count] = line.split(/\s+/);
    if (name !== undefined && Number(count) > 0) calls.set(name, Number(count));
  }
  return calls;
}
