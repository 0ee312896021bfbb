import { growing, type RuleCase, type Series, series } from '../rule-case';

const UP = { job: 'kube-state-metrics', namespace: 'monitoring', instance: '10.1.0.9:8080' };
const SELF = { job: 'kube-state-metrics-telemetry', namespace: 'monitoring', instance: '10.1.0.9:8081' };

/** Requests per minute that succeed and that fail. */
function requests(verb: string, success: number, error: number): readonly Series[] {
  const metric = `kube_state_metrics_${verb}_total`;
  return [
    [series(metric, SELF, { resource: '*v1.Pod', result: 'success' }), growing(success)],
    [series(metric, SELF, { resource: '*v1.Pod', result: 'error' }), growing(error)],
    [series(metric, SELF, { resource: '*v1.Node', result: 'success' }), growing(1)],
  ];
}

export const KUBE_STATE_METRICS_CASES: readonly RuleCase[] = [
  {
    alert: 'KubeStateMetricsDown',
    fires: {
      series: [
        [series('up', UP), 0],
        [series('up', SELF), 1],
      ],
      labels: {},
      says: 'Nothing is known about the state of pods, workloads and nodes, and their alerts cannot fire.',
    },
    quiet: { series: [[series('up', UP), 1]] },
  },
  {
    alert: 'KubeStateMetricsListErrors',
    fires: {
      series: requests('list', 0, 2),
      labels: { resource: '*v1.Pod' },
      says: '100% of the requests of kube-state-metrics to list *v1.Pod fail. Metrics of these objects are missing.',
    },
    quiet: { series: requests('list', 2, 0) },
  },
  {
    alert: 'KubeStateMetricsWatchErrors',
    fires: {
      series: requests('watch', 3, 1),
      labels: { resource: '*v1.Pod' },
      says: '25% of the requests of kube-state-metrics to watch *v1.Pod fail. Metrics of these objects are out of date.',
    },
    quiet: { series: requests('watch', 60, 1) },
  },
];
