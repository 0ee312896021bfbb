import { Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { alert } from '../../../lib/model/rules';
import { type ScrapeOptions, ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import { ForeignPrometheus } from '../../../lib/prometheus/operator/foreign-prometheus';
import { keysOf, make, newChart, problemsOf } from './synthesized';

const ALLOWED = 'Allowed: names that still differ when all but letters and digits is written as -, in lower case.';
const hosts = (job: string, options: Partial<ScrapeOptions> = {}) => ScrapeTarget.hosts(['a:1'], { job, ...options });
const twoEndpoints = { endpoints: [{ path: '/a' }, { path: '/b' }] };
const withFile = { scheme: 'https', tls: { ca: '/ca.crt' } } as const;
const rule = (name: string) => alert(name, { expr: 'up == 0', severity: 'warning', summary: 'Down' });

/** The problems of a Prometheus that monitors the targets. */
function problemsWith(...targets: readonly ScrapeTarget[]): readonly string[] {
  const { chart, prometheus } = make();
  for (const target of targets) {
    prometheus.monitor(target);
  }
  return problemsOf(chart);
}

describe('jobs are refused', () => {
  it('whose monitors would have the same name', () => {
    expect(problemsWith(hosts('my-job'), hosts('My Job'))).toEqual([
      `chart/prometheus/My Job/ScrapeTarget My Job job: "My Job" and "my-job" would both be the ScrapeConfig my-job. ${ALLOWED}`,
    ]);
  });

  it('whose monitor would have the name of one of several', () => {
    expect(problemsWith(hosts('h', twoEndpoints), hosts('h-1'))).toEqual([
      `chart/prometheus/h-1/ScrapeTarget h-1 job: "h-1" and "h" would both be the ScrapeConfig h-1. ${ALLOWED}`,
    ]);
  });

  it('whose monitors differ in kind, but not their scrape classes', () => {
    const pods = ScrapeTarget.pods({ job: 'My Job', namespace: 'shop', matchLabels: { app: 'api' }, ...withFile });
    expect(problemsWith(hosts('my-job', withFile), pods)).toEqual([
      `chart/prometheus/My Job/ScrapeTarget My Job job: "My Job" and "my-job" would both be the scrape class my-job. ${ALLOWED}`,
    ]);
  });

  it('once, though both the monitors and their scrape classes would meet', () => {
    expect(problemsWith(hosts('my-job', withFile), hosts('My Job', withFile))).toHaveLength(1);
  });

  it('that leave no name', () => {
    expect(problemsWith(hosts('日本', { ...twoEndpoints, ...withFile }), hosts('---'))).toEqual(
      ['日本', '---'].map(
        (job) =>
          `chart/prometheus/${job}/ScrapeTarget ${job} job: "${job}" leaves nothing for the name of a ScrapeConfig. ` +
          'Allowed: at least one letter a to z, or digit.',
      ),
    );
  });

  it('that make a name too long', () => {
    const job = 'j'.repeat(254);
    expect(problemsWith(hosts(job), hosts('j'.repeat(253)))).toEqual([
      `chart/prometheus/${job}/ScrapeTarget ${job} job: "${job}" makes the name of a ScrapeConfig 254 characters long. Allowed: at most 253.`,
    ]);
  });

  it('in a chart that is synthesized alone, too', () => {
    const { chart, prometheus } = make();
    prometheus.monitor(hosts('my-job'));
    prometheus.monitor(hosts('My Job'));
    expect(() => Testing.synth(chart)).toThrow('"My Job" and "my-job" would both be the ScrapeConfig my-job.');
  });

  it('of which there are two, as such', () => {
    expect(problemsWith(hosts('a'), hosts('a'))).toEqual([
      'chart/prometheus/a job: "a" is the job of another target. Allowed: a job of its own.',
    ]);
  });
});

it('jobs of different kinds of monitors may share a name', () => {
  const pods = ScrapeTarget.pods({ job: 'My Job', namespace: 'shop', matchLabels: { app: 'api' } });
  expect(problemsWith(hosts('my-job'), pods)).toEqual([]);
});

describe('groups of rules are refused', () => {
  it('whose PrometheusRules have the same name, none or one that is too long', () => {
    const { chart, prometheus } = make();
    const names = ['Queue.Slow', 'queue slow', '日本', 'q'.repeat(254)];
    prometheus.monitor({ name: 'mine', rules: names.map((name, at) => ({ name, rules: [rule(`Alert${at}`)] })) });
    const at = 'chart/prometheus/mine rules: ';
    expect(problemsOf(chart)).toEqual([
      `${at}"queue slow" and "Queue.Slow" would both be the PrometheusRule queue-slow. ${ALLOWED}`,
      `${at}"日本" leaves nothing for the name of a PrometheusRule. Allowed: at least one letter a to z, or digit.`,
      `${at}"${'q'.repeat(254)}" makes the name of a PrometheusRule 254 characters long. Allowed: at most 253.`,
    ]);
  });

  it('but not where an agent leaves them out', () => {
    const { chart, prometheus } = make({ agent: true, remoteWrite: [{ url: 'https://store.example.com/' }] });
    prometheus.monitor({ name: 'mine', rules: [{ name: '日本', rules: [rule('Alert')] }] });
    expect(problemsOf(chart)).toEqual([]);
  });
});

it('a prefix counts, beside a Prometheus of somebody else', () => {
  const chart = newChart();
  const prometheus = new ForeignPrometheus(chart, 'prometheus', { selectorLabels: { release: 'kps' } });
  const job = 'j'.repeat(253 - 'gpu-monitoring-'.length);
  prometheus.monitor(hosts(job));
  expect(problemsOf(chart)).toEqual([]);
  expect(keysOf(chart, 'ScrapeConfig')).toEqual([`ScrapeConfig monitoring/gpu-monitoring-${job}`]);
  const longer = new ForeignPrometheus(newChart(), 'prometheus', { selectorLabels: { release: 'kps' } });
  longer.monitor(hosts(`${job}j`));
  longer.monitor(hosts('日本'));
  longer.monitor(hosts('A'));
  longer.monitor(hosts('a'));
  expect(problemsOf(longer.node.scope as typeof chart)).toEqual([
    expect.stringContaining('makes the name of a ScrapeConfig 254 characters long.'),
    expect.stringContaining('"日本" leaves nothing for the name of a ScrapeConfig.'),
    expect.stringContaining('"a" and "A" would both be the ScrapeConfig gpu-monitoring-a.'),
  ]);
});
