import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ControlGroup } from './cgroup';
import { Sandbox } from './sandbox';
import { isAlive, ownIdentity, readState, writeState } from './state-file';
import { cacheDirectory } from './tools';

const runs = join(cacheDirectory, 'runs');

/** The control group of the cluster that lives in a run directory. */
export function controlGroupOf(runDirectory: string): ControlGroup {
  return new ControlGroup(`cdk8s-gpu-monitoring-${runDirectory.slice(-6)}`);
}

/** Makes a folder for one cluster. Clusters of other test runs that still go on are left alone. */
export async function createRunDirectory(): Promise<string> {
  await mkdir(runs, { recursive: true });
  const runDirectory = await mkdtemp(join(runs, 'run-'));
  await writeState(runDirectory, { owner: ownIdentity() });
  return runDirectory;
}

/** Ends and removes what earlier test runs left: clusters that were kept, or whose test run crashed. */
export async function removeLeftovers(): Promise<void> {
  for (const entry of await readdir(runs).catch(() => [])) {
    const runDirectory = join(runs, entry);
    const state = await readState(runDirectory);
    if (state !== undefined && !isAlive(state.owner)) {
      if (state.init !== undefined) {
        await new Sandbox(state.init).destroy();
      }
      await controlGroupOf(runDirectory).remove();
      await rm(runDirectory, { recursive: true, force: true });
    }
  }
}
