import type { HttpClientConfig, TlsConfig } from '../http-client';

/** Events that are sent to a web service. */
export interface EventWebhook {
  /** A URL without a password; Alertmanager takes none from a file. */
  readonly url: string;
  /** @default - as the image does */
  readonly http?: HttpClientConfig;
  /** @default 10s */
  readonly timeout?: string;
  /** @default - Alertmanager's own */
  readonly workers?: number;
  /** @default - Alertmanager's own */
  readonly maxRetries?: number;
  /** @default - Alertmanager's own */
  readonly retryBackoff?: string;
  /** Sends several events in one request. @default false */
  readonly batch?: boolean;
  /** @default - Alertmanager's own */
  readonly batchMaxEvents?: number;
  /** @default - Alertmanager's own */
  readonly batchMaxBytes?: number;
  /** @default - Alertmanager's own */
  readonly batchFlushInterval?: string;
}

/** Events that are sent to Kafka. */
export interface EventKafka {
  /** `host:port` of each broker. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** @default - Alertmanager's own */
  readonly clientId?: string;
  /** @default - Alertmanager's own */
  readonly format?: string;
  /** @default - Alertmanager's own */
  readonly acks?: string;
  /** @default - Alertmanager's own */
  readonly compression?: string;
  /** @default - Alertmanager's own */
  readonly bufferSize?: number;
  /** @default - no TLS */
  readonly tls?: TlsConfig;
}

/**
 * Where Alertmanager records what it does: alerts, groups, notifications, silences.
 *
 * Experimental: needs the feature `event-recorder`.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export interface EventRecorderOptions {
  /** Files of one event a line, under `/alertmanager`. @default - none */
  readonly fileOutputs?: readonly { readonly path: string }[];
  /** Standard output, for `[{}]`. @default - none */
  readonly stdoutOutputs?: readonly Record<string, never>[];
  /** @default - none */
  readonly webhookOutputs?: readonly EventWebhook[];
  /** @default - none */
  readonly kafkaOutputs?: readonly EventKafka[];
}
