import { expect, it } from 'vitest';
import { alert, record, shipped } from '../../lib/model/rules';
import { ScrapeTarget } from '../../lib/model/scrape/scrape-target';
import { advisePacks } from '../../lib/prometheus/advise-packs';

const rule = (expr: string) => alert('A', { expr, severity: 'info', summary: 'a' });

it('warns of a rate window of less than four scrapes', () => {
  expect(advisePacks([{ rules: [rule('rate(a_total[1m]) > 0')] }], '30s')).toEqual([
    'A: rate(a_total[1m]) looks at less than 4 scrapes of 30s, so one lost scrape leaves a gap. Use at least 2m.',
  ]);
  expect(advisePacks([{ rules: [rule('rate(a_total[2m]) > 0')] }], '30s')).toEqual([]);
});

it('knows the interval of the job that the expression names', () => {
  const fast = ScrapeTarget.hosts(['a:1'], { job: 'fast', interval: '1s' });
  const slow = ScrapeTarget.hosts(['b:1'], { job: 'slow', endpoints: [{ interval: '10m' }] });
  const rules = [rule('rate(a_total{job="fast"}[10s]) > 0'), rule('increase(b_total{job="slow"}[30m]) > 0')];
  expect(advisePacks([{ targets: [fast, slow], rules }], '30s')).toEqual([
    'A: increase(b_total[30m]) looks at less than 4 scrapes of 10m, so one lost scrape leaves a gap. Use at least 40m.',
  ]);
});

it('looks at shipped rules only where an interval is too long for them', () => {
  const rules = shipped([rule('rate(a_total[5m]) > 0')]);
  expect(advisePacks([{ rules }], '1m')).toEqual([]);
  expect(advisePacks([{ rules }], '2m')).toHaveLength(1);
});

it('warns of a recording that nobody reads', () => {
  const recording = record('a:b:sum', { expr: 'sum(up)' });
  expect(advisePacks([{ rules: [recording] }], '30s')).toEqual([
    'a:b:sum is recorded, but no rule and no dashboard of this stack reads it.',
  ]);
  expect(advisePacks([{ rules: [recording, rule('a:b:sum > 1')] }], '30s')).toEqual([]);
  const dashboard = { uid: 'd', title: 'D', model: { panels: [{ targets: [{ expr: 'a:b:sum' }] }] } };
  expect(advisePacks([{ rules: [recording], dashboards: [dashboard] }], '30s')).toEqual([]);
});

it('leaves what is no PromQL to the checks', () => {
  expect(advisePacks([{ rules: [rule('rate(')] }], '30s')).toEqual([]);
});
