import type { AlertmanagerConfiguration } from '../model/alerting/configuration';
import type { InhibitRule } from '../model/alerting/inhibit-rule';
import type { Matchers } from '../model/alerting/matcher';
import type { Receiver } from '../model/alerting/receiver';
import type { RouteOptions, Routing } from '../model/alerting/routing';

/** A configuration to which receivers, routes and inhibitions are added until it is synthesized. */
export class GrowingConfiguration {
  /** @param current what the configuration holds; replaced by each addition. */
  public constructor(public current: AlertmanagerConfiguration) {}

  /** Adds a receiver that routes name by text. */
  public addReceiver(receiver: Receiver): void {
    this.current = { ...this.current, receivers: [...(this.current.receivers ?? []), receiver] };
  }

  /** Adds a route behind those that are there. */
  public addRoute(matchers: Matchers, to: Receiver | string | Routing | RouteOptions, options?: RouteOptions): void {
    this.current = { ...this.current, routing: this.current.routing.when(matchers, to, options) };
  }

  /** Adds an inhibition. */
  public addInhibitRule(rule: InhibitRule): void {
    this.current = { ...this.current, inhibitRules: [...(this.current.inhibitRules ?? []), rule] };
  }
}
