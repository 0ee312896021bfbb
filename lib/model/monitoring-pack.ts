import type { Dashboard } from './dashboard';
import type { Rule, RuleGroup } from './rules';
import type { ScrapeTarget } from './scrape/scrape-target';

/**
 * What a thing brings along so that it can be monitored: targets, rules and dashboards.
 *
 * A pack is plain data in Prometheus' vocabulary; every back end renders the same packs.
 */
export interface MonitoringPack {
  /** Name of the group of the rules that are in none. @default - the job of the first target */
  readonly name?: string;
  /** @default - none */
  readonly targets?: readonly ScrapeTarget[];
  /** Groups, or single rules, which make a group of the pack's name. @default - none */
  readonly rules?: readonly (Rule | RuleGroup)[];
  /** @default - none */
  readonly dashboards?: readonly Dashboard[];
}

/** Something that brings its own monitoring. */
export interface IMonitored {
  /** Targets, rules and dashboards of this thing. */
  readonly monitoring: MonitoringPack;
}

/** The rule groups of a pack, single rules gathered in one. */
export function ruleGroups(pack: MonitoringPack): readonly RuleGroup[] {
  const groups = (pack.rules ?? []).filter((each): each is RuleGroup => 'rules' in each);
  const single = (pack.rules ?? []).filter((each): each is Rule => 'kind' in each);
  return single.length === 0 ? groups : [...groups, { name: pack.name ?? pack.targets?.[0]?.job ?? '', rules: single }];
}
