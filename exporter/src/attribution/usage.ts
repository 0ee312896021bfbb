import type { ProcessSample } from '../gpu/sample.js';
import type { Owner } from '../metrics/snapshot.js';
import type { Claim } from './claims.js';
import type { Partition } from './partition.js';
import { type Readings, readPoint } from './readings.js';

/** What one container has and uses of a device or a MIG instance. */
export interface Use {
  readonly owner: Owner;
  /** Absent where it uses what it was not given. */
  readonly claim?: Claim;
  /** Memory in bytes; absent where unknown. */
  readonly memory?: number;
  /** Share of time; absent where unknown. */
  readonly utilization?: number;
  /** Share of time of its processes, by the driver's account of processes alone. */
  readonly processUtilization?: number;
}

/** A device or a MIG instance, and who has and uses it. */
export interface PartitionUse {
  readonly partition: Partition;
  readonly readings: Readings;
  readonly uses: readonly Use[];
  /** The claim of the one container that was given it; absent where it is shared or nobody's. */
  readonly exclusive?: Claim;
  /** Share of time of all its processes, those of no pod too; absent where the driver has no account of processes. */
  readonly processUtilization?: number;
  /** Whether processes of no pod run there. */
  readonly hostProcesses: boolean;
}

interface Sum {
  memory: number;
  memoryKnown: boolean;
  utilization: number;
}

/**
 * Adds processes up to containers.
 *
 * Where a quantity is not known by process (no PIDs of the node, MIG, a driver without that account), that of the whole
 * device or instance falls to the container that has it for itself, which also carries what the driver itself needs there.
 * Of a shared one it stays unknown.
 *
 * @param owners owners of the processes of the partition; undefined where processes cannot be known
 */
export function usesOf(
  partition: Partition,
  readings: Readings,
  claims: readonly Claim[],
  owners: readonly (Owner | undefined)[] | undefined,
): PartitionUse {
  const exclusive = claims.length === 1 ? claims[0] : undefined;
  const sums = new Map<Owner | undefined, Sum>();
  const known = owners !== undefined && addUp(partition.processes, owners, sums);
  const processUtilization = known ? [...sums.values()].reduce((sum, each) => sum + each.utilization, 0) : undefined;
  const users = new Map<Owner, Claim | undefined>(claims.map((claim) => [claim.owner, claim]));
  for (const owner of sums.keys()) if (owner !== undefined && !users.has(owner)) users.set(owner, undefined);
  const uses = Array.from(users, ([owner, claim]): Use => {
    const sum = sums.get(owner);
    const ofProcesses = known ? (sum?.utilization ?? 0) : undefined;
    const memory = owners !== undefined && sum?.memoryKnown !== false ? (sum?.memory ?? 0) : undefined;
    const whole = claim !== undefined && claim === exclusive;
    return {
      owner,
      claim,
      memory: memory ?? (whole ? readings.memory : undefined),
      utilization: ofProcesses ?? (whole ? readings.utilization : undefined),
      processUtilization: ofProcesses,
    };
  });
  return { partition, readings, uses, exclusive, processUtilization, hostProcesses: sums.has(undefined) };
}

/** @returns whether the driver has an account of the time of processes, which it also has where there are none */
function addUp(
  processes: readonly ProcessSample[],
  owners: readonly (Owner | undefined)[],
  sums: Map<Owner | undefined, Sum>,
): boolean {
  let known = processes.length === 0;
  processes.forEach(({ points }, at) => {
    const owner = owners[at];
    let sum = sums.get(owner);
    if (sum === undefined) {
      sum = { memory: 0, memoryKnown: true, utilization: 0 };
      sums.set(owner, sum);
    }
    const memory = readPoint(points, 'gpu_process_memory_used_bytes');
    const utilization = readPoint(points, 'gpu_process_sm_utilization_ratio');
    sum.memory += memory ?? 0;
    sum.memoryKnown &&= memory !== undefined;
    sum.utilization += utilization ?? 0;
    known ||= utilization !== undefined;
  });
  return known;
}
