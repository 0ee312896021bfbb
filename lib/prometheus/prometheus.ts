import type { Connections } from '../core/connections';
import type { AlertmanagerEndpoint } from '../model/alertmanager-endpoint';
import type { Labels } from '../model/label';
import type { IMonitored, MonitoringPack } from '../model/monitoring-pack';
import type { ScrapeTarget } from '../model/scrape/scrape-target';

/** Anything that a Prometheus can be asked to monitor. */
export type Monitorable = ScrapeTarget | MonitoringPack | IMonitored;

/** How a Prometheus that an operator runs picks up monitors that someone else makes, such as a GPU operator. */
export interface MonitorSelection {
  /** Labels that a ServiceMonitor or PodMonitor must bear. */
  readonly labels: Labels;
  /** Whether monitors of a namespace can be picked up at all. */
  reaches(namespace: string): boolean;
  /** Lets monitors of a namespace be picked up, and what they select be found there. */
  admit(namespace: string): void;
}

/** A Prometheus, whichever back end runs it. */
export interface IPrometheus {
  /** Address of the web interface and API inside the cluster, such as `http://prometheus.monitoring.svc:9090`. */
  readonly url: string;
  /** Its connections, for NetworkPolicies. */
  readonly connections: Connections;
  /** Scrapes targets, evaluates rules and hands on dashboards: of a target alone, a pack, or a thing that brings one. */
  monitor(what: Monitorable): void;
  /** Sends alerts to an Alertmanager; one of this package hands out its `endpoint`. */
  sendAlertsTo(endpoint: AlertmanagerEndpoint): void;
  /** Labels that every alert gets before it reaches an Alertmanager. */
  readonly alertLabels: Labels;
  /** How monitors of others are picked up; undefined where there are no monitors, as in the standalone back end. */
  readonly monitorSelection?: MonitorSelection;
}

/** The pack of what can be monitored. */
export function toPack(what: Monitorable): MonitoringPack {
  if ('monitoring' in what) {
    return what.monitoring;
  }
  return 'discovery' in what ? { targets: [what] } : what;
}
