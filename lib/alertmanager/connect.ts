import type { Connections } from '../core/connections';
import { type AlertmanagerConfiguration, destinationsOf } from '../model/alerting/configuration';
import { CLUSTER_PORT } from './addresses';
import type { AlertmanagerProps } from './alertmanager-props';
import { toConnection } from './egress';

/** Declares what an Alertmanager connects to: its other replicas, further members, and whatever its receivers need. */
export function connectAlertmanager(
  connections: Connections,
  { replicas = 1, cluster = {} }: AlertmanagerProps,
  config: AlertmanagerConfiguration,
  namespace: string,
): void {
  if (replicas > 1) {
    const ports = [{ port: CLUSTER_PORT }, { port: CLUSTER_PORT, protocol: 'UDP' as const }];
    connections.connectTo(connections, ...ports);
  }
  const further = (cluster.additionalPeers ?? []).map((address) => Number(/\d+$/.exec(address)?.[0]));
  for (const port of new Set(further)) {
    connections.allowTo(toConnection(port, '').peer, { port }, { port, protocol: 'UDP' });
  }
  for (const destination of destinationsOf(config)) {
    const { peer, ports } = toConnection(destination, namespace);
    connections.allowTo(peer, ...ports);
  }
}
