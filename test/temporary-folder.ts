import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives the tests a temporary folder of their own, and removes it with all that they left there. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'cdk8s-gpu-monitoring-test-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true });
}
