/** What the cgroup of a process says about where it runs. Nested containers and pods are listed outermost first. */
export interface CgroupIdentity {
  /**
   * Uids of pods, lower case. With dashes as in the API; 32 digits without dashes are the config hash of a static pod,
   * whose uid in the API is another.
   */
  readonly podUids: readonly string[];
  /** Ids of containers: 64 hexadecimal digits. */
  readonly containerIds: readonly string[];
}

/** Identity of a process of the host. */
export const NO_CGROUP: CgroupIdentity = { podUids: [], containerIds: [] };

/** Longest text that is looked at; the kernel's own limit for one path is 4 KiB. */
export const MAX_CGROUP_BYTES = 16 * 1024;

/** Containers and pods deeper than this are not looked at: real nesting ends at two or three. */
const MAX_DEPTH = 8;

/**
 * The uid of a pod in one segment of a path: `pod<uid>` of the cgroupfs driver, `kubepods-burstable-pod<uid>.slice` with
 * underscores of the systemd driver. Every quantifier is bounded, so that no input makes it slow.
 */
const POD = /(?:^|[-.:])pod([0-9a-f]{8}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{4}[-_]?[0-9a-f]{12})(?=$|[.:])/i;

/** The id of a container at the end of a segment: bare, behind the name of a runtime, with systemd's suffix. */
const CONTAINER = /(?:^|[-:])([0-9a-f]{64})(?:\.scope)?$/i;

/** Prefixes of processes that watch a container and are not in it: `crio-conmon-<id>.scope`, `libpod-conmon-<id>.scope`. */
const MONITOR = /(?:^|-)conmon-[0-9a-f]{64}(?:\.scope)?$/i;

/**
 * Reads `/proc/<pid>/cgroup`.
 *
 * Knows the paths that kubelet, containerd, CRI-O, Docker and Podman make with cgroups v1, v2 and both, with the cgroupfs
 * and the systemd driver, below another cgroup root, nested in other containers, and relative to a cgroup namespace
 * (`/../../pod…`). Anything else yields nothing.
 *
 * @see https://man7.org/linux/man-pages/man7/cgroups.7.html
 * @see https://kubernetes.io/docs/concepts/architecture/cgroups/
 */
export function parseCgroup(text: string): CgroupIdentity {
  let best = NO_CGROUP;
  let previous = '';
  for (const line of text.slice(0, MAX_CGROUP_BYTES).split('\n')) {
    const path = pathOf(line);
    // The controllers of cgroups v1 usually repeat one path.
    if (path === undefined || path === previous) continue;
    previous = path;
    const identity = parsePath(path);
    if (rank(identity) > rank(best)) best = identity;
  }
  return best;
}

/** The path of `<hierarchy>:<controllers>:<path>`; it may hold colons itself. */
function pathOf(line: string): string | undefined {
  const first = line.indexOf(':');
  const second = first < 0 ? -1 : line.indexOf(':', first + 1);
  return second < 0 ? undefined : line.slice(second + 1);
}

/** A path with a pod says more than one with containers alone, and that more than none. */
function rank(identity: CgroupIdentity): number {
  return identity.podUids.length * 2 * MAX_DEPTH + identity.containerIds.length;
}

function parsePath(path: string): CgroupIdentity {
  const podUids: string[] = [];
  const containerIds: string[] = [];
  for (const segment of path.split('/')) {
    const pod = podUids.length < MAX_DEPTH ? POD.exec(segment)?.[1] : undefined;
    if (pod !== undefined) podUids.push(normalizedUid(pod));
    if (containerIds.length >= MAX_DEPTH || MONITOR.test(segment)) continue;
    const container = CONTAINER.exec(segment)?.[1];
    if (container !== undefined) containerIds.push(container.toLowerCase());
  }
  return podUids.length + containerIds.length === 0 ? NO_CGROUP : { podUids, containerIds };
}

const normalizedUid = (uid: string): string => uid.toLowerCase().replaceAll('_', '-');
