import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A file or folder in `test/cluster` of the checkout. Tests and scripts run in the checkout's root; the place of this
 * file says nothing, as compiled code lies elsewhere.
 */
export function sourcePath(...parts: string[]): string {
  const path = join(process.cwd(), 'test', 'cluster', ...parts);
  if (!existsSync(path)) {
    throw new Error(`${path} is not there: run this in the root of the checkout`);
  }
  return path;
}
