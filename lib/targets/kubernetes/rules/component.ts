import { type AlertRule, alert, type Rule } from '../../../model/rules';
import { runbook } from '../../../model/runbook';

/** A program of Kubernetes that Prometheus scrapes. */
export interface Component {
  /** Value of the `job` label. */
  readonly job: string;
  /** How the names of its alerts begin. */
  readonly alerts: string;
  /** How sentences call it. */
  readonly called: string;
  /** What happens while it does not run; completes the sentence "While none runs, …". */
  readonly outage: string;
}

/** Fires while not one instance of a component answers. */
export function componentDown({ job, alerts, called, outage }: Component): AlertRule {
  const name = `${alerts}Down`;
  return alert(name, {
    expr: `absent(up{job="${job}"} == 1)`,
    for: '15m',
    severity: 'critical',
    summary: `${called} does not answer.`,
    description: `No instance of ${called} can be scraped. While none runs, ${outage}.`,
    runbook: runbook(name),
  });
}

/** Fires for every instance of a component that does not answer. */
export function instanceUnreachable({ job, alerts, called }: Component): AlertRule {
  const name = `${alerts}InstanceUnreachable`;
  return alert(name, {
    expr: `up{job="${job}"} == 0`,
    for: '15m',
    severity: 'warning',
    summary: `An instance of ${called} does not answer.`,
    description: `Prometheus cannot scrape ${called} at {{ $labels.instance }}.`,
    runbook: runbook(name),
  });
}

/** Fires while no instance of a component holds its lease, so that none does the work. */
export function noLeader({ job, alerts, called, outage }: Component): Rule {
  const name = `${alerts}NoLeader`;
  return alert(name, {
    expr: `max by (name) (leader_election_master_status{job="${job}"}) == 0`,
    for: '5m',
    severity: 'critical',
    summary: `No instance of ${called} leads.`,
    description: `All instances of ${called} wait for the lease {{ $labels.name }}. While none holds it, ${outage}.`,
    runbook: runbook(name),
  });
}

/** Fires for every instance of a component whose requests to the API server fail. */
export function clientErrors({ job, alerts, called }: Component): Rule {
  const name = `${alerts}ClientErrors`;
  const rate = (matchers: string) =>
    `sum by (instance) (rate(rest_client_requests_total{job="${job}"${matchers}}[5m]))`;
  return alert(name, {
    expr: `${rate(', code=~"5..|<error>"')} / ${rate('')} > 0.05`,
    for: '15m',
    severity: 'warning',
    summary: `Requests of ${called} to the API server fail.`,
    description: `{{ $value | humanizePercentage }} of the requests that ${called} at {{ $labels.instance }} sends to the API server fail.`,
    runbook: runbook(name),
  });
}
