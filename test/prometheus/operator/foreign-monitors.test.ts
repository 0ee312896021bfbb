import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App, Chart } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Backend, ClusterProfile, MonitoringStack, Routing } from '../../../lib';
import { Peer } from '../../../lib/core/peer';
import type { Access } from '../../../lib/core/rbac';
import { ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import { ForeignPrometheus } from '../../../lib/prometheus/operator/foreign-prometheus';
import { OperatorPrometheus } from '../../../lib/prometheus/operator/operator-prometheus';
import { make, newChart, problemsOf, warningsOf } from './synthesized';

interface Written {
  readonly kind?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
}

const OURS = { prometheus: 'prometheus' };

/** A monitor or rule as a user writes it, of the name `mine`. */
function write(chart: Chart, { kind = 'ServiceMonitor', namespace = 'monitoring', labels = OURS, spec }: Written) {
  const metadata = { name: 'mine', namespace, labels };
  const scope = new Chart(chart, `mine-${chart.node.children.length}`);
  return new ApiObject(scope, 'mine', {
    apiVersion: 'monitoring.coreos.com/v1',
    kind,
    metadata,
    ...(spec && { spec }),
  });
}

const selecting = (...matchNames: readonly string[]) => ({ namespaceSelector: { matchNames } });

describe('two stacks of one app', () => {
  function makeStacks(): App {
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'two-stacks-')) });
    const cluster = ClusterProfile.kubeadm('training-1', { kubeletTls: { insecureSkipVerify: true } });
    for (const name of ['a', 'b']) {
      new MonitoringStack(app, name, {
        cluster,
        namespace: name,
        backend: Backend.operator(),
        alerting: Routing.none(),
      });
    }
    return app;
  }

  it('leave the monitors and rules of one another alone', () => {
    const app = makeStacks();
    expect(warningsOf(app.charts[0] as Chart)).toBe('');
    expect(problemsOf(app.charts[0] as Chart)).toEqual([]);
  });

  it('say nothing of what the other selects, even where both look', () => {
    const { chart } = make({ foreignMonitors: { namespaces: ['b'] } });
    const other = new OperatorPrometheus(new Chart(chart, 'other'), 'prometheus', { namespace: 'b' });
    other.monitor(ScrapeTarget.services({ namespace: 'shop', matchLabels: { app: 'api' } }));
    expect(problemsOf(chart)).toEqual([]);
  });

  it('leave a monitor to the one that looks where it lies', () => {
    const app = makeStacks();
    const chart = new Chart(app, 'mine');
    write(chart, { namespace: 'b' });
    expect(problemsOf(chart)).toEqual([]);
    write(chart, { namespace: 'c' });
    expect(problemsOf(chart)).toEqual([
      expect.stringContaining('ServiceMonitor c/mine bears the labels of this Prometheus, which looks only in a,'),
      expect.stringContaining('ServiceMonitor c/mine bears the labels of this Prometheus, which looks only in b,'),
    ]);
  });
});

describe('a monitor that selects where Prometheus may find nothing', () => {
  const SERVICES =
    "rules: [ { resources: [ 'pods', 'services' ], verbs: [ 'list', 'watch' ] }, " +
    "{ apiGroups: [ 'discovery.k8s.io' ], resources: [ 'endpointslices' ], verbs: [ 'list', 'watch' ] } ]";

  it('is refused, with the namespaces and the way out', () => {
    const { chart, prometheus } = make();
    prometheus.monitor(ScrapeTarget.services({ namespace: 'known', matchLabels: { app: 'api' } }));
    write(chart, { spec: selecting('known', 'shop', 'warehouse') });
    expect(problemsOf(chart)).toEqual([
      'chart/prometheus/(chart/mine-1/mine) spec.namespaceSelector: ServiceMonitor monitoring/mine selects Services in ' +
        'shop, warehouse, where this Prometheus has no right to find them, so they would not be scraped. ' +
        `Call prometheus.access.allow({ namespaces: [ 'shop', 'warehouse' ], ${SERVICES} }) and ` +
        "prometheus.connections.allowTo(Peer.namespace('shop')), prometheus.connections.allowTo(Peer.namespace('warehouse')); " +
        'or declare the target by prometheus.monitor(ScrapeTarget.services(…)) in the place of the ServiceMonitor.',
    ]);
  });

  it('is refused for the whole cluster', () => {
    const { chart } = make();
    write(chart, { kind: 'PodMonitor', spec: { namespaceSelector: { any: true } } });
    expect(problemsOf(chart)).toEqual([
      'chart/prometheus/(chart/mine-1/mine) spec.namespaceSelector: PodMonitor monitoring/mine selects pods in every ' +
        'namespace, where this Prometheus has no right to find them, so they would not be scraped. ' +
        "Call prometheus.access.allow({ namespaces: 'cluster', rules: [ { resources: [ 'pods' ], verbs: [ 'list', 'watch' ] } ] }) " +
        'and prometheus.connections.allowTo(Peer.anyPod()); ' +
        'or declare the target by prometheus.monitor(ScrapeTarget.pods(…)) in the place of the PodMonitor.',
    ]);
  });

  it('is refused where only pods are known, but Services are selected', () => {
    const { chart, prometheus } = make();
    prometheus.monitor(ScrapeTarget.pods({ namespace: 'shop', matchLabels: { app: 'api' }, port: 'metrics' }));
    write(chart, { kind: 'PodMonitor', spec: selecting('shop') });
    expect(problemsOf(chart)).toEqual([]);
    write(chart, { spec: selecting('shop') });
    expect(problemsOf(chart)).toEqual([expect.stringContaining('selects Services in shop, where')]);
  });

  it.each<[string, Written]>([
    ['its own namespace', {}],
    ['its own namespace, by an empty selector', { spec: selecting() }],
    ['a namespace that is admitted', { namespace: 'team-a' }],
    ['another namespace that is admitted', { spec: selecting('team-a') }],
    ['what another Prometheus selects', { labels: { prometheus: 'other' }, spec: selecting('shop') }],
    ['no targets', { kind: 'PrometheusRule', spec: { groups: [] } }],
  ])('is none where it selects %s', (_, written) => {
    const { chart } = make({ foreignMonitors: { namespaces: ['team-a'] } });
    write(chart, written);
    expect(problemsOf(chart)).toEqual([]);
  });

  it.each<Access['namespaces']>(['cluster', ['shop', 'other']])('is none where that was allowed: %j', (namespaces) => {
    const { chart, prometheus } = make();
    const verbs = ['watch', 'get', 'list'];
    prometheus.access.allow(
      { namespaces, rules: [{ resources: ['*'], verbs }] },
      { namespaces, rules: [{ apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['*'] }] },
    );
    prometheus.connections.allowTo(Peer.namespace('shop'));
    write(chart, { spec: selecting('shop') });
    expect(problemsOf(chart)).toEqual([]);
  });
});

describe('a monitor or rule that nothing selects', () => {
  const warning = (kind: string, missing: string, path = 'chart/mine-1/mine') =>
    `warning: chart/prometheus: ${kind} monitoring/mine (${path}): nothing selects it. Add the labels ${missing}.\n`;

  it.each(['ServiceMonitor', 'PodMonitor', 'Probe', 'ScrapeConfig', 'PrometheusRule'])('is warned of: %s', (kind) => {
    const { chart } = make({ selectorLabels: { prometheus: 'prometheus', team: 'a' } });
    write(chart, { kind });
    expect(warningsOf(chart)).toBe(warning(kind, 'team: a'));
  });

  it('is warned of beside a Prometheus of somebody else', () => {
    const chart = newChart();
    new ForeignPrometheus(chart, 'prometheus', { selectorLabels: { release: 'kps' } });
    write(chart, { labels: {} });
    expect(warningsOf(chart)).toBe(warning('ServiceMonitor', 'release: kps'));
  });

  it('is warned of only where the Prometheus of somebody else looks', () => {
    const chart = newChart();
    const props = { selectorLabels: { release: 'kps' }, monitorNamespaces: ['monitoring'] };
    new ForeignPrometheus(chart, 'prometheus', props);
    write(chart, { labels: {}, namespace: 'shop' });
    expect(warningsOf(chart)).toBe('');
  });

  it.each<[string, Written]>([
    ['lies where no Prometheus looks', { labels: {}, namespace: 'shop' }],
    ['is selected', {}],
    ['is none', { kind: 'Alertmanager', labels: {} }],
  ])('is not warned of where it %s', (_, written) => {
    const { chart } = make();
    write(chart, written);
    expect(warningsOf(chart)).toBe('');
  });

  it('is not warned of where another Prometheus of the app selects it', () => {
    const { chart } = make();
    new ForeignPrometheus(chart, 'foreign', { selectorLabels: { release: 'kps' } });
    write(chart, { labels: { release: 'kps' } });
    write(chart, { kind: 'PodMonitor' });
    expect(warningsOf(chart)).toBe('');
  });

  it('is not warned of where a server of the user selects it', () => {
    const { chart } = make();
    const spec = { ruleSelector: { matchLabels: { role: 'global' } }, podMonitorSelector: null };
    write(chart, { kind: 'ThanosRuler', spec });
    write(chart, { kind: 'PrometheusRule', labels: { role: 'global' } });
    write(chart, { kind: 'PodMonitor', labels: { role: 'global' } });
    expect(warningsOf(chart)).toBe(warning('PodMonitor', 'prometheus: prometheus', 'chart/mine-3/mine'));
  });

  it('is a rule that an agent has no use for: nothing is said, as labels would not help', () => {
    const chart = newChart();
    const remoteWrite = [{ url: 'https://store.example.com/' }];
    new OperatorPrometheus(chart, 'prometheus', { agent: true, remoteWrite });
    write(chart, { kind: 'PrometheusRule', labels: {} });
    write(chart, { kind: 'PrometheusRule', labels: { prometheus: 'prometheus-agent' }, namespace: 'shop' });
    expect(problemsOf(chart)).toEqual([]);
    expect(warningsOf(chart)).toBe('');
  });
});
