import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiObject, App, Chart, JsonPatch } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Images, OperatorAlertmanager, OperatorPrometheus, PrometheusOperator, ScrapeTarget } from '../../lib';
import { cluster as allCluster, complete } from '../alertmanager/complete-props';
import { ALL_OPTIONS, ALL_PROPS, THANOS } from '../prometheus/operator/complete-props';
import { applyFiles } from './harness/apply-files';
import { applyOperatorDefinitions } from './harness/custom-resource-definitions';
import { eventually } from './harness/eventually';
import { PrometheusApi } from './harness/prometheus-api';
import { type Output, readObjects, removeOutput } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';
import { TestPki } from './harness/test-pki';

const NAMESPACE = 'variety';
/** Where the complete options look for monitors of others, and for Alertmanagers. */
const FOREIGN = ['foreign', 'alerting'];
/** The class of the complete options' volumes. */
const STORAGE_CLASS = 'fast';
const images = Images.of({ digests: false });
const own = { images, namespace: NAMESPACE };

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** A key of a Secret or ConfigMap that an object refers to. */
interface Reference {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  readonly key: string;
}

/** Every `{ name, key }` of a custom resource, as what stands above it says. */
function referencesOf(value: unknown, kind: Reference['kind'] = 'Secret'): readonly Reference[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const { name, key, ...rest } = value as { readonly name?: unknown; readonly key?: unknown };
  const own = typeof name === 'string' && typeof key === 'string' && Object.keys(rest).length === 0;
  return own
    ? [{ kind, name, key }]
    : Object.entries(value).flatMap(([field, inner]) =>
        referencesOf(inner, field === 'configMap' ? 'ConfigMap' : 'Secret'),
      );
}

/** Every custom resource with every option that it has, reconciled by the operator; and the rarer ones started. */
describe('what only some Prometheuses of the operator use', () => {
  const cluster = testCluster();
  const outputs: Output[] = [];

  const apply = async (name: string, build: (chart: Chart) => void): Promise<void> => {
    const outdir = await mkdtemp(join(tmpdir(), `${name}-`));
    const app = new App({ outdir });
    build(new Chart(app, name, { namespace: NAMESPACE, disableResourceNameHashes: true }));
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    app.synth();
    said.mockRestore();
    const files = [join(outdir, `${name}.k8s.yaml`)];
    outputs.push({ name, folder: outdir, root: outdir, files, images: [] });
    await makeReferences(files);
    expect((await applyFiles(cluster, files)).stderr).toBe('');
  };

  /** Makes what the objects refer to, as somebody else would have. */
  const makeReferences = async (files: readonly string[]): Promise<void> => {
    const pki = await TestPki.create();
    const { certificate, key: privateKey } = await pki.client('any');
    const text = (key: string) =>
      /crt$|^ca$|cert/.test(key) ? certificate : /key$/.test(key) ? privateKey : `of-${key}`;
    const made = await readObjects(files);
    const names = new Set(made.map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    const wanted = new Map<string, { reference: Reference; data: Record<string, string> }>();
    for (const reference of made.flatMap(({ apiVersion, spec }) =>
      apiVersion.startsWith('monitoring.coreos.com') ? referencesOf(spec) : [],
    )) {
      const id = `${reference.kind} ${reference.name}`;
      const entry = wanted.get(id) ?? { reference, data: {} };
      entry.data[reference.key] = text(reference.key);
      wanted.set(id, entry);
    }
    await pki.remove();
    const objects = [...wanted].filter(([id]) => !names.has(id));
    if (objects.length === 0) {
      return;
    }
    await cluster.apply(
      objects.map(([, { reference, data }]) => ({
        apiVersion: 'v1',
        kind: reference.kind,
        metadata: { name: reference.name, namespace: NAMESPACE },
        ...(reference.kind === 'Secret' ? { stringData: data } : { data }),
      })),
    );
  };

  const conditions = (kind: string, name: string, wanted: object) =>
    eventually(
      `${kind} ${name}`,
      async () => {
        const { status } = await cluster.get<{ status?: { conditions?: readonly Condition[] } }>([
          `${kind}.monitoring.coreos.com`,
          '-n',
          NAMESPACE,
          name,
        ]);
        const said = Object.fromEntries((status?.conditions ?? []).map(({ type, status: is }) => [type, is]));
        expect(said, JSON.stringify(status?.conditions)).toMatchObject(wanted);
      },
      { timeoutMilliseconds: 120_000, everyMilliseconds: 1_000 },
    );

  beforeAll(async () => {
    await applyOperatorDefinitions(cluster);
    await cluster.apply(
      [NAMESPACE, ...FOREIGN].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    );
    await cluster.apply([
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: STORAGE_CLASS },
        provisioner: 'kubernetes.io/no-provisioner',
      },
    ]);
    await cluster.images.loadFor(
      (['prometheus-operator', 'prometheus', 'prometheus-config-reloader'] as const).map((name) =>
        images.reference(name),
      ),
    );
    await apply('operator', (chart) => {
      new PrometheusOperator(chart, 'operator', { ...own, networkPolicy: false, namespaces: ['foreign'] });
    });
  });

  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, ...FOREIGN, '--wait=true'], {
      timeoutMilliseconds: 300_000,
    });
    await cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/managed-by=cdk8s']);
    await cluster.kubectl(['delete', 'storageclass', STORAGE_CLASS]);
    await removeOutput(outputs);
  });

  it('is accepted and reconciled with every option of a Prometheus', async () => {
    // What excludes each other: a Thanos sidecar sets the bounds of blocks itself.
    const { minBlockDuration: _, maxBlockDuration: __, delayCompactFilePath: ___, ...tsdb } = ALL_PROPS.tsdb;
    const { allowOverlappingCompaction: ____, ...withThanos } = tsdb;
    const {
      retention,
      retentionSize,
      evaluationInterval,
      ruleEvaluation,
      query,
      remoteRead,
      remoteReadServer,
      alertmanagers,
      ...agent
    } = ALL_PROPS;
    const { enableAdminApi, searchMaxLimit, ...web } = ALL_PROPS.web;
    const idle = (resource: ApiObject) => resource.addJsonPatch(JsonPatch.replace('/spec/replicas', 0));
    await apply('complete', (chart) => {
      idle(new OperatorPrometheus(chart, 'a', { ...ALL_PROPS, ...ALL_OPTIONS, ...own, name: 'complete' }).resource);
      idle(
        new OperatorPrometheus(chart, 'b', {
          ...ALL_PROPS,
          ...ALL_OPTIONS,
          ...own,
          name: 'with-thanos',
          selectorLabels: { team: 'b' },
          tsdb: withThanos,
          thanos: THANOS,
        }).resource,
      );
      idle(
        new OperatorPrometheus(chart, 'c', {
          ...agent,
          ...ALL_OPTIONS,
          ...own,
          name: 'complete-agent',
          selectorLabels: { team: 'c' },
          tsdb: { walCompression: 'zstd', outOfOrderTimeWindow: '30m' },
          web,
          agent: true,
        }).resource,
      );
    });
    await conditions('prometheus', 'complete', { Reconciled: 'True' });
    await conditions('prometheus', 'with-thanos', { Reconciled: 'True' });
    await conditions('prometheusagent', 'complete-agent', { Reconciled: 'True' });
  });

  it('is accepted and reconciled with every option of an Alertmanager', async () => {
    await apply('alertmanager', (chart) => {
      const options = { ...complete, ...own, cluster: { ...allCluster, reconnectTimeout: '5m' } };
      const alertmanager = new OperatorAlertmanager(chart, 'alertmanager', options);
      alertmanager.resource.addJsonPatch(JsonPatch.replace('/spec/replicas', 0));
    });
    await conditions('alertmanager', complete.name ?? '', { Reconciled: 'True' });
  });

  it('divides the targets among shards, each once', async () => {
    await apply('shards', (chart) => {
      const prometheus = new OperatorPrometheus(chart, 'shards', {
        ...own,
        name: 'sharded',
        shards: 2,
        resources: { requests: { cpu: '10m', memory: '64Mi' } },
      });
      const hosts = Array.from({ length: 20 }, (_, index) => `10.200.0.1:${20_000 + index}`);
      prometheus.monitor(ScrapeTarget.hosts(hosts, { job: 'divided' }));
    });
    await conditions('prometheus', 'sharded', { Available: 'True', Reconciled: 'True' });
    const pods = ['prometheus-sharded-0', 'prometheus-sharded-shard-1-0'];
    await eventually(
      'the targets of both shards',
      async () => {
        const found = await Promise.all(pods.map((pod) => new PrometheusApi(cluster, NAMESPACE, pod).targets()));
        const divided = found.map((targets) => targets.filter(({ labels }) => labels.job === 'divided').length);
        expect(Math.min(...divided)).toBeGreaterThan(0);
        expect(divided.reduce((sum, count) => sum + count, 0)).toBe(20);
      },
      { timeoutMilliseconds: 120_000, everyMilliseconds: 1_000 },
    );
  });

  it('runs as an agent, which scrapes and forwards to another', async () => {
    await apply('agent', (chart) => {
      const small = { resources: { requests: { cpu: '10m', memory: '64Mi' } } };
      const receiver = new OperatorPrometheus(chart, 'receiver', {
        ...own,
        ...small,
        name: 'receiver',
        web: { enableRemoteWriteReceiver: true },
      });
      const agent = new OperatorPrometheus(chart, 'agent', {
        ...own,
        ...small,
        name: 'agent',
        agent: true,
        scrapeInterval: '5s',
        scrapeTimeout: '5s',
        externalLabels: { cluster: 'edge' },
        remoteWrite: [{ name: 'central', url: `${receiver.url}/api/v1/write`, queue: { batchSendDeadline: '1s' } }],
      });
      agent.connections.connectTo(receiver.connections, { port: 'web' });
    });
    await conditions('prometheusagent', 'agent', { Available: 'True', Reconciled: 'True' });
    await eventually(
      'samples of the agent',
      async () => {
        const series = await new PrometheusApi(cluster, NAMESPACE, 'prometheus-receiver-0').query(
          'up{cluster="edge", job="prometheus"} == 1',
        );
        expect(series.map(({ metric }) => metric.endpoint).sort()).toEqual(['reloader-web', 'web']);
      },
      { timeoutMilliseconds: 120_000, everyMilliseconds: 1_000 },
    );
  });

  it('made the operator neither warn nor fail', async () => {
    const { items } = await cluster.get<{
      items: readonly {
        readonly message: string;
        readonly reason: string;
        readonly involvedObject: { kind: string };
      }[];
    }>(['events', '-n', NAMESPACE, '--field-selector=type=Warning']);
    const said = items.filter(({ involvedObject }) =>
      /^(Prometheus|Alertmanager|.*Monitor|Probe|Scrape)/.test(involvedObject.kind),
    );
    expect(said.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([]);
    const { items: pods } = await cluster.get<{ items: readonly { readonly metadata: { readonly name: string } }[] }>([
      'pods',
      '-n',
      NAMESPACE,
      '-l',
      'app.kubernetes.io/name=prometheus-operator',
    ]);
    const log = await cluster.containerLog(NAMESPACE, pods[0]?.metadata.name ?? '');
    const bad = log.split('\n').filter((line) => /level=(error|warn)/.test(line));
    expect(bad.filter((line) => !line.includes("statefulset couldn't be found"))).toEqual([]);
  });
});
