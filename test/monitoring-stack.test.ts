import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, type Chart, JsonPatch, Testing } from 'cdk8s';
import { afterAll, describe, expect, it, vi } from 'vitest';
import {
  type AlertRouter,
  alert,
  Backend,
  ClusterProfile,
  GitOps,
  Gpu,
  type IPrometheus,
  MonitoringStack,
  type MonitoringStackProps,
  Receiver,
  Routing,
} from '../lib';
import { objectOf, objectsOf, podOf } from './objects';

function make(props: Partial<MonitoringStackProps> = {}) {
  const app = Testing.app();
  const stack = new MonitoringStack(app, 'monitoring', {
    cluster: ClusterProfile.kubeadm('training-1'),
    alerting: Routing.none(),
    ...props,
  });
  return { app, stack, chart: (part: string) => app.node.findChild(`monitoring-${part}`) as Chart };
}

it('is one chart, and so one file, per part', () => {
  const { app } = make();
  expect(app.charts.map((chart) => chart.node.path)).toEqual([
    'monitoring-namespaces',
    'monitoring-prometheus',
    'monitoring-alertmanager',
    'monitoring-kube-state-metrics',
    'monitoring-node-exporter',
    'monitoring-grafana',
  ]);
});

it('gives every namespace the Pod Security level that its pods need', () => {
  const level = (name: string) => objectOf(make().chart('namespaces'), `Namespace ${name}`).metadata.labels;
  for (const mode of ['enforce', 'warn', 'audit']) {
    expect(level('monitoring')?.[`pod-security.kubernetes.io/${mode}`]).toBe('restricted');
    expect(level('monitoring-node-agents')?.[`pod-security.kubernetes.io/${mode}`]).toBe('privileged');
  }
});

it('names objects and selectors by what they are, never by where they are in the tree', () => {
  const { chart } = make();
  const other = new App();
  new MonitoringStack(other, 'elsewhere', { cluster: ClusterProfile.kubeadm('training-1'), alerting: Routing.none() });
  const moved = other.node.findChild('elsewhere-prometheus') as Chart;
  expect([...objectsOf(moved)]).toEqual([...objectsOf(chart('prometheus'))]);
  const selector = objectOf(chart('prometheus'), 'StatefulSet monitoring/prometheus').spec.selector;
  expect(selector).toEqual({
    matchLabels: { 'app.kubernetes.io/name': 'prometheus', 'app.kubernetes.io/instance': 'prometheus' },
  });
});

describe('each part can be left out, with all that belongs to it', () => {
  it.each([
    ['alertmanager', 'alertmanager'],
    ['grafana', 'grafana'],
    ['nodeExporter', 'node-exporter'],
    ['kubeStateMetrics', 'kube-state-metrics'],
  ] as const)('%s', (property, part) => {
    const { app, chart } = make({ [property]: false, alerting: undefined });
    expect(app.charts.map((each) => each.node.id)).not.toContain(`monitoring-${part}`);
    const files = JSON.stringify([...objectsOf(chart('prometheus'))]);
    expect(files).not.toContain(`"${part}.yaml"`);
  });

  it('Kubernetes', () => {
    const { chart } = make({ kubernetes: false });
    expect(Object.keys(objectOf(chart('prometheus'), 'ConfigMap monitoring/prometheus-scrape-configs').data)).toEqual([
      'alertmanager.yaml',
      'grafana.yaml',
      'kube-state-metrics-telemetry.yaml',
      'kube-state-metrics.yaml',
      'node-exporter.yaml',
      'prometheus.yaml',
    ]);
    expect([...objectsOf(chart('prometheus')).keys()].filter((key) => key.startsWith('ClusterRole'))).toEqual([]);
  });
});

it('hands what it decides to every part', () => {
  const { chart } = make({
    namespace: 'observability',
    images: { mirror: 'registry.example.com', digests: false },
    imagePullSecrets: ['pull'],
    networkPolicies: false,
  });
  for (const [part, workload] of [
    ['prometheus', 'StatefulSet observability/prometheus'],
    ['alertmanager', 'StatefulSet observability/alertmanager'],
    ['grafana', 'Deployment observability/grafana'],
    ['kube-state-metrics', 'Deployment observability/kube-state-metrics'],
    ['node-exporter', 'DaemonSet observability-node-agents/node-exporter'],
  ] as const) {
    const { spec } = podOf(objectOf(chart(part), workload));
    expect(spec.imagePullSecrets).toEqual([{ name: 'pull' }]);
    for (const { image } of spec.containers) {
      expect(image).toMatch(/^registry\.example\.com\/[^@]+$/);
    }
    expect([...objectsOf(chart(part)).keys()].some((key) => key.startsWith('NetworkPolicy'))).toBe(false);
  }
});

it('connects its parts on both ends', () => {
  const { chart } = make();
  const selector = (name: string) => ({
    podSelector: { matchLabels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': name } },
  });
  for (const [from, to, into, out] of [
    // A data source is known by its URL, and so by a number.
    ['grafana', 'prometheus', 'web', 9090],
    ['grafana', 'alertmanager', 'web', 9093],
    ['prometheus', 'alertmanager', 'web', 'web'],
    ['prometheus', 'alertmanager', 'reloader-web', 'reloader-web'],
    ['prometheus', 'kube-state-metrics', 'telemetry', 'telemetry'],
    ['prometheus', 'grafana', 'http', 'http'],
  ] as const) {
    const policy = (name: string) =>
      objectOf(chart(name), `NetworkPolicy monitoring/${name}`).spec as Record<'ingress' | 'egress', unknown[]>;
    const ports = (port: string | number) => expect.arrayContaining([{ port, protocol: 'TCP' }]);
    expect(policy(from).egress).toContainEqual({ to: [expect.objectContaining(selector(to))], ports: ports(out) });
    expect(policy(to).ingress).toContainEqual({ from: [expect.objectContaining(selector(from))], ports: ports(into) });
  }
});

it('answers who would get an alert, with the labels that Prometheus adds', () => {
  const oncall = Receiver.webhook('oncall', { url: 'http://hooks.example.com/' });
  const chat = Receiver.webhook('chat', { url: 'http://hooks.example.com/' });
  const { stack } = make({
    alerting: Routing.to(chat).when({ severity: 'critical', cluster: 'training-1' }, oncall),
  });
  expect(stack.routeOf({ alertname: 'GpuLost', severity: 'critical' }).map(({ receiver }) => receiver)).toEqual([
    'oncall',
  ]);
  expect(stack.routeOf({ alertname: 'GpuIdle', severity: 'info' }).map(({ receiver }) => receiver)).toEqual(['chat']);
});

it('takes packs of others: targets, rules and dashboards together', () => {
  const { stack, chart } = make();
  stack.monitor({
    name: 'queue',
    rules: [alert('QueueStuck', { expr: 'up == 0', severity: 'warning', summary: 'Stuck' })],
    dashboards: [{ uid: 'queue', title: 'Queue', model: { panels: [] } }],
  });
  expect(objectOf(chart('prometheus'), 'ConfigMap monitoring/prometheus-rules').data['queue.yaml']).toContain(
    'QueueStuck',
  );
  expect(JSON.stringify([...objectsOf(chart('grafana'))])).toContain('\\"uid\\": \\"queue\\"');
});

describe('every option reaches the output', () => {
  const options: Required<MonitoringStackProps<IPrometheus, AlertRouter>> = {
    cluster: ClusterProfile.eks('other'),
    namespace: 'observability',
    createNamespaces: false,
    images: { digests: false },
    imagePullSecrets: ['pull'],
    networkPolicies: false,
    prometheus: { retention: '3d' },
    alerting: Routing.to(Receiver.webhook('hook', { url: 'http://hooks.example.com/' })),
    alertmanager: { replicas: 3 },
    grafana: { anonymousViewer: true },
    nodeExporter: { port: 9200 },
    kubeStateMetrics: { objects: ['pods'] },
    kubernetes: { probes: false },
    backend: Backend.operator({ operator: { logLevel: 'debug' } }),
    gpus: [Gpu.nvidia(), Gpu.amd()],
    gitops: GitOps.argoCd(),
    lockFile: join(mkdtempSync(join(tmpdir(), 'lock-')), 'monitoring.lock.json'),
  };
  afterAll(() => rmSync(dirname(options.lockFile), { recursive: true }));

  /** Everything that the synthesis writes and says. */
  const output = (props: Partial<MonitoringStackProps<IPrometheus, AlertRouter>>) => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const { app } = make(props as Partial<MonitoringStackProps>);
    app.synth();
    const files = readdirSync(app.outdir, { recursive: true, encoding: 'utf8' }).sort();
    const texts = files.map((file) => {
      const path = join(app.outdir, file);
      return `${file}\n${statSync(path).isFile() ? readFileSync(path, 'utf8') : ''}`;
    });
    rmSync(app.outdir, { recursive: true });
    const warnings = said.mock.calls.map(([text]) => String(text));
    said.mockRestore();
    return [...texts, ...warnings].join('\n');
  };
  const byDefault = output({});

  it.each(Object.keys(options) as (keyof MonitoringStackProps)[])('%s', (name) => {
    expect(output({ [name]: options[name] })).not.toBe(byDefault);
  });
});

it('lets every object be patched beyond its options', () => {
  const { stack, chart } = make();
  stack.prometheus.statefulSet.addJsonPatch(JsonPatch.add('/spec/template/spec/runtimeClassName', 'gvisor'));
  const configMap = stack.grafana?.configMap;
  configMap?.addJsonPatch(JsonPatch.add('/metadata/labels/own', 'yes'));
  expect(podOf(objectOf(chart('prometheus'), 'StatefulSet monitoring/prometheus')).spec.runtimeClassName).toBe(
    'gvisor',
  );
  expect(configMap?.toJson()).toMatchObject({ metadata: { labels: { own: 'yes' } } });
});
