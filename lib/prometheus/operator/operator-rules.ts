import { alert, type Rule, type RuleGroup } from '../../model/rules';
import { runbook } from '../../model/runbook';

/** Which prometheus-operator the rules are about. */
export interface PrometheusOperatorRulesOptions {
  /** Its `job` label. @default prometheus-operator */
  readonly job?: string;
  /** Its namespace, where others have one of the same job. @default - all namespaces */
  readonly namespace?: string;
}

const CONTROLLER = 'The controller {{ $labels.controller }} of prometheus-operator';

/** Rules about the health of prometheus-operator itself. */
export function prometheusOperatorRules({
  job = 'prometheus-operator',
  namespace,
}: PrometheusOperatorRulesOptions = {}): readonly RuleGroup[] {
  const self = `job="${job}"${namespace === undefined ? '' : `,namespace="${namespace}"`}`;
  return [
    { name: `${job}.availability`, rules: availability(self) },
    { name: `${job}.reconciliation`, rules: reconciliation(self) },
    { name: `${job}.requests`, rules: requests(self) },
  ];
}

function availability(self: string): readonly Rule[] {
  return [
    alert('PrometheusOperatorDown', {
      expr: `absent(up{${self}} == 1)`,
      for: '10m',
      severity: 'warning',
      summary: 'prometheus-operator does not answer.',
      description:
        'Servers that it made go on, but changed monitors, rules and receivers do not take effect, and what is deleted ' +
        'of a server does not come back.',
      runbook: runbook('PrometheusOperatorDown'),
    }),
    alert('PrometheusOperatorNotReady', {
      // Over all pods: one that waits in vain exits after ten minutes and starts again.
      expr: `max by (job, namespace, controller) (max_over_time(prometheus_operator_ready{${self}}[5m])) == 0`,
      for: '10m',
      severity: 'warning',
      summary: 'A controller of prometheus-operator does not start.',
      description: `${CONTROLLER} cannot read all objects that it needs, so it changes nothing.`,
      runbook: runbook('PrometheusOperatorNotReady'),
    }),
  ];
}

/** Failures of each controller; these counters are there from its start, at zero. */
function increase(metric: string, self: string, window: string): string {
  return `sum by (job, namespace, controller) (increase(${metric}{${self}}[${window}]))`;
}

function failedShare(failed: string, all: string, self: string, window: string): string {
  return `${increase(failed, self, window)} / ${increase(all, self, window)}`;
}

// What fails is tried again ever more rarely, at last after 1000 s: a window of 20 min always has a try in it, and 30 min
// are longer than one failure is seen.
function reconciliation(self: string): readonly Rule[] {
  const failed = failedShare(
    'prometheus_operator_reconcile_errors_total',
    'prometheus_operator_reconcile_operations_total',
    self,
    '20m',
  );
  return [
    alert('PrometheusOperatorSyncFailed', {
      // During each new try the object counts as one that did not fail.
      expr: `sum by (job, namespace, controller) (max_over_time(prometheus_operator_syncs{${self},status="failed"}[5m])) > 0`,
      for: '10m',
      severity: 'warning',
      summary: 'prometheus-operator cannot make a server what it should be.',
      description: `${CONTROLLER} fails for {{ $value }} objects. Their servers keep their last state, or are not there at all.`,
      runbook: runbook('PrometheusOperatorSyncFailed'),
    }),
    alert('PrometheusOperatorReconcileErrors', {
      expr: `${failed} > 0.1`,
      for: '30m',
      severity: 'warning',
      summary: 'Reconciliations by prometheus-operator fail.',
      description: `${CONTROLLER} fails in {{ $value | humanizePercentage }} of its attempts. Changes take effect late or not at all.`,
      runbook: runbook('PrometheusOperatorReconcileErrors'),
    }),
    alert('PrometheusOperatorStatusUpdateErrors', {
      expr: `${increase('prometheus_operator_status_update_errors_total', self, '20m')} > 0`,
      for: '30m',
      severity: 'warning',
      summary: 'prometheus-operator cannot write the status of its objects.',
      description: `${CONTROLLER} fails to update the status of objects. What \`kubectl get\` shows of them is out of date.`,
      runbook: runbook('PrometheusOperatorStatusUpdateErrors'),
    }),
    alert('PrometheusOperatorRejectedResources', {
      expr: `sum by (job, namespace, controller, resource) (prometheus_operator_managed_resources{${self},state="rejected"}) > 0`,
      for: '5m',
      severity: 'warning',
      summary: 'prometheus-operator rejects objects of kind {{ $labels.resource }}.',
      description: `${CONTROLLER} leaves out {{ $value }} objects of kind {{ $labels.resource }} because they are not valid. What they say does not take effect.`,
      runbook: runbook('PrometheusOperatorRejectedResources'),
    }),
  ];
}

/** Fires where a controller cannot list or watch namespaces, the only objects whose requests it counts by verb. */
function namespaceErrors(verb: 'list' | 'watch', self: string, meaning: string): Rule {
  const name = `PrometheusOperator${verb === 'list' ? 'List' : 'Watch'}Errors`;
  const metric = `prometheus_operator_${verb}_operations`;
  return alert(name, {
    expr: `${failedShare(`${metric}_failed_total`, `${metric}_total`, self, '10m')} > 0.2`,
    for: '15m',
    severity: 'warning',
    summary: `prometheus-operator cannot ${verb} namespaces.`,
    description: `{{ $value | humanizePercentage }} of the requests of its controller {{ $labels.controller }} to ${verb} namespaces fail. ${meaning}`,
    runbook: runbook(name),
  });
}

function requests(self: string): readonly Rule[] {
  const metric = 'prometheus_operator_kubernetes_client_http_requests_total';
  const rate = (matchers: string) => `sum by (job, namespace) (rate(${metric}{${self}${matchers}}[5m]))`;
  return [
    namespaceErrors('list', self, 'It does not start, or does not see new namespaces.'),
    namespaceErrors('watch', self, 'It does not see that labels of a namespace change.'),
    alert('PrometheusOperatorClientErrors', {
      expr: `${rate(',status_code=~"429|5..|<error>"')} / ${rate('')} > 0.05`,
      for: '15m',
      severity: 'warning',
      summary: 'Requests of prometheus-operator to the API server fail.',
      description:
        '{{ $value | humanizePercentage }} of the requests that prometheus-operator sends to the API server fail.',
      runbook: runbook('PrometheusOperatorClientErrors'),
    }),
    alert('PrometheusOperatorRequestsRefused', {
      // Not a share: one kind of object that it may not list is few of its requests.
      expr: `sum by (job, namespace, status_code) (increase(${metric}{${self},status_code=~"401|403"}[10m])) > 0`,
      for: '15m',
      severity: 'warning',
      summary: 'prometheus-operator lacks a permission.',
      description:
        'The API server answers requests of prometheus-operator again and again with {{ $labels.status_code }}. ' +
        'Objects that it may not read do not take effect; those that it may not write are not made.',
      runbook: runbook('PrometheusOperatorRequestsRefused'),
    }),
  ];
}
