import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFiles, difference } from './harness/apply-files';
import { readAuditLog, summarizeByServiceAccount } from './harness/audit-log';
import { applyOperatorDefinitions } from './harness/custom-resource-definitions';
import { eventually } from './harness/eventually';
import type { ScrapedSeries } from './harness/exposition';
import {
  EXPORTERS_NAMESPACE,
  exporterObjects,
  GPU_STACKS,
  imagesOf,
  synthesizeExporterStack,
  VARIANT_NAMES,
  type VariantName,
} from './harness/gpu-exporters';
import { type ContainerName, GpuNode } from './harness/gpu-node';
import { byContainer, GpuWorkloads, type Knowledge, MEMORY, POWER, podWithGpus, viewOf } from './harness/gpu-workloads';
import { PrometheusApi } from './harness/prometheus-api';
import { ScrapedPod } from './harness/scraped-pod';
import { type Output, removeOutput } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';

const GPUS = [1, 2, 3, 4, 5].map((number) => `GPU-00000000-0000-4000-8000-00000000000${number}`);
const GIB = 2 ** 30;

const MAIN = { namespace: 'ml', pod: 'trainer-0', container: 'main', use: { memory: 6 * GIB, busy: 60 } };
const EVAL = { namespace: 'ml', pod: 'trainer-0', container: 'eval', use: { memory: 2 * GIB, busy: 30 } };
/** A static pod: its control group has another uid than the API server knows. */
const SERVER = { namespace: 'ml', pod: 'server-node1', container: 'server', use: { memory: 4 * GIB, busy: 20 } };
/** Has a GPU and does nothing with it. */
const IDLE = { namespace: 'research', pod: 'notebook-0', container: 'main' };
const NEXT = { namespace: 'research', pod: 'notebook-1', container: 'main', use: { memory: GIB, busy: 10 } };

/** An exporter as the documentation describes it. */
interface Described extends Knowledge {
  readonly sources: Readonly<Record<string, 1>>;
  /** Whether it is root, of whatever few rights. */
  readonly root: boolean;
}

const kubelet = { 'pod-resources': 1, 'pods-api': 1 } as const;
const owned = { processes: 'owned' } as const;
const DESCRIBED: Readonly<Record<Exclude<VariantName, 'refused'>, Described>> = {
  'pod-resources': { sources: { 'pod-resources': 1 }, allocations: true, ...owned, root: true },
  'pods-api': { sources: { 'pods-api': 1 }, allocations: false, ...owned, root: true },
  'api-server': { sources: { 'api-server': 1 }, allocations: false, ...owned, root: false },
  'runtime-files': { sources: { 'runtime-files': 1 }, allocations: false, ...owned, root: true },
  'all-sources': {
    sources: { ...kubelet, 'api-server': 1, 'runtime-files': 1 },
    allocations: true,
    ...owned,
    root: true,
  },
  device: { sources: {}, allocations: false, processes: 'unknown', root: false },
  'device-with-kubelet': { sources: kubelet, allocations: true, processes: 'unknown', root: true },
  process: { sources: kubelet, allocations: true, ...owned, root: true },
  privileged: { sources: kubelet, allocations: true, ...owned, root: true },
};
type RunningVariant = keyof typeof DESCRIBED;
const RUNNING = Object.keys(DESCRIBED) as RunningVariant[];
const OWNING = RUNNING.filter((name) => DESCRIBED[name].processes === 'owned');

const named = (series: readonly ScrapedSeries[], metric: string) => series.filter(({ name }) => name === metric);
const total = (series: readonly ScrapedSeries[], metric: string) =>
  named(series, metric).reduce((sum, { value }) => sum + value, 0);

describe('the GPU exporter', () => {
  const cluster = testCluster();
  const outputs: Output[] = [];
  let node: GpuNode;
  let workloads: GpuWorkloads;
  const exporters = new Map<string, ScrapedPod>(
    VARIANT_NAMES.map((name) => [name, exporterAt(EXPORTERS_NAMESPACE, `app.kubernetes.io/instance=${name}`)]),
  );
  const inStack = new Map(
    GPU_STACKS.map((stack) => [stack, exporterAt(`${stack}-node-agents`, 'app.kubernetes.io/name=gpu-exporter')]),
  );
  function exporterAt(namespace: string, selector: string): ScrapedPod {
    return new ScrapedPod(cluster, { namespace, selector, port: 9836 });
  }
  const scrape = (name: RunningVariant) => (exporters.get(name) as ScrapedPod).scrape();
  const prometheus = (stack: string) =>
    new PrometheusApi(cluster, stack, stack.endsWith('operator') ? 'prometheus-prometheus-0' : 'prometheus-0');

  const eventuallyShows = (name: RunningVariant) =>
    eventually(
      `${name} shows who has and uses the GPUs`,
      async () => expect(viewOf(await scrape(name))).toEqual(workloads.seenBy(DESCRIBED[name])),
      { timeoutMilliseconds: 60_000, everyMilliseconds: 500 },
    );
  const eventuallyAlert = async (alerts: readonly string[]) => {
    for (const stack of GPU_STACKS) {
      await eventually(`alerts of ${stack}`, async () => {
        const rules = await prometheus(stack).rules();
        const active = rules.filter(({ state }) => state === 'pending' || state === 'firing').map(({ name }) => name);
        expect(active).toEqual(expect.arrayContaining([...alerts]));
      });
    }
  };
  const containerOf = async (name: VariantName): Promise<ContainerName> => {
    const pod = await (exporters.get(name) as ScrapedPod).name();
    return { namespace: EXPORTERS_NAMESPACE, pod, container: 'gpu-exporter' };
  };
  const statusOf = async ({ namespace, pod, container }: ContainerName) => {
    const { status } = await cluster.get<{ status: { containerStatuses: readonly ContainerStatus[] } }>([
      'pod',
      '-n',
      namespace,
      pod,
    ]);
    return status.containerStatuses.find(({ name }) => name === container);
  };

  beforeAll(async () => {
    await applyOperatorDefinitions(cluster);
    node = await GpuNode.create(cluster, GPUS);
    workloads = new GpuWorkloads(node, GPUS);
    await cluster.kubectl(['label', 'node', 'node1', 'nvidia.com/gpu.present=true']);
    for (const stack of GPU_STACKS) {
      outputs.push(await synthesizeExporterStack(node, stack));
    }
    const variants = VARIANT_NAMES.flatMap((name) => exporterObjects(node, name));
    const images = [...outputs.flatMap((output) => output.images), ...imagesOf(variants), 'registry.local/toolbox:1'];
    await cluster.images.loadFor(images);
    await cluster.apply(
      ['ml', 'research', EXPORTERS_NAMESPACE].map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
      })),
    );
    await node.runStatic(podWithGpus('ml', 'server', { server: 1 }));
    await cluster.apply([
      podWithGpus('ml', 'trainer-0', { main: 1, eval: 1, sidecar: 0 }),
      podWithGpus('research', 'notebook-0', { main: 1 }),
      ...variants,
    ]);
    for (const { files } of outputs) {
      await applyFiles(
        cluster,
        files.filter((file) => file.endsWith('-namespaces.k8s.yaml')),
      );
      expect((await applyFiles(cluster, files)).stderr).toBe('');
    }
    await workloads.run([MAIN, EVAL, SERVER, IDLE]);
    expect(new Set([MAIN, EVAL, SERVER, IDLE].flatMap((each) => workloads.process(each).gpus)).size).toBe(4);
  });

  afterAll(async () => {
    node.stop();
    await node.endStatic('server');
    await cluster.kubectl(['label', 'node', 'node1', 'nvidia.com/gpu.present-']);
    const namespaces = [
      'ml',
      'research',
      EXPORTERS_NAMESPACE,
      ...GPU_STACKS,
      ...GPU_STACKS.map((name) => `${name}-node-agents`),
    ];
    await cluster.kubectl(['delete', 'namespace', ...namespaces, '--wait=true'], { timeoutMilliseconds: 300_000 });
    await cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/managed-by=cdk8s']);
    await removeOutput(outputs);
  });

  it.each(RUNNING)('shows by %s what the documentation says', async (name) => {
    await eventually(`${name} answers`, () => scrape(name), { timeoutMilliseconds: 120_000 });
    await eventuallyShows(name);
    const series = await scrape(name);
    const { sources, processes } = DESCRIBED[name];
    const up = named(series, 'gpu_exporter_source_up').map(({ labels, value }) => [labels.source, value]);
    expect(Object.fromEntries(up)).toEqual(sources);
    const answering = named(series, 'gpu_up').map(({ labels, value }) => [labels.uuid, value]);
    expect(answering).toEqual(GPUS.map((gpu) => [gpu, 1]));
    expect(named(series, 'gpu_power_watts').map(({ value }) => value)).toEqual(GPUS.map(() => POWER));
    const capabilities = named(series, 'gpu_exporter_capability').map(({ labels, value }) => [
      labels.capability,
      value,
    ]);
    expect(Object.fromEntries(capabilities)).toMatchObject({
      process_attribution: processes === 'unknown' ? 0 : 1,
      kernel_log: name === 'privileged' ? 1 : 0,
    });
  });

  it.each(RUNNING)('runs by %s with the rights that the documentation says, and no more', async (name) => {
    const { pid } = await node.processOf(await containerOf(name));
    const confined = { capabilities: 0n, noNewPrivileges: true, confined: true };
    const rights = await node.rightsOf(pid);
    expect(rights.user).toBe(DESCRIBED[name].root ? 0 : 65532);
    if (name === 'privileged') {
      expect(rights.capabilities).toBeGreaterThan(0n);
    } else {
      expect(rights).toMatchObject(confined);
    }
  });

  it.each([
    ['process', []],
    ['api-server', [/^gpu_pod_(allocation_info|allocated_devices|allocated_seconds_total|idle_seconds_total)$/]],
    ['device-with-kubelet', [/^gpu_process_/]],
    ['device', [/^gpu_process_/, /^gpu_pod_/, /^gpu_unattributed_/]],
  ] as const)(
    'has by %s every metric that the privileged one has, but for those that the documentation names',
    async (name, lost) => {
      const metrics = async (variant: RunningVariant) => {
        const names = (await scrape(variant)).map((series) => series.name);
        return [...new Set(names)].filter((metric) => /^gpu_(?!exporter_)/.test(metric)).sort();
      };
      const all = await metrics('privileged');
      const kept = all.filter((metric) => !lost.some((pattern) => pattern.test(metric)));
      expect(await metrics(name)).toEqual(kept);
      for (const pattern of lost) {
        expect(all.filter((metric) => pattern.test(metric))).not.toEqual([]);
      }
    },
  );

  it('is refused, with one clear line, where a source that was asked for cannot be used', async () => {
    const container = await containerOf('refused');
    await eventually('it is refused', async () => {
      const { state, lastState } = (await statusOf(container)) as ContainerStatus;
      expect((state.terminated ?? lastState.terminated)?.exitCode).toBe(2);
    });
    const log = await cluster.containerLog(container.namespace, container.pod);
    expect(log).toBe(
      'gpu-exporter: --kubernetes.pod-resources: /var/lib/kubelet/pod-resources/kubelet.sock is not usable: permission denied\n',
    );
  });

  it('adds up: what belongs to pods and what does not is what the GPUs have in use', async () => {
    for (const name of OWNING) {
      const series = await scrape(name);
      const parts = ['gpu_pod_memory_used_bytes', 'gpu_unattributed_memory_bytes'].map((metric) =>
        total(series, metric),
      );
      expect(parts[0], name).toBe(12 * GIB);
      expect((parts[0] ?? 0) + (parts[1] ?? 0), name).toBe(GPUS.length * MEMORY);
    }
  });

  it('counts energy for whom it was spent, and time for those who have a GPU and do not use it', async () => {
    const metrics = ['energy_joules', 'allocated_seconds', 'idle_seconds'].map((name) => `gpu_pod_${name}_total`);
    const read = async (name: RunningVariant) => {
      const series = await scrape(name);
      return metrics.map((metric) => byContainer(series, metric));
    };
    const began = Date.now();
    const before = await Promise.all(OWNING.map(read));
    for (const [index, name] of OWNING.entries()) {
      const { allocations } = DESCRIBED[name];
      // Whom a GPU was given pays for it; where that is not known, who uses it, for his part.
      const shares = workloads.each((use) => (allocations ? 1 : use && use.busy / 100));
      const idleShares = workloads.each((use) => (allocations ? (use === undefined ? 1 : 0) : undefined));
      await eventually(`${name} counts`, async () => {
        const [energy = {}, allocated = {}, idle = {}] = (await read(name)).map((now, at) =>
          growth(before[index]?.[at] ?? {}, now),
        );
        expect(Object.keys(energy)).toEqual(Object.keys(shares));
        expect([allocated, idle].map(Object.keys)).toEqual([idleShares, idleShares].map(Object.keys));
        const seconds = Object.entries(energy).map(([key, joules]) => joules / POWER / (shares[key] ?? 0));
        const counted = Math.max(...seconds);
        expect(counted).toBeGreaterThan(3);
        expect(counted).toBeLessThan((Date.now() - began) / 1000 + 2);
        // Values of two collections differ by as much as these come early or late.
        const near = (value: number, expected: number, what: string) =>
          expect(Math.abs(value - expected), what).toBeLessThan(0.5);
        for (const [index, each] of [...seconds, ...Object.values(allocated)].entries()) {
          near(each, counted, `value ${index}`);
        }
        for (const [key, idled] of Object.entries(idle)) {
          near(idled, (idleShares[key] ?? 0) * counted, key);
        }
      });
    }
  });

  it('gives the series of a GPU the labels of its workload, and the target those of the exporter, in both back ends', async () => {
    for (const stack of GPU_STACKS) {
      const exporter = await (inStack.get(stack) as ScrapedPod).name();
      const own = {
        exporter_namespace: `${stack}-node-agents`,
        exporter_pod: exporter,
        exporter_container: 'gpu-exporter',
      };
      await eventually(
        `${stack} scrapes`,
        async () => {
          const targets = (await prometheus(stack).targets()).filter(({ labels }) => labels.job === 'gpu-exporter');
          expect(targets.map(({ health, lastError }) => `${health} ${lastError}`)).toEqual(['up ']);
          expect(targets[0]?.labels).toMatchObject({ ...own, node: 'node1' });
          expect(targets[0]?.labels).not.toHaveProperty('pod');
          expect(targets[0]?.labels).not.toHaveProperty('namespace');
          const series = await prometheus(stack).query('gpu_pod_memory_used_bytes{job="gpu-exporter"}');
          const found = series.map(({ metric, value }) => ({
            name: 'memory',
            labels: metric,
            value: Number(value[1]),
          }));
          expect(byContainer(found, 'memory')).toEqual(workloads.each((use) => use?.memory ?? 0));
          for (const { labels } of found) {
            expect(labels).toMatchObject(own);
          }
          const [free] = await prometheus(stack).query(`gpu_up{gpu="${workloads.free}"}`);
          expect(free?.metric).toMatchObject(own);
          expect(free?.metric).not.toHaveProperty('pod');
        },
        { timeoutMilliseconds: 240_000, everyMilliseconds: 1_000 },
      );
    }
  });

  it('evaluates all rules in both back ends, and none fires while all is well', async () => {
    for (const stack of GPU_STACKS) {
      await eventually(`${stack} evaluates`, async () => {
        const rules = (await prometheus(stack).rules()).filter(({ name }) => /^(Gpu|gpu)/.test(name));
        expect(rules.length).toBeGreaterThan(10);
        expect(rules.filter(({ health, lastError }) => health !== 'ok' || (lastError ?? '') !== '')).toEqual([]);
        expect(rules.filter(({ state }) => state === 'firing').map(({ name }) => name)).toEqual([]);
      });
    }
  });

  it('follows a container that is restarted', async () => {
    const before = workloads.process(MAIN);
    await cluster.signal(before.pid, 'TERM');
    await eventually('the next container', async () => {
      expect((await node.processOf(MAIN)).containerId).not.toBe(before.containerId);
    });
    await workloads.run([MAIN]);
    expect(workloads.process(MAIN).gpus).toEqual(before.gpus);
    for (const name of OWNING) {
      await eventuallyShows(name);
    }
  });

  it('forgets a pod that is deleted, and knows the one that follows', async () => {
    await cluster.kubectl(['delete', 'pod', '-n', IDLE.namespace, IDLE.pod, '--wait=true']);
    workloads.end(IDLE);
    for (const name of RUNNING) {
      await eventuallyShows(name);
    }
    await cluster.apply([podWithGpus(NEXT.namespace, NEXT.pod, { [NEXT.container]: 1 })]);
    await workloads.run([NEXT]);
    for (const name of RUNNING) {
      await eventuallyShows(name);
    }
  });

  it('outlives a restart of the kubelet', async () => {
    const success = async (name: RunningVariant) => {
      const found = named(await scrape(name), 'gpu_exporter_source_last_success_timestamp_seconds');
      return Object.fromEntries(found.map(({ labels, value }) => [labels.source, value]));
    };
    await node.restartKubelet();
    const restarted = Date.now() / 1000;
    for (const name of ['all-sources', 'device-with-kubelet', 'pod-resources', 'pods-api'] as const) {
      await eventually(`${name} asks the kubelet again`, async () => {
        const { 'pod-resources': resources = restarted, 'pods-api': pods = restarted } = await success(name);
        expect(Math.min(resources, pods)).toBeGreaterThanOrEqual(restarted);
      });
      await eventuallyShows(name);
    }
    await node.offers(GPUS.length);
  });

  it('ends at once, and in order, when it is told to', async () => {
    const container = await containerOf('process');
    const { pid } = await node.processOf(container);
    await cluster.signal(pid, 'TERM');
    await eventually(
      'end of the container',
      async () => {
        const ended = (await statusOf(container))?.lastState.terminated;
        expect(ended).toMatchObject({ exitCode: 0, reason: 'Completed' });
      },
      { timeoutMilliseconds: 20_000 },
    );
    const log = await cluster.kubectl(['logs', '-n', container.namespace, container.pod, '--previous']);
    expect(log).toMatch(/Stopping.*SIGTERM/);
    await eventuallyShows('process');
  });

  it('counts an XID error, and its alert goes off in both back ends', async () => {
    const { free } = workloads;
    node.script.event({ slot: free, type: 8, data: 79 }).write();
    await eventually('the XID error is counted', async () => {
      const counted = named(await scrape('process'), 'gpu_xid_errors_total').filter(({ value }) => value > 0);
      expect(counted.map(({ labels, value }) => [labels.gpu, labels.xid, value])).toEqual([[String(free), '79', 1]]);
    });
    await eventuallyAlert(['GpuXidErrorCritical']);
  });

  it('shows a lost GPU beside all others, and its alert goes off in both back ends', async () => {
    const { free } = workloads;
    node.script.fail(free, '*', 15).write();
    await eventually('the GPU is lost', async () => {
      const up = named(await scrape('process'), 'gpu_up').map(({ labels, value }) => [labels.uuid, value]);
      expect(Object.fromEntries(up)).toEqual(Object.fromEntries(GPUS.map((gpu, slot) => [gpu, slot === free ? 0 : 1])));
    });
    for (const name of RUNNING) {
      await eventuallyShows(name);
    }
    await eventuallyAlert(['GpuLost']);
  });

  it('stays, and says so, when the driver goes, and takes it up when it comes back', async () => {
    node.script.mend(workloads.free, '*').driver('not_loaded').write();
    const driver = async () => named(await scrape('process'), 'gpu_exporter_driver_up').map(({ value }) => value);
    await eventually('the driver is gone', async () => expect(await driver()).toEqual([0]));
    await eventuallyAlert(['GpuDriverDown']);
    expect(await statusOf(await containerOf('process'))).toMatchObject({ ready: true, restartCount: 1 });
    node.script.driver('ok').write();
    await eventually('the driver is back', async () => expect(await driver()).toEqual([1]));
    for (const name of RUNNING) {
      await eventuallyShows(name);
    }
  });

  it('shows no difference to what was applied, asks the API server for pods alone, and never crashed', async () => {
    for (const { files } of outputs) {
      expect(await difference(cluster, files)).toBe('');
    }
    const made = summarizeByServiceAccount(await readAuditLog(cluster.path('log/audit.log')));
    const accounts = [...made.keys()].filter((account) => account.startsWith(`${EXPORTERS_NAMESPACE}/`)).sort();
    expect(accounts).toEqual(['all-sources', 'api-server'].map((name) => `${EXPORTERS_NAMESPACE}/${name}`));
    for (const account of accounts) {
      const asked = made.get(account) ?? [];
      expect(new Set(asked.map(({ target }) => target))).toEqual(new Set(['pods']));
      expect(asked.filter(({ forbidden }) => forbidden > 0)).toEqual([]);
    }
    for (const name of RUNNING) {
      expect((await statusOf(await containerOf(name)))?.restartCount, name).toBe(name === 'process' ? 1 : 0);
    }
  });
});

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state: { readonly terminated?: Terminated };
  readonly lastState: { readonly terminated?: Terminated };
}

interface Terminated {
  readonly exitCode: number;
  readonly reason: string;
}

/** By how much each value grew; one that was not there before began at 0. */
function growth(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(now).map(([key, value]) => [key, value - (before[key] ?? 0)]));
}
