import { BlockList, isIPv6 } from 'node:net';
import { type LabelSelector, type Labels, matchesLabels } from './label-selector';

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface PolicyPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly ip: string;
  /** Shares the node's address: policies neither select it nor see it as a pod. @default false */
  readonly hostNetwork?: boolean;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[];
}

export interface PolicyNamespace {
  readonly name: string;
  readonly labels: Labels;
}

export interface PolicyPort {
  readonly protocol?: string;
  /** A number, or the name of a container's port. */
  readonly port?: number | string;
  readonly endPort?: number;
}

export interface PolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

/** The parts of a `networking.k8s.io/v1` NetworkPolicy that mean something. */
export interface NetworkPolicy {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly podSelector?: LabelSelector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly { readonly from?: readonly PolicyPeer[]; readonly ports?: readonly PolicyPort[] }[];
    readonly egress?: readonly { readonly to?: readonly PolicyPeer[]; readonly ports?: readonly PolicyPort[] }[];
  };
}

export interface PolicyWorld {
  readonly pods: readonly PolicyPod[];
  readonly namespaces: readonly PolicyNamespace[];
  readonly policies: readonly NetworkPolicy[];
}

/** One connection; a peer is a pod or an address. Ports are those of the pod, not of a Service. */
export interface PolicyQuestion {
  readonly from: PolicyPod | string;
  readonly to: PolicyPod | string;
  readonly port: number;
  /** @default TCP */
  readonly protocol?: Protocol;
}

type Direction = 'Ingress' | 'Egress';

/**
 * Answers what NetworkPolicies allow, where the plugin of the cluster does not enforce them.
 *
 * Where plugins differ the answer is the stricter one: an `ipBlock` does not allow pods, and the node's own address is
 * an address like any other, although no plugin keeps a node from its own pods.
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export class NetworkPolicyEvaluator {
  private readonly podsByIp: ReadonlyMap<string, PolicyPod>;

  constructor(private readonly world: PolicyWorld) {
    this.podsByIp = new Map(world.pods.filter((pod) => pod.hostNetwork !== true).map((pod) => [pod.ip, pod]));
  }

  isAllowed(question: PolicyQuestion): boolean {
    return this.denial(question) === undefined;
  }

  /** Why a connection is not allowed: the direction and the policies that isolate the pod. */
  denial({ from, to, port, protocol = 'TCP' }: PolicyQuestion): string | undefined {
    const source = this.podOf(from);
    const destination = this.podOf(to);
    if (source !== undefined && source === destination) {
      return undefined;
    }
    const asked = { port, protocol, destination };
    return (
      this.denialIn('Egress', source, destination ?? ipOf(to), asked) ??
      this.denialIn('Ingress', destination, source ?? ipOf(from), asked)
    );
  }

  private denialIn(
    direction: Direction,
    subject: PolicyPod | undefined,
    peer: PolicyPod | string,
    asked: AskedPort,
  ): string | undefined {
    if (subject === undefined) {
      return undefined;
    }
    const isolating = this.world.policies.filter((policy) => isolates(policy, direction, subject));
    const allowed = isolating.some((policy) =>
      rulesOf(policy, direction).some((rule) => {
        return (
          allowsPort(rule.ports, asked) && this.allowsPeer(rule.peers, policy.metadata.namespace ?? 'default', peer)
        );
      }),
    );
    if (isolating.length === 0 || allowed) {
      return undefined;
    }
    const names = isolating.map((policy) => policy.metadata.name).join(', ');
    return `${direction} of ${subject.namespace}/${subject.name} is limited by ${names}`;
  }

  private allowsPeer(peers: readonly PolicyPeer[] | undefined, namespace: string, peer: PolicyPod | string): boolean {
    if (peers === undefined || peers.length === 0) {
      return true;
    }
    return peers.some(({ ipBlock, namespaceSelector, podSelector }) => {
      if (ipBlock !== undefined) {
        return (
          typeof peer === 'string' &&
          isInBlock(ipBlock.cidr, peer) &&
          !ipBlock.except?.some((cidr) => isInBlock(cidr, peer))
        );
      }
      if (typeof peer === 'string') {
        return false;
      }
      const isNamespace =
        namespaceSelector === undefined
          ? peer.namespace === namespace
          : matchesLabels(namespaceSelector, this.labelsOfNamespace(peer.namespace));
      return isNamespace && matchesLabels(podSelector ?? {}, peer.labels);
    });
  }

  private labelsOfNamespace(name: string): Labels {
    const namespace = this.world.namespaces.find((candidate) => candidate.name === name);
    // The API server puts this label on every namespace, so manifests need not have it.
    return { 'kubernetes.io/metadata.name': name, ...namespace?.labels };
  }

  /** The pod that policies see, if they see one. */
  private podOf(peer: PolicyPod | string): PolicyPod | undefined {
    if (typeof peer === 'string') {
      return this.podsByIp.get(peer);
    }
    return peer.hostNetwork === true ? undefined : peer;
  }
}

interface AskedPort {
  readonly port: number;
  readonly protocol: Protocol;
  readonly destination: PolicyPod | undefined;
}

function isolates({ metadata, spec }: NetworkPolicy, direction: Direction, pod: PolicyPod): boolean {
  const types = spec.policyTypes ?? ['Ingress', ...((spec.egress ?? []).length > 0 ? ['Egress'] : [])];
  return (
    (metadata.namespace ?? 'default') === pod.namespace &&
    types.includes(direction) &&
    matchesLabels(spec.podSelector ?? {}, pod.labels)
  );
}

function rulesOf({ spec }: NetworkPolicy, direction: Direction) {
  return direction === 'Ingress'
    ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
    : (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
}

function allowsPort(ports: readonly PolicyPort[] | undefined, asked: AskedPort): boolean {
  if (ports === undefined || ports.length === 0) {
    return true;
  }
  return ports.some(({ protocol = 'TCP', port, endPort }) => {
    if (protocol !== asked.protocol) {
      return false;
    }
    if (typeof port !== 'string') {
      return port === undefined || (asked.port >= port && asked.port <= (endPort ?? port));
    }
    return (asked.destination?.ports ?? []).some((candidate) => {
      const isSame = candidate.name === port && (candidate.protocol ?? 'TCP') === protocol;
      return isSame && candidate.containerPort === asked.port;
    });
  });
}

function isInBlock(cidr: string, ip: string): boolean {
  const [network = '', prefix = ''] = cidr.split('/');
  const block = new BlockList();
  block.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
  return block.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');
}

function ipOf(peer: PolicyPod | string): string {
  return typeof peer === 'string' ? peer : peer.ip;
}
