import { alert, type RuleGroup } from '../../model/rules';
import { runbook } from '../../model/runbook';

/** Rules about the health of kube-state-metrics itself. */
export function kubeStateMetricsRules(): readonly RuleGroup[] {
  return [
    {
      name: 'kube-state-metrics.alerts',
      rules: [
        alert('KubeStateMetricsDown', {
          expr: 'absent(up{job="kube-state-metrics"} == 1)',
          for: '10m',
          severity: 'critical',
          summary: 'kube-state-metrics does not answer.',
          description: 'Nothing is known about the state of pods, workloads and nodes, and their alerts cannot fire.',
          runbook: runbook('KubeStateMetricsDown'),
        }),
        alert('KubeStateMetricsListErrors', {
          expr: failedShare('kube_state_metrics_list_total'),
          for: '15m',
          severity: 'critical',
          summary: 'kube-state-metrics cannot list objects.',
          description:
            '{{ $value | humanizePercentage }} of the requests of kube-state-metrics to list {{ $labels.resource }} ' +
            'fail. Metrics of these objects are missing.',
          runbook: runbook('KubeStateMetricsListErrors'),
        }),
        alert('KubeStateMetricsWatchErrors', {
          expr: failedShare('kube_state_metrics_watch_total'),
          for: '15m',
          severity: 'warning',
          summary: 'kube-state-metrics cannot watch objects.',
          description:
            '{{ $value | humanizePercentage }} of the requests of kube-state-metrics to watch {{ $labels.resource }} ' +
            'fail. Metrics of these objects are out of date.',
          runbook: runbook('KubeStateMetricsWatchErrors'),
        }),
      ],
    },
  ];
}

function failedShare(metric: string): string {
  const rate = (matchers: string) =>
    `sum by (resource) (rate(${metric}{job="kube-state-metrics-telemetry"${matchers}}[10m]))`;
  return `${rate(', result="error"')} / ${rate('')} > 0.05`;
}
