/** Addresses inside of the cluster's own network namespace: they cannot clash with anything outside. */
export const addresses = {
  node: '10.200.0.1',
  /** Source address of the node's own connections to its pods. */
  podGateway: '10.244.0.1',
  podSubnet: '10.244.0.0/24',
  serviceSubnet: '10.96.0.0/16',
  apiServerService: '10.96.0.1',
  dnsService: '10.96.0.10',
} as const;

/** Plain-IP peers from which the kubelet's probes and the API server's calls come. */
export const nodeAddresses: readonly string[] = [addresses.node, addresses.podGateway];

export const nodeName = 'node1';
