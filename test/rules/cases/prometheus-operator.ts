import type { Labels } from '../../../lib/model/label';
import { growing, type RuleCase, type Samples, type Series, series } from '../rule-case';

const POD = {
  job: 'prometheus-operator',
  namespace: 'monitoring',
  pod: 'prometheus-operator-7d4f-x2x',
  instance: '10.1.0.12:8080',
};
const NEXT_POD = { ...POD, pod: 'prometheus-operator-7d4f-9kq', instance: '10.1.0.13:8080' };
const SERVERS = { controller: 'prometheus' };
const ALERTMANAGERS = { controller: 'alertmanager' };
/** Labels of an alert about a controller. */
const OF_SERVERS = { job: POD.job, namespace: POD.namespace, ...SERVERS };

const self = (metric: string, samples: Samples, labels: Labels = SERVERS): Series => [
  series(`prometheus_operator_${metric}`, POD, labels),
  samples,
];

/** Operations of one controller, some of which fail, beside another that has no failures. */
function operations(all: string, failed: string, allSamples: Samples, failedSamples: Samples): readonly Series[] {
  return [
    self(all, allSamples),
    self(failed, failedSamples),
    self(all, growing(1), ALERTMANAGERS),
    self(failed, 0, ALERTMANAGERS),
  ];
}

const reconciliations = (all: Samples, failed: Samples) =>
  operations('reconcile_operations_total', 'reconcile_errors_total', all, failed);
const statusUpdates = (all: Samples, failed: Samples) =>
  operations('status_update_operations_total', 'status_update_errors_total', all, failed);
const namespaceRequests = (verb: 'list' | 'watch', all: Samples, failed: Samples) =>
  operations(`${verb}_operations_total`, `${verb}_operations_failed_total`, all, failed);

/** Requests per minute by status code; a code is there from its first answer on. */
function requests(perMinute: Readonly<Record<string, number>>): readonly Series[] {
  return Object.entries(perMinute).map(([status_code, each]) =>
    self('kubernetes_client_http_requests_total', growing(each), { status_code }),
  );
}

/** A counter that grows by one every 17 minutes, as where tries are as rare as they get. */
const RARE_TRIES = Array.from({ length: 24 }, (_, tries) => `${tries}x16`).join(' ');

export const PROMETHEUS_OPERATOR_CASES: readonly RuleCase[] = [
  {
    alert: 'PrometheusOperatorDown',
    fires: {
      series: [[series('up', POD), 0]],
      labels: {},
      says: 'Servers that it made go on, but changed monitors, rules and receivers do not take effect, and what is deleted of a server does not come back.',
    },
    quiet: {
      series: [
        [series('up', POD), 0],
        [series('up', NEXT_POD), 1],
      ],
    },
  },
  {
    alert: 'PrometheusOperatorNotReady',
    fires: {
      // It exits after ten minutes and starts again.
      series: [self('ready', Array(20).fill('0x9 _x1').join(' ')), self('ready', 1, ALERTMANAGERS)],
      labels: OF_SERVERS,
      says: 'The controller prometheus of prometheus-operator cannot read all objects that it needs, so it changes nothing.',
    },
    quiet: { series: [self('ready', '0x3 1x200')], at: '12m' },
  },
  {
    alert: 'PrometheusOperatorSyncFailed',
    fires: {
      series: [
        // A new try each few minutes.
        self('syncs', Array(50).fill('2x4 0').join(' '), { ...SERVERS, status: 'failed' }),
        self('syncs', 3, { ...SERVERS, status: 'ok' }),
        self('syncs', 0, { ...ALERTMANAGERS, status: 'failed' }),
      ],
      labels: OF_SERVERS,
      says: 'The controller prometheus of prometheus-operator fails for 2 objects. Their servers keep their last state, or are not there at all.',
    },
    quiet: {
      series: [
        self('syncs', '0x140 1x2 0x20', { ...SERVERS, status: 'failed' }),
        self('syncs', 3, { ...SERVERS, status: 'ok' }),
      ],
    },
  },
  {
    alert: 'PrometheusOperatorReconcileErrors',
    fires: {
      series: reconciliations(growing(4), growing(1)),
      labels: OF_SERVERS,
      says: 'The controller prometheus of prometheus-operator fails in 25% of its attempts. Changes take effect late or not at all.',
    },
    // One failure, and a second try that succeeds.
    quiet: { series: reconciliations('0x130 2x100', '0x130 1x100') },
  },
  {
    alert: 'PrometheusOperatorStatusUpdateErrors',
    fires: {
      series: statusUpdates(growing(1), RARE_TRIES),
      labels: OF_SERVERS,
      says: 'The controller prometheus of prometheus-operator fails to update the status of objects. What `kubectl get` shows of them is out of date.',
    },
    quiet: { series: statusUpdates(growing(1), '0x130 3x100') },
  },
  {
    alert: 'PrometheusOperatorRejectedResources',
    fires: {
      series: [
        self('managed_resources', 2, { ...SERVERS, resource: 'ServiceMonitor', state: 'rejected' }),
        self('managed_resources', 9, { ...SERVERS, resource: 'ServiceMonitor', state: 'selected' }),
        self('managed_resources', 0, { ...SERVERS, resource: 'PrometheusRule', state: 'rejected' }),
      ],
      labels: { ...OF_SERVERS, resource: 'ServiceMonitor' },
      says: 'The controller prometheus of prometheus-operator leaves out 2 objects of kind ServiceMonitor because they are not valid. What they say does not take effect.',
    },
    quiet: {
      series: [
        self('managed_resources', 0, { ...SERVERS, resource: 'ServiceMonitor', state: 'rejected' }),
        self('managed_resources', 9, { ...SERVERS, resource: 'ServiceMonitor', state: 'selected' }),
      ],
    },
  },
  {
    alert: 'PrometheusOperatorListErrors',
    fires: {
      series: namespaceRequests('list', growing(2), growing(2)),
      labels: OF_SERVERS,
      says: '100% of the requests of its controller prometheus to list namespaces fail. It does not start, or does not see new namespaces.',
    },
    // Listed once more, because the first time failed.
    quiet: { series: namespaceRequests('list', '0x143 2x100', '0x143 1x100') },
  },
  {
    alert: 'PrometheusOperatorWatchErrors',
    fires: {
      series: namespaceRequests('watch', growing(4), growing(2)),
      labels: OF_SERVERS,
      says: '50% of the requests of its controller prometheus to watch namespaces fail. It does not see that labels of a namespace change.',
    },
    quiet: { series: namespaceRequests('watch', growing(10), growing(1)) },
  },
  {
    alert: 'PrometheusOperatorClientErrors',
    fires: {
      series: requests({ 200: 80, 404: 10, 503: 6, 429: 2, '<error>': 2 }),
      labels: { job: POD.job, namespace: POD.namespace },
      says: '10% of the requests that prometheus-operator sends to the API server fail.',
    },
    quiet: { series: requests({ 200: 60, 404: 20, 409: 20, 503: 1 }) },
  },
  {
    alert: 'PrometheusOperatorRequestsRefused',
    fires: {
      series: requests({ 200: 200, 403: 2 }),
      labels: { job: POD.job, namespace: POD.namespace, status_code: '403' },
      says: 'The API server answers requests of prometheus-operator again and again with 403. Objects that it may not read do not take effect; those that it may not write are not made.',
    },
    quiet: {
      series: [
        ...requests({ 200: 200, 404: 2 }),
        self('kubernetes_client_http_requests_total', '0x142 3x100', { status_code: '403' }),
      ],
    },
  },
];
