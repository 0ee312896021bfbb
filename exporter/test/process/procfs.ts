import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process as `/proc` shows it. */
export interface ProcProcess {
  /** As the kernel hands it out: any bytes. */
  readonly name?: string | Buffer;
  readonly cgroup?: string | Buffer;
}

/** A folder that looks like `/proc`, with processes that this machine does not have. */
export class Procfs {
  public constructor(public readonly path: string) {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'stat'), 'cpu  1 2 3 4\nbtime 1750000000\n');
  }

  public add(pid: number, { name = 'python3', cgroup = '0::/user.slice\n' }: ProcProcess = {}): this {
    const folder = join(this.path, String(pid));
    mkdirSync(folder);
    const fields = Array.from({ length: 49 }, (_, at) => (at === 18 ? '4200' : '0')).join(' ');
    writeFileSync(
      join(folder, 'stat'),
      Buffer.concat([Buffer.from(`${pid} (`), Buffer.from(name), Buffer.from(`) S ${fields}\n`)]),
    );
    writeFileSync(join(folder, 'cgroup'), cgroup);
    return this;
  }
}

/** The cgroup of a container of a pod, as containerd and systemd name it. */
export function podCgroup(uid: string, containerId: string): string {
  const slice = `kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`;
  return `0::/kubepods.slice/kubepods-burstable.slice/${slice}/cri-containerd-${containerId}.scope\n`;
}
