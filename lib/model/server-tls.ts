import type { TlsConfig } from './http-client';
import type { ConfigMapKey, FileResolver, SecretKey } from './references';

/**
 * HTTPS of a web server of Prometheus or Alertmanager.
 *
 * Passwords and client certificates are not offered: the kubelet's probes and the config reloader have none. Who may
 * connect is the NetworkPolicy's matter.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/https/
 */
export interface ServerTls {
  readonly cert: SecretKey | ConfigMapKey;
  readonly key: SecretKey;
  /** @default TLS12 */
  readonly minVersion?: 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';
  /** @default - the newest */
  readonly maxVersion?: 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';
  /** How the rest of the stack verifies the certificate. @default - by the authorities of each program's image */
  readonly client?: TlsConfig;
}

/** Renders a web configuration file. */
export function renderWebConfig(tls: ServerTls, files: FileResolver): Record<string, unknown> {
  return {
    tls_server_config: {
      cert_file: files.path(tls.cert),
      key_file: files.path(tls.key),
      min_version: tls.minVersion,
      max_version: tls.maxVersion,
    },
  };
}
