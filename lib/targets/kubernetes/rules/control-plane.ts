import { alert, type RuleGroup } from '../../../model/rules';
import { runbook } from '../../../model/runbook';
import { type Component, clientErrors, componentDown, instanceUnreachable, noLeader } from './component';

const SCHEDULER: Component = {
  job: 'kube-scheduler',
  alerts: 'KubeScheduler',
  called: 'the scheduler',
  outage: 'new pods are not assigned to nodes',
};

const CONTROLLER_MANAGER: Component = {
  job: 'kube-controller-manager',
  alerts: 'KubeControllerManager',
  called: 'the controller manager',
  outage: 'workloads are not scaled, rolled out or replaced',
};

const PROXY: Component = {
  job: 'kube-proxy',
  alerts: 'KubeProxy',
  called: 'kube-proxy',
  outage: 'changes of Services do not reach the nodes',
};

const ETCD: Component = {
  job: 'etcd',
  alerts: 'Etcd',
  called: 'etcd',
  outage: 'the API server can neither read nor write objects',
};

/** Rules about the scheduler, for clusters whose scheduler is scraped. */
export function schedulerRules(): readonly RuleGroup[] {
  const attempts = (matchers = '') =>
    `sum(rate(scheduler_schedule_attempts_total{job="kube-scheduler"${matchers}}[5m]))`;
  return [
    {
      name: 'kube-scheduler.alerts',
      rules: [
        componentDown(SCHEDULER),
        instanceUnreachable(SCHEDULER),
        noLeader(SCHEDULER),
        clientErrors(SCHEDULER),
        alert('KubeSchedulerErrors', {
          expr: `${attempts(', result="error"')} / ${attempts()} > 0.05`,
          for: '15m',
          severity: 'warning',
          summary: 'The scheduler fails.',
          description:
            '{{ $value | humanizePercentage }} of the attempts to find a node for a pod end with an error of the scheduler itself.',
          runbook: runbook('KubeSchedulerErrors'),
        }),
      ],
    },
  ];
}

/** Rules about the controller manager, for clusters whose controller manager is scraped. */
export function controllerManagerRules(): readonly RuleGroup[] {
  return [
    {
      name: 'kube-controller-manager.alerts',
      rules: [
        componentDown(CONTROLLER_MANAGER),
        instanceUnreachable(CONTROLLER_MANAGER),
        noLeader(CONTROLLER_MANAGER),
        clientErrors(CONTROLLER_MANAGER),
      ],
    },
  ];
}

/** Rules about kube-proxy, for clusters that have it and where it is scraped. */
export function kubeProxyRules(): readonly RuleGroup[] {
  const failures = (metric: string) => `increase(kubeproxy_sync_proxy_rules_${metric}{job="kube-proxy"}[10m]) > 0`;
  const timestamp = (metric: string) => `kubeproxy_sync_proxy_rules_${metric}_timestamp_seconds{job="kube-proxy"}`;
  return [
    {
      name: 'kube-proxy.alerts',
      rules: [
        componentDown(PROXY),
        instanceUnreachable(PROXY),
        clientErrors(PROXY),
        alert('KubeProxySyncFailing', {
          expr: `${failures('iptables_restore_failures_total')} or ${failures('nftables_sync_failures_total')}`,
          for: '15m',
          severity: 'warning',
          summary: 'kube-proxy cannot write its rules.',
          description:
            'kube-proxy at {{ $labels.instance }} failed {{ $value | humanize }} times in ten minutes to write its rules into the kernel, so Services may lead to pods that are gone.',
          runbook: runbook('KubeProxySyncFailing'),
        }),
        alert('KubeProxyRulesOutdated', {
          expr: `${timestamp('last_queued')} - ${timestamp('last')} > 300`,
          for: '10m',
          severity: 'warning',
          summary: 'The rules of kube-proxy are out of date.',
          description:
            'A change that kube-proxy at {{ $labels.instance }} learned of was not applied; its rules are {{ $value | humanizeDuration }} older.',
          runbook: runbook('KubeProxyRulesOutdated'),
        }),
      ],
    },
  ];
}

/** Rules about etcd, for clusters whose etcd is scraped. */
export function etcdRules(): readonly RuleGroup[] {
  const self = 'job="etcd"';
  const slowest = (metric: string) =>
    `histogram_quantile(0.99, sum by (instance, le) (rate(etcd_${metric}_duration_seconds_bucket{${self}}[5m])))`;
  return [
    {
      name: 'etcd.alerts',
      rules: [
        componentDown(ETCD),
        instanceUnreachable(ETCD),
        alert('EtcdInsufficientMembers', {
          expr: `count(up{${self}} == 1) < (count(up{${self}}) + 1) / 2`,
          for: '5m',
          severity: 'critical',
          summary: 'etcd has lost its quorum.',
          description:
            'Members of etcd that answer: {{ $value }}, fewer than the majority that it needs to accept writes.',
          runbook: runbook('EtcdInsufficientMembers'),
        }),
        alert('EtcdNoLeader', {
          expr: `etcd_server_has_leader{${self}} == 0`,
          for: '1m',
          severity: 'critical',
          summary: 'A member of etcd has no leader.',
          description: 'The etcd member {{ $labels.instance }} knows no leader and cannot serve requests.',
          runbook: runbook('EtcdNoLeader'),
        }),
        alert('EtcdHighNumberOfLeaderChanges', {
          expr: `max(increase(etcd_server_leader_changes_seen_total{${self}}[15m])) > 3`,
          for: '5m',
          severity: 'warning',
          summary: 'The leader of etcd changes often.',
          description:
            'etcd elected {{ $value | humanize }} leaders in 15 minutes; mostly the disk or the network is too slow.',
          runbook: runbook('EtcdHighNumberOfLeaderChanges'),
        }),
        alert('EtcdHighNumberOfFailedProposals', {
          expr: `increase(etcd_server_proposals_failed_total{${self}}[15m]) > 5`,
          for: '15m',
          severity: 'warning',
          summary: 'etcd fails to agree on changes.',
          description: '{{ $value | humanize }} proposals of member {{ $labels.instance }} failed in 15 minutes.',
          runbook: runbook('EtcdHighNumberOfFailedProposals'),
        }),
        alert('EtcdMemberCommunicationSlow', {
          expr:
            'histogram_quantile(0.99, sum by (instance, To, le) ' +
            `(rate(etcd_network_peer_round_trip_time_seconds_bucket{${self}}[5m]))) > 0.15`,
          for: '10m',
          severity: 'warning',
          summary: 'Members of etcd reach each other slowly.',
          description:
            'A round trip from {{ $labels.instance }} to member {{ $labels.To }} takes {{ $value | humanizeDuration }}.',
          runbook: runbook('EtcdMemberCommunicationSlow'),
        }),
        alert('EtcdHighFsyncDurations', {
          expr: `${slowest('disk_wal_fsync')} > 0.5`,
          for: '10m',
          severity: 'warning',
          summary: 'The disk of etcd is slow.',
          description: 'Writing its log to disk takes etcd at {{ $labels.instance }} {{ $value | humanizeDuration }}.',
          runbook: runbook('EtcdHighFsyncDurations'),
        }),
        alert('EtcdHighCommitDurations', {
          expr: `${slowest('disk_backend_commit')} > 0.25`,
          for: '10m',
          severity: 'warning',
          summary: 'etcd commits slowly.',
          description:
            'Committing its database to disk takes etcd at {{ $labels.instance }} {{ $value | humanizeDuration }}.',
          runbook: runbook('EtcdHighCommitDurations'),
        }),
        alert('EtcdDatabaseQuotaLowSpace', {
          expr: `etcd_mvcc_db_total_size_in_bytes{${self}} / etcd_server_quota_backend_bytes{${self}} > 0.9`,
          for: '10m',
          severity: 'critical',
          summary: 'The database of etcd is almost full.',
          description:
            'The database of {{ $labels.instance }} takes {{ $value | humanizePercentage }} of its quota. etcd refuses writes when it is full.',
          runbook: runbook('EtcdDatabaseQuotaLowSpace'),
        }),
        alert('EtcdExcessiveDatabaseGrowth', {
          expr:
            `predict_linear(etcd_mvcc_db_total_size_in_bytes{${self}}[4h], 4 * 3600) ` +
            `> etcd_server_quota_backend_bytes{${self}} and etcd_mvcc_db_total_size_in_bytes{${self}} offset 2h`,
          for: '10m',
          severity: 'warning',
          summary: 'The database of etcd will be full within four hours.',
          description:
            'The database of {{ $labels.instance }} would have {{ $value | humanize1024 }}B in four hours, more than its quota.',
          runbook: runbook('EtcdExcessiveDatabaseGrowth'),
        }),
        alert('EtcdDatabaseHighFragmentationRatio', {
          expr:
            `etcd_mvcc_db_total_size_in_use_in_bytes{${self}} / etcd_mvcc_db_total_size_in_bytes{${self}} < 0.5 ` +
            `and etcd_mvcc_db_total_size_in_bytes{${self}} > 256 * 1024 ^ 2`,
          for: '30m',
          severity: 'warning',
          summary: 'The database of etcd is mostly holes.',
          description:
            'Only {{ $value | humanizePercentage }} of the database file of {{ $labels.instance }} is in use; defragmenting it frees the rest.',
          runbook: runbook('EtcdDatabaseHighFragmentationRatio'),
        }),
      ],
    },
  ];
}
