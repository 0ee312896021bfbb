import { describe, expect, it } from 'vitest';
import { SecretKey } from '../../../lib/model/references';
import { alert } from '../../../lib/model/rules';
import { ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import { ForeignPrometheus, type ForeignPrometheusProps } from '../../../lib/prometheus/operator/foreign-prometheus';
import { expectValidCustomResources } from '../../crd-schema';
import { objectOf, objectsOf } from '../../objects';
import { keysOf, newChart, problemsOf, specOf, warningsOf } from './synthesized';

const release = { release: 'kps' };
const rule = alert('QueueStuck', { expr: 'up == 0', severity: 'warning', summary: 'Stuck' });

function make(props: Partial<ForeignPrometheusProps> = {}) {
  const chart = newChart();
  return { chart, prometheus: new ForeignPrometheus(chart, 'prometheus', { selectorLabels: release, ...props }) };
}

describe('beside a Prometheus of somebody else', () => {
  it('only monitors and rules are written, with the labels that select them and a prefix', () => {
    const { chart, prometheus } = make();
    prometheus.monitor(ScrapeTarget.pods({ namespace: 'etl', matchLabels: { app: 'etl' }, port: 9102 }));
    prometheus.monitor(ScrapeTarget.services({ namespace: 'shop', matchLabels: { app: 'api' } }));
    prometheus.monitor(ScrapeTarget.probe(['https://example.com'], { prober: 'blackbox:9115', job: 'websites' }));
    prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'switches' }));
    prometheus.monitor({ name: 'queue', rules: [rule] });
    expect(problemsOf(chart)).toEqual([]);
    expect([...objectsOf(chart).keys()]).toEqual([
      'PodMonitor monitoring/gpu-monitoring-etl',
      'ServiceMonitor monitoring/gpu-monitoring-api',
      'Probe monitoring/gpu-monitoring-websites',
      'ScrapeConfig monitoring/gpu-monitoring-switches',
      'PrometheusRule monitoring/gpu-monitoring-queue',
    ]);
    for (const { metadata } of objectsOf(chart).values()) {
      expect(metadata.labels).toMatchObject(release);
    }
    expect(expectValidCustomResources(objectsOf(chart).values())).toBe(5);
  });

  it('nothing is written without a target', () => {
    expect([...objectsOf(make().chart).keys()]).toEqual([]);
  });

  it('files stand in the ServiceMonitor, as no scrape class can be added', () => {
    const { chart, prometheus } = make();
    const tls = { ca: '/ca.crt' };
    prometheus.monitor(ScrapeTarget.services({ matchLabels: { app: 'api' }, scheme: 'https', tls }));
    const spec = specOf(chart, 'ServiceMonitor monitoring/gpu-monitoring-api');
    expect(spec).toMatchObject({ endpoints: [{ tlsConfig: { caFile: '/ca.crt' } }] });
    expect(spec).not.toHaveProperty('scrapeClass');
  });

  it('a scrape class that it has can be named', () => {
    const { chart, prometheus } = make();
    prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'a', scrapeClass: 'mesh' }));
    expect(problemsOf(chart)).toEqual([]);
    expect(specOf(chart, 'ScrapeConfig monitoring/gpu-monitoring-a').scrapeClass).toBe('mesh');
  });

  it('what names files is left to a scrape class that it has, whichever monitor a target becomes', () => {
    const options = {
      scheme: 'https',
      scrapeClass: 'files',
      authorization: { type: 'Token', credentials: '/token' },
      tls: { ca: '/ca.crt', cert: '/tls.crt', key: SecretKey.of('tls', 'key'), serverName: 'a.example.com' },
    } as const;
    const { chart, prometheus } = make();
    prometheus.monitor(ScrapeTarget.services({ matchLabels: { app: 'api' }, job: 'service', ...options }));
    prometheus.monitor(ScrapeTarget.pods({ matchLabels: { app: 'api' }, job: 'pod', ...options }));
    prometheus.monitor(ScrapeTarget.probe(['https://a'], { prober: 'b:9115', job: 'probe', ...options }));
    prometheus.monitor(ScrapeTarget.nodes({ job: 'node', ...options, tls: { ca: '/ca.crt' } }));
    expect(problemsOf(chart)).toEqual([]);
    const monitors = [...objectsOf(chart).values()];
    const tlsConfig = { keySecret: { name: 'tls', key: 'key' }, serverName: 'a.example.com' };
    const scrapeClass = 'files';
    expect(monitors).toMatchObject([
      { kind: 'ServiceMonitor', spec: { scrapeClass, endpoints: [{ scheme: 'https', tlsConfig }] } },
      { kind: 'PodMonitor', spec: { scrapeClass, podMetricsEndpoints: [{ scheme: 'https', tlsConfig }] } },
      { kind: 'Probe', spec: { scrapeClass, tlsConfig } },
      { kind: 'ScrapeConfig', spec: { scrapeClass } },
    ]);
    expect(monitors[3]?.spec).not.toHaveProperty('tlsConfig');
    const text = JSON.stringify(monitors);
    for (const field of ['authorization', 'bearerTokenFile', 'caFile', 'certFile']) {
      expect(text).not.toContain(field);
    }
    expect(expectValidCustomResources(monitors)).toBe(4);
  });

  it('monitors of others are found by its labels, wherever it looks', () => {
    const { chart, prometheus } = make();
    expect(prometheus.monitorSelection.labels).toEqual(release);
    expect(prometheus.monitorSelection.reaches('gpu-operator')).toBe(true);
    prometheus.monitorSelection.admit('gpu-operator');
    expect([...objectsOf(chart).keys()]).toEqual([]);
  });

  it('where it looks in some namespaces alone, it is known which', () => {
    const { monitorSelection } = make({ monitorNamespaces: ['monitoring', 'shop'] }).prometheus;
    expect(['monitoring', 'shop', 'gpu-operator'].map((name) => monitorSelection.reaches(name))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('its ServiceAccount may find what monitors of others select, where it is named', () => {
    const { chart, prometheus } = make({ serviceAccountName: 'kps-prometheus' });
    prometheus.monitorSelection.admit('gpu-operator');
    expect([...objectsOf(chart).keys()]).toEqual([
      'Role gpu-operator/monitoring-gpu-monitoring-prometheus',
      'RoleBinding gpu-operator/monitoring-gpu-monitoring-prometheus',
    ]);
    expect(objectOf(chart, 'Role gpu-operator/monitoring-gpu-monitoring-prometheus').rules).toEqual([
      { apiGroups: [''], resources: ['pods', 'services'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ]);
  });

  it('others know its address and its pods', () => {
    const { prometheus } = make();
    expect(prometheus.url).toBe('http://prometheus-operated.monitoring.svc:9090');
    expect(prometheus.alertLabels).toEqual({});
    expect(prometheus.access).toBeUndefined();
    expect(make({ namespace: 'elsewhere' }).prometheus.url).toBe('http://prometheus-operated.elsewhere.svc:9090');
  });

  it('its ServiceAccount gets the access that the targets need, where it is named', () => {
    const { chart, prometheus } = make({ serviceAccountName: 'kps-prometheus' });
    prometheus.monitor(ScrapeTarget.services({ namespace: 'shop', matchLabels: { app: 'api' } }));
    prometheus.monitor(ScrapeTarget.nodes({ job: 'kubelet' }));
    expect(objectOf(chart, 'Role shop/monitoring-gpu-monitoring-prometheus').rules).toEqual([
      { apiGroups: [''], resources: ['pods', 'services'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ]);
    for (const key of [
      'RoleBinding shop/monitoring-gpu-monitoring-prometheus',
      'ClusterRoleBinding monitoring-gpu-monitoring-prometheus',
    ]) {
      expect(objectOf(chart, key)).toMatchObject({
        subjects: [{ kind: 'ServiceAccount', name: 'kps-prometheus', namespace: 'monitoring' }],
      });
    }
    expect(keysOf(chart, 'ServiceAccount', 'NetworkPolicy')).toEqual([]);
  });
});

it('passes every prop on', () => {
  const props: Required<ForeignPrometheusProps> = {
    selectorLabels: { team: 'a' },
    namespace: 'observability',
    monitorNamespaces: ['observability'],
    namePrefix: 'mine-',
    url: 'https://prometheus.example.com',
    podLabels: { app: 'prometheus' },
    serviceAccountName: 'kps',
    externalLabels: { cluster: 'a' },
    scrapeInterval: '2m',
    labels: { owner: 'b' },
  };
  const { chart, prometheus } = make(props);
  const oauth2 = { clientId: 'c', clientSecret: SecretKey.of('a', 'b'), tokenUrl: 'https://login.example.com/' };
  prometheus.monitor({
    name: 'queue',
    targets: [ScrapeTarget.services({ namespace: 'shop', matchLabels: { app: 'api' }, scheme: 'https', oauth2 })],
    rules: [{ ...rule, expr: 'rate(a_total[5m]) > 0' }],
  });
  expect(warningsOf(chart)).toContain('looks at less than 4 scrapes of 2m');
  expect(prometheus.url).toBe('https://prometheus.example.com');
  expect(prometheus.alertLabels).toEqual({ cluster: 'a' });
  expect(prometheus.monitorSelection.reaches('shop')).toBe(false);
  expect(JSON.stringify(prometheus.connections.peer)).toContain('"app":"prometheus"');
  expect(objectOf(chart, 'ServiceMonitor observability/mine-api').metadata.labels).toMatchObject({
    team: 'a',
    owner: 'b',
  });
  expect(keysOf(chart, 'PrometheusRule', 'RoleBinding')).toEqual([
    'PrometheusRule observability/mine-queue',
    'RoleBinding shop/observability-mine-prometheus',
  ]);
  expect(objectOf(chart, 'ConfigMap observability/mine-prometheus-oauth2-clients').data).toEqual({ c: 'c' });
  expectValidCustomResources(objectsOf(chart).values());
});

describe('what cannot be is refused', () => {
  it('a selector that selects everything', () => {
    expect(problemsOf(make({ selectorLabels: {} }).chart)).toEqual([
      'chart/prometheus selectorLabels: It is empty, so nothing tells the Prometheus which monitors are its own.',
    ]);
  });

  it.each([
    [['shop', 'etl'], 'shop, etl'],
    [[], 'None'],
  ])('monitors where it does not look: %j', (monitorNamespaces, received) => {
    expect(problemsOf(make({ monitorNamespaces }).chart)).toEqual([
      `chart/prometheus monitorNamespaces: ${received} received, but monitors and rules are written in monitoring, where the Prometheus would not see them. Add it, if the Prometheus looks there; else set namespace to one where it does.`,
    ]);
  });

  it('a target that its monitors cannot describe, or that is wrong in itself', () => {
    const { chart, prometheus } = make();
    const options = { scheme: 'https', tls: { ca: '/ca.crt' } } as const;
    prometheus.monitor({ name: 'mine', targets: [ScrapeTarget.hosts(['a:1'], { job: 'a', ...options })] });
    prometheus.monitor(ScrapeTarget.hosts(['b:1'], { job: 'b', interval: '10s', timeout: '20s' }));
    expect(problemsOf(chart)).toEqual([
      'chart/prometheus/b/ScrapeTarget b timeout: 20s is longer than the interval 10s. Allowed: at most the interval.',
      "chart/prometheus/mine/ScrapeTarget a tls, authorization: A ScrapeConfig cannot name files of the container, and the Prometheus is somebody else's. Refer to Secrets, or name a scrapeClass that it has.",
    ]);
  });

  it('a timeout longer than its interval', () => {
    const { chart, prometheus } = make({ scrapeInterval: '15s' });
    prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'a', timeout: '20s' }));
    expect(problemsOf(chart)).toEqual([
      'chart/prometheus/a/ScrapeTarget a timeout: 20s is longer than the interval 15s. Allowed: at most the interval.',
    ]);
  });

  it('an Alertmanager', () => {
    expect(() => make().prometheus.sendAlertsTo({ addresses: ['am:9093'] })).toThrow(
      "chart/prometheus: this Prometheus is somebody else's, so it cannot be told where to send alerts. " +
        'Leave alertmanager out; alerting becomes an AlertmanagerConfig.',
    );
  });
});
