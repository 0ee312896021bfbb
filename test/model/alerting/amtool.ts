import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Labels } from '../../../lib/model/label';

/** Writes files to a folder of their own. */
export function writeFiles(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** What amtool says, whether or not it succeeds. */
export function amtool(program: string, ...args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`amtool ${args.join(' ')} fails:\n${stdout}${stderr}`);
  }
}

/** The receivers that Alertmanager's own code finds for an alert. */
export function receiversByAmtool(program: string, file: string, labels: Labels): readonly string[] {
  const quoted = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return amtool(program, 'config', 'routes', 'test', `--config.file=${file}`, ...quoted)
    .trim()
    .split(',');
}
