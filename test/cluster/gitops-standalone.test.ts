import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alert, ClusterProfile, GitOps, MonitoringStack } from '../../lib';
import { applyFolder, folderDifference } from './harness/apply-files';
import { eventually } from './harness/eventually';
import { untilHealthy } from './harness/health';
import { buildFolder, contentOf, deleteObjects, existing } from './harness/kustomize';
import { getJson, PrometheusApi } from './harness/prometheus-api';
import { type Output, readOutput, removeOutput } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';

const NAMESPACE = 'by-kustomize';
const STACK = 'monitoring';
const OVERLAYS = ['overlays/alerting', 'overlays/dashboards', 'overlays/servicemonitors'];
/** Here the kubelet looks for changed ConfigMaps every 10 s; elsewhere once a minute. */
const PATIENT = { timeoutMilliseconds: 180_000, everyMilliseconds: 1_000 };
const ADMIN = ['--from-literal=admin-user=admin', '--from-literal=admin-password=for-this-test'];

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: { readonly containerStatuses: readonly { readonly restartCount: number }[] };
}

/** A small stack without an operator, whose overlays are ConfigMaps that are mounted. */
function build(outdir: string): void {
  const app = new App({ outdir });
  const stack = new MonitoringStack(app, STACK, {
    cluster: ClusterProfile.kubeadm('training-1'),
    namespace: NAMESPACE,
    gitops: GitOps.kustomize(),
    prometheus: { scrapeInterval: '5s', scrapeTimeout: '5s', evaluationInterval: '5s' },
    nodeExporter: false,
    kubeStateMetrics: false,
  });
  stack.monitor({
    name: 'shop',
    rules: [alert('ShopIsThere', { expr: 'vector(1)', severity: 'info', summary: 'There is a shop.' })],
    dashboards: [{ uid: 'shop', title: 'Shop', model: { panels: [] } }],
  });
  app.synth();
}

describe('the folders of a stack without an operator', () => {
  const cluster = testCluster();
  const prometheus = new PrometheusApi(cluster, NAMESPACE);
  let output: Output;
  let before: readonly string[];

  const folder = (name: string) => join(output.folder, STACK, name);
  const servers = async () => {
    const { items } = await cluster.get<{ items: readonly Pod[] }>(['pods', '-n', NAMESPACE]);
    return items.map(({ metadata, status }) => {
      const restarts = status.containerStatuses.map(({ restartCount }) => restartCount);
      return `${metadata.name} ${metadata.uid} restarted ${restarts.join(' and ')} times`;
    });
  };
  const dashboards = async () => {
    const { items } = await cluster.get<{ items: readonly Pod[] }>([
      'pods',
      '-n',
      NAMESPACE,
      '-l',
      'app.kubernetes.io/name=grafana',
    ]);
    const user = ['--user', 'admin:for-this-test'];
    const name = items[0]?.metadata.name ?? '';
    const found = (await getJson(cluster, NAMESPACE, name, 3000, '/api/search', user)) as readonly { uid: string }[];
    return found.map(({ uid }) => uid);
  };
  const expectIdle = async () => {
    expect(await prometheus.targets()).toEqual([]);
    expect(await prometheus.rules()).toEqual([]);
    expect(await dashboards()).toEqual([]);
  };

  beforeAll(async () => {
    const outdir = await mkdtemp(join(tmpdir(), `${NAMESPACE}-`));
    build(outdir);
    [output] = (await readOutput(NAMESPACE, outdir)) as [Output];
    await cluster.images.loadFor(output.images);
  });

  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=true'], {
      timeoutMilliseconds: 300_000,
    });
    await removeOutput([output]);
  });

  it('start with the base alone, and have nothing to do', async () => {
    expect((await applyFolder(cluster, folder('base'))).stderr).toBe('');
    await cluster.kubectl(['create', 'secret', 'generic', 'grafana-admin', '-n', NAMESPACE, ...ADMIN]);
    await untilHealthy(cluster, await buildFolder(cluster, folder('base')));
    await expectIdle();
    before = await servers();
    expect(before).toHaveLength(3);
  });

  it('bring targets, rules and dashboards by their overlays, without a restart', async () => {
    for (const overlay of OVERLAYS) {
      expect((await applyFolder(cluster, folder(overlay))).stderr).toBe('');
    }
    await eventually(
      'targets, rules and dashboards',
      async () => {
        const targets = await prometheus.targets();
        expect(targets.filter(({ health }) => health !== 'up').map(({ lastError }) => lastError)).toEqual([]);
        const jobs = targets.map(({ labels }) => labels.job);
        expect(jobs).toEqual(expect.arrayContaining(['prometheus', 'alertmanager', 'grafana', 'kubelet']));
        const rules = await prometheus.rules();
        expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
        expect(rules.map(({ name }) => name)).toEqual(expect.arrayContaining(['Watchdog', 'ShopIsThere']));
        expect(await dashboards()).toEqual(['shop']);
      },
      PATIENT,
    );
    expect(await servers()).toEqual(before);
  });

  it('show no difference when they are applied again, together', async () => {
    expect((await applyFolder(cluster, folder('.'))).stderr).toBe('');
    expect(await folderDifference(cluster, folder('.'))).toBe('');
  });

  it('can be taken away overlay by overlay, without a restart', async () => {
    for (const overlay of OVERLAYS) {
      await cluster.kubectl(['delete', '-k', folder(overlay), '--wait=true', '--timeout=60s']);
    }
    await eventually('nothing to do', expectIdle, PATIENT);
    expect(await servers()).toEqual(before);
  });

  it('leave nothing behind when the base goes before the overlays', async () => {
    for (const overlay of OVERLAYS) {
      await applyFolder(cluster, folder(overlay));
    }
    const base = await buildFolder(cluster, folder('base'));
    const overlays = (await Promise.all(OVERLAYS.map((name) => buildFolder(cluster, folder(name))))).flat();
    await deleteObjects(
      cluster,
      base.filter(({ kind }) => kind !== 'Namespace'),
    );
    expect(await existing(cluster, overlays)).toHaveLength(overlays.length);
    await deleteObjects(cluster, overlays);
    await eventually(
      'an empty namespace',
      async () => expect(await contentOf(cluster, NAMESPACE)).toEqual(['secret/grafana-admin']),
      PATIENT,
    );
    await deleteObjects(cluster, base);
    expect(await existing(cluster, [...base, ...overlays])).toEqual([]);
  });
});
