import { type ConnectionPort, Peer } from './peer';

/** Something that components connect to: who, and on which ports. */
export interface Destination {
  readonly peer: Peer;
  readonly ports: readonly ConnectionPort[];
}

/** The addresses of a cluster that NetworkPolicies must let through. */
export interface ClusterNetwork {
  /** The cluster's name service, as pods. */
  readonly dns: Destination;
  /** The API server: an address outside the pod network, behind the Service `default/kubernetes`. */
  readonly apiServer: Destination;
  /** Addresses of the nodes. @default - unknown: any address, by port */
  readonly nodeCidrs?: readonly string[];
}

/** What most clusters have: CoreDNS in kube-system, an API server on 443 or 6443 somewhere. */
export const DEFAULT_CLUSTER_NETWORK: ClusterNetwork = {
  dns: {
    peer: Peer.pods('kube-system', { matchLabels: { 'k8s-app': 'kube-dns' } }),
    ports: [
      { port: 53, protocol: 'UDP' },
      { port: 53, protocol: 'TCP' },
    ],
  },
  apiServer: { peer: Peer.anywhere(), ports: [{ port: 443 }, { port: 6443 }] },
};
