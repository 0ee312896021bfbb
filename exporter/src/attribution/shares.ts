import type { DeviceSample, InstanceSample } from '../gpu/sample.js';
import { readPoint } from './readings.js';
import type { PartitionUse, Use } from './usage.js';

/** The part of a device's energy that falls to a container; what is left of 1 belongs to no pod. */
export type Shares = Map<Use, number>;

/**
 * Divides the energy of a device among containers.
 *
 * - A device that one container was given is paid by that container, idle or not.
 * - A shared one is paid by the processes' shares of its time; while nothing runs, by the number of replicas.
 * - One that nobody was given is paid by processes of pods to the share of time that they use it; the rest is no pod's.
 * - With MIG, each instance first gets a part of the device (see {@link instanceShares}), which is divided in the same way.
 *
 * @param parts the device's own partition first, then its instances
 */
export function energyShares(parts: readonly PartitionUse[]): Shares {
  const shares: Shares = new Map();
  const [own, ...instances] = parts;
  if (own === undefined) return shares;
  if (instances.length === 0) {
    divide(own, 1, shares);
    return shares;
  }
  const weights = instanceShares(own.partition.device, instances);
  let left = 1;
  instances.forEach((instance, at) => {
    const weight = weights[at] ?? 0;
    if (divide(instance, weight, shares)) left -= weight;
  });
  // Instances of nobody and free slices are the one's who was given the whole device, if there is such a one.
  if (own.exclusive !== undefined) divide(own, Math.max(0, left), shares);
  return shares;
}

/** @returns whether anybody has or uses the partition */
function divide(part: PartitionUse, weight: number, shares: Shares): boolean {
  if (part.uses.length === 0) return false;
  for (const use of part.uses) {
    const share = shareOf(use, part) * weight;
    if (share > 0) shares.set(use, (shares.get(use) ?? 0) + share);
  }
  return true;
}

function shareOf(use: Use, part: PartitionUse): number {
  const { exclusive, uses, processUtilization: total } = part;
  if (exclusive !== undefined && !exclusive.replica) return use.claim === exclusive ? 1 : 0;
  const claimed = uses.some(({ claim }) => claim !== undefined);
  if (claimed) {
    if (total !== undefined && total > 0) return (use.processUtilization ?? 0) / total;
    const replicas = uses.reduce((sum, { claim }) => sum + (claim?.ids.length ?? 0), 0);
    return (use.claim?.ids.length ?? 0) / replicas;
  }
  if (total !== undefined) return (use.processUtilization ?? 0) / Math.max(1, total);
  // An instance cannot be looked into, but who alone is on it has it. So it is with instances that DRA makes on demand.
  return part.partition.instance !== undefined && uses.length === 1 && !part.hostProcesses ? 1 : 0;
}

/**
 * Divides a device among its MIG instances.
 *
 * Each has the part that its compute slices are of all slices of the device; free slices keep theirs. Where the activity of
 * every instance is known and any is active, the parts of all instances together are divided by slices times activity.
 */
function instanceShares(device: DeviceSample, parts: readonly PartitionUse[]): readonly number[] {
  const instances = parts.flatMap(({ partition }) => partition.instance ?? []);
  const sizes = sizesOf(device, instances);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const used = Math.min(1, total);
  const active = sizes.map((size, at) => size * (parts[at]?.readings.activity ?? 0));
  const activity = active.reduce((sum, each) => sum + each, 0);
  const known = parts.every(({ readings }) => readings.activity !== undefined);
  const [weights, sum] = known && activity > 0 ? [active, activity] : [sizes, total];
  return weights.map((weight) => (sum > 0 ? (weight / sum) * used : 0));
}

/** `1g.10gb` has one compute slice; `1c.3g.40gb` is a part of one slice of an instance of three. */
const PROFILE = /^(?:(\d)c\.)?(\d)g\./;

/** Parts of the device by compute slices; by multiprocessors, as if nothing were free, where a profile has no such name. */
function sizesOf(device: DeviceSample, instances: readonly InstanceSample[]): readonly number[] {
  const slices = instances.map(({ profile }) => {
    const match = PROFILE.exec(profile);
    return match === null ? undefined : Number(match[1] ?? match[2]);
  });
  if (slices.every((each) => each !== undefined)) {
    return slices.map((each) => (each ?? 0) / slicesOf(device));
  }
  const multiprocessors = instances.map(({ points }) => readPoint(points, 'gpu_mig_multiprocessors') ?? 1);
  const total = multiprocessors.reduce((sum, each) => sum + each, 0);
  return multiprocessors.map((each) => each / total);
}

/**
 * Compute slices of a device: 4 of A30 and of the RTX PRO cards of Blackwell, 7 of all others with MIG.
 *
 * @see https://docs.nvidia.com/datacenter/tesla/mig-user-guide/supported-mig-profiles.html
 */
const slicesOf = ({ identity }: DeviceSample): number => (/\bA30\b|\bRTX PRO\b/i.test(identity.model ?? '') ? 4 : 7);
