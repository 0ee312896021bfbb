import { formatDuration, parseDuration } from '../model/duration';
import { type MonitoringPack, ruleGroups } from '../model/monitoring-pack';
import { parsePromql } from '../model/promql/parse';
import { isShipped, type Rule } from '../model/rules';

/** Scrapes that a rate needs within its window, so that one lost scrape leaves no gap. */
const SCRAPES_PER_WINDOW = 4;
/** The longest interval with which the shortest window of the shipped rules, 5 minutes, gets along. */
const LONGEST_FOR_SHIPPED = (5 * 60_000) / SCRAPES_PER_WINDOW;

/**
 * Says what is no fault, but hardly meant: rate windows that are too short, and recordings that nobody reads.
 *
 * @param defaultInterval interval of targets that have none of their own
 */
export function advisePacks(packs: readonly MonitoringPack[], defaultInterval: string): readonly string[] {
  const rules = packs.flatMap(ruleGroups).flatMap((group) => group.rules);
  const intervals = jobIntervals(packs, defaultInterval);
  const longest = Math.max(...intervals.values(), parseDuration(defaultInterval) ?? 0);
  const questioned = rules.filter((rule) => !isShipped(rule) || longest > LONGEST_FOR_SHIPPED);
  return [
    ...deprecatedTokens(packs),
    ...questioned.flatMap((rule) => shortWindows(rule, intervals, parseDuration(defaultInterval) ?? 0)),
    ...unreadRecordings(rules, packs),
  ];
}

function deprecatedTokens(packs: readonly MonitoringPack[]): readonly string[] {
  return packs
    .flatMap((pack) => pack.targets ?? [])
    .filter(({ options }) => [options, ...(options.endpoints ?? [])].some((each) => each.bearerTokenFile !== undefined))
    .map(({ job }) => `${job}: bearerTokenFile is deprecated. Write authorization: { credentials: path } instead.`);
}

function jobIntervals(packs: readonly MonitoringPack[], defaultInterval: string): ReadonlyMap<string, number> {
  const targets = packs.flatMap((pack) => pack.targets ?? []);
  return new Map(
    targets.map(({ job, endpoints }) => {
      const all = endpoints.map(({ interval }) => parseDuration(interval ?? defaultInterval) ?? 0);
      return [job, Math.max(...all)];
    }),
  );
}

function shortWindows(rule: Rule, intervals: ReadonlyMap<string, number>, fallback: number): readonly string[] {
  const parsed = parsePromql(rule.expr);
  if (parsed.kind !== 'expression') {
    return [];
  }
  return parsed.rateWindows.flatMap(({ function: name, range, metric, position }) => {
    const selector = parsed.selectors.find((each) => each.metric === metric && each.position.offset >= position.offset);
    const job = selector?.matchers.find(({ name: label, operator }) => label === 'job' && operator === '=')?.value;
    const interval = intervals.get(job ?? '') ?? fallback;
    const window = range.milliseconds;
    if (window === undefined || window >= interval * SCRAPES_PER_WINDOW) {
      return [];
    }
    const allowed = formatDuration(interval * SCRAPES_PER_WINDOW);
    return [
      `${rule.name}: ${name}(${metric ?? '…'}[${range.text}]) looks at less than ${SCRAPES_PER_WINDOW} scrapes of ` +
        `${formatDuration(interval)}, so one lost scrape leaves a gap. Use at least ${allowed}.`,
    ];
  });
}

function unreadRecordings(rules: readonly Rule[], packs: readonly MonitoringPack[]): readonly string[] {
  const dashboards = packs.flatMap((pack) => pack.dashboards ?? []).map(({ model }) => JSON.stringify(model));
  const texts = [...rules.map(({ expr }) => expr), ...dashboards];
  return rules
    .filter(({ kind, name }) => kind === 'record' && !texts.some((text) => text.includes(name)))
    .map(({ name }) => `${name} is recorded, but no rule and no dashboard of this stack reads it.`);
}
