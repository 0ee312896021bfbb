import { type ApiObject, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { k8s } from './k8s';
import { type ConnectionPort, Peer, toNetworkPolicyPort } from './peer';
import type { Metadata } from './workload';

interface Rule {
  readonly peer: Peer;
  readonly ports: readonly ConnectionPort[];
}

/**
 * The connections of one component, from which its NetworkPolicy is derived.
 *
 * What is not declared here does not pass: the policy covers both directions. Name resolution is always declared.
 */
export class Connections extends Construct {
  /** The policy, where one is wanted. */
  public readonly networkPolicy?: ApiObject;

  private readonly ingress: Rule[] = [];
  private readonly egress: Rule[] = [];
  private readonly sources: (() => void)[] = [];
  private resolved = false;

  public constructor(
    scope: Construct,
    id: string,
    private readonly metadata: Metadata,
    enabled = true,
  ) {
    super(scope, id);
    const { dns } = metadata.network;
    this.allowTo(dns.peer, ...dns.ports);
    if (enabled) {
      this.networkPolicy = new k8s.KubeNetworkPolicy(this, 'Resource', {
        metadata: metadata.object(),
        spec: Lazy.any({ produce: () => this.spec() }) as k8s.NetworkPolicySpec,
      });
    }
  }

  /** This component's pods, as the other end of a connection. */
  public get peer(): Peer {
    return Peer.pods(this.metadata.namespace, { matchLabels: this.metadata.selector });
  }

  /** Lets a peer connect to this component; no ports mean every port. */
  public allowFrom(peer: Peer, ...ports: readonly ConnectionPort[]): void {
    this.ingress.push({ peer, ports });
  }

  /** Lets this component connect to a peer; no ports mean every port. */
  public allowTo(peer: Peer, ...ports: readonly ConnectionPort[]): void {
    this.egress.push({ peer, ports });
  }

  /** Lets this component reach the API server. */
  public allowToApiServer(): void {
    const { peer, ports } = this.metadata.network.apiServer;
    this.allowTo(peer, ...ports);
  }

  /** Declares one connection on both ends. */
  public connectTo(other: Connections, ...ports: readonly ConnectionPort[]): void {
    this.allowTo(other.peer, ...ports);
    other.allowFrom(this.peer, ...ports);
  }

  /** Declares connections that are known only at synth, such as those to what is scraped. */
  public declareLate(source: () => void): void {
    this.sources.push(source);
  }

  private spec(): k8s.NetworkPolicySpec {
    if (!this.resolved) {
      this.resolved = true;
      for (const declare of this.sources) {
        declare();
      }
    }
    return {
      podSelector: { matchLabels: this.metadata.selector },
      policyTypes: ['Ingress', 'Egress'],
      ingress: merge(this.ingress).map(({ peer, ports }) => ({ from: peer, ports })),
      egress: merge(this.egress).map(({ peer, ports }) => ({ to: peer, ports })),
    };
  }
}

interface Merged {
  readonly peer: k8s.NetworkPolicyPeer[] | undefined;
  readonly ports: k8s.NetworkPolicyPort[] | undefined;
}

/** Gathers rules of the same peer, and says each port once; a peer with every port swallows its single ports. */
function merge(rules: readonly Rule[]): readonly Merged[] {
  const byPeer = new Map<string, { peer: Peer; ports: Map<string, ConnectionPort>; all: boolean }>();
  for (const { peer, ports } of rules) {
    const key = canonical(peer.toNetworkPolicyPeers());
    const known = byPeer.get(key) ?? { peer, ports: new Map<string, ConnectionPort>(), all: false };
    known.all ||= ports.length === 0;
    for (const port of ports) {
      known.ports.set(`${port.protocol ?? 'TCP'} ${port.port ?? ''}`, port);
    }
    byPeer.set(key, known);
  }
  return [...byPeer.values()].map(({ peer, ports, all }) => {
    const entries = peer.toNetworkPolicyPeers();
    return {
      peer: entries.length === 0 ? undefined : [...entries],
      ports: all ? undefined : [...ports.values()].map(toNetworkPolicyPort),
    };
  });
}

/** The same text for the same value, whatever the order of its keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
