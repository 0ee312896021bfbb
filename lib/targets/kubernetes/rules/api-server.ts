import { alert, type Rule, type RuleGroup } from '../../../model/rules';
import { runbook } from '../../../model/runbook';
import { type Component, componentDown, instanceUnreachable } from './component';

const API_SERVER: Component = {
  job: 'apiserver',
  alerts: 'KubeAPI',
  called: 'the API server',
  outage: 'nothing in the cluster can be changed, and Prometheus finds no new targets',
};
const SELF = 'job="apiserver"';

/** Rules about the API server. */
export function apiServerRules(): readonly RuleGroup[] {
  return [
    { name: 'kube-apiserver.alerts', rules: HEALTH },
    { name: 'kube-apiserver.client-certificates', rules: CERTIFICATES },
    { name: 'kube-apiserver.aggregated-apis', rules: AGGREGATED_APIS },
  ];
}

const requests = (matchers = '') => `sum(rate(apiserver_request_total{${SELF}${matchers}}[5m]))`;
const ERRORS = `${requests(', code=~"5.."')} / ${requests()}`;

const HEALTH: readonly Rule[] = [
  componentDown(API_SERVER),
  instanceUnreachable(API_SERVER),
  alert('KubeAPIErrorsHigh', {
    expr: `${ERRORS} > 0.03`,
    for: '10m',
    severity: 'warning',
    summary: 'The API server answers requests with errors.',
    description: '{{ $value | humanizePercentage }} of the requests to the API server end with a server error.',
    runbook: runbook('KubeAPIErrorsHigh'),
  }),
  alert('KubeAPIErrorsCritical', {
    expr: `${ERRORS} > 0.1`,
    for: '10m',
    severity: 'critical',
    summary: 'The API server answers many requests with errors.',
    description: '{{ $value | humanizePercentage }} of the requests to the API server end with a server error.',
    runbook: runbook('KubeAPIErrorsCritical'),
  }),
  alert('KubeAPILatencyHigh', {
    expr:
      'histogram_quantile(0.99, sum by (verb, le) (rate(apiserver_request_sli_duration_seconds_bucket' +
      `{${SELF}, verb=~"GET|POST|PUT|PATCH|DELETE", subresource!~"proxy|attach|log|exec|portforward"}[5m]))) > 1`,
    for: '15m',
    severity: 'warning',
    summary: 'The API server answers slowly.',
    description:
      'One in a hundred {{ $labels.verb }} requests takes the API server longer than {{ $value | humanizeDuration }}.',
    runbook: runbook('KubeAPILatencyHigh'),
  }),
  alert('KubeAPITerminatedRequests', {
    expr:
      `sum(rate(apiserver_request_terminations_total{${SELF}}[5m])) ` +
      `/ (${requests()} + sum(rate(apiserver_request_terminations_total{${SELF}}[5m]))) > 0.1`,
    for: '10m',
    severity: 'warning',
    summary: 'The API server refuses requests to protect itself.',
    description:
      'The API server turned away {{ $value | humanizePercentage }} of the requests because it is overloaded.',
    runbook: runbook('KubeAPITerminatedRequests'),
  }),
];

const CERTIFICATES: readonly Rule[] = [
  alert('KubeClientCertificateExpiration', {
    expr: expiresWithin('7 * 24 * 3600'),
    for: '15m',
    severity: 'warning',
    summary: 'Clients use a certificate that expires within a week.',
    description:
      'A certificate with which clients authenticate at the API server expires in about {{ $value | humanizeDuration }}.',
    runbook: runbook('KubeClientCertificateExpiration'),
  }),
  alert('KubeClientCertificateExpirationImminent', {
    expr: expiresWithin('24 * 3600'),
    for: '15m',
    severity: 'critical',
    summary: 'Clients use a certificate that expires within a day.',
    description:
      'A certificate with which clients authenticate at the API server expires in about {{ $value | humanizeDuration }}.',
    runbook: runbook('KubeClientCertificateExpirationImminent'),
  }),
];

const AGGREGATED_APIS: readonly Rule[] = [
  alert('KubeAggregatedAPIErrors', {
    expr: `sum by (name) (increase(aggregator_unavailable_apiservice_total{${SELF}}[10m])) > 2`,
    for: '10m',
    severity: 'warning',
    summary: 'An aggregated API fails now and then.',
    description: 'The API {{ $labels.name }} became unavailable {{ $value | humanize }} times in ten minutes.',
    runbook: runbook('KubeAggregatedAPIErrors'),
  }),
  alert('KubeAggregatedAPIDown', {
    expr: `min by (name) (min_over_time(aggregator_unavailable_apiservice{${SELF}}[5m])) == 1`,
    for: '10m',
    severity: 'warning',
    summary: 'An aggregated API is unavailable.',
    description: 'The API server cannot reach what serves {{ $labels.name }}. Deleting namespaces hangs meanwhile.',
    runbook: runbook('KubeAggregatedAPIDown'),
  }),
];

function expiresWithin(seconds: string): string {
  const buckets = `apiserver_client_certificate_expiration_seconds_bucket{${SELF}}`;
  return `histogram_quantile(0.01, sum by (le) (rate(${buckets}[5m]))) < ${seconds}`;
}
