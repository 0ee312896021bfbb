import type { Problems } from '../../problem';
import type { InhibitRule } from '../inhibit-rule';
import { describeMatchers, Matcher, type Matchers } from '../matcher';
import { type RouteNode, routeTree, TOP } from '../route-tree';
import type { Routing } from '../routing';

/** Renders the `route` of an AlertmanagerConfig; what it inherits by default is written, as the route above it is not ours. */
export function renderRouteField(routing: Routing, problems: Problems): Record<string, unknown> {
  const { groupWait, groupInterval, repeatInterval } = TOP;
  return renderNode({ groupWait, groupInterval, repeatInterval, ...routeTree(routing) }, problems.within('route'));
}

function renderNode(node: RouteNode, problems: Problems): Record<string, unknown> {
  const { receiver, matchers, groupBy, groupWait, groupInterval, repeatInterval, labels = {} } = node;
  if (groupBy?.length === 0) {
    problems.add(
      'groupBy',
      '[] received, which an AlertmanagerConfig cannot tell from nothing. Name a label that all of these alerts share.',
    );
  }
  if (Object.keys(labels).length > 0) {
    problems.add(
      'labels',
      'The routes of an AlertmanagerConfig have none. Leave them out, and write them into the texts.',
    );
  }
  return {
    receiver,
    matchers: some(renderMatchers(matchers)),
    continue: node.continue ? true : undefined,
    groupBy,
    groupWait,
    groupInterval,
    repeatInterval,
    muteTimeIntervals: some(node.muteTimeIntervals),
    activeTimeIntervals: some(node.activeTimeIntervals),
    routes: some(node.routes.map((route) => renderNode(route, problems.within(describeMatchers(route.matchers))))),
  };
}

/** Renders an entry of `inhibitRules`. */
export function renderInhibitRuleField(rule: InhibitRule, problems: Problems): Record<string, unknown> {
  if (rule.name !== undefined) {
    problems.add('name', 'The inhibitions of an AlertmanagerConfig have none. Leave it out.');
  }
  return {
    sourceMatch: renderMatchers(rule.sourceMatchers),
    targetMatch: renderMatchers(rule.targetMatchers),
    equal: rule.equal,
  };
}

function renderMatchers(matchers: Matchers): readonly Record<string, string>[] {
  return Matcher.list(matchers).map(({ name, value, operator }) => ({ name, value, matchType: operator }));
}

function some<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
