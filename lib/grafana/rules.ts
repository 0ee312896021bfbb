import { alert, type Rule } from '../model/rules';
import { runbook } from '../model/runbook';

/** Requests in which Grafana only hands on what a data source answers. */
const QUERIES = '/api/ds/query|/api/datasources/proxy/.*|/api/datasources/uid/.*';

/** The alerts about Grafana itself. */
export function grafanaRules(job: string, namespace: string): readonly Rule[] {
  const grafana = `job="${job}",namespace="${namespace}"`;
  const requests = `grafana_http_request_duration_seconds_count{${grafana},handler!~"${QUERIES}"`;
  return [
    alert('GrafanaDown', {
      expr: `up{${grafana}} == 0`,
      for: '10m',
      severity: 'warning',
      summary: 'Grafana {{ $labels.namespace }}/{{ $labels.pod }} cannot be scraped.',
      description: 'Dashboards are probably not reachable. Alerts do not depend on Grafana and go on.',
      runbook: runbook('GrafanaDown'),
    }),
    alert('GrafanaRequestsFailing', {
      expr:
        `sum by (namespace, job, handler) (rate(${requests},status_code=~"5.."}[5m]))` +
        ` / sum by (namespace, job, handler) (rate(${requests}}[5m])) > 0.1`,
      for: '10m',
      severity: 'warning',
      summary:
        'Grafana answers {{ $value | humanizePercentage }} of the requests to {{ $labels.handler }} with an error.',
      description: 'The log of Grafana says why; often its database is locked, full or not reachable.',
      runbook: runbook('GrafanaRequestsFailing'),
    }),
    alert('GrafanaQueriesFailing', {
      expr:
        `sum by (namespace, job) (rate(grafana_http_request_duration_seconds_count{${grafana},handler="/api/ds/query",status_code=~"5.."}[5m]))` +
        ` / sum by (namespace, job) (rate(grafana_http_request_duration_seconds_count{${grafana},handler="/api/ds/query"}[5m])) > 0.5`,
      for: '15m',
      severity: 'info',
      summary: '{{ $value | humanizePercentage }} of the queries of dashboards fail.',
      description: 'A data source is down, or a NetworkPolicy stands between it and Grafana.',
      runbook: runbook('GrafanaQueriesFailing'),
    }),
  ];
}
