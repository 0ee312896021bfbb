import { checkDuration } from '../duration';
import { checkTls, renderTls, type TlsConfig } from '../http-client';
import type { Problems } from '../problem';
import { type FileResolver, SecretKey } from '../references';

/**
 * Where Alertmanager sends traces of its own work, by OTLP.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#tracing_config
 */
export interface TracingOptions {
  /** `host:port` of the collector. */
  readonly endpoint: string;
  /** @default grpc */
  readonly clientType?: 'grpc' | 'http';
  /** Share of requests that are traced, 0 to 1. @default 0 */
  readonly samplingFraction?: number;
  /** Sends without TLS. @default false */
  readonly insecure?: boolean;
  /** @default - the authorities of the image */
  readonly tls?: TlsConfig;
  /** Headers of each request. @default - none */
  readonly headers?: Readonly<Record<string, string | SecretKey>>;
  /** @default - none */
  readonly compression?: 'gzip';
  /** Time that an export may take. @default - no limit */
  readonly timeout?: string;
}

/** Renders the `tracing` block. */
export function renderTracing(tracing: TracingOptions, files: FileResolver): Record<string, unknown> {
  const headers = Object.entries(tracing.headers ?? {}).map(([name, value]) => [
    name,
    value instanceof SecretKey ? { files: [files.path(value)] } : { values: [value] },
  ]);
  return {
    client_type: tracing.clientType,
    endpoint: tracing.endpoint,
    sampling_fraction: tracing.samplingFraction,
    insecure: tracing.insecure,
    tls_config: tracing.tls && renderTls(tracing.tls, files),
    headers: headers.length === 0 ? undefined : Object.fromEntries(headers),
    compression: tracing.compression,
    timeout: tracing.timeout,
  };
}

/** Checks the `tracing` block as Alertmanager would when it loads it. */
export function checkTracing(tracing: TracingOptions, problems: Problems): void {
  const { endpoint, samplingFraction = 0, timeout, tls } = tracing;
  if (!/^[^\s/:]+:\d+$/.test(endpoint)) {
    problems.add('endpoint', `"${endpoint}" received. Allowed: host:port, without a scheme or path.`);
  }
  if (!(samplingFraction >= 0 && samplingFraction <= 1)) {
    problems.add('samplingFraction', `${samplingFraction} received. Allowed: 0 to 1.`);
  }
  problems.addIf('timeout', timeout === undefined ? undefined : checkDuration(timeout));
  if (tls !== undefined) {
    checkTls(tls, problems);
  }
}
