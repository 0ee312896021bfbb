import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alert, ClusterProfile, MonitoringStack, Receiver, Routing, ScrapeTarget, Storage } from '../../lib';
import { applyFiles } from './harness/apply-files';
import { eventually } from './harness/eventually';
import { judgeConnections } from './harness/judged-connections';
import { createLocalVolumes } from './harness/local-volumes';
import { getJson, PrometheusApi } from './harness/prometheus-api';
import { type Output, readOutput, removeOutput } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';

const NAMESPACE = 'observability';
const SHOP = 'shop';
const NODE_EXPORTER = 'quay.io/prometheus/node-exporter:v1.12.1-distroless';
const RECEIVER = 'registry.local/webhook-receiver:1';

interface Notification {
  readonly path: string;
  readonly body: {
    readonly receiver: string;
    readonly alerts: readonly { readonly status: string; readonly labels: Readonly<Record<string, string>> }[];
  };
}

interface StackOptions {
  /** Threshold of the rule that the test changes. */
  readonly threshold: number;
}

/** A platform repository of the test: a stack with receivers and volumes, and services of other teams. */
function build(outdir: string, { threshold }: StackOptions) {
  const app = new App({ outdir });
  const webhook = (path: string) => `http://receiver.${SHOP}.svc:8080${path}`;
  const stack = new MonitoringStack(app, 'stack', {
    cluster: ClusterProfile.custom('test-1', {
      controlPlane: { etcd: ScrapeTarget.hosts(['10.200.0.1:2381'], { job: 'etcd' }) },
    }),
    namespace: NAMESPACE,
    prometheus: {
      storage: Storage.claim({ size: Size.mebibytes(512) }),
      scrapeInterval: '5s',
      scrapeTimeout: '5s',
      evaluationInterval: '5s',
      resources: { requests: { cpu: '50m', memory: '128Mi' } },
    },
    alertmanager: { replicas: 2 },
    alerting: Routing.to(Receiver.webhook('everyone', { url: webhook('/everyone') }), { groupWait: '1s' }).when(
      { team: 'shop', severity: 'critical' },
      Receiver.webhook('shop', { url: webhook('/shop') }),
    ),
    nodeExporter: false,
    grafana: false,
  });
  const shop = new Chart(app, 'shop', { namespace: SHOP, disableResourceNameHashes: true });
  const service = addWorkload(shop, 'api', {});
  addWorkload(shop, 'annotated', { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9100' });
  addReceiver(shop);
  stack.monitor(ScrapeTarget.service(service, { port: 'metrics' }));
  stack.monitor({
    name: 'shop',
    rules: [
      alert('ShopIsThere', {
        expr: `count by (namespace) (up{job="api"}) > ${threshold}`,
        severity: 'critical',
        labels: { team: 'shop' },
        summary: 'Series of {{ $labels.namespace }}',
      }),
    ],
  });
  app.synth();
  return stack;
}

function addWorkload(chart: Chart, name: string, annotations: Record<string, string>): k8s.KubeService {
  const labels = { app: name };
  const port = k8s.IntOrString.fromString('metrics');
  new k8s.KubeDeployment(chart, `${name}-deployment`, {
    metadata: { name, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: 'main', image: NODE_EXPORTER, ports: [{ name: 'metrics', containerPort: 9100 }] }],
        },
      },
    },
  });
  return new k8s.KubeService(chart, name, {
    metadata: { name, labels, annotations },
    spec: { selector: labels, ports: [{ name: 'metrics', port: 9100, targetPort: port }] },
  });
}

function addReceiver(chart: Chart): void {
  const labels = { app: 'receiver' };
  new k8s.KubePod(chart, 'receiver-pod', {
    metadata: { name: 'receiver', labels },
    spec: { containers: [{ name: 'main', image: RECEIVER, ports: [{ containerPort: 8080 }] }] },
  });
  new k8s.KubeService(chart, 'receiver', {
    metadata: { name: 'receiver' },
    spec: { selector: labels, ports: [{ port: 8080 }] },
  });
}

describe('a stack with receivers, volumes and services of other teams', () => {
  const cluster = testCluster();
  const prometheus = new PrometheusApi(cluster, NAMESPACE);
  const outputs: Output[] = [];
  let stack: MonitoringStack;

  const synthesize = async (options: StackOptions): Promise<MonitoringStack> => {
    const outdir = await mkdtemp(join(tmpdir(), 'extended-'));
    const made = build(outdir, options);
    outputs.push(...(await readOutput('extended', outdir)));
    return made;
  };
  const files = () => outputs.at(-1)?.files ?? [];
  const notifications = async () =>
    (await getJson(cluster, SHOP, 'receiver', 8080, '/received')) as readonly Notification[];
  const ready = (kind: string, name: string) =>
    cluster.kubectl(['rollout', 'status', `${kind}/${name}`, '-n', NAMESPACE, '--timeout=180s'], {
      timeoutMilliseconds: 200_000,
    });

  beforeAll(async () => {
    stack = await synthesize({ threshold: 0 });
    await cluster.images.loadFor([...(outputs[0]?.images ?? []), NODE_EXPORTER, RECEIVER]);
    await createLocalVolumes(cluster, { count: 1, capacity: '1Gi', name: 'extended' });
    await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHOP } }]);
    await applyFiles(
      cluster,
      files().filter((file) => file.endsWith('-namespaces.k8s.yaml')),
    );
    await applyFiles(cluster, files());
    await ready('statefulset', 'prometheus');
    await ready('statefulset', 'alertmanager');
  });

  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, SHOP, '--wait=true'], { timeoutMilliseconds: 300_000 });
    await cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/managed-by=cdk8s']);
    await removeOutput(outputs);
  });

  it('scrapes a Service added by stack.monitor, an annotated one, and etcd by its address', async () => {
    await eventually(
      'targets up',
      async () => {
        const up = (await prometheus.targets()).filter(({ health }) => health === 'up');
        const seen = up.map(({ labels }) => `${labels.job} ${labels.namespace ?? ''} ${labels.service ?? ''}`);
        expect(seen).toContain('api shop api');
        expect(seen).toContain('kubernetes-service-endpoints shop annotated');
        expect(seen).toContain('etcd  ');
      },
      { timeoutMilliseconds: 120_000, everyMilliseconds: 1_000 },
    );
  });

  it('delivers an alert to whom routeOf foretold, with the labels that it foretold', async () => {
    const labels = { alertname: 'ShopIsThere', severity: 'critical', team: 'shop', namespace: SHOP };
    const [foretold] = stack.routeOf(labels);
    expect(foretold?.receiver).toBe('shop');
    const notification = await eventually(
      'a notification',
      async () => {
        const found = (await notifications()).find(({ body }) =>
          body.alerts.some((each) => each.labels.alertname === 'ShopIsThere'),
        );
        expect(found).toBeDefined();
        return found;
      },
      { timeoutMilliseconds: 180_000, everyMilliseconds: 2_000 },
    );
    expect(notification?.path).toBe('/shop');
    expect(notification?.body.receiver).toBe('shop');
    expect(notification?.body.alerts[0]?.labels).toEqual({ ...labels, cluster: 'test-1' });
    await eventually('the watchdog', async () => {
      const watchdog = (await notifications()).find(({ body }) =>
        body.alerts.some((each) => each.labels.alertname === 'Watchdog'),
      );
      expect(watchdog?.path).toBe('/everyone');
    });
    expect(stack.routeOf({ alertname: 'Watchdog', severity: 'none' })[0]?.receiver).toBe('everyone');
  });

  it('runs two Alertmanagers as one cluster', async () => {
    await eventually('members', async () => {
      const members = await prometheus.query('alertmanager_cluster_members');
      expect(members.map(({ value }) => value[1])).toEqual(['2', '2']);
    });
  });

  it('loads a changed rule after the reloader ran', { timeout: 300_000 }, async () => {
    const before = await prometheus.query('prometheus_config_last_reload_success_timestamp_seconds');
    await synthesize({ threshold: 100 });
    await applyFiles(cluster, files());
    await eventually(
      'the changed rule',
      async () => {
        const rule = (await prometheus.rules()).find(({ name }) => name === 'ShopIsThere') as unknown as {
          query: string;
        };
        expect(rule.query).toContain('> 100');
      },
      { timeoutMilliseconds: 240_000, everyMilliseconds: 2_000 },
    );
    await eventually('a reload', async () => {
      const after = await prometheus.query('prometheus_config_last_reload_success_timestamp_seconds');
      expect(Number(after[0]?.value[1])).toBeGreaterThan(Number(before[0]?.value[1]));
    });
  });

  it('comes back with its data when the pod is deleted', { timeout: 300_000 }, async () => {
    const oldest = async () => {
      const [series] = await prometheus.query('min_over_time(timestamp(up{job="prometheus", endpoint="web"})[1h:5s])');
      return Number(series?.value[1]);
    };
    const before = await oldest();
    const deletedAt = Date.now() / 1000;
    await cluster.kubectl(['delete', 'pod', '-n', NAMESPACE, 'prometheus-0', '--wait=true']);
    await ready('statefulset', 'prometheus');
    const after = await eventually('data', oldest, { timeoutMilliseconds: 60_000 });
    expect(after).toBeLessThan(deletedAt);
    expect(after).toBeLessThanOrEqual(before + 10);
  });

  it('made only connections that its NetworkPolicies allow', async () => {
    const { made, refused } = await judgeConnections(cluster, NAMESPACE);
    expect(made.length).toBeGreaterThan(5);
    expect(refused).toEqual([]);
    const gossip = made.filter(({ port }) => port === 9094);
    expect(gossip.length).toBeGreaterThan(0);
  });
});
