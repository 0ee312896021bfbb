import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alertmanagerRules } from '../../lib/alertmanager/rules';
import { grafanaRules } from '../../lib/grafana/rules';
import { parseDuration } from '../../lib/model/duration';
import { Problems } from '../../lib/model/problem';
import { alertLabels, checkRuleGroup } from '../../lib/model/rules';
import { runbook } from '../../lib/model/runbook';
import { checkTemplate } from '../../lib/model/template';
import { prometheusOperatorRules } from '../../lib/prometheus/operator/operator-rules';
import { prometheusRules } from '../../lib/prometheus/rules';
import { containerRules } from '../../lib/targets/kubernetes/rules/containers';
import { nodeExporterRules } from '../../lib/targets/node-exporter/rules';
import { ALL_CASES } from './all-cases';
import { ALL_ALERTS, ALL_GROUPS } from './all-groups';

const RUNBOOKS = join(__dirname, '../../docs/runbooks');
const HEADINGS = ['## Meaning', '## What to look at', '## What to do'];

const names = ALL_ALERTS.map(({ name }) => name);
/** Alerts whose cases lie with the component that brings them. */
const ofComponents = [
  ...alertmanagerRules({ job: 'alertmanager', namespace: 'monitoring', replicas: 2 }).flatMap(({ rules }) => rules),
  ...grafanaRules('grafana', 'monitoring'),
].map(({ name }) => name);

function twice(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

describe('every rule group', () => {
  test('is one that Prometheus loads', () => {
    const problems = Problems.at('rules');
    for (const group of ALL_GROUPS) {
      checkRuleGroup(group, problems);
    }
    expect(problems.all).toEqual([]);
  });

  test('has a name of its own, and so has every alert', () => {
    expect(twice(ALL_GROUPS.map(({ name }) => name))).toEqual([]);
    expect(twice(names)).toEqual([]);
  });

  test('selects the job whose series it reads', () => {
    const anyJob = ALL_ALERTS.filter(({ expr }) => !expr.includes('job="')).map(({ name }) => name);
    expect(anyJob).toEqual(['Watchdog', 'TargetDown']);
  });
});

describe('every alert', () => {
  test('says how urgent it is, when it fires, what it means and where that is explained', () => {
    const poor = ALL_ALERTS.filter(
      (rule) =>
        !['critical', 'warning', 'info', 'none'].includes(rule.severity) ||
        parseDuration(rule.for ?? '') === undefined ||
        !rule.summary.endsWith('.') ||
        !rule.description?.endsWith('.') ||
        rule.runbook !== runbook(rule.name),
    );
    expect(poor.map(({ name }) => name)).toEqual([]);
  });

  test('waits for a minute at least, so that a start or a single missed scrape is no alert', () => {
    const hasty = ALL_ALERTS.filter((rule) => (parseDuration(rule.for ?? '') ?? 0) < 60_000).map(({ name }) => name);
    expect(hasty).toEqual(['Watchdog']);
  });

  test('has a runbook, and every runbook is that of an alert', () => {
    const pages = readdirSync(RUNBOOKS).map((file) => file.replace(/\.md$/, ''));
    expect(pages.sort()).toEqual([...names, ...ofComponents].sort());
  });

  test('has a runbook that tells what it means, what to look at and what to do', () => {
    const other = readdirSync(RUNBOOKS).filter((file) => {
      const page = readFileSync(join(RUNBOOKS, file), 'utf8');
      return !page.startsWith(`# ${file.replace(/\.md$/, '')}\n`) || page.match(/^## .+/gm)?.join() !== HEADINGS.join();
    });
    expect(other).toEqual([]);
  });

  test('has exactly one case, and every case is that of an alert', () => {
    expect(ALL_CASES.map(({ alert }) => alert).sort()).toEqual([...names].sort());
  });

  test('shows only labels that it has when it fires', () => {
    const missing = ALL_CASES.flatMap(({ alert, fires }) => {
      const rule = ALL_ALERTS.find(({ name }) => name === alert);
      const shown = [rule?.summary, rule?.description].flatMap((text) => checkTemplate(text ?? '').labels);
      const present = Object.keys({ ...(rule && alertLabels(rule)), ...fires.labels });
      return shown.filter((label) => !present.includes(label)).map((label) => `${alert} shows ${label}`);
    });
    expect(missing).toEqual([]);
  });
});

describe('the rules of Prometheus', () => {
  const groups = (options: Parameters<typeof prometheusRules>[0]) => prometheusRules(options).map(({ name }) => name);

  test('speak of Alertmanagers, remote storage and replicas only where there are any', () => {
    const alone = groups({ remoteWrite: false, replicas: 1, alertmanagers: false });
    const full = groups({ remoteWrite: true, replicas: 2, alertmanagers: true });
    expect(full.filter((name) => !alone.includes(name))).toEqual([
      'prometheus.replicas',
      'prometheus.notifications',
      'prometheus.remote-write',
    ]);
  });

  test('count the replicas that there should be', () => {
    const [rule] = prometheusRules({ remoteWrite: false, replicas: 3, alertmanagers: false }).flatMap(
      ({ name, rules }) => (name === 'prometheus.replicas' ? rules : []),
    );
    expect(rule?.expr).toBe('count by (job) (up{job="prometheus", endpoint="web"} == 1) < 3');
  });
});

test('the shares of the cluster that containers may use can be chosen', () => {
  const exprs = (options?: Parameters<typeof containerRules>[0]) =>
    containerRules(options).flatMap(({ rules }) => rules.map(({ expr }) => expr));
  const [cpu, memory] = exprs({ cpuThreshold: 0.1, memoryThreshold: 0.55 });
  expect(cpu).toMatch(/> 0\.1$/);
  expect(memory).toMatch(/> 0\.55$/);
  expect(exprs()[0]).toMatch(/> 0\.8$/);
});

test('the series of another node-exporter can be selected', () => {
  const exprs = nodeExporterRules('job="edge"').flatMap(({ rules }) => rules.map(({ expr }) => expr));
  expect(exprs.filter((expr) => !expr.includes('{job="edge"'))).toEqual([]);
});

test('the series of one of several prometheus-operators can be selected', () => {
  const groups = prometheusOperatorRules({ job: 'kps-operator', namespace: 'kps' });
  const expressions = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));
  expect(expressions.filter((expr) => !expr.includes('{job="kps-operator",namespace="kps"'))).toEqual([]);
});
