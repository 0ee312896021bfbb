import { alert, type RuleGroup } from '../model/rules';
import { runbook } from '../model/runbook';

/** Rules that hold for every stack: that alerts travel at all, and that targets answer. */
export function generalRules(): readonly RuleGroup[] {
  return [
    {
      name: 'general.alerts',
      rules: [
        alert('Watchdog', {
          expr: 'vector(1)',
          severity: 'none',
          for: '0s',
          summary: 'Alerts are evaluated and sent.',
          description:
            'This alert always fires. Route it to a service that calls someone when it stops arriving, so that a broken ' +
            'alerting pipeline is noticed.',
          runbook: runbook('Watchdog'),
        }),
        alert('TargetDown', {
          expr: 'count by (job, namespace) (up == 0) / count by (job, namespace) (up) > 0.1',
          for: '10m',
          severity: 'warning',
          summary: 'Targets of {{ $labels.job }} do not answer.',
          description:
            '{{ $value | humanizePercentage }} of the targets of job {{ $labels.job }}' +
            '{{ with $labels.namespace }} in namespace {{ . }}{{ end }} cannot be scraped. What they would report is ' +
            'missing, and so are the alerts that depend on it.',
          runbook: runbook('TargetDown'),
        }),
      ],
    },
  ];
}
