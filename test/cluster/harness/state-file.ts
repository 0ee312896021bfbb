import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A process that cannot be mistaken for a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of `/proc/<pid>/stat`. */
  readonly startTime: string;
}

/** What a later run needs to know about a cluster that was not stopped. */
export interface ClusterState {
  readonly owner: ProcessIdentity;
  /** Absent while the cluster does not run yet. */
  readonly init?: ProcessIdentity;
}

const fileName = 'state.json';

export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses, which may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : { pid, startTime: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/** This process, as the owner of what it starts. */
export function ownIdentity(): ProcessIdentity {
  const own = identify(process.pid);
  if (own === undefined) {
    throw new Error('this process cannot find itself in /proc');
  }
  return own;
}

export async function writeState(runDirectory: string, state: ClusterState): Promise<void> {
  await writeFile(join(runDirectory, fileName), JSON.stringify(state));
}

export async function readState(runDirectory: string): Promise<ClusterState | undefined> {
  try {
    return JSON.parse(await readFile(join(runDirectory, fileName), 'utf8')) as ClusterState;
  } catch {
    return undefined;
  }
}
