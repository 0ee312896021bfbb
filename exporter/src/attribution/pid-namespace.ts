import { existsSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Capability } from '../gpu/sample.js';
import { parseCgroup } from './cgroup.js';
import { readProcFile } from './proc-file.js';

/** Name of the PID namespace that a machine starts with: a constant of the kernel (PROC_PID_INIT_INO). */
const FIRST_NAMESPACE = 'pid:[4026531836]';

/** Commands that are process 1 of a container or a pod, never of a node. */
const CONTAINER_INITS = new Set(['pause', 'catatonit', 'tini', 'dumb-init', 'docker-init']);

/** Files that container engines put into the root of a container. */
const CONTAINER_MARKERS = ['/.dockerenv', '/run/.containerenv'];

/** What a process sees of itself. */
export interface SelfView {
  /** @default '/proc' */
  readonly proc?: string;
  /** @default its own */
  readonly pid?: number;
  /** @default looked for in its environment and its root */
  readonly inContainer?: boolean;
}

/**
 * Says whether PIDs of the driver are PIDs of `/proc`.
 *
 * The driver hands out PIDs of the caller's namespace and leaves out processes that cannot be seen from there, or, in other
 * versions, hands out PIDs of the node. In a container with a PID namespace of its own both are useless, and the second
 * would name wrong processes; then nothing is said about processes.
 *
 * @param procfs where the `/proc` is in which processes are looked up
 * @param self what this process sees of itself
 * @returns the capability `process_attribution`, with the reason `pid_namespace` where it lacks
 */
export function processCapability(procfs: string, self: SelfView = {}): Capability {
  const supported = seesNode(procfs, self);
  return { capability: 'process_attribution', supported, reason: supported ? '' : 'pid_namespace' };
}

function seesNode(procfs: string, self: SelfView): boolean {
  if (namespaceOf(`${self.proc ?? '/proc'}/self`) === FIRST_NAMESPACE) return true;
  // More than one PID: that /proc belongs to a namespace further out than ours, so its PIDs are not ours.
  const pids = /^NSpid:\s*([\d\s]*?)\s*$/m.exec(readProcFile(join(procfs, 'self/status')) ?? '')?.[1];
  if (pids !== undefined && pids.split(/\s+/).length > 1) return false;
  if ((self.pid ?? process.pid) === 1) return false;
  if (CONTAINER_INITS.has(readProcFile(join(procfs, '1/comm'))?.trim() ?? '')) return false;
  return !sharesContainer(procfs, self.inContainer ?? isInContainer());
}

/** Whether process 1 is in the same container as we are, which the init of a node never is. */
function sharesContainer(procfs: string, inContainer: boolean): boolean {
  const own = readProcFile(join(procfs, 'self/cgroup'));
  const first = readProcFile(join(procfs, '1/cgroup'));
  if (own === undefined || own !== first) return false;
  const { podUids, containerIds } = parseCgroup(own);
  // In a cgroup namespace of its own a container sees just "/", as a process outside of all containers does.
  return inContainer || podUids.length + containerIds.length > 0;
}

const isInContainer = (): boolean =>
  process.env.KUBERNETES_SERVICE_HOST !== undefined || CONTAINER_MARKERS.some((path) => existsSync(path));

function namespaceOf(directory: string): string | undefined {
  try {
    return readlinkSync(`${directory}/ns/pid`);
  } catch {
    return undefined;
  }
}
