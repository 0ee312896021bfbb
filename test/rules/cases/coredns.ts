import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';
import { downCase } from './component';

const SELF = { job: 'coredns', namespace: 'kube-system', pod: 'coredns-5d78', instance: '10.1.0.2:9153' };
const ZONE = { server: 'dns://:53', zone: '.' };

const own = (metric: string, samples: Samples, labels: Labels = {}): Series => [
  series(`coredns_${metric}`, SELF, labels),
  samples,
];
const responses = (rcode: string, perMinute: number): Series =>
  own('dns_responses_total', growing(perMinute), { ...ZONE, rcode });
const latency = (above: string, upTo: string): readonly Series[] =>
  [above, upTo, '+Inf'].map((le) =>
    own('dns_request_duration_seconds_bucket', le === above ? 0 : growing(10), { ...ZONE, le }),
  );
/** Fires while a counter grows, and not because it once did. */
const counter = (alert: string, metric: string, says: string): RuleCase => ({
  alert,
  fires: { series: [own(metric, growing(1))], labels: SELF, says },
  quiet: { series: [own(metric, 2)] },
});

export const COREDNS_CASES: readonly RuleCase[] = [
  downCase(
    { alerts: 'CoreDNS', job: 'coredns' },
    'No instance of CoreDNS can be scraped. While none runs, pods find neither each other nor anything outside by name.',
  ),
  {
    alert: 'CoreDNSErrorsHigh',
    fires: {
      series: [responses('NOERROR', 90), responses('SERVFAIL', 10)],
      labels: {},
      says: 'CoreDNS answers 10% of the queries with SERVFAIL.',
    },
    // Search domains make most answers of a healthy cluster NXDOMAIN.
    quiet: { series: [responses('NOERROR', 30), responses('NXDOMAIN', 70), responses('SERVFAIL', 1)] },
  },
  {
    alert: 'CoreDNSErrorsCritical',
    fires: {
      series: [responses('NOERROR', 50), responses('SERVFAIL', 50)],
      labels: {},
      says: 'CoreDNS answers 50% of the queries with SERVFAIL.',
    },
    quiet: { series: [responses('NOERROR', 90), responses('SERVFAIL', 10)] },
  },
  {
    alert: 'CoreDNSLatencyHigh',
    fires: {
      series: latency('2.048', '4.096'),
      labels: ZONE,
      says: 'One in a hundred queries for zone . takes dns://:53 longer than 4.076s.',
    },
    quiet: { series: latency('0.001', '0.002') },
  },
  counter(
    'CoreDNSPanicking',
    'panics_total',
    'CoreDNS at 10.1.0.2:9153 panicked 10 times in ten minutes while it answered queries.',
  ),
  counter(
    'CoreDNSReloadFailing',
    'reload_failed_total',
    'CoreDNS at 10.1.0.2:9153 could not load its changed Corefile and goes on with the old one.',
  ),
  counter(
    'CoreDNSForwardHealthcheckBroken',
    'forward_healthcheck_broken_total',
    'All servers to which CoreDNS at 10.1.0.2:9153 forwards queries fail their health checks. Names outside the cluster may not resolve.',
  ),
];
