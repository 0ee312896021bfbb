import { alert, type Rule, type RuleGroup } from '../model/rules';
import { runbook } from '../model/runbook';

/** What of a Prometheus its own rules have to know. */
export interface PrometheusRulesOptions {
  /** True where it sends samples to a remote storage. */
  readonly remoteWrite: boolean;
  /** Servers that should run. */
  readonly replicas: number;
  /** True where it sends alerts to at least one Alertmanager. */
  readonly alertmanagers: boolean;
}

const SELF = 'job="prometheus"';
const WHO = 'Prometheus {{ $labels.namespace }}/{{ $labels.pod }}';

/** Rules about the health of Prometheus itself. */
export function prometheusRules({
  remoteWrite,
  replicas,
  alertmanagers,
}: PrometheusRulesOptions): readonly RuleGroup[] {
  return [
    { name: 'prometheus.configuration', rules: CONFIGURATION },
    { name: 'prometheus.scraping', rules: SCRAPING },
    { name: 'prometheus.evaluation', rules: EVALUATION },
    { name: 'prometheus.storage', rules: STORAGE },
    ...(replicas > 1 ? [{ name: 'prometheus.replicas', rules: [replicaMissing(replicas)] }] : []),
    ...(alertmanagers ? [{ name: 'prometheus.notifications', rules: NOTIFICATIONS }] : []),
    ...(remoteWrite ? [{ name: 'prometheus.remote-write', rules: REMOTE_WRITE }] : []),
  ];
}

const ERRORS = `rate(prometheus_notifications_errors_total{${SELF}}[5m])`;
/** Of the alerts for one Alertmanager; Prometheus counts those that were sent and those that were not apart. */
const FAILED_SHARE = `${ERRORS} / (${ERRORS} + rate(prometheus_notifications_sent_total{${SELF}}[5m]))`;

const CONFIGURATION: readonly Rule[] = [
  alert('PrometheusBadConfig', {
    expr: `max_over_time(prometheus_config_last_reload_successful{${SELF}}[5m]) == 0`,
    for: '10m',
    severity: 'critical',
    summary: 'Prometheus rejects its configuration.',
    description: `${WHO} goes on with the last configuration that it could load. It will not start again if it is restarted now.`,
    runbook: runbook('PrometheusBadConfig'),
  }),
  alert('PrometheusConfigReloaderFailing', {
    expr: `max_over_time(reloader_last_reload_successful{${SELF}}[5m]) == 0`,
    for: '10m',
    severity: 'warning',
    summary: 'The config reloader of Prometheus fails.',
    description: `The sidecar of ${WHO} cannot make it read its configuration again, so changes do not take effect.`,
    runbook: runbook('PrometheusConfigReloaderFailing'),
  }),
  alert('PrometheusSDConfigFailed', {
    expr: `prometheus_sd_failed_configs{${SELF}} > 0`,
    for: '10m',
    severity: 'warning',
    summary: 'Prometheus cannot set up a service discovery.',
    description: `Discovery configurations of {{ $labels.name }} that ${WHO} could not load: {{ $value }}. Nothing is found through them.`,
    runbook: runbook('PrometheusSDConfigFailed'),
  }),
  alert('PrometheusSDRefreshFailure', {
    expr: `increase(prometheus_sd_refresh_failures_total{${SELF}}[10m]) > 0`,
    for: '20m',
    severity: 'warning',
    summary: 'Prometheus cannot refresh discovered targets.',
    description: `${WHO} fails to refresh the {{ $labels.mechanism }} discovery of {{ $labels.config }} and works with an old list.`,
    runbook: runbook('PrometheusSDRefreshFailure'),
  }),
  alert('PrometheusKubernetesListWatchFailures', {
    expr: `increase(prometheus_sd_kubernetes_failures_total{${SELF}}[5m]) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'Prometheus cannot list or watch Kubernetes objects.',
    description: `${WHO} had {{ $value | humanize }} failed requests to the API server in five minutes. New targets may not be found.`,
    runbook: runbook('PrometheusKubernetesListWatchFailures'),
  }),
];

const SCRAPING: readonly Rule[] = [
  alert('PrometheusNotIngestingSamples', {
    expr:
      `sum without (type) (rate(prometheus_tsdb_head_samples_appended_total{${SELF}}[5m])) == 0 ` +
      `and sum without (scrape_job) (prometheus_target_scrape_pool_targets{${SELF}}) > 0`,
    for: '10m',
    severity: 'critical',
    summary: 'Prometheus stores no samples.',
    description: `${WHO} has targets, but appends nothing to its database.`,
    runbook: runbook('PrometheusNotIngestingSamples'),
  }),
  alert('PrometheusTargetSyncFailure', {
    expr: `increase(prometheus_target_sync_failed_total{${SELF}}[30m]) > 0`,
    for: '5m',
    severity: 'warning',
    summary: 'Prometheus drops targets that it cannot build.',
    description: `In ${WHO}, {{ $value | humanize }} targets of {{ $labels.scrape_job }} ended up with invalid labels or addresses and are not scraped.`,
    runbook: runbook('PrometheusTargetSyncFailure'),
  }),
  alert('PrometheusScrapePoolFailing', {
    expr:
      `increase(prometheus_target_scrape_pool_reloads_failed_total{${SELF}}[30m]) > 0 ` +
      `or increase(prometheus_target_scrape_pools_failed_total{${SELF}}[30m]) > 0`,
    for: '5m',
    severity: 'warning',
    summary: 'Prometheus cannot set up a scrape job.',
    description: `${WHO} failed to create or reload a scrape pool; mostly a certificate, token or CA file that it cannot read.`,
    runbook: runbook('PrometheusScrapePoolFailing'),
  }),
  alert('PrometheusTargetLimitHit', {
    expr: `increase(prometheus_target_scrape_pool_exceeded_target_limit_total{${SELF}}[5m]) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'A scrape job has more targets than its limit allows.',
    description: `${WHO} scrapes none of the targets of a job whose target limit is exceeded.`,
    runbook: runbook('PrometheusTargetLimitHit'),
  }),
  alert('PrometheusLabelLimitHit', {
    expr: `increase(prometheus_target_scrape_pool_exceeded_label_limits_total{${SELF}}[5m]) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'A target exposes more or longer labels than its limit allows.',
    description: `${WHO} discards whole scrapes because a label limit is exceeded.`,
    runbook: runbook('PrometheusLabelLimitHit'),
  }),
  alert('PrometheusScrapeSampleLimitHit', {
    expr: `increase(prometheus_target_scrapes_exceeded_sample_limit_total{${SELF}}[5m]) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'A target exposes more samples than its limit allows.',
    description: `${WHO} discarded {{ $value | humanize }} scrapes in five minutes because the sample limit is exceeded.`,
    runbook: runbook('PrometheusScrapeSampleLimitHit'),
  }),
  alert('PrometheusScrapeBodySizeLimitHit', {
    expr: `increase(prometheus_target_scrapes_exceeded_body_size_limit_total{${SELF}}[5m]) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'A target answers with more bytes than its limit allows.',
    description: `${WHO} discarded {{ $value | humanize }} scrapes in five minutes because the body size limit is exceeded.`,
    runbook: runbook('PrometheusScrapeBodySizeLimitHit'),
  }),
  alert('PrometheusDuplicateTimestamps', {
    expr: `increase(prometheus_target_scrapes_sample_duplicate_timestamp_total{${SELF}}[5m]) > 0`,
    for: '1h',
    severity: 'warning',
    summary: 'Prometheus drops samples with duplicate timestamps.',
    description: `${WHO} dropped {{ $value | humanize }} samples in five minutes that differ from one with the same labels and time.`,
    runbook: runbook('PrometheusDuplicateTimestamps'),
  }),
  alert('PrometheusOutOfOrderTimestamps', {
    expr: `increase(prometheus_target_scrapes_sample_out_of_order_total{${SELF}}[5m]) > 0`,
    for: '1h',
    severity: 'warning',
    summary: 'Prometheus drops samples that arrive out of order.',
    description: `${WHO} dropped {{ $value | humanize }} samples in five minutes that are older than the last one of their series.`,
    runbook: runbook('PrometheusOutOfOrderTimestamps'),
  }),
  alert('PrometheusOutOfBoundsTimestamps', {
    expr: `increase(prometheus_target_scrapes_sample_out_of_bounds_total{${SELF}}[5m]) > 0`,
    for: '1h',
    severity: 'warning',
    summary: 'Prometheus drops samples with timestamps far from now.',
    description: `${WHO} dropped {{ $value | humanize }} samples in five minutes whose own timestamps are too old or in the future.`,
    runbook: runbook('PrometheusOutOfBoundsTimestamps'),
  }),
];

const EVALUATION: readonly Rule[] = [
  alert('PrometheusRuleFailures', {
    expr: `increase(prometheus_rule_evaluation_failures_total{${SELF}}[5m]) > 0`,
    for: '15m',
    severity: 'critical',
    summary: 'Prometheus cannot evaluate rules.',
    description: `${WHO} failed {{ $value | humanize }} times in five minutes to evaluate a rule of {{ $labels.rule_group }}. Its alerts do not fire.`,
    runbook: runbook('PrometheusRuleFailures'),
  }),
  alert('PrometheusMissingRuleEvaluations', {
    expr: `increase(prometheus_rule_group_iterations_missed_total{${SELF}}[5m]) > 0`,
    for: '15m',
    severity: 'warning',
    summary: 'Prometheus evaluates rules too slowly.',
    description: `${WHO} skipped {{ $value | humanize }} evaluations of {{ $labels.rule_group }} in five minutes because the one before had not finished.`,
    runbook: runbook('PrometheusMissingRuleEvaluations'),
  }),
  alert('PrometheusTemplateFailures', {
    expr: `increase(prometheus_template_text_expansion_failures_total{${SELF}}[30m]) > 0`,
    for: '5m',
    severity: 'warning',
    summary: 'Texts of alerts cannot be rendered.',
    description: `${WHO} could not render {{ $value | humanize }} labels or annotations in half an hour; those alerts arrive with an error as their text.`,
    runbook: runbook('PrometheusTemplateFailures'),
  }),
  alert('PrometheusHighQueryLoad', {
    expr:
      `avg_over_time(prometheus_engine_queries{${SELF}}[5m]) ` +
      `/ max_over_time(prometheus_engine_queries_concurrent_max{${SELF}}[5m]) > 0.8`,
    for: '15m',
    severity: 'warning',
    summary: 'Prometheus is close to its limit of concurrent queries.',
    description: `${WHO} uses {{ $value | humanizePercentage }} of the queries that may run at once. Dashboards and rules start to wait.`,
    runbook: runbook('PrometheusHighQueryLoad'),
  }),
];

const STORAGE: readonly Rule[] = [
  alert('PrometheusTSDBReloadsFailing', {
    expr: `increase(prometheus_tsdb_reloads_failures_total{${SELF}}[30m]) > 0`,
    for: '30m',
    severity: 'warning',
    summary: 'Prometheus cannot reload its blocks.',
    description: `${WHO} failed {{ $value | humanize }} times in half an hour to reload blocks from disk.`,
    runbook: runbook('PrometheusTSDBReloadsFailing'),
  }),
  alert('PrometheusTSDBCompactionsFailing', {
    expr: `increase(prometheus_tsdb_compactions_failed_total{${SELF}}[1h]) > 0`,
    for: '1h',
    severity: 'warning',
    summary: 'Prometheus cannot compact its blocks.',
    description: `${WHO} failed {{ $value | humanize }} times in an hour to compact blocks. Memory and disk use grow until it succeeds.`,
    runbook: runbook('PrometheusTSDBCompactionsFailing'),
  }),
  alert('PrometheusTSDBWALWritesFailing', {
    expr: `increase(prometheus_tsdb_wal_writes_failed_total{${SELF}}[10m]) > 0`,
    for: '5m',
    severity: 'critical',
    summary: 'Prometheus cannot write its write-ahead log.',
    description: `${WHO} failed {{ $value | humanize }} times in ten minutes to write samples to disk. They are lost at the next restart.`,
    runbook: runbook('PrometheusTSDBWALWritesFailing'),
  }),
  alert('PrometheusTSDBWALTruncationsFailing', {
    expr:
      `increase(prometheus_tsdb_wal_truncations_failed_total{${SELF}}[6h]) > 0 ` +
      `or increase(prometheus_tsdb_checkpoint_creations_failed_total{${SELF}}[6h]) > 0`,
    for: '5m',
    severity: 'warning',
    summary: 'Prometheus cannot shorten its write-ahead log.',
    description: `${WHO} failed to cut off the old part of its write-ahead log, which goes on growing and makes the next start slower.`,
    runbook: runbook('PrometheusTSDBWALTruncationsFailing'),
  }),
  alert('PrometheusTSDBCorruption', {
    expr:
      `prometheus_tsdb_wal_corruptions_total{${SELF}} > 0 ` +
      `or prometheus_tsdb_mmap_chunk_corruptions_total{${SELF}} > 0`,
    for: '5m',
    severity: 'warning',
    summary: 'Prometheus found corrupt data on disk.',
    description: `Corruptions that ${WHO} met since it was started: {{ $value }}. It dropped what it could not read.`,
    runbook: runbook('PrometheusTSDBCorruption'),
  }),
];

const NOTIFICATIONS: readonly Rule[] = [
  alert('PrometheusNotConnectedToAlertmanagers', {
    expr: `max_over_time(prometheus_notifications_alertmanagers_discovered{${SELF}}[5m]) < 1`,
    for: '10m',
    severity: 'critical',
    summary: 'Prometheus knows no Alertmanager.',
    description: `${WHO} discovers no Alertmanager, so nobody is told about any alert.`,
    runbook: runbook('PrometheusNotConnectedToAlertmanagers'),
  }),
  alert('PrometheusErrorSendingAlertsToSomeAlertmanagers', {
    expr: `${FAILED_SHARE} > 0.01`,
    for: '15m',
    severity: 'warning',
    summary: 'Prometheus cannot send all alerts to an Alertmanager.',
    description: `${WHO} fails to send {{ $value | humanizePercentage }} of the alerts to {{ $labels.alertmanager }}.`,
    runbook: runbook('PrometheusErrorSendingAlertsToSomeAlertmanagers'),
  }),
  alert('PrometheusErrorSendingAlertsToAnyAlertmanager', {
    expr: `min without (alertmanager) (${FAILED_SHARE}) > 0.03`,
    for: '10m',
    severity: 'critical',
    summary: 'Prometheus loses alerts at every Alertmanager.',
    description: `${WHO} fails to send at least {{ $value | humanizePercentage }} of the alerts, whichever Alertmanager it tries.`,
    runbook: runbook('PrometheusErrorSendingAlertsToAnyAlertmanager'),
  }),
  alert('PrometheusNotificationQueueRunningFull', {
    expr:
      `min_over_time(prometheus_notifications_queue_length{${SELF}}[10m]) ` +
      `/ ignoring (alertmanager) group_left () prometheus_notifications_queue_capacity{${SELF}} > 0.5`,
    for: '10m',
    severity: 'warning',
    summary: 'Alerts of Prometheus wait to be sent.',
    description: `The queue of ${WHO} for {{ $labels.alertmanager }} stays {{ $value | humanizePercentage }} full. Alerts arrive late, and are dropped once it is full.`,
    runbook: runbook('PrometheusNotificationQueueRunningFull'),
  }),
];

const REMOTE_WRITE: readonly Rule[] = [
  alert('PrometheusRemoteStorageFailures', {
    expr:
      `rate(prometheus_remote_storage_samples_failed_total{${SELF}}[5m]) ` +
      `/ (rate(prometheus_remote_storage_samples_failed_total{${SELF}}[5m]) ` +
      `+ rate(prometheus_remote_storage_samples_total{${SELF}}[5m])) > 0.01`,
    for: '15m',
    severity: 'critical',
    summary: 'Prometheus loses samples on the way to remote storage.',
    description: `${WHO} could not send {{ $value | humanizePercentage }} of the samples to {{ $labels.remote_name }} ({{ $labels.url }}) and does not try again.`,
    runbook: runbook('PrometheusRemoteStorageFailures'),
  }),
  alert('PrometheusRemoteWriteBehind', {
    expr:
      `prometheus_remote_storage_queue_highest_timestamp_seconds{${SELF}} ` +
      `- prometheus_remote_storage_queue_highest_sent_timestamp_seconds{${SELF}} > 120`,
    for: '15m',
    severity: 'critical',
    summary: 'Remote storage lags behind Prometheus.',
    description: `${WHO} is {{ $value | humanizeDuration }} behind with sending to {{ $labels.remote_name }} ({{ $labels.url }}). What is older than two hours may be lost.`,
    runbook: runbook('PrometheusRemoteWriteBehind'),
  }),
  alert('PrometheusRemoteWriteDesiredShards', {
    expr: `prometheus_remote_storage_shards_desired{${SELF}} ` + `> prometheus_remote_storage_shards_max{${SELF}}`,
    for: '15m',
    severity: 'warning',
    summary: 'Prometheus wants more remote write shards than it may use.',
    description: `${WHO} would need {{ $value }} shards to keep up with {{ $labels.remote_name }} ({{ $labels.url }}), more than its configuration allows.`,
    runbook: runbook('PrometheusRemoteWriteDesiredShards'),
  }),
];

function replicaMissing(replicas: number): Rule {
  return alert('PrometheusReplicaMissing', {
    expr: `count by (job) (up{${SELF}, endpoint="web"} == 1) < ${replicas}`,
    for: '15m',
    severity: 'warning',
    summary: 'A replica of Prometheus does not run.',
    description: `Replicas that answer: {{ $value }} of ${replicas}. Fewer are left to fail.`,
    runbook: runbook('PrometheusReplicaMissing'),
  });
}
