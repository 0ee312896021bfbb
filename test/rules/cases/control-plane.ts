import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';
import { clientErrorsCase, downCase, noLeaderCase, unreachableCase } from './component';

const SCHEDULER = { alerts: 'KubeScheduler', job: 'kube-scheduler' };
const CONTROLLER_MANAGER = { alerts: 'KubeControllerManager', job: 'kube-controller-manager' };
const PROXY = { alerts: 'KubeProxy', job: 'kube-proxy' };
const ETCD = { alerts: 'Etcd', job: 'etcd' };
const PROXY_SELF = { job: 'kube-proxy', instance: '10.0.0.1:10249', ip_family: 'IPv4' };
const ETCD_SELF = { job: 'etcd', instance: '10.0.0.1:2381' };
const MIB = 1024 ** 2;

const attempts = (result: string, perMinute: number): Series => [
  series('scheduler_schedule_attempts_total', { job: 'kube-scheduler', result, profile: 'default-scheduler' }),
  growing(perMinute),
];
const proxy = (metric: string, samples: Samples): Series => [
  series(`kubeproxy_sync_proxy_rules_${metric}`, PROXY_SELF),
  samples,
];
const etcd = (metric: string, samples: Samples, labels: Labels = {}): Series => [
  series(`etcd_${metric}`, ETCD_SELF, labels),
  samples,
];
/** A histogram all of whose observations lie between two of its bounds. */
const between = (metric: string, above: string, upTo: string, labels: Labels = {}): readonly Series[] =>
  [above, upTo, '+Inf'].map((le) => etcd(`${metric}_bucket`, le === above ? 0 : growing(10), { ...labels, le }));
const size = (samples: Samples): Series => etcd('mvcc_db_total_size_in_bytes', samples);
const quota: Series = etcd('server_quota_backend_bytes', 2048 * MIB);
const members = (...up: readonly number[]): readonly Series[] =>
  up.map((value, index) => [series('up', { job: 'etcd', instance: `10.0.0.${index + 1}:2381` }), value]);

export const CONTROL_PLANE_CASES: readonly RuleCase[] = [
  downCase(
    SCHEDULER,
    'No instance of the scheduler can be scraped. While none runs, new pods are not assigned to nodes.',
  ),
  unreachableCase(SCHEDULER, 'Prometheus cannot scrape the scheduler at 10.0.0.1:6443.'),
  noLeaderCase(
    SCHEDULER,
    'All instances of the scheduler wait for the lease kube-scheduler. While none holds it, new pods are not assigned to nodes.',
  ),
  clientErrorsCase(SCHEDULER, '20% of the requests that the scheduler at 10.0.0.1:6443 sends to the API server fail.'),
  {
    alert: 'KubeSchedulerErrors',
    fires: {
      series: [attempts('scheduled', 9), attempts('error', 1)],
      labels: {},
      says: '10% of the attempts to find a node for a pod end with an error of the scheduler itself.',
    },
    // A pod that fits nowhere is no error of the scheduler.
    quiet: { series: [attempts('scheduled', 9), attempts('unschedulable', 90)] },
  },
  downCase(
    CONTROLLER_MANAGER,
    'No instance of the controller manager can be scraped. While none runs, workloads are not scaled, rolled out or replaced.',
  ),
  unreachableCase(CONTROLLER_MANAGER, 'Prometheus cannot scrape the controller manager at 10.0.0.1:6443.'),
  noLeaderCase(
    CONTROLLER_MANAGER,
    'All instances of the controller manager wait for the lease kube-controller-manager. While none holds it, workloads are not scaled, rolled out or replaced.',
  ),
  clientErrorsCase(
    CONTROLLER_MANAGER,
    '20% of the requests that the controller manager at 10.0.0.1:6443 sends to the API server fail.',
  ),
  downCase(
    PROXY,
    'No instance of kube-proxy can be scraped. While none runs, changes of Services do not reach the nodes.',
  ),
  unreachableCase(PROXY, 'Prometheus cannot scrape kube-proxy at 10.0.0.1:6443.'),
  clientErrorsCase(PROXY, '20% of the requests that kube-proxy at 10.0.0.1:6443 sends to the API server fail.'),
  {
    alert: 'KubeProxySyncFailing',
    fires: {
      series: [proxy('nftables_sync_failures_total', growing(1))],
      labels: PROXY_SELF,
      says: 'kube-proxy at 10.0.0.1:10249 failed 10 times in ten minutes to write its rules into the kernel, so Services may lead to pods that are gone.',
    },
    quiet: { series: [proxy('nftables_sync_failures_total', 3), proxy('iptables_restore_failures_total', 0)] },
  },
  {
    alert: 'KubeProxyRulesOutdated',
    fires: {
      series: [proxy('last_queued_timestamp_seconds', growing(60)), proxy('last_timestamp_seconds', 600)],
      labels: PROXY_SELF,
      says: 'A change that kube-proxy at 10.0.0.1:10249 learned of was not applied; its rules are 2h 20m 0s older.',
    },
    // Nothing changed for a long time.
    quiet: { series: [proxy('last_queued_timestamp_seconds', 600), proxy('last_timestamp_seconds', 601)] },
  },
  downCase(
    ETCD,
    'No instance of etcd can be scraped. While none runs, the API server can neither read nor write objects.',
  ),
  unreachableCase(ETCD, 'Prometheus cannot scrape etcd at 10.0.0.1:6443.'),
  {
    alert: 'EtcdInsufficientMembers',
    fires: {
      series: members(1, 0, 0),
      labels: {},
      says: 'Members of etcd that answer: 1, fewer than the majority that it needs to accept writes.',
    },
    quiet: { series: members(1, 1, 0) },
  },
  {
    alert: 'EtcdNoLeader',
    fires: {
      series: [etcd('server_has_leader', 0)],
      labels: ETCD_SELF,
      says: 'The etcd member 10.0.0.1:2381 knows no leader and cannot serve requests.',
    },
    quiet: { series: [etcd('server_has_leader', 1)] },
  },
  {
    alert: 'EtcdHighNumberOfLeaderChanges',
    fires: {
      series: [etcd('server_leader_changes_seen_total', growing(1))],
      labels: {},
      says: 'etcd elected 15 leaders in 15 minutes; mostly the disk or the network is too slow.',
    },
    quiet: { series: [etcd('server_leader_changes_seen_total', '1x140 2x20')] },
  },
  {
    alert: 'EtcdHighNumberOfFailedProposals',
    fires: {
      series: [etcd('server_proposals_failed_total', growing(1))],
      labels: ETCD_SELF,
      says: '15 proposals of member 10.0.0.1:2381 failed in 15 minutes.',
    },
    quiet: { series: [etcd('server_proposals_failed_total', '0x140 3x20')] },
  },
  {
    alert: 'EtcdMemberCommunicationSlow',
    fires: {
      series: between('network_peer_round_trip_time_seconds', '0.2048', '0.4096', { To: '8e9e05c52164694d' }),
      labels: { instance: ETCD_SELF.instance, To: '8e9e05c52164694d' },
      says: 'A round trip from 10.0.0.1:2381 to member 8e9e05c52164694d takes 407.6ms.',
    },
    quiet: { series: between('network_peer_round_trip_time_seconds', '0.0016', '0.0032', { To: '8e9e05c52164694d' }) },
  },
  {
    alert: 'EtcdHighFsyncDurations',
    fires: {
      series: between('disk_wal_fsync_duration_seconds', '0.512', '1.024'),
      labels: { instance: ETCD_SELF.instance },
      says: 'Writing its log to disk takes etcd at 10.0.0.1:2381 1.019s.',
    },
    quiet: { series: between('disk_wal_fsync_duration_seconds', '0.004', '0.008') },
  },
  {
    alert: 'EtcdHighCommitDurations',
    fires: {
      series: between('disk_backend_commit_duration_seconds', '0.256', '0.512'),
      labels: { instance: ETCD_SELF.instance },
      says: 'Committing its database to disk takes etcd at 10.0.0.1:2381 509.4ms.',
    },
    quiet: { series: between('disk_backend_commit_duration_seconds', '0.004', '0.008') },
  },
  {
    alert: 'EtcdDatabaseQuotaLowSpace',
    fires: {
      series: [size(1946 * MIB), quota],
      labels: ETCD_SELF,
      says: 'The database of 10.0.0.1:2381 takes 95.02% of its quota. etcd refuses writes when it is full.',
    },
    quiet: { series: [size(1500 * MIB), quota] },
  },
  {
    alert: 'EtcdExcessiveDatabaseGrowth',
    fires: {
      series: [size(growing(8 * MIB, 100 * MIB)), quota],
      labels: ETCD_SELF,
      says: 'The database of 10.0.0.1:2381 would have 3.145GiB in four hours, more than its quota.',
    },
    quiet: { series: [size(growing(MIB, 100 * MIB)), quota] },
  },
  {
    alert: 'EtcdDatabaseHighFragmentationRatio',
    fires: {
      series: [size(1000 * MIB), etcd('mvcc_db_total_size_in_use_in_bytes', 300 * MIB)],
      labels: ETCD_SELF,
      says: 'Only 30% of the database file of 10.0.0.1:2381 is in use; defragmenting it frees the rest.',
    },
    // A small database is not worth the trouble.
    quiet: { series: [size(20 * MIB), etcd('mvcc_db_total_size_in_use_in_bytes', 2 * MIB)] },
  },
];
