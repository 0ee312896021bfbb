import { nodeAddresses } from './addresses';
import type { Cluster } from './cluster';
import { type Connection, readConnections } from './connections';
import { NetworkPolicyEvaluator } from './network-policy';
import { readPolicyWorld } from './network-policy-world';

/** Connections that were made, and those of them that the NetworkPolicies in force do not allow. */
export interface JudgedConnections {
  readonly made: readonly Connection[];
  readonly refused: readonly Connection[];
}

/**
 * Judges every connection from or to the pods of a namespace by the NetworkPolicies of the cluster.
 *
 * A pod that is gone cannot be judged: its address is nobody's now. The node itself is let through by every plugin.
 */
export async function judgeConnections(cluster: Cluster, namespace: string): Promise<JudgedConnections> {
  const world = await readPolicyWorld(cluster);
  const evaluator = new NetworkPolicyEvaluator(world);
  const known = new Set(world.pods.filter(({ hostNetwork }) => !hostNetwork).map(({ ip }) => ip));
  const own = new Set(world.pods.filter((pod) => pod.namespace === namespace && !pod.hostNetwork).map(({ ip }) => ip));
  const made = (await readConnections(cluster)).filter(
    ({ source, destination }) =>
      known.has(source) &&
      !nodeAddresses.includes(source) &&
      (own.has(source) || own.has(destination)) &&
      (known.has(destination) || !destination.startsWith('10.244.')),
  );
  const refused = made.filter(
    ({ source, destination, port, protocol }) =>
      !evaluator.isAllowed({ from: source, to: destination, port, protocol }),
  );
  return { made, refused };
}
