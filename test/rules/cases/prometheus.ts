import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';

const SELF = { job: 'prometheus', namespace: 'monitoring', pod: 'prometheus-0', instance: '10.1.0.5:9090' };
const SECOND = { job: 'prometheus', namespace: 'monitoring', pod: 'prometheus-1', instance: '10.1.0.6:9090' };
const ALERTMANAGERS = [
  { alertmanager: 'http://10.1.0.7:9093/api/v2/alerts' },
  { alertmanager: 'http://10.1.0.8:9093/api/v2/alerts' },
] as const;
const [FIRST_ALERTMANAGER, SECOND_ALERTMANAGER] = ALERTMANAGERS;
const REMOTE = { remote_name: 'archive', url: 'https://archive.example/api/v1/write' };
const GROUP = { rule_group: '/etc/prometheus/rules/node.yml;node' };

const self = (metric: string, samples: Samples, labels: Labels = {}): Series => [
  series(`prometheus_${metric}`, SELF, labels),
  samples,
];

/** An alert about a counter: fires while it grows, and not because it once did. */
function counter(alert: string, metric: string, says: string, labels: Labels = {}): RuleCase {
  return {
    alert,
    fires: { series: [self(metric, growing(1), labels)], labels: { ...SELF, ...labels }, says },
    quiet: { series: [self(metric, 7, labels)] },
  };
}

export const PROMETHEUS_CASES: readonly RuleCase[] = [
  {
    alert: 'PrometheusBadConfig',
    fires: { series: [self('config_last_reload_successful', 0)], labels: SELF, says: '?' },
    quiet: { series: [self('config_last_reload_successful', '1x140 0x2 1x10')] },
  },
  {
    alert: 'PrometheusConfigReloaderFailing',
    fires: { series: [[series('reloader_last_reload_successful', SELF), 0]], labels: SELF, says: '?' },
    quiet: { series: [[series('reloader_last_reload_successful', SELF), '0x3 1x150']], at: '12m' },
  },
  {
    alert: 'PrometheusSDConfigFailed',
    fires: { series: [self('sd_failed_configs', 1, { name: 'scrape' })], labels: { ...SELF, name: 'scrape' }, says: '?' },
    quiet: { series: [self('sd_failed_configs', 0, { name: 'scrape' })] },
  },
  counter('PrometheusSDRefreshFailure', 'sd_refresh_failures_total', '?', { config: 'gateways', mechanism: 'dns' }),
  counter('PrometheusKubernetesListWatchFailures', 'sd_kubernetes_failures_total', '?'),
  {
    alert: 'PrometheusNotIngestingSamples',
    fires: {
      series: [
        self('tsdb_head_samples_appended_total', 900, { type: 'float' }),
        self('tsdb_head_samples_appended_total', 0, { type: 'histogram' }),
        self('target_scrape_pool_targets', 3, { scrape_job: 'node-exporter' }),
      ],
      labels: SELF,
      says: '?',
    },
    quiet: {
      series: [
        self('tsdb_head_samples_appended_total', growing(600), { type: 'float' }),
        self('tsdb_head_samples_appended_total', 0, { type: 'histogram' }),
        self('target_scrape_pool_targets', 3, { scrape_job: 'node-exporter' }),
      ],
    },
  },
  counter('PrometheusTargetSyncFailure', 'target_sync_failed_total', '?', { scrape_job: 'payments' }),
  counter('PrometheusScrapePoolFailing', 'target_scrape_pool_reloads_failed_total', '?'),
  counter('PrometheusTargetLimitHit', 'target_scrape_pool_exceeded_target_limit_total', '?'),
  counter('PrometheusLabelLimitHit', 'target_scrape_pool_exceeded_label_limits_total', '?'),
  counter('PrometheusScrapeSampleLimitHit', 'target_scrapes_exceeded_sample_limit_total', '?'),
  counter('PrometheusScrapeBodySizeLimitHit', 'target_scrapes_exceeded_body_size_limit_total', '?'),
  counter('PrometheusDuplicateTimestamps', 'target_scrapes_sample_duplicate_timestamp_total', '?'),
  counter('PrometheusOutOfOrderTimestamps', 'target_scrapes_sample_out_of_order_total', '?'),
  counter('PrometheusOutOfBoundsTimestamps', 'target_scrapes_sample_out_of_bounds_total', '?'),
  counter('PrometheusRuleFailures', 'rule_evaluation_failures_total', '?', GROUP),
  counter('PrometheusMissingRuleEvaluations', 'rule_group_iterations_missed_total', '?', GROUP),
  counter('PrometheusTemplateFailures', 'template_text_expansion_failures_total', '?'),
  {
    alert: 'PrometheusHighQueryLoad',
    fires: {
      series: [self('engine_queries', 19), self('engine_queries_concurrent_max', 20)],
      labels: SELF,
      says: '?',
    },
    quiet: { series: [self('engine_queries', '2x144 20x2 2x10'), self('engine_queries_concurrent_max', 20)] },
  },
  counter('PrometheusTSDBReloadsFailing', 'tsdb_reloads_failures_total', '?'),
  {
    alert: 'PrometheusTSDBCompactionsFailing',
    fires: { series: [self('tsdb_compactions_failed_total', growing(1))], labels: SELF, says: '?' },
    quiet: { series: [self('tsdb_compactions_failed_total', '0x100 1x60')] },
  },
  counter('PrometheusTSDBWALWritesFailing', 'tsdb_wal_writes_failed_total', '?'),
  counter('PrometheusTSDBWALTruncationsFailing', 'tsdb_wal_truncations_failed_total', '?'),
  {
    alert: 'PrometheusTSDBCorruption',
    fires: { series: [self('tsdb_wal_corruptions_total', 1)], labels: SELF, says: '?' },
    quiet: { series: [self('tsdb_wal_corruptions_total', 0), self('tsdb_mmap_chunk_corruptions_total', 0)] },
  },
  {
    alert: 'PrometheusReplicaMissing',
    fires: {
      series: [
        [series('up', SELF, { endpoint: 'web' }), 1],
        [series('up', SELF, { endpoint: 'reloader-web' }), 1],
        [series('up', SECOND, { endpoint: 'web' }), 0],
      ],
      labels: { job: 'prometheus' },
      says: '?',
    },
    quiet: {
      series: [
        [series('up', SELF, { endpoint: 'web' }), 1],
        [series('up', SECOND, { endpoint: 'web' }), 1],
      ],
    },
  },
  {
    alert: 'PrometheusNotConnectedToAlertmanagers',
    fires: { series: [self('notifications_alertmanagers_discovered', 0)], labels: SELF, says: '?' },
    quiet: { series: [self('notifications_alertmanagers_discovered', '0x4 1x150')], at: '12m' },
  },
  {
    alert: 'PrometheusErrorSendingAlertsToSomeAlertmanagers',
    fires: {
      series: [
        self('notifications_errors_total', growing(1), FIRST_ALERTMANAGER),
        self('notifications_sent_total', growing(3), FIRST_ALERTMANAGER),
        self('notifications_errors_total', 0, SECOND_ALERTMANAGER),
        self('notifications_sent_total', growing(4), SECOND_ALERTMANAGER),
      ],
      labels: { ...SELF, ...FIRST_ALERTMANAGER },
      says: '?',
    },
    quiet: {
      series: [
        self('notifications_errors_total', 12, FIRST_ALERTMANAGER),
        self('notifications_sent_total', growing(4), FIRST_ALERTMANAGER),
      ],
    },
  },
  {
    alert: 'PrometheusErrorSendingAlertsToAnyAlertmanager',
    fires: {
      series: ALERTMANAGERS.flatMap((each) => [
        self('notifications_errors_total', growing(4), each),
        self('notifications_sent_total', 0, each),
      ]),
      labels: SELF,
      says: '?',
    },
    quiet: {
      series: [
        self('notifications_errors_total', growing(4), FIRST_ALERTMANAGER),
        self('notifications_sent_total', 0, FIRST_ALERTMANAGER),
        self('notifications_errors_total', 0, SECOND_ALERTMANAGER),
        self('notifications_sent_total', growing(4), SECOND_ALERTMANAGER),
      ],
    },
  },
  {
    alert: 'PrometheusNotificationQueueRunningFull',
    fires: {
      series: [
        self('notifications_queue_length', 9000, FIRST_ALERTMANAGER),
        self('notifications_queue_capacity', 10000),
      ],
      labels: { ...SELF, ...FIRST_ALERTMANAGER },
      says: '?',
    },
    quiet: {
      series: [
        self('notifications_queue_length', '0x140 9000x4 0x20', FIRST_ALERTMANAGER),
        self('notifications_queue_capacity', 10000),
      ],
    },
  },
  {
    alert: 'PrometheusRemoteStorageFailures',
    fires: {
      series: [
        self('remote_storage_samples_failed_total', growing(10), REMOTE),
        self('remote_storage_samples_total', growing(190), REMOTE),
      ],
      labels: { ...SELF, ...REMOTE },
      says: '?',
    },
    quiet: {
      series: [
        self('remote_storage_samples_failed_total', 5000, REMOTE),
        self('remote_storage_samples_total', growing(200), REMOTE),
      ],
    },
  },
  {
    alert: 'PrometheusRemoteWriteBehind',
    fires: {
      series: [
        self('remote_storage_queue_highest_timestamp_seconds', growing(60, 1000), REMOTE),
        self('remote_storage_queue_highest_sent_timestamp_seconds', growing(60, 400), REMOTE),
      ],
      labels: { ...SELF, ...REMOTE },
      says: '?',
    },
    quiet: {
      series: [
        self('remote_storage_queue_highest_timestamp_seconds', growing(60, 1000), REMOTE),
        self('remote_storage_queue_highest_sent_timestamp_seconds', growing(60, 970), REMOTE),
      ],
    },
  },
  {
    alert: 'PrometheusRemoteWriteDesiredShards',
    fires: {
      series: [
        self('remote_storage_shards_desired', 80, REMOTE),
        self('remote_storage_shards_max', 50, REMOTE),
      ],
      labels: { ...SELF, ...REMOTE },
      says: '?',
    },
    quiet: {
      series: [
        self('remote_storage_shards_desired', 50, REMOTE),
        self('remote_storage_shards_max', 50, REMOTE),
      ],
    },
  },
];
