import { alert, type RuleGroup } from '../../../model/rules';
import { runbook } from '../../../model/runbook';
import { componentDown } from './component';

const SELF = 'job="coredns"';
const responses = (matchers = '') => `sum(rate(coredns_dns_responses_total{${SELF}${matchers}}[5m]))`;
const FAILURES = `${responses(', rcode="SERVFAIL"')} / ${responses()}`;

/** Rules about name resolution in the cluster. */
export function coreDnsRules(): readonly RuleGroup[] {
  return [
    {
      name: 'coredns.alerts',
      rules: [
        componentDown({
          job: 'coredns',
          alerts: 'CoreDNS',
          called: 'CoreDNS',
          outage: 'pods find neither each other nor anything outside by name',
        }),
        alert('CoreDNSErrorsHigh', {
          expr: `${FAILURES} > 0.03`,
          for: '10m',
          severity: 'warning',
          summary: 'CoreDNS fails to answer queries.',
          description: 'CoreDNS answers {{ $value | humanizePercentage }} of the queries with SERVFAIL.',
          runbook: runbook('CoreDNSErrorsHigh'),
        }),
        alert('CoreDNSErrorsCritical', {
          expr: `${FAILURES} > 0.2`,
          for: '10m',
          severity: 'critical',
          summary: 'CoreDNS fails to answer many queries.',
          description: 'CoreDNS answers {{ $value | humanizePercentage }} of the queries with SERVFAIL.',
          runbook: runbook('CoreDNSErrorsCritical'),
        }),
        alert('CoreDNSLatencyHigh', {
          expr:
            'histogram_quantile(0.99, sum by (server, zone, le) ' +
            `(rate(coredns_dns_request_duration_seconds_bucket{${SELF}}[5m]))) > 2`,
          for: '10m',
          severity: 'warning',
          summary: 'CoreDNS answers slowly.',
          description:
            'One in a hundred queries for zone {{ $labels.zone }} takes {{ $labels.server }} longer than {{ $value | humanizeDuration }}.',
          runbook: runbook('CoreDNSLatencyHigh'),
        }),
        alert('CoreDNSPanicking', {
          expr: `increase(coredns_panics_total{${SELF}}[10m]) > 0`,
          for: '1m',
          severity: 'warning',
          summary: 'CoreDNS panics.',
          description:
            'CoreDNS at {{ $labels.instance }} panicked {{ $value | humanize }} times in ten minutes while it answered queries.',
          runbook: runbook('CoreDNSPanicking'),
        }),
        alert('CoreDNSReloadFailing', {
          expr: `increase(coredns_reload_failed_total{${SELF}}[10m]) > 0`,
          for: '1m',
          severity: 'warning',
          summary: 'CoreDNS rejects its configuration.',
          description:
            'CoreDNS at {{ $labels.instance }} could not load its changed Corefile and goes on with the old one.',
          runbook: runbook('CoreDNSReloadFailing'),
        }),
        alert('CoreDNSForwardHealthcheckBroken', {
          expr: `rate(coredns_forward_healthcheck_broken_total{${SELF}}[5m]) > 0`,
          for: '10m',
          severity: 'warning',
          summary: 'CoreDNS reaches no upstream server.',
          description:
            'All servers to which CoreDNS at {{ $labels.instance }} forwards queries fail their health checks. Names outside the cluster may not resolve.',
          runbook: runbook('CoreDNSForwardHealthcheckBroken'),
        }),
      ],
    },
  ];
}
