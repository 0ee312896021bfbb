import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFiles, difference } from './harness/apply-files';
import { readAuditLog, summarizeByServiceAccount } from './harness/audit-log';
import { applyGpuOperatorDefinitions, applyOperatorDefinitions } from './harness/custom-resource-definitions';
import { eventually } from './harness/eventually';
import { ExporterPod } from './harness/exporter-pod';
import {
  AMD_NAMESPACE,
  AMD_PROXY_ACCOUNT,
  amdExporter,
  amdServiceMonitor,
  type DeviceConfig,
  gpuOperatorImages,
  NVIDIA_NAMESPACE,
  nvidiaExporter,
} from './harness/gpu-operator-objects';
import {
  BUSY,
  COUNTERS,
  EXPORTERS,
  type Exporter,
  hasOperator,
  SAME,
  STACK_NAMES,
  synthesizeGpuStack,
  type Watched,
  watched,
} from './harness/gpu-stacks';
import { PrometheusApi, type Series, type Target } from './harness/prometheus-api';
import { type Output, removeOutput } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';

const byText = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
const sortedKeys = (labels: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

describe('GPU targets', () => {
  const cluster = testCluster();
  const outputs: Output[] = [];
  const prometheus = (stack: string) =>
    new PrometheusApi(cluster, stack, hasOperator(stack) ? 'prometheus-prometheus-0' : 'prometheus-0');
  const known = new Map<Exporter, ExporterPod>();
  const exporter = async (which: Exporter): Promise<ExporterPod> => {
    const { namespace, selector } = EXPORTERS[which];
    const pod = known.get(which) ?? (await ExporterPod.find(cluster, namespace, selector));
    known.set(which, pod);
    return pod;
  };
  const labelsOf = ({ labels }: Target) => sortedKeys(labels);

  /** The GPUs of a job by number, with the labels that tell whose they are. */
  const owners = async (stack: string, { job, metric, gpu, node }: Watched) => {
    const series = await prometheus(stack).query(`${metric}{job="${job}"}`);
    const owner = ({ metric: labels }: Series) => ({
      gpu: labels[gpu],
      ...Object.fromEntries(
        ['namespace', 'pod', 'container', 'exporter_namespace', 'exporter_pod', node].map((name) => [
          name,
          labels[name],
        ]),
      ),
    });
    return series.map(owner).sort(byText);
  };
  const expectedOwners = async ({ exporter: which, node }: Watched, busyPods: readonly (string | undefined)[]) => {
    const { pod } = await exporter(which);
    return busyPods.map((busy, index) => ({
      gpu: String(index),
      namespace: busy && 'ml',
      pod: busy,
      container: busy && 'main',
      exporter_namespace: EXPORTERS[which].namespace,
      exporter_pod: pod,
      [node]: 'node1',
    }));
  };
  /** Until every stack sees these pods on the GPUs of every exporter, in their order. */
  const eventuallyOwned = (what: string, busyPods: readonly (string | undefined)[], timeoutMilliseconds: number) =>
    eventually(
      what,
      async () => {
        for (const stack of STACK_NAMES) {
          for (const each of watched(stack)) {
            const found = await owners(stack, each);
            expect(found, `${stack} ${each.job}`).toEqual(await expectedOwners(each, busyPods));
          }
        }
      },
      { timeoutMilliseconds, everyMilliseconds: 1_000 },
    );

  beforeAll(async () => {
    await applyOperatorDefinitions(cluster);
    await applyGpuOperatorDefinitions(cluster);
    for (const name of STACK_NAMES) {
      outputs.push(await synthesizeGpuStack(name));
    }
    await cluster.images.loadFor([...outputs.flatMap(({ images }) => images), ...Object.values(gpuOperatorImages)]);
    await cluster.kubectl(['label', 'node', 'node1', 'nvidia.com/gpu.present=true']);
    await cluster.apply([
      // The runtime that NVIDIA's container toolkit sets up; here it is the usual one.
      { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'nvidia' }, handler: 'runc' },
      ...[NVIDIA_NAMESPACE, AMD_NAMESPACE].map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
      })),
    ]);
    await cluster.apply([
      ...nvidiaExporter(BUSY),
      ...amdExporter('gpu-operator', BUSY),
      ...amdExporter('guarded', BUSY, true),
      ...tokenOfScraper(),
      binding('gpu-test-proxy', 'system:auth-delegator', AMD_PROXY_ACCOUNT),
    ]);
    for (const { files } of outputs) {
      await applyFiles(
        cluster,
        files.filter((file) => file.endsWith('-namespaces.k8s.yaml')),
      );
      expect((await applyFiles(cluster, files)).stderr).toBe('');
    }
    // What AMD's operator does; the API server has put in the defaults.
    const { items } = await cluster.get<{ items: readonly DeviceConfig[] }>(['deviceconfigs', '-n', AMD_NAMESPACE]);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['gpu-operator', 'guarded']);
    await cluster.apply(items.map(amdServiceMonitor));
  });

  afterAll(async () => {
    const namespaces = [...STACK_NAMES, 'gpu-of-ours-node-agents', NVIDIA_NAMESPACE, AMD_NAMESPACE];
    await cluster.kubectl(['label', 'node', 'node1', 'nvidia.com/gpu.present-']);
    await cluster.kubectl(['delete', 'namespace', ...namespaces, '--wait=true'], { timeoutMilliseconds: 300_000 });
    await cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/managed-by=cdk8s']);
    await cluster.kubectl([
      'delete',
      'runtimeclass/nvidia',
      'clusterrole/gpu-test-scraper',
      ...['scraper', 'proxy'].map((name) => `clusterrolebinding/gpu-test-${name}`),
    ]);
    await removeOutput(outputs);
  });

  it.each(STACK_NAMES)('finds and scrapes the GPUs of %s', async (stack) => {
    const jobs = watched(stack).map(({ job }) => job);
    await eventually(
      'targets up',
      async () => {
        const found = (await prometheus(stack).targets()).filter(({ labels }) => jobs.includes(labels.job ?? ''));
        expect(found.map(({ lastError }) => lastError).filter((error) => error !== '')).toEqual([]);
        expect(found.map(({ labels, health }) => `${labels.job} ${health}`).sort()).toEqual(
          jobs.map((job) => `${job} up`).sort(),
        );
      },
      { timeoutMilliseconds: 300_000, everyMilliseconds: 1_000 },
    );
  });

  it('names the pod of the workload, and for an idle GPU none: not that of the exporter', async () => {
    await eventuallyOwned('busy and idle GPUs', ['trainer-0', undefined], 60_000);
  });

  it.each(SAME)('has the same labels in %s and %s', async (one, other, count) => {
    const jobs = watched(one).flatMap(({ job, exporter: which }) =>
      watched(other).some((each) => each.job === job && each.exporter === which) ? [job] : [],
    );
    expect(jobs).toHaveLength(count);
    for (const job of jobs) {
      const ofJob = async (stack: string) =>
        (await prometheus(stack).targets()).filter(({ labels }) => labels.job === job).map(labelsOf);
      expect(await ofJob(other)).toEqual(await ofJob(one));
      const seriesOf = async (stack: string) =>
        (await prometheus(stack).query(`{job="${job}"}`)).map(({ metric }) => sortedKeys(metric)).sort(byText);
      const series = await seriesOf(one);
      expect(series.length).toBeGreaterThan(20);
      expect(await seriesOf(other)).toEqual(series);
    }
  });

  it('scrapes the job of one second every second', async () => {
    for (const stack of ['gpu-guarded-by-hand', 'gpu-guarded-by-operator']) {
      await eventually('samples', async () => {
        const [samples] = await prometheus(stack).query('count_over_time(up{job="gpu-metrics"}[20s])');
        expect(Number(samples?.value[1])).toBeGreaterThanOrEqual(18);
      });
    }
  });

  it('leaves no stale ownership when a pod on a GPU ends, and none when another follows', async () => {
    const pods = await Promise.all((Object.keys(EXPORTERS) as Exporter[]).map(exporter));
    const use = (workloads: string) => Promise.all(pods.map((pod) => pod.put('workloads', workloads)));
    await use('-');
    // Samples count for five minutes where no marker says that they are stale.
    await eventuallyOwned('idle GPUs', [undefined, undefined], 30_000);
    await use('ml/trainer-1/main');
    await eventuallyOwned('the next workload', ['trainer-1', undefined], 30_000);
    for (const stack of STACK_NAMES) {
      for (const { job, metric, gpu } of watched(stack)) {
        // One of a GPU has one owner at any time, and three owners came one after the other.
        const one = `count by (${gpu}) (${metric}{job="${job}"})`;
        const [most, all] = await Promise.all(
          [`max(max_over_time((${one})[1m:1s]))`, `count(count_over_time(${metric}{job="${job}",${gpu}="0"}[2m]))`].map(
            (query) => prometheus(stack).query(query),
          ),
        );
        expect([most?.[0]?.value[1], all?.[0]?.value[1]], `${stack} ${job}`).toEqual(['1', '3']);
      }
    }
  });

  it('runs the dcgm-exporter of ours as it says, with its counters file', async () => {
    const { namespace } = EXPORTERS.own;
    const { pod } = await exporter('own');
    const { spec, status } = await cluster.get<{
      spec: { runtimeClassName: string; containers: readonly { name: string; securityContext: object }[] };
      status: { containerStatuses: readonly { ready: boolean; restartCount: number }[] };
    }>(['pod', '-n', namespace, pod]);
    expect(status.containerStatuses.map(({ ready, restartCount }) => [ready, restartCount])).toEqual([
      [true, 0],
      [true, 0],
    ]);
    expect(spec.runtimeClassName).toBe('nvidia');
    const [container, proxy] = spec.containers;
    const hardened = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true };
    expect(container?.securityContext).toEqual({ ...hardened, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } });
    expect(proxy?.securityContext).toMatchObject({ ...hardened, capabilities: { drop: ['ALL'] } });
    const series = await prometheus('gpu-of-ours').query('{job="dcgm-exporter",__name__=~"DCGM_.+"}');
    const gauges = COUNTERS.filter(({ type }) => type === 'gauge').map(({ field }) => field);
    expect(new Set(series.map(({ metric }) => metric.__name__))).toEqual(new Set(gauges));
    expect(new Set(series.map(({ metric }) => metric.DCGM_FI_DRIVER_VERSION))).toEqual(new Set(['580.65.06']));
  });

  it('shows no difference to what was applied', async () => {
    for (const { files } of outputs) {
      expect(await difference(cluster, files)).toBe('');
    }
  });

  it('is allowed all that it asks for, and the proxies ask the API server who may read', async () => {
    const summary = summarizeByServiceAccount(await readAuditLog(cluster.path('log/audit.log')));
    for (const stack of STACK_NAMES) {
      const accounts = ['prometheus', ...(hasOperator(stack) ? ['prometheus-operator'] : [])];
      for (const account of accounts) {
        const made = summary.get(`${stack}/${account}`) ?? [];
        expect(made.filter(({ forbidden }) => forbidden > 0)).toEqual([]);
      }
      const slices = (summary.get(`${stack}/prometheus`) ?? []).filter(({ target }) =>
        target.endsWith('/endpointslices'),
      );
      const places = new Set(slices.map(({ namespace }) => namespace));
      expect([...places]).toEqual(
        expect.arrayContaining(watched(stack).map(({ exporter: which }) => EXPORTERS[which].namespace)),
      );
      expect([...places]).not.toContain('');
    }
    for (const proxy of [`${AMD_NAMESPACE}/${AMD_PROXY_ACCOUNT}`, 'gpu-of-ours-node-agents/dcgm-exporter']) {
      const asked = (summary.get(proxy) ?? []).filter(({ allowed, forbidden }) => allowed > 0 && forbidden === 0);
      expect(asked.map(({ target }) => target).sort(), proxy).toEqual([
        'authentication.k8s.io/tokenreviews',
        'authorization.k8s.io/subjectaccessreviews',
      ]);
    }
  });
});

function binding(name: string, role: string, account: string): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: account, namespace: AMD_NAMESPACE }],
  };
}

/** A ServiceAccount that may read metrics, and the Secret with its token that a DeviceConfig refers to. */
function tokenOfScraper(): readonly object[] {
  const annotations = { 'kubernetes.io/service-account.name': 'scraper' };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'scraper', namespace: AMD_NAMESPACE } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'prom-token', namespace: AMD_NAMESPACE, annotations },
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'gpu-test-scraper' },
      rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
    },
    binding('gpu-test-scraper', 'gpu-test-scraper', 'scraper'),
  ];
}
