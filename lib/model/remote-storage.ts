import { type CloudAuth, checkCloudAuth, renderCloudAuth } from './cloud-auth';
import { checkDuration, parseDuration } from './duration';
import {
  authenticationMethods,
  checkHttpClient,
  type HttpClientConfig,
  renderHttpClient,
  urlProblem,
} from './http-client';
import { type Labels, labelNameProblem } from './label';
import type { Problems } from './problem';
import type { FileResolver } from './references';
import { checkRelabelings, type RelabelConfig, renderRelabel } from './relabel';

/**
 * How samples wait for a remote write.
 *
 * @see https://prometheus.io/docs/practices/remote_write/
 */
export interface RemoteWriteQueue {
  /** Samples buffered per shard. @default - Prometheus' own, 10000 */
  readonly capacity?: number;
  /** @default - Prometheus' own, 50 */
  readonly maxShards?: number;
  /** @default - Prometheus' own, 1 */
  readonly minShards?: number;
  /** @default - Prometheus' own, 2000 */
  readonly maxSamplesPerSend?: number;
  /** @default - Prometheus' own, 5s */
  readonly batchSendDeadline?: string;
  /** @default - Prometheus' own, 30ms */
  readonly minBackoff?: string;
  /** @default - Prometheus' own, 5s */
  readonly maxBackoff?: string;
  /** Tries again when the receiver answers 429. @default false */
  readonly retryOnRateLimit?: boolean;
  /** Samples older than this are dropped. @default - none is too old */
  readonly sampleAgeLimit?: string;
}

/**
 * A store to which every sample is sent.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#remote_write
 */
export interface RemoteWrite extends HttpClientConfig, CloudAuth {
  /** Absolute URL of the receiver, without a password. */
  readonly url: string;
  /** Name in Prometheus' own metrics; unique. @default - a hash that Prometheus makes */
  readonly name?: string;
  /** @default 30s */
  readonly remoteTimeout?: string;
  /** Further request headers; no secrets. @default - none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Drops or rewrites samples before they are sent. @default - everything is sent */
  readonly writeRelabelings?: readonly RelabelConfig[];
  /** @default false */
  readonly sendExemplars?: boolean;
  /** @default false */
  readonly sendNativeHistograms?: boolean;
  /** Remote write 1.0, or 2.0. @default prometheus.WriteRequest */
  readonly protobufMessage?: 'prometheus.WriteRequest' | 'io.prometheus.write.v2.Request';
  /** Spreads connections over all addresses of the host. @default false */
  readonly roundRobinDns?: boolean;
  /** @default - Prometheus' own */
  readonly queue?: RemoteWriteQueue;
  /** Sends type, unit and help of metrics. @default - every minute */
  readonly metadata?: { readonly send?: boolean; readonly sendInterval?: string; readonly maxSamplesPerSend?: number };
}

/**
 * A store that is asked for samples that are not here.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#remote_read
 */
export interface RemoteRead extends HttpClientConfig {
  /** Absolute URL of the store, without a password. */
  readonly url: string;
  /** Name in Prometheus' own metrics; unique. @default - a hash that Prometheus makes */
  readonly name?: string;
  /** @default 1m */
  readonly remoteTimeout?: string;
  /** Further request headers; no secrets. @default - none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Only queries that select all of these labels go there. @default - every query */
  readonly requiredMatchers?: Labels;
  /** Also asks for times that local storage should have. @default false */
  readonly readRecent?: boolean;
  /** Uses the external labels as selectors. @default true */
  readonly filterExternalLabels?: boolean;
}

/** Renders an entry of `remote_write`. */
export function renderRemoteWrite(remote: RemoteWrite, files: FileResolver): Record<string, unknown> {
  const { queue, metadata } = remote;
  return {
    url: remote.url,
    name: remote.name,
    remote_timeout: remote.remoteTimeout,
    headers: remote.headers,
    write_relabel_configs: remote.writeRelabelings?.map(renderRelabel),
    send_exemplars: remote.sendExemplars,
    send_native_histograms: remote.sendNativeHistograms,
    protobuf_message: remote.protobufMessage,
    round_robin_dns: remote.roundRobinDns,
    ...renderHttpClient(remote, files),
    ...renderCloudAuth(remote),
    queue_config: queue && {
      capacity: queue.capacity,
      max_shards: queue.maxShards,
      min_shards: queue.minShards,
      max_samples_per_send: queue.maxSamplesPerSend,
      batch_send_deadline: queue.batchSendDeadline,
      min_backoff: queue.minBackoff,
      max_backoff: queue.maxBackoff,
      retry_on_http_429: queue.retryOnRateLimit,
      sample_age_limit: queue.sampleAgeLimit,
    },
    metadata_config: metadata && {
      send: metadata.send,
      send_interval: metadata.sendInterval,
      max_samples_per_send: metadata.maxSamplesPerSend,
    },
  };
}

/** Renders an entry of `remote_read`. */
export function renderRemoteRead(remote: RemoteRead, files: FileResolver): Record<string, unknown> {
  return {
    url: remote.url,
    name: remote.name,
    remote_timeout: remote.remoteTimeout,
    headers: remote.headers,
    required_matchers: remote.requiredMatchers,
    read_recent: remote.readRecent,
    filter_external_labels: remote.filterExternalLabels,
    ...renderHttpClient(remote, files),
  };
}

/** Checks remote writes and reads: URLs, durations, unique names. */
export function checkRemotes(
  property: 'remoteWrite' | 'remoteRead',
  remotes: readonly (RemoteWrite | RemoteRead)[],
  problems: Problems,
): void {
  const names = new Set<string>();
  for (const [index, remote] of remotes.entries()) {
    const here = problems.within(`${property}[${index}]`);
    const fault = urlProblem(remote.url);
    here.addIf('url', fault);
    if (fault === undefined) {
      checkHttpClient(remote, remote.url.startsWith('https:') ? 'https' : 'http', here);
    }
    here.addIf('remoteTimeout', remote.remoteTimeout === undefined ? undefined : checkDuration(remote.remoteTimeout));
    if (remote.name !== undefined && names.has(remote.name)) {
      here.add('name', `"${remote.name}" is used twice. Allowed: a name of its own.`);
    }
    names.add(remote.name ?? '');
    if (isWrite(property, remote)) {
      checkRelabelings(remote.writeRelabelings ?? [], 'writeRelabelings', here);
      checkQueue(remote.queue ?? {}, here);
      const { sendInterval } = remote.metadata ?? {};
      here.addIf('metadata.sendInterval', sendInterval === undefined ? undefined : checkDuration(sendInterval));
      checkCloudAuth(remote, authenticationMethods(remote), here);
    }
    for (const header of Object.keys(remote.headers ?? {})) {
      if (/authorization|token|secret|key|cookie|^host$|^content-|^x-prometheus-remote/i.test(header)) {
        here.add(
          'headers',
          `"${header}" is not allowed: it would hold a secret, or is Prometheus' own. Use authorization, basicAuth or oauth2.`,
        );
      }
    }
    for (const label of 'requiredMatchers' in remote ? Object.keys(remote.requiredMatchers ?? {}) : []) {
      here.addIf('requiredMatchers', labelNameProblem(label));
    }
  }
}

function isWrite(property: 'remoteWrite' | 'remoteRead', _remote: RemoteWrite | RemoteRead): _remote is RemoteWrite {
  return property === 'remoteWrite';
}

function checkQueue(queue: RemoteWriteQueue, problems: Problems): void {
  const { batchSendDeadline, minBackoff, maxBackoff, sampleAgeLimit, minShards, maxShards } = queue;
  for (const [name, value] of Object.entries({ batchSendDeadline, minBackoff, maxBackoff, sampleAgeLimit })) {
    problems.addIf(`queue.${name}`, value === undefined ? undefined : checkDuration(value));
  }
  for (const name of ['capacity', 'maxShards', 'minShards', 'maxSamplesPerSend'] as const) {
    const count = queue[name];
    if (count !== undefined && !(Number.isInteger(count) && count > 0)) {
      problems.add(`queue.${name}`, `${count} received. Allowed: a whole number above 0.`);
    }
  }
  if (minShards !== undefined && maxShards !== undefined && minShards > maxShards) {
    problems.add('queue.minShards', `${minShards} is more than maxShards (${maxShards}).`);
  }
  if ((parseDuration(minBackoff ?? '0') ?? 0) > (parseDuration(maxBackoff ?? '5s') ?? Number.POSITIVE_INFINITY)) {
    problems.add('queue.minBackoff', `${minBackoff} is longer than maxBackoff (${maxBackoff ?? '5s'}).`);
  }
}
