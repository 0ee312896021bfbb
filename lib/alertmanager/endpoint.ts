import { routePrefix, scheme } from '../core/web-address';
import type { Metadata } from '../core/workload';
import type { AlertmanagerEndpoint } from '../model/alertmanager-endpoint';
import type { AlertmanagerProps } from './alertmanager-props';

/** How a Prometheus reaches every replica: by its address, and by the Service behind which it stands. */
export function endpointOf(
  props: AlertmanagerProps,
  { name, namespace }: Metadata,
  addresses: readonly string[],
): AlertmanagerEndpoint {
  const prefix = routePrefix(props);
  const tls = props.web?.tls?.client;
  return {
    addresses,
    service: { namespace, name, port: 'web' },
    ...(scheme(props) === 'https' && { scheme: 'https' }),
    ...(prefix !== '' && { pathPrefix: prefix }),
    ...(tls && { tls }),
  };
}
