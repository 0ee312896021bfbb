import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';
import { clientErrorsCase, downCase, unreachableCase } from './component';

const KUBELET = { alerts: 'Kubelet', job: 'kubelet' };
const SELF = { job: 'kubelet', instance: '10.0.0.1:10250', node: 'gpu-1' };
const NODE = { node: 'gpu-1' };
const CLAIM = { namespace: 'shop', persistentvolumeclaim: 'orders-0' };
const GIB = 1024 ** 3;
const DAY = 24 * 3600;

const kubelet = (metric: string, samples: Samples, labels: Labels = {}): Series => [
  series(`kubelet_${metric}`, SELF, labels),
  samples,
];
const volume = (metric: string, samples: Samples): Series => kubelet(`volume_stats_${metric}`, samples, CLAIM);
/** A histogram all of whose observations lie between `above` and `upTo`. */
const between = (metric: string, above: string, upTo: string): readonly Series[] => [
  kubelet(`${metric}_bucket`, 0, { le: above }),
  kubelet(`${metric}_bucket`, growing(10), { le: upTo }),
  kubelet(`${metric}_bucket`, growing(10), { le: '+Inf' }),
];
const pods = (samples: Samples): Series => [
  series('kube_node_status_allocatable', { job: 'kube-state-metrics', ...NODE, resource: 'pods' }),
  samples,
];

/** What is true of the client's certificate is true of the server's. */
function certificateCases(side: 'client' | 'server', week: string, day: string): readonly RuleCase[] {
  const alert = `Kubelet${side === 'client' ? 'Client' : 'Server'}CertificateExpiration`;
  const left = (seconds: Samples): Series => kubelet(`certificate_manager_${side}_ttl_seconds`, seconds);
  return [
    {
      alert,
      fires: { series: [left(3 * DAY)], labels: SELF, says: week },
      // The kubelet reports this where it has no such certificate.
      quiet: { series: [left('Inf '.repeat(30).trim())], at: '25m' },
    },
    {
      alert: `${alert}Imminent`,
      fires: { series: [left(DAY / 2)], labels: SELF, says: day },
      quiet: { series: [left(3 * DAY)] },
    },
  ];
}

export const KUBELET_CASES: readonly RuleCase[] = [
  downCase(
    KUBELET,
    'No instance of the kubelet can be scraped. While none runs, no container is started or looked after.',
  ),
  unreachableCase(KUBELET, 'Prometheus cannot scrape the kubelet of node gpu-1 at 10.0.0.1:6443.', NODE),
  clientErrorsCase(KUBELET, '20% of the requests that the kubelet at 10.0.0.1:6443 sends to the API server fail.'),
  {
    alert: 'KubeletTooManyPods',
    fires: {
      series: [kubelet('running_pods', 108), pods(110)],
      labels: NODE,
      says: 'Node gpu-1 runs 98.18% of the pods that it may run.',
    },
    quiet: { series: [kubelet('running_pods', 90), pods(110)] },
  },
  {
    alert: 'KubeletPlegDurationHigh',
    fires: {
      series: between('pleg_relist_duration_seconds', '5', '10'),
      labels: NODE,
      says: 'Listing containers takes the kubelet of node gpu-1 9.95s. The node becomes not ready when it takes too long.',
    },
    quiet: { series: between('pleg_relist_duration_seconds', '0.5', '1') },
  },
  {
    alert: 'KubeletPodStartUpLatencyHigh',
    fires: {
      series: between('pod_start_sli_duration_seconds', '120', '180'),
      labels: NODE,
      says: 'On node gpu-1, pods need 2m 59s to start, without the time for images and init containers.',
    },
    quiet: { series: between('pod_start_sli_duration_seconds', '5', '10') },
  },
  {
    alert: 'KubeNodeEviction',
    fires: {
      series: [kubelet('evictions', '_x145 1x15', { eviction_signal: 'memory.available' })],
      labels: { ...NODE, eviction_signal: 'memory.available' },
      says: 'The kubelet of node gpu-1 evicted pods because of memory.available.',
    },
    quiet: { series: [kubelet('evictions', 3, { eviction_signal: 'memory.available' })] },
  },
  ...certificateCases(
    'client',
    'The client certificate of the kubelet of node gpu-1 expires in 3d 0h 0m 0s.',
    'The client certificate of the kubelet of node gpu-1 expires in 12h 0m 0s.',
  ),
  ...certificateCases(
    'server',
    'The server certificate of the kubelet of node gpu-1 expires in 3d 0h 0m 0s.',
    'The server certificate of the kubelet of node gpu-1 expires in 12h 0m 0s.',
  ),
  {
    alert: 'KubeletClientCertificateRenewalErrors',
    fires: {
      series: [kubelet('certificate_manager_client_expiration_renew_errors', growing(1))],
      labels: SELF,
      says: 'The kubelet of node gpu-1 failed 15 times in 15 minutes to renew the certificate that it needs to reach the API server.',
    },
    quiet: { series: [kubelet('certificate_manager_client_expiration_renew_errors', 4)] },
  },
  {
    alert: 'KubeletServerCertificateRenewalErrors',
    fires: {
      series: [kubelet('server_expiration_renew_errors', growing(1))],
      labels: SELF,
      says: 'The kubelet of node gpu-1 failed 15 times in 15 minutes to renew the certificate that it serves with.',
    },
    quiet: { series: [kubelet('server_expiration_renew_errors', 4)] },
  },
  {
    alert: 'KubePersistentVolumeFillingUp',
    fires: {
      series: [volume('available_bytes', growing(-0.01 * GIB, 12 * GIB)), volume('capacity_bytes', 100 * GIB)],
      at: '6h',
      labels: CLAIM,
      says: 'The volume of claim shop/orders-0 has 8.4% of its space left and is full within four days if it goes on like this.',
    },
    quiet: { series: [volume('available_bytes', 10 * GIB), volume('capacity_bytes', 100 * GIB)], at: '6h' },
  },
  {
    alert: 'KubePersistentVolumeAlmostFull',
    fires: {
      series: [volume('available_bytes', 2 * GIB), volume('capacity_bytes', 100 * GIB)],
      labels: CLAIM,
      says: 'The volume of claim shop/orders-0 has 2% of its space left.',
    },
    quiet: { series: [volume('available_bytes', 4 * GIB), volume('capacity_bytes', 100 * GIB)] },
  },
  {
    alert: 'KubePersistentVolumeInodesFillingUp',
    fires: {
      series: [volume('inodes_free', growing(-100, 120_000)), volume('inodes', 1_000_000)],
      at: '6h',
      labels: CLAIM,
      says: 'The volume of claim shop/orders-0 has 8.4% of its inodes left and runs out within four days if it goes on like this.',
    },
    // A volume that is being filled for the first time.
    quiet: { series: [volume('inodes_free', growing(-100, 120_000)), volume('inodes', 1_000_000)] },
  },
  {
    alert: 'KubePersistentVolumeAlmostOutOfInodes',
    fires: {
      series: [volume('inodes_free', 20_000), volume('inodes', 1_000_000)],
      labels: CLAIM,
      says: 'The volume of claim shop/orders-0 has 2% of its inodes left.',
    },
    quiet: { series: [volume('inodes_free', 0), volume('inodes', 0)] },
  },
];
