import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Labels } from '../../../lib/model/label';

function find(name: string, variable: string): string | undefined {
  const folders = [join(homedir(), '.cache/real-cluster/bin'), ...(process.env.PATH ?? '').split(delimiter)];
  return [process.env[variable], ...folders.map((folder) => join(folder, name))].find((path) => {
    try {
      accessSync(path ?? '', constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The path of amtool: by the variable AMTOOL, in the cache of the cluster tests, or in PATH. */
export const AMTOOL = find('amtool', 'AMTOOL');
/** The path of Alertmanager itself, found likewise, by the variable ALERTMANAGER. */
export const ALERTMANAGER = find('alertmanager', 'ALERTMANAGER');
/** The path of promtool, found likewise, by the variable PROMTOOL. */
export const PROMTOOL = find('promtool', 'PROMTOOL');
/** Why tests that need them are left out. */
export const NO_AMTOOL = 'amtool is not found; set AMTOOL to its path';
export const NO_ALERTMANAGER = 'alertmanager is not found; set ALERTMANAGER to its path';
export const NO_PROMTOOL = 'promtool is not found; set PROMTOOL to its path';

/** Writes files to a folder of their own. */
export function writeFiles(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** What amtool says, whether or not it succeeds. */
export function amtool(...args: readonly string[]): string {
  try {
    return execFileSync(AMTOOL ?? '', args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`amtool ${args.join(' ')} fails:\n${stdout}${stderr}`);
  }
}

/** The receivers that Alertmanager's own code finds for an alert. */
export function receiversByAmtool(file: string, labels: Labels): readonly string[] {
  const quoted = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
  );
  return amtool('config', 'routes', 'test', `--config.file=${file}`, ...quoted)
    .trim()
    .split(',');
}
