import { existsSync } from 'node:fs';
import { run } from './command';

/** A program of the system and the Debian package that brings it. */
const programs: Readonly<Record<string, string>> = {
  runc: 'runc',
  ip: 'iproute2',
  nft: 'nftables',
  openssl: 'openssl',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  mount: 'mount',
  buildah: 'buildah',
  cc: 'gcc',
};

const networkPlugins = ['/usr/lib/cni/ptp', '/opt/cni/bin/ptp'];
const oldestGo = [1, 26] as const;

/** Throws with a list of all that is missing: a test that cannot run must not look like one that passed. */
export async function requireNeeds(): Promise<void> {
  const missing: string[] = [];
  if (process.platform !== 'linux') {
    missing.push(`Linux (this is ${process.platform})`);
  }
  if (process.getuid?.() !== 0) {
    missing.push('root (namespaces, mounts and control groups cannot be made without)');
  }
  const absent = await Promise.all(
    Object.entries(programs).map(async ([program, debianPackage]) => {
      const found = await run('sh', ['-c', `command -v ${program}`]).catch(() => '');
      return found === '' ? [`${program} (Debian package ${debianPackage})`] : [];
    }),
  );
  missing.push(...absent.flat());
  if (!networkPlugins.some((plugin) => existsSync(plugin))) {
    missing.push(`${networkPlugins.join(' or ')} (Debian package containernetworking-plugins)`);
  }
  missing.push(...(await goProblems()));
  if (missing.length > 0) {
    throw new Error(`the cluster tests need, see test/cluster/README.md:\n- ${missing.join('\n- ')}`);
  }
}

async function goProblems(): Promise<string[]> {
  const wanted = `Go >= ${oldestGo.join('.')}`;
  const answer = await run('go', ['env', 'GOVERSION']).catch(() => '');
  const [, major, minor] = /^go(\d+)\.(\d+)/.exec(answer) ?? [];
  if (major === undefined) {
    return [`${wanted} (no program go)`];
  }
  const isOld = Number(major) < oldestGo[0] || (Number(major) === oldestGo[0] && Number(minor) < oldestGo[1]);
  return isOld ? [`${wanted} (this is ${answer.trim()})`] : [];
}
