import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addresses, nodeName } from './addresses';
import { start } from './command';
import { connectionRules } from './connections';
import { eventually } from './eventually';
import { identify, isAlive, type ProcessIdentity } from './state-file';

/** Folders that node programs insist on. The sandbox has its own, so that it does not meet or leave files there. */
const privateFolders = [
  '/run/containerd',
  '/run/netns',
  '/var/lib/kubelet',
  '/var/lib/cni',
  '/var/log/pods',
  '/var/log/containers',
];
const inMemory = ['/run/containerd', '/run/netns'];

/**
 * Namespaces for network, mounts, processes and host name. All that runs in them ends with their first process, however
 * it was started, and mounts, links and rules vanish with the last one.
 */
export class Sandbox {
  /** Unless `outliveOwner` is set, the kernel ends the sandbox as soon as the process that created it is gone. */
  static async create(options: SandboxOptions): Promise<Sandbox> {
    const { runDirectory } = options;
    await mkdir(join(runDirectory, 'log'), { recursive: true });
    await writeFile(join(runDirectory, 'connections.nft'), connectionRules);
    await writeFile(join(runDirectory, 'init.sh'), initScript(options));
    const logFile = join(runDirectory, 'log', 'init.log');
    const unshare = ['unshare', '--fork', '--kill-child', '--pid', '--mount', '--net', '--uts', '--mount-proc'];
    const command = [...unshare, '--propagation', 'slave', 'sh', '-eu', join(runDirectory, 'init.sh')];
    const ended = options.outliveOwner === true ? command : ['setpriv', '--pdeathsig', 'KILL', ...command];
    const child = start(ended[0] ?? '', ended.slice(1), { logFile });
    const giveUp = () => {
      if (child.pid === undefined || child.exitCode !== null) {
        throw new Error(`the sandbox did not start:\n${readFileSync(logFile, 'utf8')}`);
      }
    };
    const pid = await eventually(
      'start of the sandbox',
      async () => {
        await readFile(join(runDirectory, 'ready'), 'utf8');
        return Number((await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')).trim());
      },
      { timeoutMilliseconds: 10_000, everyMilliseconds: 20, giveUp },
    );
    const init = identify(pid);
    if (init === undefined) {
      throw new Error(`the sandbox's first process is gone:\n${await readFile(logFile, 'utf8')}`);
    }
    return new Sandbox(init);
  }

  /** `init` is the first process, as seen from outside. */
  constructor(readonly init: ProcessIdentity) {}

  /** A command that runs inside of the sandbox's network only: it sees the files and processes of the outside. */
  inNetwork(command: readonly string[]): [program: string, args: string[]] {
    return ['nsenter', [`--target=${this.init.pid}`, '--net', '--', ...command]];
  }

  /** A command that runs inside of all of the sandbox's namespaces. */
  inside(command: readonly string[]): [program: string, args: string[]] {
    const target = `--target=${this.init.pid}`;
    return ['nsenter', [target, '--net', '--mount', '--pid', '--uts', '--', ...command]];
  }

  /** The path under which the outside sees one of the sandbox's files. */
  outsidePath(path: string): string {
    return join(`/proc/${this.init.pid}/root`, path);
  }

  /** Ends every process in the sandbox. */
  async destroy(): Promise<void> {
    if (isAlive(this.init)) {
      process.kill(this.init.pid, 'SIGKILL');
    }
    await eventually('end of the sandbox', () => {
      if (isAlive(this.init)) {
        throw new Error(`process ${this.init.pid} is still there`);
      }
    });
  }
}

export interface SandboxOptions {
  readonly runDirectory: string;
  /** Our own program that serves as the first process. */
  readonly toolbox: string;
  /** @default false */
  readonly outliveOwner?: boolean;
}

function initScript({ runDirectory, toolbox }: SandboxOptions): string {
  const cgroups = join(runDirectory, 'cgroup');
  const folders = privateFolders.flatMap((folder) => {
    const own = join(runDirectory, 'host', folder);
    const mount = inMemory.includes(folder) ? `mount -t tmpfs tmpfs ${folder}` : `mount --bind ${own} ${folder}`;
    return [`mkdir -p ${folder} ${own}`, mount];
  });
  return [
    `cd ${runDirectory}`,
    `hostname ${nodeName}`,
    // A new /sys shows the links of this network namespace; the control groups are carried over, as it has none.
    `mkdir ${cgroups}`,
    `mount --rbind /sys/fs/cgroup ${cgroups}`,
    `mount --make-rprivate ${cgroups}`,
    'mount -t sysfs sysfs /sys',
    `mount --rbind ${cgroups} /sys/fs/cgroup`,
    `umount -R ${cgroups}`,
    ...folders,
    'mount --make-rshared /',
    'ip link set lo up',
    'ip link add node type bridge',
    `ip addr add ${addresses.node}/24 dev node`,
    'ip link set node up',
    `ip route add default via ${addresses.node}`,
    'echo 1 > /proc/sys/net/ipv4/ip_forward',
    'nft -f connections.nft',
    'touch ready',
    `exec ${toolbox} pause`,
    '',
  ].join('\n');
}
