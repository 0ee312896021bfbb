import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkDashboard } from '../../../../lib/model/dashboard';
import { ruleGroups } from '../../../../lib/model/monitoring-pack';
import { Problems } from '../../../../lib/model/problem';
import { parsePromql } from '../../../../lib/model/promql/parse';
import { checkPromql } from '../../../../lib/model/promql/types';
import { checkRuleGroup, type Rule } from '../../../../lib/model/rules';
import type { GpuExporterProps } from '../../../../lib/targets/gpu/bundled-exporter/gpu-exporter-props';
import {
  GPU_ENTITY_LABELS,
  GPU_METRICS,
  type GpuMetricName,
} from '../../../../lib/targets/gpu/bundled-exporter/metrics';
import { gpuExporterRules } from '../../../../lib/targets/gpu/bundled-exporter/rules/rules';
import { make } from './make';

const rulesOf = (props: GpuExporterProps = {}): readonly Rule[] =>
  ruleGroups(make(props).exporter.monitoring).flatMap(({ rules }) => rules);
const namesOf = (props: GpuExporterProps = {}) => rulesOf(props).map(({ name }) => name);

const page = readFileSync(join(__dirname, '../../../../docs/gpu-metrics.md'), 'utf8');
/** What the exporter says of itself, by the table that is made of its code. */
const OWN = new Set([...page.matchAll(/^\| `(gpu_exporter_\w+)` \|/gm)].map(([, name = '']) => name));
const TARGET = ['job', 'instance', 'node'];

/** Reports metrics that the exporter does not have, and labels that a metric does not have. */
function unknownIn(expr: string): readonly string[] {
  const parsed = parsePromql(expr, { variables: true });
  if (parsed.kind !== 'expression') {
    return [parsed.message];
  }
  return parsed.selectors.flatMap(({ metric = '', matchers }) => {
    if (metric === 'up' || OWN.has(metric)) {
      return [];
    }
    if (!(metric in GPU_METRICS)) {
      return [`there is no ${metric}`];
    }
    const { entity, labels } = GPU_METRICS[metric as GpuMetricName];
    const known: readonly string[] = [...TARGET, ...GPU_ENTITY_LABELS[entity], ...labels];
    return matchers.filter(({ name }) => !known.includes(name)).map(({ name }) => `${metric} has no ${name}`);
  });
}

it('the tests know a metric that is not there', () => {
  expect(OWN).toContain('gpu_exporter_driver_up');
  expect(unknownIn('gpu_upp == 0')).toEqual(['there is no gpu_upp']);
  expect(unknownIn('gpu_up{status="ok"} == 0')).toEqual(['gpu_up has no status']);
});

describe('the rules', () => {
  it('read metrics and labels that the exporter has', () => {
    expect(rulesOf().length).toBeGreaterThan(20);
    expect(rulesOf().flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
  });

  it('are as many as the README says', () => {
    const readme = readFileSync(join(__dirname, '../../../../README.md'), 'utf8');
    expect(readme).toContain(`${rulesOf().length} alerts with runbooks`);
  });

  it('select the job, and name the node, as the target has them', () => {
    const rules = rulesOf({ scrape: { job: 'gpu "east"', nodeLabel: 'host' } });
    expect(rules.filter(({ expr }) => !expr.includes('job="gpu \\"east\\""'))).toEqual([]);
    const text = JSON.stringify(rules);
    expect(text).toContain('{{ $labels.host }}');
    expect(text).not.toContain('$labels.node');
    expect(text).not.toMatch(/by \([^)]*\bnode\b/);
    const problems = Problems.at('rules');
    for (const group of gpuExporterRules({ job: 'gpu "east"', nodeLabel: 'host' })) {
      checkRuleGroup(group, problems);
    }
    expect(problems.all).toEqual([]);
  });

  it('are silent about pods where nothing says which pod has a GPU', () => {
    const missing = namesOf().filter((name) => !namesOf({ attribution: false }).includes(name));
    expect(missing).toEqual(['GpuExporterSourceDown', 'GpuPodIdle']);
    expect(namesOf({ privileges: 'device' })).toEqual(namesOf({ attribution: false }));
  });

  it('wait for five collections, and for five minutes', () => {
    const stale = (props: GpuExporterProps) =>
      rulesOf(props).find(({ name }) => name === 'GpuExporterStale')?.expr ?? '';
    expect(stale({})).toContain('> 300 ');
    expect(stale({ collect: { interval: '10m', staleness: '1h' } })).toContain('> 3000 ');
  });

  it('are left out with the dashboard where nothing of what they read is exposed', () => {
    const { monitoring } = make({ profiles: ['dcgm'] }).exporter;
    expect(monitoring).not.toHaveProperty('rules');
    expect(monitoring).not.toHaveProperty('dashboards');
    expect(make({ rules: false }).exporter.monitoring).toHaveProperty('dashboards');
    expect(make({ dashboards: false }).exporter.monitoring).toHaveProperty('rules');
  });
});

interface TestPanel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
  readonly transformations?: readonly { readonly options: { readonly renameByName: Record<string, string> } }[];
}

interface TestModel {
  readonly panels: readonly TestPanel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: { readonly query: string } }[];
  };
}

describe('the dashboard', () => {
  const dashboardsOf = (props: GpuExporterProps = {}) => make(props).exporter.monitoring.dashboards ?? [];
  const modelOf = (props: GpuExporterProps = {}) => dashboardsOf(props)[0]?.model as unknown as TestModel;
  const { panels, templating } = modelOf();
  const exprs = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it('is one that Grafana provisions', () => {
    const problems = Problems.at('dashboard');
    for (const dashboard of dashboardsOf()) {
      checkDashboard(dashboard, problems);
    }
    expect(dashboardsOf()).toHaveLength(1);
    expect(problems.all).toEqual([]);
  });

  it('has panels that say what they show, in a unit, and do not overlap', () => {
    const shown = panels.filter(({ type }) => type !== 'row');
    expect(shown.length).toBeGreaterThan(15);
    for (const { title, description, fieldConfig } of shown) {
      expect(description, title).toMatch(/\.$/);
      expect(fieldConfig?.defaults.unit, title).toBeDefined();
    }
    const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)}/${y + Math.floor(index / w)}`),
    );
    expect(new Set(places).size).toBe(places.length);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });

  it('asks in valid PromQL for metrics and labels that the exporter has', () => {
    for (const expr of exprs) {
      expect(checkPromql(expr, { variables: true }), expr).toEqual([]);
      expect(unknownIn(expr), expr).toEqual([]);
    }
  });

  it('offers the choices that its queries name', () => {
    const queries = templating.list.map(({ query }) => query.query);
    const names = [...exprs, ...queries].flatMap((text) =>
      [...text.matchAll(/\$([a-z]\w*)/g)].map(([, name = '']) => name),
    );
    expect([...new Set(names)].sort()).toEqual(templating.list.map(({ name }) => name).sort());
    for (const query of queries) {
      const [, series = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
      expect(unknownIn(series), query).toEqual([]);
      expect(['node', 'namespace']).toContain(label);
    }
  });

  it('selects the job and the node as the target has them', () => {
    const text = JSON.stringify(modelOf({ scrape: { job: 'own', nodeLabel: 'host' } }));
    expect(text).toContain('job=\\"own\\", host=~\\"$node\\"');
    expect(text).not.toContain('gpu-exporter\\"');
    expect(text).toContain('{{host}} {{gpu}}');
    expect(text).toContain('"host":"Node"');
  });
});
