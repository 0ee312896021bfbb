import type { LabelSelector } from '../model/scrape/discovery';
import { k8s } from './k8s';

/** A port of a connection, on the side that is connected to; the pod's port, not the Service's. */
export interface ConnectionPort {
  /** A number, or the name of a container port. @default - every port */
  readonly port?: number | string;
  /** @default TCP */
  readonly protocol?: 'TCP' | 'UDP';
}

/**
 * The other end of a connection, as a NetworkPolicy can describe it.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export class Peer {
  /** Pods of one namespace. */
  public static pods(namespace: string, selector: LabelSelector): Peer {
    return new Peer([{ namespaceSelector: inNamespace(namespace), podSelector: toSelector(selector) }]);
  }

  /** Pods that a selector matches, in any namespace. */
  public static podsAnywhere(selector: LabelSelector): Peer {
    return new Peer([{ namespaceSelector: {}, podSelector: toSelector(selector) }]);
  }

  /** Every pod of one namespace. */
  public static namespace(namespace: string): Peer {
    return new Peer([{ namespaceSelector: inNamespace(namespace) }]);
  }

  /** Every pod of the cluster; not what runs in the network of a node. */
  public static anyPod(): Peer {
    return new Peer([{ namespaceSelector: {} }]);
  }

  /** Addresses, such as those of nodes: `10.0.0.0/16`. */
  public static cidrs(...cidrs: readonly string[]): Peer {
    return new Peer(cidrs.map((cidr) => ({ ipBlock: { cidr } })));
  }

  /** One address, of IPv4 or IPv6. */
  public static address(address: string): Peer {
    return Peer.cidrs(address.includes(':') ? `${address}/128` : `${address}/32`);
  }

  /** A host with or without a port: an address is an address, a name may be anywhere. */
  public static host(host: string): Peer {
    const bare = host.replace(/^(\[.*\]|[^:]*):\d+$/, '$1').replace(/^\[(.*)\]$/, '$1');
    return /^\d+\.\d+\.\d+\.\d+$/.test(bare) || bare.includes(':') ? Peer.address(bare) : Peer.anywhere();
  }

  /** Anything: pods, nodes, and the world outside. */
  public static anywhere(): Peer {
    return new Peer([]);
  }

  /** What any of the peers is. */
  public static either(...peers: readonly Peer[]): Peer {
    return peers.some(({ entries }) => entries.length === 0)
      ? Peer.anywhere()
      : new Peer(peers.flatMap(({ entries }) => entries));
  }

  /** No addresses mean "anywhere". */
  public static nodes(cidrs: readonly string[] | undefined): Peer {
    return cidrs === undefined || cidrs.length === 0 ? Peer.anywhere() : Peer.cidrs(...cidrs);
  }

  private constructor(private readonly entries: readonly k8s.NetworkPolicyPeer[]) {}

  /** The entries of `from` or `to`; empty for anywhere. */
  public toNetworkPolicyPeers(): readonly k8s.NetworkPolicyPeer[] {
    return this.entries;
  }
}

function inNamespace(namespace: string): k8s.LabelSelector {
  return { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
}

function toSelector({ matchLabels, matchExpressions }: LabelSelector): k8s.LabelSelector {
  return {
    matchLabels: matchLabels && { ...matchLabels },
    matchExpressions: matchExpressions?.map(({ key, operator, values }) => ({
      key,
      operator,
      values: values && [...values],
    })),
  };
}

/** One entry of `ports` of a NetworkPolicy. */
export function toNetworkPolicyPort({ port, protocol = 'TCP' }: ConnectionPort): k8s.NetworkPolicyPort {
  if (port === undefined) {
    return { protocol };
  }
  return {
    protocol,
    port: typeof port === 'number' ? k8s.IntOrString.fromNumber(port) : k8s.IntOrString.fromString(port),
  };
}
