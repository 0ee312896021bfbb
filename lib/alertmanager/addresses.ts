import { routePrefix, scheme } from '../core/web-address';
import type { Metadata } from '../core/workload';
import type { AlertmanagerProps } from './alertmanager-props';

/** Port of the web interface and API. */
export const PORT = 9093;
/** Port by which replicas talk to each other, by TCP and UDP. */
export const CLUSTER_PORT = 9094;
/** Port of the config reloader's own metrics. */
export const RELOADER_PORT = 8080;

/** Name of the Service that gives each replica a name. */
export function headlessName({ name }: Metadata): string {
  return `${name}-headless`;
}

/** Replicas that run; a wrong number is reported by the check, and must not break a constructor. */
export function membersOf({ replicas = 1 }: AlertmanagerProps): number {
  return Number.isInteger(replicas) && replicas > 0 ? replicas : 1;
}

/**
 * `host:port` of each replica.
 *
 * @param workload name of the StatefulSet.
 */
export function replicaAddresses(
  metadata: Metadata,
  replicas: number,
  port: number,
  workload = metadata.name,
): readonly string[] {
  return Array.from(
    { length: replicas },
    (_, index) => `${workload}-${index}.${headlessName(metadata)}.${metadata.namespace}.svc:${port}`,
  );
}

/** Address of the web interface and API inside the cluster. */
export function serviceUrl(props: AlertmanagerProps, { name, namespace }: Metadata): string {
  return `${scheme(props)}://${name}.${namespace}.svc:${PORT}${routePrefix(props)}`;
}

/** Whether the replicas talk to each other, or to members elsewhere. */
export function isClustered({ cluster = {} }: AlertmanagerProps, replicas: number): boolean {
  return replicas > 1 || (cluster.additionalPeers ?? []).length > 0;
}
