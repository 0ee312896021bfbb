import type { Capability, DriverVersions } from '../sample.js';
import { readText } from './device-calls.js';
import { driverUnavailable, SUCCESS } from './errors.js';
import { TEXT_BUFFERS } from './layouts.js';
import type { NativeLibrary } from './native-library.js';
import { type FunctionName, SIGNATURES } from './signatures.js';

/** Do not fail where there is no GPU: one may come later. */
const NO_GPUS = 1;

/** Functions whose absence takes nothing away, because another one has the same value or nothing but a choice depends on them. */
const DISPENSABLE: ReadonlySet<FunctionName> = new Set([
  'nvmlInitWithFlags',
  'nvmlDeviceGetCurrentClocksThrottleReasons',
  'nvmlDeviceGetComputeRunningProcesses',
  'nvmlDeviceGetComputeRunningProcesses_v2',
  'nvmlDeviceGetGraphicsRunningProcesses',
  'nvmlDeviceGetGraphicsRunningProcesses_v2',
  'nvmlDeviceGetMPSComputeRunningProcesses',
  'nvmlDeviceGetMPSComputeRunningProcesses_v2',
  'nvmlDeviceGetConfComputeMemSizeInfo',
  'nvmlDeviceGetRunningProcessDetailList',
]);

/** Initializes the driver. @throws DriverUnavailableError */
export function initialize(library: NativeLibrary): void {
  const name = library.has('nvmlInitWithFlags') ? 'nvmlInitWithFlags' : 'nvmlInit_v2';
  const code = name === 'nvmlInitWithFlags' ? library.call(name, NO_GPUS) : library.call(name);
  if (code !== SUCCESS) {
    throw driverUnavailable(name, code);
  }
}

/** Versions of the driver; one that it does not say is absent. */
export function versionsOf(library: NativeLibrary): DriverVersions {
  return {
    driver: versionText(library, 'nvmlSystemGetDriverVersion'),
    library: versionText(library, 'nvmlSystemGetNVMLVersion'),
    cuda: cudaVersion(library),
  };
}

function versionText(library: NativeLibrary, name: FunctionName): string | undefined {
  const text = Buffer.alloc(TEXT_BUFFERS.systemVersion);
  return library.has(name) && library.call(name, text, text.length) === SUCCESS ? readText(text) : undefined;
}

/** CUDA 13.1 is 13010. */
function cudaVersion(library: NativeLibrary): string | undefined {
  const name = 'nvmlSystemGetCudaDriverVersion_v2';
  const number = Buffer.alloc(4);
  if (!library.has(name) || library.call(name, number) !== SUCCESS) {
    return undefined;
  }
  const version = number.readInt32LE(0);
  return `${Math.floor(version / 1000)}.${Math.floor((version % 1000) / 10)}`;
}

/** Functions that this version of the driver lacks. */
export function missingFunctions(library: NativeLibrary): readonly Capability[] {
  return (Object.keys(SIGNATURES) as FunctionName[])
    .filter((name) => !DISPENSABLE.has(name) && !library.has(name))
    .map((name) => ({ capability: name, supported: false, reason: 'missing_symbol' }));
}
