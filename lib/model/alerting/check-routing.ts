import { checkDuration, parseDuration } from '../duration';
import { labelNameProblem } from '../label';
import type { Problems } from '../problem';
import { didYouMean } from '../suggest';
import { contradicts, covers, describeMatchers, Matcher } from './matcher';
import { branchOptions, nameOf, routeTree, walkRoutes } from './route-tree';
import { type Branch, type GroupingOptions, Routing } from './routing';

/** The names that routes may use. */
export interface RoutingNames {
  readonly receivers: readonly string[];
  readonly timeIntervals: readonly string[];
}

/** Checks a routing as Alertmanager would when it loads it, and finds routes that no alert can take. */
export function checkRouting(routing: Routing, names: RoutingNames, problems: Problems): void {
  const here = problems.within('route');
  checkReceiver(routing.receiver, names, here);
  checkGrouping(routing.options, here);
  checkMutings(routing, names, here);
  checkBranches(routing.branches, [], names, here);
}

/**
 * What Alertmanager accepts, and only warns of in its log: repetitions that cannot come when they should.
 *
 * @param retention time for which Alertmanager remembers what it sent.
 */
export function adviseRouting(routing: Routing, retention: string, problems: Problems): void {
  const milliseconds = (duration: string) => parseDuration(duration) ?? 0;
  walkRoutes(routeTree(routing), ({ path, groupInterval, repeatInterval }) => {
    const here = problems.within(`route/${path}`);
    if (milliseconds(repeatInterval) < milliseconds(groupInterval)) {
      here.add(
        'repeatInterval',
        `${repeatInterval} is shorter than the groupInterval ${groupInterval}, so that is how often it repeats.`,
      );
    }
    if (milliseconds(repeatInterval) > milliseconds(retention)) {
      here.add(
        'repeatInterval',
        `${repeatInterval} is longer than the retention ${retention}, after which notifications are forgotten and repeated.`,
      );
    }
  });
}

function checkBranches(
  branches: readonly Branch[],
  above: readonly Matcher[],
  names: RoutingNames,
  problems: Problems,
): void {
  const before: { readonly matchers: readonly Matcher[]; readonly where: string }[] = [];
  for (const branch of branches) {
    const matchers = Matcher.list(branch.matchers);
    const where = describeMatchers(matchers);
    const here = problems.within(where);
    const options = branchOptions(branch);
    for (const matcher of matchers) {
      matcher.check('matchers', here);
    }
    const earlier = before.find((each) => covers(each.matchers, [...above, ...matchers]));
    if (earlier !== undefined) {
      here.add(
        'matchers',
        `No alert gets here: the route ${earlier.where} before it takes all of them. Put this route first, or let that one continue.`,
      );
    } else if (contradicts(above, matchers)) {
      here.add(
        'matchers',
        `No alert gets here: ${where} cannot hold together with ${describeMatchers(above)} of the routes above.`,
      );
    }
    if (!options.continue) {
      before.push({ matchers, where });
    }
    for (const property of ['muteTimeIntervals', 'activeTimeIntervals'] as const) {
      for (const interval of options[property] ?? []) {
        here.addIf(property, intervalProblem(nameOf(interval), names));
      }
    }
    checkGrouping(options, here);
    checkTarget(branch, [...above, ...matchers], names, here);
  }
}

function checkTarget({ to }: Branch, above: readonly Matcher[], names: RoutingNames, problems: Problems): void {
  if (to instanceof Routing) {
    checkReceiver(to.receiver, names, problems);
    checkMutings(to, names, problems);
    checkBranches(to.branches, above, names, problems);
  } else if (to !== undefined) {
    checkReceiver(to, names, problems);
  }
}

function checkReceiver(receiver: string | { readonly name: string }, names: RoutingNames, problems: Problems): void {
  const name = nameOf(receiver);
  if (typeof receiver === 'string' && !names.receivers.includes(name)) {
    const known = names.receivers.length === 0 ? 'there is none' : `there is: ${names.receivers.join(', ')}`;
    problems.add('receiver', `No receiver is named "${name}"; ${known}.${didYouMean(name, names.receivers)}`);
  }
}

function checkMutings({ mutings }: Routing, names: RoutingNames, problems: Problems): void {
  for (const { interval, matchers } of mutings) {
    problems.addIf('muteDuring', intervalProblem(nameOf(interval), names));
    for (const matcher of Matcher.list(matchers)) {
      matcher.check('muteDuring', problems);
    }
  }
}

function intervalProblem(name: string, { timeIntervals }: RoutingNames): string | undefined {
  return timeIntervals.includes(name)
    ? undefined
    : `No time interval is named "${name}"; there is: ${timeIntervals.join(', ')}.${didYouMean(name, timeIntervals)}`;
}

function checkGrouping(options: GroupingOptions, problems: Problems): void {
  for (const property of ['groupWait', 'groupInterval', 'repeatInterval'] as const) {
    const value = options[property];
    problems.addIf(property, value === undefined ? undefined : checkDuration(value));
    if (property !== 'groupWait' && value !== undefined && parseDuration(value) === 0) {
      problems.add(property, `"${value}" received. Allowed: more than 0.`);
    }
  }
  const { groupBy = [], labels = {} } = options;
  for (const label of new Set(groupBy)) {
    if (label === '...' && groupBy.length > 1) {
      problems.add('groupBy', '"..." stands for every label. Allowed: either "..." alone, or names of labels.');
    }
    problems.addIf('groupBy', label === '...' ? undefined : labelNameProblem(label));
  }
  for (const label of groupBy.filter((each, index) => groupBy.indexOf(each) !== index)) {
    problems.add('groupBy', `"${label}" is there twice.`);
  }
  for (const label of Object.keys(labels)) {
    problems.addIf('labels', labelNameProblem(label));
  }
}
