import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AlertRule, alertLabels, type RuleGroup, renderRuleGroup } from '../../lib/model/rules';
import { notation, type RuleCase, type Situation } from './rule-case';

/** JSON is YAML, and promtool reads it. */
function write(path: string, content: unknown): string {
  writeFileSync(path, JSON.stringify(content, undefined, 2));
  return path;
}

/** A folder for the files of one test. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'rules-'));
}

/** Writes one rule file per group and returns their paths. */
export function writeRuleFiles(groups: readonly RuleGroup[], folder: string): readonly string[] {
  return groups.map((group) => write(join(folder, `${group.name}.yml`), { groups: [renderRuleGroup(group)] }));
}

/**
 * Writes the cases of one alert as a unit test of promtool and returns its path.
 *
 * promtool compares all annotations; the description is the one whose text depends on labels and value.
 */
export function writeUnitTest(rule: AlertRule, { fires, quiet }: RuleCase, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const { kind, name, summary, runbook, ...options } = rule;
  const tested: AlertRule = { kind, name, ...options, summary: '' };
  write(join(folder, `${name}.rules.yml`), { groups: [renderRuleGroup({ name: 'tested', rules: [tested] })] });
  const { alertname, ...ownLabels } = alertLabels(rule);
  const firing = {
    exp_labels: { ...ownLabels, ...fires.labels },
    exp_annotations: { summary: '', description: fires.says },
  };
  return write(join(folder, `${name}.test.yml`), {
    rule_files: [`${name}.rules.yml`],
    evaluation_interval: '1m',
    tests: [
      situation(name, 'fires', fires, [firing]),
      ...(quiet === 'always fires' ? [] : [situation(name, 'is quiet', quiet, [])]),
    ],
  });
}

function situation(alert: string, name: string, { series, at = '150m' }: Situation, alerts: readonly unknown[]) {
  return {
    name: `${alert} ${name}`,
    interval: '1m',
    input_series: series.map(([each, samples]) => ({ series: each, values: notation(samples) })),
    alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: alerts }],
  };
}
