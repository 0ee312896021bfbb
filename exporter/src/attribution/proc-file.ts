import { closeSync, openSync, readSync } from 'node:fs';
import { MAX_CGROUP_BYTES } from './cgroup.js';

const buffer = Buffer.allocUnsafe(MAX_CGROUP_BYTES);

/**
 * Reads the beginning of a small file of `/proc`, without a buffer of its own for each file.
 *
 * @returns undefined where it cannot be read: processes end at any moment
 */
export function readProcFile(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    let length = 0;
    while (length < buffer.length) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      if (count === 0) break;
      length += count;
    }
    return buffer.toString('utf8', 0, length);
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}
