import type { Destination } from '../core/cluster-network';
import { type ConnectionPort, Peer } from '../core/peer';
import type { Destination as Notified } from '../model/alerting/integrations/integration-type';

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/**
 * The connection that a notification needs.
 *
 * Policies see the pod's port and not the Service's, so a Service of this cluster is reached at every port of its
 * namespace. A URL that only a Secret knows may lead anywhere.
 */
export function toConnection(destination: Notified, namespace: string): Destination {
  if (typeof destination === 'number') {
    return anywhere({ port: destination });
  }
  if (typeof destination !== 'string' || !URL.canParse(destination)) {
    return anywhere();
  }
  const { hostname, port, protocol } = new URL(destination);
  const inside = namespaceOf(hostname, namespace);
  if (inside !== undefined) {
    return { peer: Peer.namespace(inside), ports: [] };
  }
  const number = port === '' ? DEFAULT_PORTS[protocol] : Number(port);
  const ports = number === undefined ? [] : [{ port: number }];
  return { peer: Peer.host(hostname), ports };
}

function anywhere(...ports: readonly ConnectionPort[]): Destination {
  return { peer: Peer.anywhere(), ports };
}

/** The namespace of a Service's name: `name`, `name.namespace.svc` and longer forms. */
function namespaceOf(host: string, own: string): string | undefined {
  return /^[a-z0-9-]+$/.test(host) ? own : /^[a-z0-9-]+\.([a-z0-9-]+)\.svc(\.|$)/.exec(host)?.[1];
}
