import { DriverUnavailableError } from '../backend.js';
import type { DeviceStatus } from '../sample.js';

/** Return codes of NVML that the exporter tells apart. */
export const SUCCESS = 0;
export const UNINITIALIZED = 1;
export const INVALID_ARGUMENT = 2;
export const NOT_SUPPORTED = 3;
const NO_PERMISSION = 4;
export const NOT_FOUND = 6;
export const INSUFFICIENT_SIZE = 7;
export const DRIVER_NOT_LOADED = 9;
export const FUNCTION_NOT_FOUND = 13;
export const GPU_IS_LOST = 15;
export const RESET_REQUIRED = 16;
const OPERATING_SYSTEM = 17;
const LIB_RM_VERSION_MISMATCH = 18;
export const NO_DATA = 21;
const VGPU_ECC_NOT_SUPPORTED = 22;
const ARGUMENT_VERSION_MISMATCH = 25;
const DEPRECATED = 26;
const NOT_READY = 27;
const GPU_NOT_FOUND = 28;
export const UNKNOWN = 999;

interface ReturnCode {
  readonly name: string;
  /** What it means, after a colon. */
  readonly meaning: string;
}

/** @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceEnumvs.html */
const RETURN_CODES: Readonly<Record<number, ReturnCode>> = {
  [UNINITIALIZED]: { name: 'UNINITIALIZED', meaning: 'the library was not initialized' },
  [INVALID_ARGUMENT]: { name: 'INVALID_ARGUMENT', meaning: 'the driver does not take an argument of the call' },
  [NOT_SUPPORTED]: { name: 'NOT_SUPPORTED', meaning: 'the GPU does not support it' },
  [NO_PERMISSION]: { name: 'NO_PERMISSION', meaning: 'this user may not ask for it' },
  5: { name: 'ALREADY_INITIALIZED', meaning: 'the library was initialized before' },
  [NOT_FOUND]: { name: 'NOT_FOUND', meaning: 'there is no such thing' },
  [INSUFFICIENT_SIZE]: { name: 'INSUFFICIENT_SIZE', meaning: 'the buffer is too small' },
  8: { name: 'INSUFFICIENT_POWER', meaning: 'a power cable of the GPU is not attached' },
  [DRIVER_NOT_LOADED]: { name: 'DRIVER_NOT_LOADED', meaning: 'the kernel module nvidia is not loaded' },
  10: { name: 'TIMEOUT', meaning: 'the driver took too long' },
  11: { name: 'IRQ_ISSUE', meaning: 'the kernel sees interrupts of the GPU fail' },
  12: { name: 'LIBRARY_NOT_FOUND', meaning: 'the driver misses another library of its own' },
  [FUNCTION_NOT_FOUND]: { name: 'FUNCTION_NOT_FOUND', meaning: 'this version of the driver lacks the function' },
  14: { name: 'CORRUPTED_INFOROM', meaning: 'the information memory of the board is damaged' },
  [GPU_IS_LOST]: { name: 'GPU_IS_LOST', meaning: 'the GPU has fallen off the bus' },
  [RESET_REQUIRED]: { name: 'RESET_REQUIRED', meaning: 'the GPU needs a reset' },
  [OPERATING_SYSTEM]: {
    name: 'OPERATING_SYSTEM',
    meaning: 'the kernel refuses access to /dev/nvidia*, as the device rules of a cgroup do',
  },
  [LIB_RM_VERSION_MISMATCH]: {
    name: 'LIB_RM_VERSION_MISMATCH',
    meaning:
      'library and kernel module are of different versions: compare /proc/driver/nvidia/version with the library; ' +
      'after an upgrade of the driver the module waits for a reload, or the container for a restart',
  },
  19: { name: 'IN_USE', meaning: 'something else uses it' },
  20: { name: 'MEMORY', meaning: 'out of memory' },
  [NO_DATA]: { name: 'NO_DATA', meaning: 'there is no data yet' },
  [VGPU_ECC_NOT_SUPPORTED]: { name: 'VGPU_ECC_NOT_SUPPORTED', meaning: 'a virtual GPU does not support ECC' },
  23: { name: 'INSUFFICIENT_RESOURCES', meaning: 'the driver has run out of something other than memory' },
  24: { name: 'FREQ_NOT_SUPPORTED', meaning: 'the frequency is not supported' },
  [ARGUMENT_VERSION_MISMATCH]: {
    name: 'ARGUMENT_VERSION_MISMATCH',
    meaning: 'the driver does not know this version of a structure',
  },
  [DEPRECATED]: { name: 'DEPRECATED', meaning: 'the driver no longer has the function' },
  [NOT_READY]: { name: 'NOT_READY', meaning: 'the GPU is not ready yet' },
  [GPU_NOT_FOUND]: { name: 'GPU_NOT_FOUND', meaning: 'there is no GPU' },
  29: { name: 'INVALID_STATE', meaning: 'the GPU is in no state for it' },
  30: { name: 'RESET_TYPE_NOT_SUPPORTED', meaning: 'the GPU does not have this kind of reset' },
  [UNKNOWN]: {
    name: 'UNKNOWN',
    meaning:
      'the driver gives no reason; after `systemctl daemon-reload` on the node a container loses its access to ' +
      '/dev/nvidia* this way until it is restarted',
  },
};

/** The name of a return code, as NVML's documentation has it without its prefix. */
export function returnCodeName(code: number): string {
  return RETURN_CODES[code]?.name ?? `code ${code}`;
}

/** One line about a call that failed: the function, the code and what that means. */
export function describeFailure(functionName: string, code: number): string {
  const known = RETURN_CODES[code];
  return known === undefined
    ? `${functionName}: code ${code}`
    : `${functionName}: ${known.name} (${code}), ${known.meaning}`;
}

const UNSUPPORTED: ReadonlySet<number> = new Set([
  NOT_SUPPORTED,
  FUNCTION_NOT_FOUND,
  VGPU_ECC_NOT_SUPPORTED,
  ARGUMENT_VERSION_MISMATCH,
  DEPRECATED,
]);

/** Whether a code says that the GPU or the driver cannot do it at all, which is no failure. */
export function isUnsupported(code: number): boolean {
  return UNSUPPORTED.has(code);
}

/** Whether a code says that there is no value at this moment, which is no failure either. */
export function isAbsent(code: number): boolean {
  return code === NOT_FOUND || code === NO_DATA || code === NOT_READY;
}

/** What a code says about a device whose every call answers with it. */
export function statusOf(code: number): DeviceStatus {
  switch (code) {
    case GPU_IS_LOST:
      return 'lost';
    case RESET_REQUIRED:
      return 'reset_required';
    case NO_PERMISSION:
    case OPERATING_SYSTEM:
      return 'no_permission';
    default:
      return 'error';
  }
}

const UNAVAILABLE_REASONS: Readonly<Record<number, string>> = {
  [UNINITIALIZED]: 'uninitialized',
  [NO_PERMISSION]: 'no_permission',
  [DRIVER_NOT_LOADED]: 'driver_not_loaded',
  12: 'library_not_found',
  [OPERATING_SYSTEM]: 'no_permission',
  [LIB_RM_VERSION_MISMATCH]: 'version_mismatch',
};

/** The error for a driver that answers a call about no device with a code. */
export function driverUnavailable(functionName: string, code: number): DriverUnavailableError {
  return new DriverUnavailableError(UNAVAILABLE_REASONS[code] ?? 'unknown', describeFailure(functionName, code));
}
