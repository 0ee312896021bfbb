import type { Connections } from '../core/connections';
import type { IMonitored, MonitoringPack } from '../model/monitoring-pack';
import type { ScrapeTarget } from '../model/scrape/scrape-target';

/** Anything that a Prometheus can be asked to monitor. */
export type Monitorable = ScrapeTarget | MonitoringPack | IMonitored;

/** A Prometheus, whichever back end runs it. */
export interface IPrometheus {
  /** Address of the web interface and API inside the cluster, such as `http://prometheus.monitoring.svc:9090`. */
  readonly url: string;
  /** Its connections, for NetworkPolicies. */
  readonly connections: Connections;
  /** Scrapes targets, evaluates rules and hands on dashboards: of a target alone, a pack, or a thing that brings one. */
  monitor(what: Monitorable): void;
}

/** The pack of what can be monitored. */
export function toPack(what: Monitorable): MonitoringPack {
  if ('monitoring' in what) {
    return what.monitoring;
  }
  return 'discovery' in what ? { targets: [what] } : what;
}
