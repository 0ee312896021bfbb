import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { gpuByPodDashboard } from '../../../apps/gpu-demo/gpu-by-pod';
import { trainingJobDashboard } from '../../../apps/gpu-demo/training-job-dashboard';
import { DataSource } from '../../../lib';
import { checkDashboard } from '../../../lib/model/dashboard';
import { Problems } from '../../../lib/model/problem';
import { parsePromql } from '../../../lib/model/promql/parse';
import { checkPromql } from '../../../lib/model/promql/types';
import { tool } from '../../tool';
import { EXPOSED_METRICS } from './exposed-metrics';
import { SERIES } from './two-workers';

/** A panel of the JSON model, as far as the tests look into it. */
interface TestPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: object;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly datasource: object }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

interface TestModel {
  readonly schemaVersion: number;
  readonly panels: readonly TestPanel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: { readonly query: string } }[];
  };
}

const dashboards = [gpuByPodDashboard(), trainingJobDashboard({ namespace: 'gpu-demo', name: 'training' })];
const modelOf = (uid: string) => dashboards.find((each) => each.uid === uid)?.model as unknown as TestModel;
const panelsOf = (uid: string) => modelOf(uid).panels.filter(({ type }) => type !== 'row');

/** The queries of a dashboard, with where they stand. */
function queriesOf(uid: string): readonly (readonly [string, string])[] {
  return panelsOf(uid).flatMap(({ title, id, targets = [] }) =>
    targets.map(({ refId, expr }) => [`${id} ${title} ${refId}`, expr] as const),
  );
}

/** The series and the label that a variable is made of. */
function variableOf(query: string): readonly [string, string] {
  const [, series = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
  return [series, label];
}

/** As Grafana asks Prometheus, with these values chosen. */
function replaced(expr: string): string {
  const values: Readonly<Record<string, string>> = {
    namespace: 'gpu-demo',
    pod: '.+',
    job: 'training',
    worker: '(training-0-abcde|training-1-fghij)',
    __rate_interval: '2m0s',
    __range: '3600s',
  };
  return expr.replace(/\$(\w+)/g, (whole, name) => values[name] ?? whole);
}

describe.each(dashboards.map(({ uid }) => uid))('the dashboard %s', (uid) => {
  it('is one that Grafana provisions, of a version that it does not migrate', () => {
    const problems = Problems.at('dashboard');
    for (const dashboard of dashboards.filter((each) => each.uid === uid)) {
      checkDashboard(dashboard, problems);
    }
    expect(problems.all).toEqual([]);
    expect(modelOf(uid).schemaVersion).toBe(42);
  });

  it('has panels of current kinds, each with a description, a unit and the data source of the stack', () => {
    const source = DataSource.prometheus({ url: 'http://prometheus:9090' });
    const expected = { type: 'prometheus', uid: source.uid };
    for (const { title, type, description, datasource, targets = [], fieldConfig } of panelsOf(uid)) {
      expect(['timeseries', 'stat', 'bargauge', 'table', 'state-timeline'], title).toContain(type);
      expect(description, title).toMatch(/\.$/);
      expect(fieldConfig?.defaults.unit, title).toMatch(/^\w+$/);
      expect([datasource, ...targets.map((each) => each.datasource)], title).toEqual(
        Array(targets.length + 1).fill(expected),
      );
      expect(targets.length, title).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
    }
  });

  it('has its panels beside each other, none over another', () => {
    const { panels } = modelOf(uid);
    expect(panels.map(({ id }) => id)).toEqual(panels.map((_, index) => index + 1));
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('asks in valid PromQL, before and after Grafana has put its variables in', () => {
    for (const [place, expr] of queriesOf(uid)) {
      expect(checkPromql(expr, { variables: true }), place).toEqual([]);
      expect(replaced(expr), place).not.toContain('$');
      expect(checkPromql(replaced(expr), { rule: true }), place).toEqual([]);
    }
  });

  it('reads metrics that dcgm-exporter, kube-state-metrics and cAdvisor expose, by labels that they have', () => {
    const variables = modelOf(uid).templating.list.map(
      ({ name, query }) => [name, variableOf(query.query)[0]] as const,
    );
    for (const [place, expr] of [...queriesOf(uid), ...variables]) {
      const parsed = parsePromql(expr, { variables: true });
      if (parsed.kind !== 'expression') {
        throw new Error(`${place}: ${parsed.message}`);
      }
      expect(
        parsed.metricNames.filter((metric) => !EXPOSED_METRICS.has(metric)),
        place,
      ).toEqual([]);
      for (const { metric = '', matchers } of parsed.selectors) {
        const labels = EXPOSED_METRICS.get(metric) ?? [];
        expect(
          matchers.map(({ name }) => name).filter((name) => !labels.includes(name)),
          `${place}: ${metric}`,
        ).toEqual([]);
      }
      const all = parsed.metricNames.flatMap((metric) => EXPOSED_METRICS.get(metric) ?? []);
      const grouped = parsed.groupings.flatMap(({ labels }) => labels);
      expect(
        grouped.filter((label) => !all.includes(label)),
        place,
      ).toEqual([]);
    }
  });

  it('has the variables that its queries name, and none that nothing reads', () => {
    const list = modelOf(uid).templating.list.map(({ name, query }) => ({ name, query: query.query }));
    for (const { query } of list) {
      const [series, label] = variableOf(query);
      const [metric = ''] = series.split('{');
      expect(EXPOSED_METRICS.get(metric), query).toContain(label);
    }
    const texts = [...queriesOf(uid).map(([, expr]) => expr), ...list.map(({ query }) => query)];
    const read = new Set(texts.flatMap((text) => [...text.matchAll(/\$([a-z]\w*)/g)].map(([, name]) => name)));
    expect([...read].sort()).toEqual(list.map(({ name }) => name).sort());
  });
});

describe('what Prometheus answers', () => {
  /** Asks promtool about two workers, a vector addition that waits for a GPU, and a GPU without a pod. */
  function ask(context: Parameters<typeof tool>[1], tests: readonly object[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'dashboards-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'dashboards.test.yml');
    const input = SERIES.map(([series, values]) => ({ series, values }));
    const test = { interval: '1m', input_series: input, promql_expr_test: tests };
    writeFileSync(file, JSON.stringify({ fuzzy_compare: true, evaluation_interval: '1m', tests: [test] }));
    try {
      return execFileSync(tool('promtool', context), ['test', 'rules', file], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      if (stdout === undefined) {
        throw error;
      }
      return `${stdout}${stderr}`;
    }
  }

  it('is something, to every query of every panel', (context) => {
    const tests = dashboards.flatMap(({ uid }) =>
      queriesOf(uid).map(([, expr]) => ({
        expr: `count(${replaced(expr)}) > bool 0`,
        eval_time: '60m',
        exp_samples: [{ labels: '{}', value: 1 }],
      })),
    );
    expect(ask(context, tests)).toContain('SUCCESS');
  });

  it.for<readonly [string, string, readonly (readonly [string, number])[]]>([
    ['gpu-by-pod', 'GPUs in use', [['{}', 2]]],
    ['gpu-by-pod', 'GPUs without a pod', [['{}', 1]]],
    ['gpu-by-pod', 'Pods that wait for a GPU', [['{}', 1]]],
    ['gpu-by-pod', 'GPUs asked for', [['{namespace="gpu-demo"}', 3]]],
    ['gpu-by-pod', 'Energy in the time range', [['{namespace="gpu-demo"}', 0.5]]],
    ['gpu-training-job', 'Workers without a node', [['{}', 0]]],
    ['gpu-training-job', 'Running time', [['{}', 1800]]],
    [
      'gpu-training-job',
      'Workers',
      [
        ['{pod="training-0-abcde"}', 2],
        ['{pod="training-1-fghij"}', 2],
      ],
    ],
    [
      'gpu-training-job',
      'Utilization against the mean',
      [
        ['{pod="training-0-abcde"}', 10],
        ['{pod="training-1-fghij"}', -10],
      ],
    ],
    [
      'gpu-training-job',
      'Power against the mean',
      [
        ['{pod="training-0-abcde"}', 0.5],
        ['{pod="training-1-fghij"}', -0.5],
      ],
    ],
    [
      'gpu-training-job',
      'Received',
      [
        ['{pod="training-0-abcde"}', 100],
        ['{pod="training-1-fghij"}', 200],
      ],
    ],
  ])('%s: "%s" is right', ([uid, title, samples], context) => {
    const panel = panelsOf(uid).find((each) => each.title === title);
    const expr = replaced(panel?.targets?.[0]?.expr ?? '');
    const expected = samples.map(([labels, value]) => ({ labels, value }));
    expect(ask(context, [{ expr, eval_time: '60m', exp_samples: expected }])).toContain('SUCCESS');
  });
});
