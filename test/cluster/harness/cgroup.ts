import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually';

const mountPoint = '/sys/fs/cgroup';

/** A control group in every hierarchy, under which the kubelet puts its pods: two clusters must not share one. */
export class ControlGroup {
  constructor(readonly name: string) {}

  async create(): Promise<void> {
    for (const hierarchy of await hierarchies()) {
      await mkdir(join(hierarchy, this.name), { recursive: true });
      if (existsSync(join(hierarchy, 'cpuset.cpus')) && !existsSync(join(hierarchy, 'cgroup.controllers'))) {
        await inheritCpuSet(hierarchy, join(hierarchy, this.name));
      }
    }
    if (existsSync(join(mountPoint, 'cgroup.controllers'))) {
      const controllers = (await readFile(join(mountPoint, 'cgroup.controllers'), 'utf8')).trim().split(' ');
      const enable = controllers.map((controller) => `+${controller}`).join(' ');
      await writeFile(join(mountPoint, 'cgroup.subtree_control'), enable);
      await writeFile(join(mountPoint, this.name, 'cgroup.subtree_control'), enable);
    }
  }

  /** Removes the groups; the kernel takes a moment to forget processes that were killed. */
  async remove(): Promise<void> {
    for (const hierarchy of await hierarchies()) {
      const folder = join(hierarchy, this.name);
      if (existsSync(folder)) {
        await eventually(`remove ${folder}`, () => removeTree(folder), { timeoutMilliseconds: 20_000 });
      }
    }
  }
}

/** The one hierarchy of version 2, or the many of version 1. */
async function hierarchies(): Promise<string[]> {
  if (existsSync(join(mountPoint, 'cgroup.controllers'))) {
    return [mountPoint];
  }
  const folders = await readdir(mountPoint, { withFileTypes: true });
  return folders.filter((entry) => entry.isDirectory()).map((entry) => join(mountPoint, entry.name));
}

/** In version 1 a new group may run on no processor at all until it is told otherwise. */
async function inheritCpuSet(parent: string, child: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    await writeFile(join(child, file), await readFile(join(parent, file), 'utf8'));
  }
}

async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) {
    return;
  }
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) {
      await removeTree(join(folder, entry.name));
    }
  }
  await rmdir(folder);
}
