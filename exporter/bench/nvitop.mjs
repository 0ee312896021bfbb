// nvitop-exporter as it is on PyPI, installed into a folder of its own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSION = '1.7.2';
const cache = process.env.CLUSTER_CACHE ?? join(homedir(), '.cache/cdk8s-gpu-monitoring');

/** @returns the folder it is in; or why it is not there */
export function installNvitop() {
  const folder = join(cache, 'python', `nvitop-exporter-${VERSION}`);
  if (existsSync(join(folder, 'nvitop_exporter'))) return { folder };
  const pip = spawnSync(
    'python3',
    [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--target',
      folder,
      `nvitop-exporter==${VERSION}`,
    ],
    { encoding: 'utf8' },
  );
  return pip.status === 0 ? { folder } : { reason: pip.error?.message ?? pip.stderr.trim().split('\n').at(-1) };
}
