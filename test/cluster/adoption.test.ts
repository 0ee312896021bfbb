import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { App } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alert, Backend, ClusterProfile, MonitoringStack, Routing, ScrapeTarget } from '../../lib';
import { applyFiles, difference } from './harness/apply-files';
import { applyOperatorDefinitions } from './harness/custom-resource-definitions';
import { eventually } from './harness/eventually';
import {
  buildRelease,
  MONITORING,
  RELEASE,
  REPEAT_SECONDS,
  SHOP,
  SHOP_IMAGES,
  shop,
  webhook,
} from './harness/existing-release';
import { getJson, PrometheusApi } from './harness/prometheus-api';
import { type Output, readObjects, readOutput, removeOutput } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';

const SLOW = { timeoutMilliseconds: 180_000, everyMilliseconds: 1_000 };

interface Notification {
  readonly path: string;
  readonly receivedAt: string;
  readonly body: {
    readonly receiver: string;
    readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[];
  };
}

interface Pod {
  readonly metadata: { readonly uid: string };
  readonly status: { readonly containerStatuses: readonly { readonly restartCount: number }[] };
}

/** What is added to the release: a target, a rule, a dashboard, and who is told. */
function buildAddition(outdir: string, serviceAccountName?: string) {
  const app = new App({ outdir });
  const stack = new MonitoringStack(app, 'gpu-monitoring', {
    cluster: ClusterProfile.kubeadm('training-1'),
    backend: Backend.existingOperator({
      ...RELEASE,
      namespace: MONITORING,
      matcherStrategy: 'None',
      externalLabels: { cluster: 'training-1', prometheus: `${MONITORING}/prometheus` },
      ...(serviceAccountName !== undefined && { serviceAccountName }),
    }),
    alerting: Routing.to(webhook('everyone'), { groupWait: '1s' }).when(
      { team: 'shop', severity: 'critical', cluster: 'training-1' },
      webhook('shop'),
    ),
  });
  stack.monitor({
    name: 'shop',
    targets: [
      ScrapeTarget.services({
        namespace: SHOP,
        matchLabels: { app: 'api' },
        port: 'metrics',
        interval: '5s',
        timeout: '5s',
        labels: { tier: 'front' },
        external: true,
      }),
    ],
    rules: [
      alert('ShopIsThere', {
        expr: 'count by (namespace) (up{job="api", tier="front"}) > 0',
        severity: 'critical',
        labels: { team: 'shop' },
        summary: 'Series of {{ $labels.namespace }}',
      }),
    ],
    dashboards: [{ uid: 'shop', title: 'Shop', model: { panels: [] } }],
  });
  app.synth();
  return stack;
}

/** A monitor of the same Services without the label of the release. */
const unlabelled = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'ServiceMonitor',
  metadata: { name: 'unlabelled', namespace: MONITORING },
  spec: {
    namespaceSelector: { matchNames: [SHOP] },
    selector: { matchLabels: { app: 'api' } },
    endpoints: [{ port: 'metrics' }],
  },
};

describe('a stack beside a release of kube-prometheus-stack', () => {
  const cluster = testCluster();
  const prometheus = new PrometheusApi(cluster, MONITORING, 'prometheus-prometheus-0');
  const outputs: Output[] = [];
  let stack: ReturnType<typeof buildAddition>;
  let before: Pod;

  const synthesize = async <T>(name: string, build: (outdir: string) => T): Promise<T> => {
    const outdir = await mkdtemp(join(tmpdir(), `${name}-`));
    const built = build(outdir);
    outputs.push(...(await readOutput(name, outdir)));
    return built;
  };
  const filesOf = (name: string) => outputs.find((output) => output.name === name)?.files ?? [];
  const remove = (name: string) =>
    cluster.kubectl(['delete', '--wait=true', '--timeout=60s', ...filesOf(name).flatMap((file) => ['-f', file])]);
  const serverPod = () => cluster.get<Pod>(['pod', '-n', MONITORING, 'prometheus-prometheus-0']);
  const notifications = async () =>
    (await getJson(cluster, SHOP, 'receiver', 8080, '/received')) as readonly Notification[];
  const notificationsOf = async (alertname: string) =>
    (await notifications()).filter(({ body }) => body.alerts.some(({ labels }) => labels.alertname === alertname));
  const targetsOf = async (job: string) => (await prometheus.targets()).filter(({ labels }) => labels.job === job);
  const poolsOf = async (monitor: string) =>
    (await prometheus.targets()).filter(({ scrapePool }) => scrapePool.includes(`/${monitor}/`));

  const isScraped = async () => {
    const targets = await targetsOf('api');
    expect(targets.map(({ health, lastError }) => health + lastError)).toEqual(['up']);
    return targets;
  };

  beforeAll(async () => {
    await applyOperatorDefinitions(cluster);
    await synthesize('release', buildRelease);
    stack = await synthesize('addition', (outdir) => buildAddition(outdir));
    await synthesize('with-access', (outdir) => buildAddition(outdir, 'prometheus'));
    await cluster.images.loadFor([...outputs.flatMap(({ images }) => images), ...Object.values(SHOP_IMAGES)]);
    const release = filesOf('release');
    await applyFiles(
      cluster,
      release.filter((file) => file.endsWith('-namespaces.k8s.yaml')),
    );
    expect((await applyFiles(cluster, release)).stderr).toBe('');
    await cluster.apply([...shop(), unlabelled]);
    await eventually(
      'the release',
      async () => {
        expect((await notificationsOf('Watchdog')).map(({ path }) => path)).toContain('/release');
        expect((await notificationsOf('Unrouted')).map(({ path }) => path)).toContain('/default');
      },
      SLOW,
    );
    before = await serverPod();
    expect(await prometheus.targets()).not.toEqual([]);
    expect(await targetsOf('api')).toEqual([]);
  });

  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', MONITORING, SHOP, '--wait=true'], { timeoutMilliseconds: 300_000 });
    await cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/managed-by=cdk8s']);
    await removeOutput(outputs);
  });

  it('consists of a monitor, a rule, an AlertmanagerConfig and a dashboard, and of nothing else', async () => {
    const objects = await readObjects(filesOf('addition'));
    const labelled = { namespace: MONITORING, labels: RELEASE };
    const kinds = ['AlertmanagerConfig', 'ConfigMap', 'PrometheusRule', 'ServiceMonitor'];
    expect(objects.map(({ kind }) => kind).sort()).toEqual(kinds);
    expect(Object.fromEntries(objects.map(({ kind, metadata }) => [kind, metadata]))).toMatchObject({
      AlertmanagerConfig: labelled,
      ConfigMap: { namespace: MONITORING, labels: { grafana_dashboard: '1' } },
      PrometheusRule: labelled,
      ServiceMonitor: labelled,
    });
  });

  it('is accepted field by field, without a warning, and shows no difference', async () => {
    expect((await applyFiles(cluster, filesOf('addition'))).stderr).toBe('');
    expect(await difference(cluster, filesOf('addition'))).toBe('');
  });

  it('has its target scraped, with the labels that Prometheus gives it', async () => {
    const [target] = await eventually('the target', isScraped, SLOW);
    const { podIP } = (await cluster.get<{ status: { podIP: string } }>(['pod', '-n', SHOP, 'api'])).status;
    expect(target?.labels).toEqual({
      container: 'main',
      endpoint: 'metrics',
      instance: `${podIP}:9100`,
      job: 'api',
      namespace: SHOP,
      pod: 'api',
      service: 'api',
      tier: 'front',
    });
  });

  it('has its rule evaluated, and the alert delivered to whom routeOf foretold, with the labels that it foretold', async () => {
    const labels = { alertname: 'ShopIsThere', severity: 'critical', team: 'shop', namespace: SHOP };
    const [foretold] = stack.routeOf(labels);
    expect(foretold?.receiver).toBe('shop');
    const [notification] = await eventually(
      'a notification',
      async () => {
        const ours = (await notificationsOf('ShopIsThere')).filter(({ path }) => path !== '/release');
        expect(ours).not.toEqual([]);
        return ours;
      },
      SLOW,
    );
    expect(notification?.path).toBe('/shop');
    expect(notification?.body.receiver).toBe(`${MONITORING}/gpu-monitoring-alertmanager-config/${foretold?.receiver}`);
    expect(notification?.body.alerts.map((each) => each.labels)).toEqual([
      { ...labels, cluster: 'training-1', prometheus: `${MONITORING}/prometheus` },
    ]);
    const rule = (await prometheus.rules()).find(({ name }) => name === 'ShopIsThere');
    expect(rule).toMatchObject({ health: 'ok', state: 'firing' });
  });

  it('leaves the routes of the release as they were, and takes from its default receiver what it takes itself', async () => {
    await eventually(
      'both',
      async () => {
        expect((await notificationsOf('ShopIsThere')).map(({ path }) => path)).toContain('/release');
        expect((await notificationsOf('Unrouted')).map(({ path }) => path)).toContain('/everyone');
      },
      SLOW,
    );
    const takenAt = new Date().toISOString();
    await sleep(3 * REPEAT_SECONDS * 1000);
    const sent = (await notifications()).filter(({ receivedAt }) => receivedAt > takenAt);
    expect(sent.map(({ path }) => path)).toContain('/release');
    expect(sent.map(({ path }) => path)).not.toContain('/default');
  });

  it('has its dashboard where the sidecar of Grafana looks', async () => {
    const found = await cluster.get<{ items: readonly { data: Readonly<Record<string, string>> }[] }>([
      'configmaps',
      '--all-namespaces',
      '-l',
      'grafana_dashboard=1',
    ]);
    const dashboards = found.items.flatMap(({ data }) => Object.values(data)).map((text) => JSON.parse(text));
    expect(dashboards).toMatchObject([{ uid: 'shop', title: 'Shop' }]);
  });

  it('is refused nothing by the operator', async () => {
    const { items } = await cluster.get<{ items: readonly { reason: string; message: string }[] }>([
      'events',
      '-n',
      MONITORING,
      '--field-selector=type=Warning',
    ]);
    // A probe that comes before its server listens is no fault.
    expect(items.filter(({ reason }) => reason !== 'Unhealthy').map(({ message }) => message)).toEqual([]);
    await eventually('the count of the operator', async () => {
      const counts = await prometheus.query('sum by (resource, state) (prometheus_operator_managed_resources)');
      const said = Object.fromEntries(
        counts.map(({ metric, value }) => [`${metric.resource} ${metric.state}`, Number(value[1])]),
      );
      expect(said).toMatchObject({ 'AlertmanagerConfig selected': 1 });
      expect(Object.entries(said).filter(([name, count]) => name.endsWith(' rejected') && count > 0)).toEqual([]);
    });
  });

  it('would not be seen without the label of the release', async () => {
    expect(await poolsOf('unlabelled')).toEqual([]);
    await cluster.kubectl(['label', 'servicemonitor', '-n', MONITORING, 'unlabelled', 'release=kps']);
    await eventually(
      'the same monitor with the label',
      async () => {
        expect(await poolsOf('unlabelled')).not.toEqual([]);
      },
      SLOW,
    );
    await cluster.kubectl(['delete', 'servicemonitor', '-n', MONITORING, 'unlabelled']);
  });

  it('goes away without a trace, and the release goes on', async () => {
    await remove('addition');
    await eventually(
      'nothing of it',
      async () => {
        expect(await targetsOf('api')).toEqual([]);
        expect((await prometheus.rules()).map(({ name }) => name)).not.toContain('ShopIsThere');
        const { config } = (await getJson(
          cluster,
          MONITORING,
          'alertmanager-alertmanager-0',
          9093,
          '/api/v2/status',
        )) as { config: { original: string } };
        expect(config.original).not.toContain('alertmanager-config');
        expect(config.original).toContain('receiver: release');
      },
      SLOW,
    );
    const goneAt = new Date().toISOString();
    await eventually(
      'the release',
      async () => {
        const sent = (await notifications()).filter(({ receivedAt }) => receivedAt > goneAt);
        expect(new Set(sent.map(({ path }) => path))).toEqual(new Set(['/release', '/default']));
      },
      SLOW,
    );
    const { metadata, status } = await serverPod();
    expect(metadata.uid).toBe(before.metadata.uid);
    expect(status.containerStatuses.map(({ restartCount }) => restartCount)).toEqual([0, 0]);
    expect((await prometheus.targets()).filter(({ health }) => health !== 'up')).toEqual([]);
  });

  it('brings the access that its targets need to a Prometheus that may look nowhere else', async () => {
    await cluster.kubectl(['delete', 'clusterrolebinding', 'kps-discovery']);
    const added = (await readObjects(filesOf('with-access'))).filter(({ kind }) => kind.startsWith('Role'));
    expect(added.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`).sort()).toEqual([
      `Role ${SHOP}`,
      `RoleBinding ${SHOP}`,
    ]);
    expect((await applyFiles(cluster, filesOf('with-access'))).stderr).toBe('');
    await eventually('the target', isScraped, SLOW);
    await remove('with-access');
  });
});
