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
    fires: {
      series: [self('config_last_reload_successful', 0)],
      labels: SELF,
      says: 'Prometheus monitoring/prometheus-0 goes on with the last configuration that it could load. It will not start again if it is restarted now.',
    },
    quiet: { series: [self('config_last_reload_successful', '1x140 0x2 1x10')] },
  },
  {
    alert: 'PrometheusConfigReloaderFailing',
    fires: {
      series: [[series('reloader_last_reload_successful', SELF), 0]],
      labels: SELF,
      says: 'The sidecar of Prometheus monitoring/prometheus-0 cannot make it read its configuration again, so changes do not take effect.',
    },
    quiet: { series: [[series('reloader_last_reload_successful', SELF), '0x3 1x150']], at: '12m' },
  },
  {
    alert: 'PrometheusSDConfigFailed',
    fires: {
      series: [self('sd_failed_configs', 1, { name: 'scrape' })],
      labels: { ...SELF, name: 'scrape' },
      says: 'Discovery configurations of scrape that Prometheus monitoring/prometheus-0 could not load: 1. Nothing is found through them.',
    },
    quiet: { series: [self('sd_failed_configs', 0, { name: 'scrape' })] },
  },
  counter(
    'PrometheusSDRefreshFailure',
    'sd_refresh_failures_total',
    'Prometheus monitoring/prometheus-0 fails to refresh the dns discovery of gateways and works with an old list.',
    { config: 'gateways', mechanism: 'dns' },
  ),
  counter(
    'PrometheusKubernetesListWatchFailures',
    'sd_kubernetes_failures_total',
    'Prometheus monitoring/prometheus-0 had 5 failed requests to the API server in five minutes. New targets may not be found.',
  ),
  {
    alert: 'PrometheusNotIngestingSamples',
    fires: {
      series: [
        self('tsdb_head_samples_appended_total', 900, { type: 'float' }),
        self('tsdb_head_samples_appended_total', 0, { type: 'histogram' }),
        self('target_scrape_pool_targets', 3, { scrape_job: 'node-exporter' }),
      ],
      labels: SELF,
      says: 'Prometheus monitoring/prometheus-0 has targets, but appends nothing to its database.',
    },
    quiet: {
      series: [
        self('tsdb_head_samples_appended_total', growing(600), { type: 'float' }),
        self('tsdb_head_samples_appended_total', 0, { type: 'histogram' }),
        self('target_scrape_pool_targets', 3, { scrape_job: 'node-exporter' }),
      ],
    },
  },
  counter(
    'PrometheusTargetSyncFailure',
    'target_sync_failed_total',
    'In Prometheus monitoring/prometheus-0, 30 targets of payments ended up with invalid labels or addresses and are not scraped.',
    { scrape_job: 'payments' },
  ),
  counter(
    'PrometheusScrapePoolFailing',
    'target_scrape_pool_reloads_failed_total',
    'Prometheus monitoring/prometheus-0 failed to create or reload a scrape pool; mostly a certificate, token or CA file that it cannot read.',
  ),
  counter(
    'PrometheusTargetLimitHit',
    'target_scrape_pool_exceeded_target_limit_total',
    'Prometheus monitoring/prometheus-0 scrapes none of the targets of a job whose target limit is exceeded.',
  ),
  counter(
    'PrometheusLabelLimitHit',
    'target_scrape_pool_exceeded_label_limits_total',
    'Prometheus monitoring/prometheus-0 discards whole scrapes because a label limit is exceeded.',
  ),
  counter(
    'PrometheusScrapeSampleLimitHit',
    'target_scrapes_exceeded_sample_limit_total',
    'Prometheus monitoring/prometheus-0 discarded 5 scrapes in five minutes because the sample limit is exceeded.',
  ),
  counter(
    'PrometheusScrapeBodySizeLimitHit',
    'target_scrapes_exceeded_body_size_limit_total',
    'Prometheus monitoring/prometheus-0 discarded 5 scrapes in five minutes because the body size limit is exceeded.',
  ),
  counter(
    'PrometheusDuplicateTimestamps',
    'target_scrapes_sample_duplicate_timestamp_total',
    'Prometheus monitoring/prometheus-0 dropped 5 samples in five minutes that differ from one with the same labels and time.',
  ),
  counter(
    'PrometheusOutOfOrderTimestamps',
    'target_scrapes_sample_out_of_order_total',
    'Prometheus monitoring/prometheus-0 dropped 5 samples in five minutes that are older than the last one of their series.',
  ),
  counter(
    'PrometheusOutOfBoundsTimestamps',
    'target_scrapes_sample_out_of_bounds_total',
    'Prometheus monitoring/prometheus-0 dropped 5 samples in five minutes whose own timestamps are too old or in the future.',
  ),
  counter(
    'PrometheusRuleFailures',
    'rule_evaluation_failures_total',
    'Prometheus monitoring/prometheus-0 failed 5 times in five minutes to evaluate a rule of /etc/prometheus/rules/node.yml;node. Its alerts do not fire.',
    GROUP,
  ),
  counter(
    'PrometheusMissingRuleEvaluations',
    'rule_group_iterations_missed_total',
    'Prometheus monitoring/prometheus-0 skipped 5 evaluations of /etc/prometheus/rules/node.yml;node in five minutes because the one before had not finished.',
    GROUP,
  ),
  counter(
    'PrometheusTemplateFailures',
    'template_text_expansion_failures_total',
    'Prometheus monitoring/prometheus-0 could not render 30 labels or annotations in half an hour; those alerts arrive with an error as their text.',
  ),
  {
    alert: 'PrometheusHighQueryLoad',
    fires: {
      series: [self('engine_queries', 19), self('engine_queries_concurrent_max', 20)],
      labels: SELF,
      says: 'Prometheus monitoring/prometheus-0 uses 95% of the queries that may run at once. Dashboards and rules start to wait.',
    },
    quiet: { series: [self('engine_queries', '2x144 20x2 2x10'), self('engine_queries_concurrent_max', 20)] },
  },
  counter(
    'PrometheusTSDBReloadsFailing',
    'tsdb_reloads_failures_total',
    'Prometheus monitoring/prometheus-0 failed 30 times in half an hour to reload blocks from disk.',
  ),
  {
    alert: 'PrometheusTSDBCompactionsFailing',
    fires: {
      series: [self('tsdb_compactions_failed_total', growing(1))],
      labels: SELF,
      says: 'Prometheus monitoring/prometheus-0 failed 60 times in an hour to compact blocks. Memory and disk use grow until it succeeds.',
    },
    quiet: { series: [self('tsdb_compactions_failed_total', '0x100 1x60')] },
  },
  counter(
    'PrometheusTSDBWALWritesFailing',
    'tsdb_wal_writes_failed_total',
    'Prometheus monitoring/prometheus-0 failed 10 times in ten minutes to write samples to disk. They are lost at the next restart.',
  ),
  counter(
    'PrometheusTSDBWALTruncationsFailing',
    'tsdb_wal_truncations_failed_total',
    'Prometheus monitoring/prometheus-0 failed to cut off the old part of its write-ahead log, which goes on growing and makes the next start slower.',
  ),
  {
    alert: 'PrometheusTSDBCorruption',
    fires: {
      series: [self('tsdb_wal_corruptions_total', 1)],
      labels: SELF,
      says: 'Corruptions that Prometheus monitoring/prometheus-0 met since it was started: 1. It dropped what it could not read.',
    },
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
      says: 'Replicas that answer: 1 of 2. Fewer are left to fail.',
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
    fires: {
      series: [self('notifications_alertmanagers_discovered', 0)],
      labels: SELF,
      says: 'Prometheus monitoring/prometheus-0 discovers no Alertmanager, so nobody is told about any alert.',
    },
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
      says: 'Prometheus monitoring/prometheus-0 fails to send 25% of the alerts to http://10.1.0.7:9093/api/v2/alerts.',
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
      says: 'Prometheus monitoring/prometheus-0 fails to send at least 100% of the alerts, whichever Alertmanager it tries.',
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
      says: 'The queue of Prometheus monitoring/prometheus-0 for http://10.1.0.7:9093/api/v2/alerts stays 90% full. Alerts arrive late, and are dropped once it is full.',
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
      says: 'Prometheus monitoring/prometheus-0 could not send 5% of the samples to archive (https://archive.example/api/v1/write) and does not try again.',
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
      says: 'Prometheus monitoring/prometheus-0 is 10m 0s behind with sending to archive (https://archive.example/api/v1/write). What is older than two hours may be lost.',
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
      series: [self('remote_storage_shards_desired', 80, REMOTE), self('remote_storage_shards_max', 50, REMOTE)],
      labels: { ...SELF, ...REMOTE },
      says: 'Prometheus monitoring/prometheus-0 would need 80 shards to keep up with archive (https://archive.example/api/v1/write), more than its configuration allows.',
    },
    quiet: {
      series: [self('remote_storage_shards_desired', 50, REMOTE), self('remote_storage_shards_max', 50, REMOTE)],
    },
  },
];
