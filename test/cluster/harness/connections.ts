import type { Cluster } from './cluster';

/** One distinct way in which something in the cluster opened connections, after Services were resolved to pods. */
export interface Connection {
  readonly source: string;
  readonly destination: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

const setSize = 65_535;

/**
 * Rules that note every new connection in a set. They stand behind the address translation of Services, and see
 * everything between pods because each pod has a link of its own to the node and none to another pod.
 */
export const connectionRules = `
table inet connections {
  set seen {
    type ipv4_addr . ipv4_addr . inet_proto . inet_service
    flags dynamic
    size ${setSize}
  }
  chain record {
    ip daddr 127.0.0.0/8 return
    ct state new meta l4proto { tcp, udp } add @seen { ip saddr . ip daddr . meta l4proto . th dport }
  }
  chain input { type filter hook input priority 150; jump record; }
  chain forward { type filter hook forward priority 150; jump record; }
  chain output { type filter hook output priority 150; jump record; }
}
`;

interface SetListing {
  readonly nftables: readonly {
    readonly set?: { readonly elem?: readonly { readonly concat: readonly [string, string, string, number] }[] };
  }[];
}

/** All connections since the cluster's start, also those that nobody answered. */
export async function readConnections(cluster: Cluster): Promise<Connection[]> {
  const listing = JSON.parse(await cluster.inside(['nft', '-j', 'list', 'set', 'inet', 'connections', 'seen']));
  const elements = (listing as SetListing).nftables.flatMap((entry) => entry.set?.elem ?? []);
  if (elements.length >= setSize) {
    throw new Error(`more than ${setSize} distinct connections: some were not recorded`);
  }
  return elements.map(({ concat: [source, destination, protocol, port] }) => ({
    source,
    destination,
    port,
    protocol: protocol === 'udp' ? 'UDP' : 'TCP',
  }));
}
