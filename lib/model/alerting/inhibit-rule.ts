import { labelNameProblem } from '../label';
import type { Problems } from '../problem';
import { Matcher, type Matchers } from './matcher';

/**
 * Mutes target alerts while a source alert with equal labels fires.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#inhibition-related-settings
 * @example
 * { sourceMatchers: { alertname: 'NodeDown' }, targetMatchers: { severity: 'warning' }, equal: ['instance'] }
 */
export interface InhibitRule {
  /** Name in Alertmanager's web page. @default - none */
  readonly name?: string;
  /** The alerts that mute others. */
  readonly sourceMatchers: Matchers;
  /** The alerts that are muted. */
  readonly targetMatchers: Matchers;
  /** Labels that both must share; a label that both lack counts as shared. @default - none: any source mutes every target */
  readonly equal?: readonly string[];
}

/** Renders an entry of `inhibit_rules`. */
export function renderInhibitRule(rule: InhibitRule): Record<string, unknown> {
  return {
    name: rule.name,
    source_matchers: Matcher.list(rule.sourceMatchers).map(String),
    target_matchers: Matcher.list(rule.targetMatchers).map(String),
    equal: rule.equal,
  };
}

/** Checks an inhibition as Alertmanager would when it loads it. */
export function checkInhibitRule(rule: InhibitRule, problems: Problems): void {
  for (const property of ['sourceMatchers', 'targetMatchers'] as const) {
    const matchers = Matcher.list(rule[property]);
    if (matchers.length === 0) {
      problems.add(property, 'It is empty, so it would match every alert. Name at least one label.');
    }
    for (const matcher of matchers) {
      matcher.check(property, problems);
    }
  }
  for (const label of rule.equal ?? []) {
    problems.addIf('equal', labelNameProblem(label));
  }
}
