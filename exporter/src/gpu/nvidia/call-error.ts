import { DRIVER_NOT_LOADED, describeFailure, GPU_IS_LOST, RESET_REQUIRED, UNINITIALIZED } from './errors.js';

/** A call answered that the device, or the driver as a whole, is no longer there: nothing else about it can succeed. */
export class CallError extends Error {
  public constructor(
    public readonly functionName: string,
    /** Return code of NVML. */
    public readonly code: number,
  ) {
    super(describeFailure(functionName, code));
    this.name = 'CallError';
  }
}

/** Throws where a return code ends all work on the device; any other is the caller's. @throws CallError */
export function throwIfGone(functionName: string, code: number): void {
  if (code === GPU_IS_LOST || code === RESET_REQUIRED || code === UNINITIALIZED || code === DRIVER_NOT_LOADED) {
    throw new CallError(functionName, code);
  }
}
