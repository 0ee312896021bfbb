import type { Connections } from '../core/connections';
import type { InhibitRule } from '../model/alerting/inhibit-rule';
import type { Matchers } from '../model/alerting/matcher';
import type { Receiver } from '../model/alerting/receiver';
import type { RoutedAlert } from '../model/alerting/route-of';
import type { RouteOptions, Routing } from '../model/alerting/routing';
import type { AlertmanagerEndpoint } from '../model/alertmanager-endpoint';
import type { Labels } from '../model/label';
import type { IMonitored } from '../model/monitoring-pack';
import type { Problem } from '../model/problem';

/** An Alertmanager, whichever back end runs it; `monitoring` is its scrape target and the alerts about itself. */
export interface IAlertmanager extends IMonitored {
  /** Address of the web interface and API inside the cluster, such as `http://alertmanager.monitoring.svc:9093`. */
  readonly url: string;
  /** How a Prometheus reaches every replica. */
  readonly endpoint: AlertmanagerEndpoint;
  /** Its connections, for NetworkPolicies. */
  readonly connections: Connections;
  /** What Alertmanager accepts, but hardly as it was meant. */
  readonly warnings: readonly Problem[];
  /** Who is notified of an alert with these labels, exactly as Alertmanager decides it. */
  routeOf(labels: Labels): readonly RoutedAlert[];
  /** Adds a receiver that routes name by text. */
  addReceiver(receiver: Receiver): void;
  /** Adds a route behind those that are there; the first that matches wins. */
  addRoute(matchers: Matchers, to: Receiver | string | Routing | RouteOptions, options?: RouteOptions): void;
  /** Mutes alerts while others fire. */
  addInhibitRule(rule: InhibitRule): void;
}
