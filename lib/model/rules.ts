import { checkDuration } from './duration';
import { type Labels, labelNameProblem, metricNameProblem } from './label';
import type { Problems } from './problem';
import { checkPromql } from './promql/types';
import { checkTemplate } from './template';

/** How urgent an alert is: someone must act now, soon, or should know. */
export type Severity = 'critical' | 'warning' | 'info' | 'none';

/** What an alert says and when it fires. */
export interface AlertOptions {
  /** PromQL; the alert fires for every series that it yields. */
  readonly expr: string;
  /** Time for which the expression must hold. @default - fires at once */
  readonly for?: string;
  /** Time for which the alert goes on after the expression stopped holding. @default - resolves at once */
  readonly keepFiringFor?: string;
  /** Becomes the label `severity`, by which alerts are routed. */
  readonly severity: Severity;
  /** One line; a template over the labels and the value. */
  readonly summary: string;
  /** What it means and what to look at; a template. @default - none */
  readonly description?: string;
  /** URL of the page that tells what to do. @default - none */
  readonly runbook?: string;
  /** Further labels. @default - none */
  readonly labels?: Labels;
  /** Further annotations; templates. @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An alerting rule. Make one with `alert`. */
export interface AlertRule extends AlertOptions {
  readonly kind: 'alert';
  readonly name: string;
}

/** What a recording rule computes. */
export interface RecordingOptions {
  /** PromQL; every series that it yields is stored under the rule's name. */
  readonly expr: string;
  /** Labels added to the result. @default - none */
  readonly labels?: Labels;
}

/** A recording rule. Make one with `record`. */
export interface RecordingRule extends RecordingOptions {
  readonly kind: 'record';
  readonly name: string;
}

/** An alerting or a recording rule. */
export type Rule = AlertRule | RecordingRule;

/**
 * Rules that are evaluated one after the other, at one interval.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/#rule_group
 */
export interface RuleGroup {
  /** Unique in the stack. */
  readonly name: string;
  /** @default - the evaluation interval of the Prometheus */
  readonly interval?: string;
  /** Alerts or series that a rule may yield; more is an error of the rule. @default - unlimited */
  readonly limit?: number;
  /** Evaluates the past, for series that arrive late. @default - none */
  readonly queryOffset?: string;
  /** Labels of every rule of the group. @default - none */
  readonly labels?: Labels;
  readonly rules: readonly Rule[];
}

/** An alerting rule. */
export function alert(name: string, options: AlertOptions): AlertRule {
  return { kind: 'alert', name, ...options };
}

/** A recording rule; the name follows `level:metric:operation`. */
export function record(name: string, options: RecordingOptions): RecordingRule {
  return { kind: 'record', name, ...options };
}

const SHIPPED = new WeakSet<Rule>();

/**
 * Marks rules of this package, whose expressions and texts its own tests hold against Prometheus.
 *
 * Parsing them anew for every user would take a good part of the synthesis. A copy with another expression is not marked.
 */
export function shipped<T extends Rule | RuleGroup>(rules: readonly T[]): readonly T[] {
  for (const each of rules.flatMap((rule): readonly Rule[] => ('rules' in rule ? rule.rules : [rule]))) {
    SHIPPED.add(each);
  }
  return rules;
}

/** Whether a rule is one of this package, unchanged. */
export function isShipped(rule: Rule): boolean {
  return SHIPPED.has(rule);
}

/** Labels of the alerts that a rule makes, as far as they are known before it fires. */
export function alertLabels(rule: AlertRule): Labels {
  return { alertname: rule.name, ...rule.labels, severity: rule.severity };
}

/** Renders a group as an entry of `groups` in a rule file. */
export function renderRuleGroup(group: RuleGroup): Record<string, unknown> {
  return {
    name: group.name,
    interval: group.interval,
    limit: group.limit,
    query_offset: group.queryOffset,
    labels: group.labels,
    rules: group.rules.map((rule) =>
      rule.kind === 'record'
        ? { record: rule.name, expr: rule.expr, labels: rule.labels }
        : {
            alert: rule.name,
            expr: rule.expr,
            for: rule.for,
            keep_firing_for: rule.keepFiringFor,
            labels: { ...rule.labels, severity: rule.severity },
            annotations: {
              summary: rule.summary,
              description: rule.description,
              runbook_url: rule.runbook,
              ...rule.annotations,
            },
          },
    ),
  };
}

/** Checks a group as Prometheus would when it loads it. */
export function checkRuleGroup(group: RuleGroup, problems: Problems): void {
  const here = problems.within('rules');
  if (group.name === '') {
    here.add('name', 'Rules without a target need a name for their group: set name of the pack, or of the group.');
  }
  for (const name of ['interval', 'queryOffset'] as const) {
    const value = group[name];
    here.within(group.name).addIf(name, value === undefined ? undefined : checkDuration(value));
  }
  for (const rule of group.rules.filter((each) => !isShipped(each))) {
    checkRule(rule, here.within(rule.name));
  }
}

function checkRule(rule: Rule, problems: Problems): void {
  for (const fault of checkPromql(rule.expr, { rule: true })) {
    problems.add('expr', `${fault.message}\n${fault.excerpt}`);
  }
  for (const [name, text] of Object.entries(rule.labels ?? {})) {
    problems.addIf(
      'labels',
      name === '__name__' ? '"__name__" is the name of the metric, and no label of a rule.' : labelNameProblem(name),
    );
    for (const fault of rule.kind === 'alert' ? checkTemplate(text).problems : []) {
      problems.add(`labels.${name}`, fault);
    }
  }
  if (rule.kind === 'record') {
    problems.addIf('name', metricNameProblem(rule.name));
    return;
  }
  if (rule.name === '') {
    problems.add('name', 'An alert needs a name.');
  }
  if (rule.labels?.severity !== undefined) {
    problems.add('labels', `"severity" is set by the property severity (${rule.severity}).`);
  }
  for (const name of ['for', 'keepFiringFor'] as const) {
    const value = rule[name];
    problems.addIf(name, value === undefined ? undefined : checkDuration(value));
  }
  const texts = { summary: rule.summary, description: rule.description, ...rule.annotations };
  for (const [name, text] of Object.entries(texts)) {
    for (const fault of text === undefined ? [] : checkTemplate(text).problems) {
      problems.add(name, fault);
    }
  }
}
