import type { PrometheusProps } from '../prometheus-props';
import { CONFIG_ROOT } from './configuration';

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
    'query.lookback-delta': query.lookbackDelta,
    'query.timeout': query.timeout,
    'query.max-concurrency': query.maxConcurrency,
    'query.max-samples': query.maxSamples,
    'rules.alert.for-outage-tolerance': rules.forOutageTolerance,
    'rules.alert.for-grace-period': rules.forGracePeriod,
    'rules.alert.resend-delay': rules.resendDelay,
    'rules.max-concurrent-evals': rules.maxConcurrentEvals,
    'alertmanager.notification-queue-capacity': rules.notificationQueueCapacity,
    'enable-feature': features.length === 0 ? undefined : features.join(','),
    'log.format': props.logFormat,
  };
  const switches: Readonly<Record<string, boolean | undefined>> = {
    'web.enable-lifecycle': true,
    'web.enable-admin-api': web.enableAdminApi,
    'web.enable-remote-write-receiver': web.enableRemoteWriteReceiver,
    'web.enable-otlp-receiver': web.enableOtlpReceiver,
    'storage.tsdb.no-lockfile': tsdb.noLockfile,
  };
  return [
    ...Object.entries(valued).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag}=${value}`])),
    ...Object.entries(switches).flatMap(([flag, on]) => (on === true ? [`--${flag}`] : [])),
    ...(tsdb.walCompression === 'none' ? ['--no-storage.tsdb.wal-compression'] : []),
    ...(props.extraArgs ?? []),
  ];
}
