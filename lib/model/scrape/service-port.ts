import type { ServiceManifest } from '../manifest';

/** The port of a Service that a name or number refers to; the first one where none is given. */
export function findPort(
  service: ServiceManifest,
  port: string | number | undefined,
): ServiceManifest['ports'][number] | undefined {
  return port === undefined
    ? service.ports[0]
    : service.ports.find((each) => each.name === port || (typeof port === 'number' && each.port === port));
}
