import { checkDuration } from './duration';
import { checkHttpClient, type HttpClientConfig, renderHttpClient } from './http-client';
import type { Problems } from './problem';
import type { FileResolver } from './references';

/**
 * An Alertmanager to which alerts are sent: every replica by its address.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#alertmanager_config
 */
export interface AlertmanagerEndpoint extends HttpClientConfig {
  /** `host:port` of each replica; each gets every alert. */
  readonly addresses: readonly string[];
  /** The Service behind which the replicas stand, by which an operator finds them. @default - only the addresses are known */
  readonly service?: { readonly namespace: string; readonly name: string; readonly port: string };
  /** @default http */
  readonly scheme?: 'http' | 'https';
  /** Path in front of the API. @default - none */
  readonly pathPrefix?: string;
  /** @default 10s */
  readonly timeout?: string;
}

/** Renders an entry of `alertmanagers`. */
export function renderAlertmanagerEndpoint(
  endpoint: AlertmanagerEndpoint,
  files: FileResolver,
): Record<string, unknown> {
  return {
    scheme: endpoint.scheme,
    path_prefix: endpoint.pathPrefix,
    timeout: endpoint.timeout,
    ...renderHttpClient(endpoint, files),
    static_configs: [{ targets: [...endpoint.addresses].sort() }],
  };
}

/** Checks addresses, path and credentials. */
export function checkAlertmanagerEndpoint(endpoint: AlertmanagerEndpoint, problems: Problems): void {
  for (const address of endpoint.addresses) {
    if (!/^[^\s/]+:\d+$/.test(address)) {
      problems.add('addresses', `"${address}" received. Allowed: host:port.`);
    }
  }
  if (endpoint.pathPrefix?.startsWith('/') === false) {
    problems.add('pathPrefix', `"${endpoint.pathPrefix}" received. Allowed: a path that starts with /.`);
  }
  problems.addIf('timeout', endpoint.timeout === undefined ? undefined : checkDuration(endpoint.timeout));
  checkHttpClient(endpoint, endpoint.scheme ?? 'http', problems);
}
