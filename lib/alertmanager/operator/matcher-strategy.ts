import { contradicts, Matcher } from '../../model/alerting/matcher';
import { type RouteNode, routeTree } from '../../model/alerting/route-tree';
import type { Routing } from '../../model/alerting/routing';
import type { Problem } from '../../model/problem';

/**
 * How an Alertmanager narrows the routes and inhibitions of AlertmanagerConfigs: to alerts of the object's own
 * namespace, the same but for objects beside the Alertmanager, or not at all.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.AlertmanagerConfigMatcherStrategy
 */
export type MatcherStrategy = 'OnNamespace' | 'OnNamespaceExceptForAlertmanagerNamespace' | 'None';

/** The namespace whose alerts alone get to an object; undefined where all alerts do. */
export function namespaceOf(
  options: { readonly matcherStrategy?: MatcherStrategy; readonly alertmanagerNamespace?: string },
  own: string,
): string | undefined {
  const { matcherStrategy = 'OnNamespace', alertmanagerNamespace } = options;
  const exempt = matcherStrategy === 'OnNamespaceExceptForAlertmanagerNamespace' && alertmanagerNamespace === own;
  return matcherStrategy === 'None' || exempt ? undefined : own;
}

/** Routes that match only alerts of other namespaces. */
export function unreachableRoutes(routing: Routing, namespace: string): readonly Problem[] {
  const top = [Matcher.equal('namespace', namespace)];
  const search = (node: RouteNode): readonly Problem[] =>
    node.routes.flatMap((route) =>
      contradicts(top, route.matchers)
        ? [
            {
              path: 'route',
              property: 'matchers',
              message: `No alert gets to {${route.matchers.join(',')}}: it is for another namespace than "${namespace}".`,
            },
          ]
        : search(route),
    );
  return search(routeTree(routing));
}
