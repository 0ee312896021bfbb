import type { Resources } from '../../core/workload';
import type { Authorization, TlsConfig } from '../../model/http-client';
import type { Labels } from '../../model/label';
import type { SecretKey } from '../../model/references';
import type { RelabelConfig } from '../../model/relabel';
import type { ScrapeProtocol } from '../../model/scrape/endpoint';

/** Settings that every monitor which names the class takes over. */
export interface ScrapeClassOptions {
  readonly name: string;
  /** Holds for every monitor that names no class; one class at most. @default false */
  readonly default?: boolean;
  /** By a file of the container: the operator takes no Secret here. @default - none */
  readonly authorization?: Authorization;
  /** @default - none */
  readonly tls?: TlsConfig;
  /** Applied before those of the monitor. @default - none */
  readonly relabelings?: readonly RelabelConfig[];
  /** Applied before those of the monitor. @default - none */
  readonly metricRelabelings?: readonly RelabelConfig[];
  /** @default false */
  readonly attachNodeMetadata?: boolean;
  /** @default - such a scrape fails */
  readonly fallbackScrapeProtocol?: ScrapeProtocol;
}

/** Bounds that no monitor can exceed, whatever it says itself. */
export interface EnforcedLimits {
  /** @default - not enforced */
  readonly sampleLimit?: number;
  /** @default - not enforced */
  readonly targetLimit?: number;
  /** @default - not enforced */
  readonly labelLimit?: number;
  /** @default - not enforced */
  readonly labelNameLengthLimit?: number;
  /** @default - not enforced */
  readonly labelValueLengthLimit?: number;
  /** Such as `10MB`. @default - not enforced */
  readonly bodySizeLimit?: string;
  /** @default - not enforced */
  readonly keepDroppedTargets?: number;
  /** Label that is set to the namespace of the monitor or rule, on every series. @default - not enforced */
  readonly namespaceLabel?: string;
}

/**
 * The Thanos sidecar: uploads blocks, and answers queries of a Thanos Querier by gRPC on port 10901.
 *
 * A Querier finds every replica at `dns+<name>-headless.<namespace>.svc:10901`; let it in by
 * `prometheus.connections.allowFrom(peer, { port: 'grpc' })`. Object storage is reached on port 443; for another one use
 * `allowTo`.
 *
 * @see https://thanos.io/tip/components/sidecar.md/
 */
export interface ThanosSidecarOptions {
  /** Key of a Secret with the object storage configuration. @default - nothing is uploaded */
  readonly objectStorageConfig?: SecretKey;
  /** @default - 10m and 64Mi requested */
  readonly resources?: Resources;
  /** @default info */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** @default logfmt */
  readonly logFormat?: 'logfmt' | 'json';
  /** Oldest data that the sidecar offers, such as `-2h`. @default - everything */
  readonly minTime?: string;
  /** Time that Prometheus may take to start. @default 10m */
  readonly readyTimeout?: string;
  /** Further flags, each complete, such as `--flag=value`. @default - none */
  readonly extraArgs?: readonly string[];
}

/** Monitors and rules of others that this Prometheus takes up, beside those that this package writes. */
export interface ForeignMonitors {
  /** Namespaces in which they lie. */
  readonly namespaces: readonly string[];
}

/** What only a Prometheus that prometheus-operator runs can be told. */
export interface OperatorOptions {
  /** Scrapes and forwards only: no rules, no queries, no alerts; needs remoteWrite. @default false */
  readonly agent?: boolean;
  /** Parts among which the targets are divided, each with all replicas. @default 1 */
  readonly shards?: number;
  /** @default - no sidecar */
  readonly thanos?: ThanosSidecarOptions;
  /** Scrape classes beside those that targets with files need. @default - none */
  readonly scrapeClasses?: readonly ScrapeClassOptions[];
  /** @default - nothing is enforced */
  readonly enforcedLimits?: EnforcedLimits;
  /** Refuses ServiceMonitors of others that read files of the Prometheus pod. @default true */
  readonly denyFileAccess?: boolean;
  /** Labels by which monitors and rules are selected, and which those of this package bear. @default - `prometheus: <name>` */
  readonly selectorLabels?: Labels;
  /** @default - monitors and rules in the namespace of the Prometheus alone */
  readonly foreignMonitors?: ForeignMonitors;
}
