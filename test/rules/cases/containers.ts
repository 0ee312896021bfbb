import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';

const SCRAPED = { job: 'cadvisor', instance: '10.0.0.1:10250', node: 'gpu-1' };
const CONTAINER = { namespace: 'shop', pod: 'cart-7d4b', container: 'cart' };
const GIB = 1024 ** 3;

const container = (metric: string, samples: Samples, labels: Labels = CONTAINER): Series => [
  series(`container_${metric}`, SCRAPED, labels),
  samples,
];
/** Sums that cAdvisor reports besides the containers: the pod's and that of everything on the node. */
const sums = (metric: string, samples: Samples): readonly Series[] => [
  container(metric, samples, { namespace: 'shop', pod: 'cart-7d4b', container: '' }),
  container(metric, samples, { id: '/' }),
];
const cores = (samples: Samples): Series => [series('machine_cpu_cores', SCRAPED, { machine_id: '1' }), samples];
const allocatable: readonly Series[] = [
  [series('kube_node_status_allocatable', { job: 'kube-state-metrics', node: 'gpu-1', resource: 'memory' }), 10 * GIB],
  [series('kube_node_status_allocatable', { job: 'kube-state-metrics', node: 'gpu-1', resource: 'cpu' }), 4],
];

export const CONTAINER_CASES: readonly RuleCase[] = [
  {
    alert: 'ContainersCPUShareHigh',
    fires: {
      series: [container('cpu_usage_seconds_total', growing(216)), cores(4)],
      labels: {},
      says: 'Containers use 90% of the CPUs of all nodes.',
    },
    // Counted with the sums, this would be 150 %.
    quiet: {
      series: [
        container('cpu_usage_seconds_total', growing(120)),
        ...sums('cpu_usage_seconds_total', growing(120)),
        cores(4),
      ],
    },
  },
  {
    alert: 'ContainersMemoryShareHigh',
    fires: {
      series: [container('memory_working_set_bytes', 9 * GIB), ...allocatable],
      labels: {},
      says: 'Containers use 90% of the memory that the nodes offer to pods.',
    },
    quiet: {
      series: [
        container('memory_working_set_bytes', 5 * GIB),
        ...sums('memory_working_set_bytes', 5 * GIB),
        ...allocatable,
      ],
    },
  },
  {
    alert: 'CPUThrottlingHigh',
    fires: {
      series: [
        container('cpu_cfs_throttled_periods_total', growing(300)),
        container('cpu_cfs_periods_total', growing(600)),
      ],
      labels: CONTAINER,
      says: 'Container cart of pod shop/cart-7d4b is held back in 50% of the periods in which it runs.',
    },
    quiet: {
      series: [
        container('cpu_cfs_throttled_periods_total', growing(60)),
        container('cpu_cfs_periods_total', growing(600)),
      ],
    },
  },
  {
    alert: 'ContainerMemoryNearLimit',
    fires: {
      series: [container('memory_working_set_bytes', 0.95 * GIB), container('spec_memory_limit_bytes', GIB)],
      labels: CONTAINER,
      says: 'Container cart of pod shop/cart-7d4b uses 95% of its memory limit and is killed when it reaches it.',
    },
    // cAdvisor reports 0 for a container without a limit.
    quiet: { series: [container('memory_working_set_bytes', GIB), container('spec_memory_limit_bytes', 0)] },
  },
];
