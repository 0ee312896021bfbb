import type { PrometheusProps } from '../prometheus-props';
import { CONFIG_ROOT, WEB_CONFIG } from './configuration';

/** Where the data lies in the container. */
export const DATA_ROOT = '/prometheus';

/**
 * The command line of the server; a flag that was not asked for is left to Prometheus' default.
 *
 * @see https://prometheus.io/docs/prometheus/latest/command-line/prometheus/
 */
export function prometheusArguments(props: PrometheusProps, url: string): string[] {
  const { tsdb = {}, web = {}, query = {}, ruleEvaluation: rules = {}, remoteReadServer: read = {} } = props;
  const features = [...(tsdb.maxExemplars === undefined ? [] : ['exemplar-storage']), ...(props.enableFeatures ?? [])];
  const valued: Readonly<Record<string, string | number | undefined>> = {
    'config.file': `${CONFIG_ROOT}/config/prometheus.yml`,
    'storage.tsdb.path': DATA_ROOT,
    'storage.tsdb.wal-compression-type': tsdb.walCompression === 'none' ? undefined : tsdb.walCompression,
    'storage.tsdb.min-block-duration': tsdb.minBlockDuration,
    'storage.tsdb.max-block-duration': tsdb.maxBlockDuration,
    'storage.tsdb.head-chunks-write-queue-size': tsdb.headChunksWriteQueueSize,
    'storage.tsdb.delayed-compaction.max-percent': tsdb.delayedCompactionMaxPercent,
    'storage.tsdb.delay-compact-file.path': tsdb.delayCompactFilePath,
    'storage.tsdb.block-reload-interval': tsdb.blockReloadInterval,
    'storage.tsdb.wal-segment-size': tsdb.walSegmentSize,
    'storage.tsdb.max-block-chunk-segment-size': tsdb.maxBlockChunkSegmentSize,
    'storage.tsdb.samples-per-chunk': tsdb.samplesPerChunk,
    'storage.remote.flush-deadline': read.flushDeadline,
    'storage.remote.read-sample-limit': read.sampleLimit,
    'storage.remote.read-concurrent-limit': read.concurrentLimit,
    'storage.remote.read-max-bytes-in-frame': read.maxBytesInFrame,
    'web.external-url': web.externalUrl ?? url,
    'web.route-prefix': web.routePrefix,
    'web.page-title': web.pageTitle,
    'web.cors.origin': web.corsOrigin,
    'web.read-timeout': web.readTimeout,
    'web.max-connections': web.maxConnections,
    'web.max-notifications-subscribers': web.maxNotificationsSubscribers,
    'web.user-assets': web.userAssets,
    'web.console.templates': web.consoleTemplates,
    'web.console.libraries': web.consoleLibraries,
    'web.search.max-limit': web.searchMaxLimit,
    'web.config.file': web.tls && `${CONFIG_ROOT}/config/${WEB_CONFIG}`,
    'query.lookback-delta': query.lookbackDelta,
    'query.timeout': query.timeout,
    'query.max-concurrency': query.maxConcurrency,
    'query.max-samples': query.maxSamples,
    'rules.alert.for-outage-tolerance': rules.forOutageTolerance,
    'rules.alert.for-grace-period': rules.forGracePeriod,
    'rules.alert.resend-delay': rules.resendDelay,
    'rules.max-concurrent-evals': rules.maxConcurrentEvals,
    'alertmanager.notification-queue-capacity': rules.notificationQueueCapacity,
    'alertmanager.notification-batch-size': rules.notificationBatchSize,
    'auto-gomemlimit.ratio': props.autoGomemlimitRatio,
    'enable-feature': features.length === 0 ? undefined : features.join(','),
    'log.format': props.logFormat,
  };
  const switches: Readonly<Record<string, boolean | undefined>> = {
    'web.enable-lifecycle': true,
    'web.enable-admin-api': web.enableAdminApi,
    'web.enable-remote-write-receiver': web.enableRemoteWriteReceiver,
    'web.enable-otlp-receiver': web.enableOtlpReceiver,
    'storage.tsdb.no-lockfile': tsdb.noLockfile,
    'storage.tsdb.wal-compression': tsdb.walCompression === 'none' ? false : undefined,
    'storage.tsdb.allow-overlapping-compaction': tsdb.allowOverlappingCompaction,
    'alertmanager.drain-notification-queue-on-shutdown': rules.drainNotificationQueueOnShutdown,
  };
  return [
    ...Object.entries(valued).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`])),
    ...Object.entries(switches).flatMap(([flag, on]) => (on === undefined ? [] : [on ? `--${flag}` : `--no-${flag}`])),
    ...(web.acceptedProtobufMessages ?? []).map(
      (message) => `--web.remote-write-receiver.accepted-protobuf-messages=${message}`,
    ),
    ...(props.extraArgs ?? []),
  ];
}
