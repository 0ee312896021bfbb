import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Grafana } from '../../lib/grafana/grafana';
import { ruleGroups } from '../../lib/model/monitoring-pack';
import { Problems } from '../../lib/model/problem';
import { checkRuleGroup } from '../../lib/model/rules';

describe('the monitoring of Grafana itself', () => {
  const grafana = new Grafana(new Chart(Testing.app(), 'chart'), 'grafana', { name: 'dashboards', namespace: 'obs' });
  const { monitoring } = grafana;

  it('scrapes the Service by its named port', () => {
    const [target] = monitoring.targets ?? [];
    const problems = Problems.at('');
    target?.check(problems);
    expect(problems.all).toEqual([]);
    expect(target?.job).toBe('dashboards');
    expect(target?.endpoints).toEqual([expect.objectContaining({ port: 'http' })]);
  });

  it('has valid alerts about this Grafana alone', () => {
    const problems = Problems.at('');
    const groups = ruleGroups(monitoring);
    for (const group of groups) {
      checkRuleGroup(group, problems);
    }
    expect(problems.all).toEqual([]);
    expect(groups.map(({ name }) => name)).toEqual(['grafana']);
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.map(({ name }) => name)).toEqual(['GrafanaDown', 'GrafanaRequestsFailing', 'GrafanaQueriesFailing']);
    for (const { expr } of rules) {
      expect(expr).toContain('job="dashboards",namespace="obs"');
    }
  });
});
