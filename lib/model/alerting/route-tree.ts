import type { Labels } from '../label';
import { contradicts, describeMatchers, Matcher } from './matcher';
import type { Receiver } from './receiver';
import { type Branch, type GroupingOptions, type Muting, type RouteOptions, Routing } from './routing';
import type { NamedTimeInterval } from './time-interval';

/** A route as Alertmanager has it; what is not set is inherited. */
export interface RouteNode extends GroupingOptions {
  readonly matchers: readonly Matcher[];
  readonly receiver?: string;
  readonly continue: boolean;
  /** Names; not inherited. */
  readonly muteTimeIntervals: readonly string[];
  /** Names; not inherited. */
  readonly activeTimeIntervals: readonly string[];
  readonly routes: readonly RouteNode[];
}

/** One route that an alert takes, with everything that it inherits. */
export interface RouteMatch {
  /** Name of the receiver. */
  readonly receiver: string;
  /** The matchers from the top, as Alertmanager writes them: `{}/{severity="critical"}`. */
  readonly path: string;
  /** `['...']` for every label. */
  readonly groupBy: readonly string[];
  readonly groupWait: string;
  readonly groupInterval: string;
  readonly repeatInterval: string;
  readonly labels: Labels;
  /** Names of the times at which this route is silent. */
  readonly mutedBy: readonly string[];
  /** Names of the times at which alone this route speaks; none means always. */
  readonly activeDuring: readonly string[];
}

/** What the top route has where it is not told otherwise. */
export const TOP: Required<GroupingOptions> = {
  groupBy: ['alertname', 'cluster', 'namespace'],
  groupWait: '30s',
  groupInterval: '5m',
  repeatInterval: '4h',
  labels: {},
};

/** The tree of routes that a routing stands for. */
export function routeTree(routing: Routing): RouteNode {
  return toNode({ matchers: [], to: routing, options: { groupBy: TOP.groupBy, ...defined(routing.options) } });
}

/**
 * The routes that an alert with these labels takes, exactly as Alertmanager finds them: depth first, the first match
 * of each level unless it continues, and the route itself where no nested one matches.
 */
export function matchRoutes(root: RouteNode, labels: Labels): readonly RouteMatch[] {
  return match(root, labels, { ...TOP, receiver: '', path: '' });
}

/** Every time interval that routes refer to, as an object or by name. */
export function referencedIntervals(routing: Routing): readonly (string | NamedTimeInterval)[] {
  return [
    ...routing.mutings.map(({ interval }) => interval),
    ...routing.branches.flatMap(({ options, to }) => [
      ...(options.muteTimeIntervals ?? []),
      ...(options.activeTimeIntervals ?? []),
      ...(to instanceof Routing ? referencedIntervals(to) : []),
    ]),
  ];
}

/** Every receiver that routes refer to, as an object or by name, from the top. */
export function referencedReceivers(routing: Routing): readonly (Receiver | string)[] {
  return [
    routing.receiver,
    ...routing.branches.flatMap(({ to }) =>
      to === undefined ? [] : to instanceof Routing ? referencedReceivers(to) : [to],
    ),
  ];
}

/** The name of a receiver or time interval, however it is given. */
export function nameOf(named: string | { readonly name: string }): string {
  return typeof named === 'string' ? named : named.name;
}

/** The options of a branch, with those of a routing of its own beneath them. */
export function branchOptions({ to, options }: Branch): RouteOptions {
  return { ...(to instanceof Routing ? defined(to.options) : {}), ...defined(options) };
}

function toNode(branch: Branch): RouteNode {
  const { to } = branch;
  const {
    muteTimeIntervals = [],
    activeTimeIntervals = [],
    continue: goesOn = false,
    ...grouping
  } = branchOptions(branch);
  const receiver = to instanceof Routing ? to.receiver : to;
  const node: RouteNode = {
    matchers: Matcher.list(branch.matchers),
    ...(receiver === undefined ? {} : { receiver: nameOf(receiver) }),
    ...grouping,
    continue: goesOn,
    muteTimeIntervals: muteTimeIntervals.map(nameOf),
    activeTimeIntervals: activeTimeIntervals.map(nameOf),
    routes: to instanceof Routing ? to.branches.map(toNode) : [],
  };
  return to instanceof Routing ? to.mutings.reduce(withMuting, node) : node;
}

/**
 * Puts a copy of the routes in front, for the alerts that are to be silent.
 *
 * Alertmanager does not inherit mute times, so every route needs them; a copy keeps each alert on its own way.
 */
function withMuting(node: RouteNode, { interval, matchers }: Muting): RouteNode {
  const wanted = Matcher.list(matchers);
  const name = nameOf(interval);
  const silenced: RouteNode = {
    matchers: wanted,
    continue: false,
    muteTimeIntervals: [...node.muteTimeIntervals, name],
    activeTimeIntervals: node.activeTimeIntervals,
    routes: node.routes.flatMap((route) => silencedCopy(route, wanted, name)),
  };
  return { ...node, routes: [silenced, ...node.routes] };
}

/** The copy of a route; none where no alert can take it. */
function silencedCopy(route: RouteNode, above: readonly Matcher[], name: string): readonly RouteNode[] {
  const all = [...above, ...route.matchers];
  return contradicts(all, [])
    ? []
    : [
        {
          ...route,
          muteTimeIntervals: [...new Set([...route.muteTimeIntervals, name])],
          routes: route.routes.flatMap((inner) => silencedCopy(inner, all, name)),
        },
      ];
}

type Inherited = Required<GroupingOptions> & { readonly receiver: string; readonly path: string };

function match(node: RouteNode, labels: Labels, above: Inherited): readonly RouteMatch[] {
  if (!node.matchers.every((matcher) => matcher.matches(labels))) {
    return [];
  }
  const inherited = inherit(node, above);
  const found: RouteMatch[] = [];
  for (const route of node.routes) {
    const matches = match(route, labels, inherited);
    found.push(...matches);
    if (matches.length > 0 && !route.continue) {
      break;
    }
  }
  return found.length > 0
    ? found
    : [{ ...inherited, mutedBy: node.muteTimeIntervals, activeDuring: node.activeTimeIntervals }];
}

/** What a route has of its own, and else from the route above. */
function inherit(node: RouteNode, above: Inherited): Inherited {
  const step = describeMatchers(node.matchers);
  return {
    receiver: node.receiver ?? above.receiver,
    path: above.path === '' ? step : `${above.path}/${step}`,
    groupBy: node.groupBy ?? above.groupBy,
    groupWait: node.groupWait ?? above.groupWait,
    groupInterval: node.groupInterval ?? above.groupInterval,
    repeatInterval: node.repeatInterval ?? above.repeatInterval,
    labels: { ...above.labels, ...node.labels },
  };
}

/** Visits every route, with what it inherits. */
export function walkRoutes(
  root: RouteNode,
  visit: (route: Omit<RouteMatch, 'mutedBy' | 'activeDuring'>) => void,
): void {
  const step = (node: RouteNode, above: Inherited): void => {
    const inherited = inherit(node, above);
    visit(inherited);
    for (const route of node.routes) {
      step(route, inherited);
    }
  };
  step(root, { ...TOP, receiver: '', path: '' });
}

/** Renders a route; the order of the keys is that of Alertmanager's documentation. */
export function renderRoute(node: RouteNode): Record<string, unknown> {
  const names = (intervals: readonly string[]) => (intervals.length === 0 ? undefined : intervals);
  return {
    receiver: node.receiver,
    matchers: node.matchers.length === 0 ? undefined : node.matchers.map(String),
    continue: node.continue ? true : undefined,
    group_by: node.groupBy,
    group_wait: node.groupWait,
    group_interval: node.groupInterval,
    repeat_interval: node.repeatInterval,
    mute_time_intervals: names(node.muteTimeIntervals),
    active_time_intervals: names(node.activeTimeIntervals),
    labels: node.labels,
    routes: node.routes.length === 0 ? undefined : node.routes.map(renderRoute),
  };
}

function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
