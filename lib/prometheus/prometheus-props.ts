import type { Storage } from '../core/storage';
import type { Resources, WorkloadProps } from '../core/workload';
import type { AlertmanagerEndpoint } from '../model/alertmanager-endpoint';
import type { Labels } from '../model/label';
import type { RelabelConfig } from '../model/relabel';
import type { RemoteRead, RemoteWrite } from '../model/remote-storage';
import type { ScrapeLimits } from '../model/scrape/endpoint';
import type { ServerTls } from '../model/server-tls';

/** How the time series database keeps data. */
export interface TsdbOptions {
  /** Compression of the write-ahead log. @default snappy */
  readonly walCompression?: 'snappy' | 'zstd' | 'none';
  /** Accepts samples up to this much older than the newest. @default - none */
  readonly outOfOrderTimeWindow?: string;
  /** Exemplars kept in memory; switches exemplar storage on. @default - none */
  readonly maxExemplars?: number;
  /** Share of the disk, in percent, above which the oldest blocks go. @default - no such bound */
  readonly retentionPercentage?: number;
  /** Share of stale series, 0 to 1, above which the head is compacted early. @default - Prometheus' own */
  readonly staleSeriesCompactionThreshold?: number;
  /** Share of the block range, in percent, by which compactions of replicas are delayed at random. @default 10 */
  readonly delayedCompactionMaxPercent?: number;
  /** File with the blocks that an uploader has seen; others are not compacted. @default - none */
  readonly delayCompactFilePath?: string;
  /** Compacts blocks that overlap in time. @default true */
  readonly allowOverlappingCompaction?: boolean;
  /** Time between two looks for new blocks. @default 1m */
  readonly blockReloadInterval?: string;
  /** Size of a segment of the write-ahead log, such as `64MB`; 10MB to 256MB. @default 128MB */
  readonly walSegmentSize?: string;
  /** Size of a chunk segment of a block, such as `256MB`. @default 512MB */
  readonly maxBlockChunkSegmentSize?: string;
  /** Samples of a chunk. @default 120 */
  readonly samplesPerChunk?: number;
  /** Blocks between 2 hours and this are merged; equal bounds are needed for uploads. @default - a tenth of the retention */
  readonly maxBlockDuration?: string;
  /** Time in memory before a block is written. @default 2h */
  readonly minBlockDuration?: string;
  /** Leaves out the lock file. @default false */
  readonly noLockfile?: boolean;
  /** Queue for memory-mapped head chunks; 0 switches it off. @default 0 */
  readonly headChunksWriteQueueSize?: number;
}

/** What the web server offers and how. */
export interface WebOptions {
  /** URL under which users reach it; used in links of alerts. @default - the Service's address */
  readonly externalUrl?: string;
  /** Path under which everything is served. @default - the path of externalUrl */
  readonly routePrefix?: string;
  /** Title of the page. @default - Prometheus' own */
  readonly pageTitle?: string;
  /** Regex of allowed CORS origins. @default .* */
  readonly corsOrigin?: string;
  /** @default 5m */
  readonly readTimeout?: string;
  /** @default 512 */
  readonly maxConnections?: number;
  /** Subscribers of live notifications. @default 16 */
  readonly maxNotificationsSubscribers?: number;
  /** Deletion and snapshots by HTTP, for everyone who reaches the port. @default false */
  readonly enableAdminApi?: boolean;
  /** Accepts remote write. @default false */
  readonly enableRemoteWriteReceiver?: boolean;
  /** Messages of remote write that are accepted. @default - both versions */
  readonly acceptedProtobufMessages?: readonly ('prometheus.WriteRequest' | 'io.prometheus.write.v2.Request')[];
  /** Accepts OTLP. @default false */
  readonly enableOtlpReceiver?: boolean;
  /** Folder of static files of one's own, served under `/user`. @default - none */
  readonly userAssets?: string;
  /** Folder of console templates. @default - none */
  readonly consoleTemplates?: string;
  /** Folder of console libraries. @default - none */
  readonly consoleLibraries?: string;
  /** Most results that the search API gives. @default 10000 */
  readonly searchMaxLimit?: number;
  /** @default - plain http */
  readonly tls?: ServerTls;
}

/** Bounds of queries. */
export interface QueryOptions {
  /** Age up to which a sample counts as current. @default 5m */
  readonly lookbackDelta?: string;
  /** @default 2m */
  readonly timeout?: string;
  /** Queries at once. @default 20 */
  readonly maxConcurrency?: number;
  /** Samples that one query may load. @default 50000000 */
  readonly maxSamples?: number;
  /** File that every query is written to, inside the data folder. @default - none */
  readonly logFile?: string;
}

/** How rules are evaluated and alerts are sent. */
export interface RuleOptions {
  /** Evaluates this much in the past. @default - now */
  readonly queryOffset?: string;
  /** Outage after which the state of alerts is still restored. @default 1h */
  readonly forOutageTolerance?: string;
  /** @default 10m */
  readonly forGracePeriod?: string;
  /** @default 1m */
  readonly resendDelay?: string;
  /** Independent rules evaluated at once. @default 4 */
  readonly maxConcurrentEvals?: number;
  /** Alerts that wait for an Alertmanager. @default 10000 */
  readonly notificationQueueCapacity?: number;
  /** Alerts of one request to an Alertmanager. @default 256 */
  readonly notificationBatchSize?: number;
  /** Sends what waits before it shuts down. @default true */
  readonly drainNotificationQueueOnShutdown?: boolean;
  /** Rewrites or drops alerts before they are sent, after the replica label was removed. @default - nothing more */
  readonly alertRelabelings?: readonly RelabelConfig[];
}

/** How remote storage is served. */
export interface RemoteReadServerOptions {
  /** @default 50000000 */
  readonly sampleLimit?: number;
  /** @default 10 */
  readonly concurrentLimit?: number;
  /** @default 1048576 */
  readonly maxBytesInFrame?: number;
  /** Time for unsent samples at shutdown. @default 1m */
  readonly flushDeadline?: string;
}

/**
 * A Prometheus server; the same for every back end.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export interface PrometheusProps extends WorkloadProps {
  /** Servers that all scrape the same, for availability. @default 1 */
  readonly replicas?: number;
  /** Age at which samples are deleted. @default 15d */
  readonly retention?: string;
  /** Bytes of blocks above which the oldest are deleted, such as `80GB`. @default - 80 % of the storage's size, where it has one */
  readonly retentionSize?: string;
  /** @default - an emptyDir */
  readonly storage?: Storage;
  /** Labels of every series and alert that leaves this Prometheus, such as `cluster`. @default - the replica label alone */
  readonly externalLabels?: Labels;
  /** External label that holds the name of the replica. @default prometheus_replica */
  readonly replicaLabel?: string;
  /** @default 30s */
  readonly scrapeInterval?: string;
  /** @default 10s */
  readonly scrapeTimeout?: string;
  /** @default 30s */
  readonly evaluationInterval?: string;
  /** Bounds of every scrape that has none of its own. @default - unlimited */
  readonly limits?: Omit<ScrapeLimits, 'nativeHistogramBucketLimit' | 'nativeHistogramMinBucketFactor'>;
  /** @default - nothing is sent */
  readonly remoteWrite?: readonly RemoteWrite[];
  /** @default - nothing is asked */
  readonly remoteRead?: readonly RemoteRead[];
  /** Entries of `scrape_configs` in Prometheus' own spelling, passed through. @default - none */
  readonly rawScrapeConfigs?: readonly (Readonly<Record<string, unknown>> & { readonly job_name: string })[];
  /** Who gets the alerts. @default - nobody beyond those named by sendAlertsTo */
  readonly alertmanagers?: readonly AlertmanagerEndpoint[];
  readonly tsdb?: TsdbOptions;
  readonly web?: WebOptions;
  readonly query?: QueryOptions;
  readonly ruleEvaluation?: RuleOptions;
  readonly remoteReadServer?: RemoteReadServerOptions;
  /** Features behind a flag. @default - none @see https://prometheus.io/docs/prometheus/latest/feature_flags/ */
  readonly enableFeatures?: readonly string[];
  /** @default info */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** @default logfmt */
  readonly logFormat?: 'logfmt' | 'json';
  /** Share of the memory limit that Go's collector aims at, 0 to 1. @default 0.9 */
  readonly autoGomemlimitRatio?: number;
  /** Annotations of the ServiceAccount alone, such as a cloud's role. @default - none */
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>>;
  /** Time for a clean shutdown. @default 600 */
  readonly terminationGracePeriodSeconds?: number;
  /** Requests and limits of the config reloader. @default - 10m and 32Mi requested, 64Mi at most */
  readonly reloaderResources?: Resources;
}
