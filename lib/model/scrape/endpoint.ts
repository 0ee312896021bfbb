import { checkDuration, parseDuration } from '../duration';
import { checkHttpClient, type HttpClientConfig } from '../http-client';
import type { Problems } from '../problem';
import { matchesRegex } from '../regex';
import { checkRelabelings, type RelabelConfig } from '../relabel';
import { checkSize } from '../size';

/** A protocol in which a target can be asked to answer. */
export type ScrapeProtocol =
  | 'PrometheusProto'
  | 'OpenMetricsText0.0.1'
  | 'OpenMetricsText1.0.0'
  | 'PrometheusText0.0.4'
  | 'PrometheusText1.0.0';

/**
 * One URL that is scraped: port, path, protocol and what happens to what it answers.
 *
 * The names are those of Prometheus' `scrape_config` and of the operator's endpoints.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
 */
export interface ScrapeEndpoint extends HttpClientConfig {
  /**
   * Name of the port of the Service or container; a number is looked up among the ports of a Service object, and
   * matched against the declared container ports of pods.
   *
   * @default - the only port
   */
  readonly port?: string | number;
  /**
   * Name or number of a port that the container declares and the Service does not have; takes the place of `port`.
   *
   * @default - none
   */
  readonly targetPort?: string | number;
  /** @default /metrics */
  readonly path?: string;
  /** @default http */
  readonly scheme?: 'http' | 'https';
  /** Query parameters of the scrape. @default - none */
  readonly params?: Readonly<Record<string, readonly string[]>>;
  /** Time between two scrapes, such as `30s`. @default - that of the Prometheus */
  readonly interval?: string;
  /** Time that a scrape may take; not more than the interval. @default - that of the Prometheus */
  readonly timeout?: string;
  /** Labels of the exposition win over those of the target. @default false */
  readonly honorLabels?: boolean;
  /** Timestamps of the exposition are kept. @default true */
  readonly honorTimestamps?: boolean;
  /** Leaves out pods that have failed or are done. @default true */
  readonly filterRunning?: boolean;
  /**
   * Path of a file with a bearer token.
   *
   * @deprecated Use `authorization: { credentials: path }`, which means the same.
   * @default - none
   */
  readonly bearerTokenFile?: string;
  /** Series with timestamps of their own become stale when they vanish. @default false */
  readonly trackTimestampsStaleness?: boolean;
  /** Rewrites or drops targets, before the scrape. @default - none beyond those of the target's kind */
  readonly relabelings?: readonly RelabelConfig[];
  /** Rewrites or drops series, after the scrape. @default - none */
  readonly metricRelabelings?: readonly RelabelConfig[];
  /** Asks for a compressed answer. @default true */
  readonly enableCompression?: boolean;
}

/** What bounds a scrape; a scrape beyond a limit fails as a whole, visibly. */
export interface ScrapeLimits {
  /** Samples per scrape after relabeling. @default - unlimited */
  readonly sampleLimit?: number;
  /** Targets per job after relabeling. @default - unlimited */
  readonly targetLimit?: number;
  /** Labels per series. @default - unlimited */
  readonly labelLimit?: number;
  /** Characters of a label name. @default - unlimited */
  readonly labelNameLengthLimit?: number;
  /** Characters of a label value. @default - unlimited */
  readonly labelValueLengthLimit?: number;
  /** Uncompressed bytes of the answer, such as `10MB`. @default - unlimited */
  readonly bodySizeLimit?: string;
  /** Dropped targets that the web page shows. @default - unlimited */
  readonly keepDroppedTargets?: number;
  /** Buckets of a native histogram. @default - unlimited */
  readonly nativeHistogramBucketLimit?: number;
  /** Least growth from one bucket of a native histogram to the next; finer ones are merged. @default - none */
  readonly nativeHistogramMinBucketFactor?: number;
}

const LIMITS = [
  'sampleLimit',
  'targetLimit',
  'labelLimit',
  'labelNameLengthLimit',
  'labelValueLengthLimit',
  'keepDroppedTargets',
  'nativeHistogramBucketLimit',
] as const;

/** Checks everything of an endpoint that types cannot. */
export function checkEndpoint(endpoint: ScrapeEndpoint, problems: Problems, defaultInterval?: string): void {
  const { interval, timeout, path } = endpoint;
  const effective = interval ?? defaultInterval;
  for (const [name, value] of Object.entries({ interval, timeout })) {
    problems.addIf(name, value === undefined ? undefined : (checkDuration(value) ?? zero(value)));
  }
  if (effective !== undefined && timeout !== undefined) {
    const [every, within] = [parseDuration(effective), parseDuration(timeout)];
    if (every !== undefined && within !== undefined && within > every) {
      problems.add('timeout', `${timeout} is longer than the interval ${effective}. Allowed: at most the interval.`);
    }
  }
  if (path !== undefined && !path.startsWith('/')) {
    problems.add('path', `"${path}" received. Allowed: a path that starts with /.`);
  }
  for (const name of ['port', 'targetPort'] as const) {
    const port = endpoint[name];
    problems.addIf(name, typeof port === 'number' ? portProblem(port) : undefined);
  }
  if (endpoint.targetPort !== undefined && endpoint.port !== undefined) {
    problems.add('targetPort', 'Only one of port and targetPort is possible; remove one.');
  }
  if (endpoint.bearerTokenFile !== undefined && endpoint.authorization !== undefined) {
    problems.add('bearerTokenFile', 'It means the same as authorization, which is set too; remove it.');
  }
  checkHttpClient(withAuthorization(endpoint), endpoint.scheme ?? 'http', problems);
  checkHonoredLabels(endpoint, problems);
  checkRelabelings(endpoint.relabelings ?? [], 'relabelings', problems);
  checkRelabelings(endpoint.metricRelabelings ?? [], 'metricRelabelings', problems);
}

/** Reports a relabeling that takes away what `honorLabels` is there to keep. */
function checkHonoredLabels({ honorLabels, metricRelabelings = [] }: ScrapeEndpoint, problems: Problems): void {
  for (const [index, { action, regex = '(.*)' }] of metricRelabelings.entries()) {
    const dropped = TARGET_LABELS.filter((label) => matchesRegex(regex, label));
    if (honorLabels === true && action === 'labeldrop' && dropped.length > 0) {
      problems.add(
        `metricRelabelings[${index}]`,
        `It drops ${dropped.join(', ')} of the exposition, which honorLabels: true keeps. To be rid of the target's labels, ` +
          "drop them by relabelings; to be rid of the exposition's, leave honorLabels out.",
      );
    }
  }
}

/** Labels that both an exposition and its target have. */
const TARGET_LABELS = ['namespace', 'pod', 'container', 'service', 'node'];

/** Says a bearer token's file in the one way that everything else reads. */
export function withAuthorization<T extends ScrapeEndpoint>(endpoint: T): T {
  const { bearerTokenFile, authorization } = endpoint;
  return bearerTokenFile === undefined || authorization !== undefined
    ? endpoint
    : { ...endpoint, authorization: { credentials: bearerTokenFile } };
}

/** Checks that limits are whole numbers, or sizes. */
export function checkLimits(limits: ScrapeLimits, problems: Problems): void {
  for (const name of LIMITS) {
    const value = limits[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 0)) {
      problems.add(name, `${value} received. Allowed: a whole number, 0 for unlimited.`);
    }
  }
  const factor = limits.nativeHistogramMinBucketFactor;
  if (factor !== undefined && !(factor >= 1)) {
    problems.add('nativeHistogramMinBucketFactor', `${factor} received. Allowed: a number, 1 or more.`);
  }
  problems.addIf('bodySizeLimit', limits.bodySizeLimit === undefined ? undefined : checkSize(limits.bodySizeLimit));
}

/** The message for a number that is no TCP port. */
export function portProblem(port: number): string | undefined {
  return Number.isInteger(port) && port > 0 && port < 65536
    ? undefined
    : `${port} is not a port. Allowed: a whole number from 1 to 65535.`;
}

function zero(duration: string): string | undefined {
  return parseDuration(duration) === 0 ? `"${duration}" received. Allowed: more than 0.` : undefined;
}

/** Renders the fields of a limit block, in Prometheus' spelling. */
export function renderLimits(limits: ScrapeLimits): Record<string, unknown> {
  return {
    sample_limit: limits.sampleLimit,
    target_limit: limits.targetLimit,
    label_limit: limits.labelLimit,
    label_name_length_limit: limits.labelNameLengthLimit,
    label_value_length_limit: limits.labelValueLengthLimit,
    body_size_limit: limits.bodySizeLimit,
    keep_dropped_targets: limits.keepDroppedTargets,
    native_histogram_bucket_limit: limits.nativeHistogramBucketLimit,
    native_histogram_min_bucket_factor: limits.nativeHistogramMinBucketFactor,
  };
}
