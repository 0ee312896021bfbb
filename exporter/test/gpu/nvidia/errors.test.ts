import { describe, expect, it } from 'vitest';
import {
  describeFailure,
  driverUnavailable,
  isAbsent,
  isUnsupported,
  returnCodeName,
  statusOf,
} from '../../../src/gpu/nvidia/errors.js';

describe('return codes', () => {
  it.each([
    [15, 'lost'],
    [16, 'reset_required'],
    [4, 'no_permission'],
    [17, 'no_permission'],
    [999, 'error'],
  ])('makes code %d the status %s', (code, status) => {
    expect(statusOf(code)).toBe(status);
  });

  it.each([
    [9, 'driver_not_loaded'],
    [18, 'version_mismatch'],
    [4, 'no_permission'],
    [1, 'uninitialized'],
    [999, 'unknown'],
    [12345, 'unknown'],
  ])('makes code %d of the driver as a whole the reason %s', (code, reason) => {
    expect(driverUnavailable('nvmlInit_v2', code)).toMatchObject({ reason });
  });

  it('says where to look when library and kernel module differ', () => {
    expect(describeFailure('nvmlInit_v2', 18)).toMatch(
      /^nvmlInit_v2: LIB_RM_VERSION_MISMATCH \(18\).*\/proc\/driver\/nvidia\/version/,
    );
  });

  it('says what takes access away without a reason', () => {
    expect(describeFailure('nvmlDeviceGetCount_v2', 999)).toContain('systemctl daemon-reload');
  });

  it('names a code that it does not know by its number', () => {
    expect(returnCodeName(12345)).toBe('code 12345');
    expect(describeFailure('nvmlDeviceGetName', 12345)).toBe('nvmlDeviceGetName: code 12345');
  });

  it('tells what cannot be had from what is not there now, and both from failures', () => {
    expect([3, 13, 25, 26].every(isUnsupported)).toBe(true);
    expect([6, 21, 27].every(isAbsent)).toBe(true);
    expect([0, 2, 4, 15, 16, 999].some((code) => isUnsupported(code) || isAbsent(code))).toBe(false);
  });
});
