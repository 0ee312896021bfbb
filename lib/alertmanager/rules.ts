import { alert, type Rule, type RuleGroup } from '../model/rules';
import { runbook } from '../model/runbook';

/** What of an Alertmanager its own rules have to know. */
export interface AlertmanagerRulesOptions {
  /** Its `job` label. */
  readonly job: string;
  readonly namespace: string;
  /** Replicas that should run. */
  readonly replicas: number;
}

const WHO = 'Alertmanager {{ $labels.namespace }}/{{ $labels.pod }}';

/** Rules about the health of Alertmanager itself. */
export function alertmanagerRules({ job, namespace, replicas }: AlertmanagerRulesOptions): readonly RuleGroup[] {
  const self = `job="${job}",namespace="${namespace}"`;
  return [
    { name: `${job}.configuration`, rules: configuration(self) },
    { name: `${job}.availability`, rules: availability(self) },
    { name: `${job}.notifications`, rules: notifications(self) },
    ...(replicas > 1 ? [{ name: `${job}.cluster`, rules: cluster(self, replicas) }] : []),
  ];
}

function configuration(self: string): readonly Rule[] {
  return [
    alert('AlertmanagerConfigReloadFailed', {
      expr: `max_over_time(alertmanager_config_last_reload_successful{${self}}[5m]) == 0`,
      for: '10m',
      severity: 'critical',
      summary: 'Alertmanager rejects its configuration.',
      description: `${WHO} goes on with the last configuration that it could load. It will not start again if it is restarted now.`,
      runbook: runbook('AlertmanagerConfigReloadFailed'),
    }),
    alert('AlertmanagerConfigReloaderFailing', {
      expr: `max_over_time(reloader_last_reload_successful{${self}}[5m]) == 0`,
      for: '10m',
      severity: 'warning',
      summary: 'The config reloader of Alertmanager fails.',
      description: `The sidecar of ${WHO} cannot make it read its configuration again, so changed receivers and routes do not take effect.`,
      runbook: runbook('AlertmanagerConfigReloaderFailing'),
    }),
  ];
}

function availability(self: string): readonly Rule[] {
  return [
    alert('AlertmanagerDown', {
      expr: `absent(up{${self}, endpoint="web"} == 1)`,
      for: '5m',
      severity: 'critical',
      summary: 'No Alertmanager answers.',
      description:
        'No replica of Alertmanager could be scraped for five minutes. While none runs, nobody is notified of any alert.',
      runbook: runbook('AlertmanagerDown'),
    }),
    alert('AlertmanagerCrashLooping', {
      expr: `changes(process_start_time_seconds{${self}, endpoint="web"}[10m]) > 4`,
      for: '5m',
      severity: 'critical',
      summary: 'Alertmanager restarts again and again.',
      description: `${WHO} was started {{ $value }} times in ten minutes. Look at the end of its previous log, and at its memory limit.`,
      runbook: runbook('AlertmanagerCrashLooping'),
    }),
    alert('AlertmanagerInvalidAlerts', {
      expr: `rate(alertmanager_alerts_invalid_total{${self}}[5m]) > 0`,
      for: '15m',
      severity: 'warning',
      summary: 'Alertmanager receives alerts that it cannot read.',
      description: `${WHO} refuses {{ $value | humanize }} alerts per second because their labels or times are not valid. Nobody is notified of them.`,
      runbook: runbook('AlertmanagerInvalidAlerts'),
    }),
  ];
}

/** The share of notifications that fail, of each replica and integration. */
function failedShare(self: string): string {
  const rate = (metric: string) => `sum by (job, namespace, pod, integration) (rate(${metric}{${self}}[15m]))`;
  return `${rate('alertmanager_notifications_failed_total')} / ${rate('alertmanager_notifications_total')}`;
}

function notifications(self: string): readonly Rule[] {
  return [
    alert('AlertmanagerNotificationsFailing', {
      expr: `${failedShare(self)} > 0.01`,
      for: '5m',
      severity: 'warning',
      summary: 'Notifications by {{ $labels.integration }} fail.',
      description: `${WHO} could not deliver {{ $value | humanizePercentage }} of the notifications by {{ $labels.integration }}. Its log says why.`,
      runbook: runbook('AlertmanagerNotificationsFailing'),
    }),
    alert('AlertmanagerNotificationsLost', {
      expr: `min by (job, namespace, integration) (${failedShare(self)}) > 0.5`,
      for: '5m',
      severity: 'critical',
      summary: 'Most notifications by {{ $labels.integration }} are lost.',
      description:
        'Every replica of Alertmanager that tries fails to deliver at least {{ $value | humanizePercentage }} of the ' +
        'notifications by {{ $labels.integration }}. People are not notified.',
      runbook: runbook('AlertmanagerNotificationsLost'),
    }),
  ];
}

function cluster(self: string, replicas: number): readonly Rule[] {
  return [
    alert('AlertmanagerReplicaMissing', {
      expr: `count by (job, namespace) (up{${self}, endpoint="web"} == 1) < ${replicas}`,
      for: '15m',
      severity: 'warning',
      summary: 'A replica of Alertmanager does not run.',
      description: `{{ $value }} of ${replicas} replicas answer. Fewer are left to fail.`,
      runbook: runbook('AlertmanagerReplicaMissing'),
    }),
    alert('AlertmanagerClusterMembersMissing', {
      expr: `max_over_time(alertmanager_cluster_members{${self}}[5m]) < ${replicas}`,
      for: '15m',
      severity: 'critical',
      summary: 'Alertmanager has lost members of its cluster.',
      description: `${WHO} sees {{ $value }} of ${replicas} members. Members that do not see each other notify twice, and do not share silences.`,
      runbook: runbook('AlertmanagerClusterMembersMissing'),
    }),
    alert('AlertmanagerClusterConfigInconsistent', {
      expr: `count by (job, namespace) (count_values by (job, namespace) ("config_hash", alertmanager_config_hash{${self}})) > 1`,
      for: '20m',
      severity: 'critical',
      summary: 'Replicas of Alertmanager run different configurations.',
      description:
        'There are {{ $value }} configurations in one cluster. Which one decides on a notification is chance.',
      runbook: runbook('AlertmanagerClusterConfigInconsistent'),
    }),
  ];
}
