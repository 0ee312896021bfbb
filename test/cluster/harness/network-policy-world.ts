import type { Cluster } from './cluster';
import type { Labels } from './label-selector';
import type { NetworkPolicy, PolicyPod, PolicyWorld } from './network-policy';

interface List<T> {
  readonly items: readonly T[];
}

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Labels };
  readonly spec: {
    readonly hostNetwork?: boolean;
    readonly containers: readonly { readonly ports?: PolicyPod['ports'] }[];
    readonly initContainers?: readonly { readonly ports?: PolicyPod['ports'] }[];
  };
  readonly status: { readonly phase: string; readonly podIP?: string };
}

interface Namespace {
  readonly metadata: { readonly name: string; readonly labels?: Labels };
}

/** Reads the pods that have an address, the namespaces and the policies of a running cluster. */
export async function readPolicyWorld(cluster: Cluster): Promise<PolicyWorld> {
  const [pods, namespaces, policies] = await Promise.all([
    cluster.get<List<Pod>>(['pods', '--all-namespaces']),
    cluster.get<List<Namespace>>(['namespaces']),
    cluster.get<List<NetworkPolicy>>(['networkpolicies', '--all-namespaces']),
  ]);
  return {
    pods: pods.items.filter(hasAddress).map(toPolicyPod),
    namespaces: namespaces.items.map(({ metadata }) => ({ name: metadata.name, labels: metadata.labels ?? {} })),
    policies: policies.items,
  };
}

/** A pod that ended still shows its address, which another pod may have by now. */
function hasAddress({ status }: Pod): boolean {
  return status.podIP !== undefined && (status.phase === 'Running' || status.phase === 'Pending');
}

function toPolicyPod({ metadata, spec, status }: Pod): PolicyPod {
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    labels: metadata.labels ?? {},
    ip: status.podIP ?? '',
    hostNetwork: spec.hostNetwork ?? false,
    ports: [...spec.containers, ...(spec.initContainers ?? [])].flatMap((container) => container.ports ?? []),
  };
}
