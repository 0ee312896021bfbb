import type { Labels } from '../label';
import { type AlertmanagerConfiguration, receiversOf } from './configuration';
import { matchRoutes, type RouteMatch, routeTree } from './route-tree';

/** A route that an alert takes, and whether anybody is notified there. */
export interface RoutedAlert extends RouteMatch {
  /** False for a receiver that drops alerts. */
  readonly delivers: boolean;
}

/**
 * Who is notified of an alert with these labels, as Alertmanager decides it.
 *
 * @example routeOf({ routing }, { alertname: 'GpuLost', severity: 'critical' })[0].receiver // 'oncall'
 */
export function routeOf(config: AlertmanagerConfiguration, labels: Labels): readonly RoutedAlert[] {
  const receivers = new Map(receiversOf(config).map((receiver) => [receiver.name, receiver]));
  return matchRoutes(routeTree(config.routing), labels).map((route) => ({
    ...route,
    delivers: receivers.get(route.receiver)?.delivers ?? false,
  }));
}
