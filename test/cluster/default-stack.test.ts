import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyFiles, difference } from './harness/apply-files';
import { readAuditLog, summarizeByServiceAccount } from './harness/audit-log';
import { eventually } from './harness/eventually';
import { judgeConnections } from './harness/judged-connections';
import { NetworkPolicyEvaluator } from './harness/network-policy';
import { readPolicyWorld } from './harness/network-policy-world';
import { getJson, PrometheusApi } from './harness/prometheus-api';
import { type Output, type PolicyRule, readObjects, removeOutput, synthesizeApp } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';

const NAMESPACES = ['monitoring', 'monitoring-node-agents'];
/** Alerts that may be pending or firing at rest: the watchdog, and what is true of a machine without a time server. */
const AT_REST = ['Watchdog', 'NodeClockNotSynchronising'];
const REST_MINUTES = 10;

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly hostPID?: boolean;
    readonly securityContext: { readonly runAsNonRoot?: boolean; readonly seccompProfile?: { readonly type: string } };
    readonly containers: readonly {
      readonly name: string;
      readonly securityContext: {
        readonly readOnlyRootFilesystem?: boolean;
        readonly allowPrivilegeEscalation?: boolean;
        readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
      };
    }[];
  };
  readonly status: { readonly podIP: string; readonly containerStatuses: readonly { readonly restartCount: number }[] };
}

/**
 * The stack of `apps/main.ts`, as it is synthesized but for the digests of images.
 *
 * Only Grafana's server cannot be had here: `grafana-stand-in` reads its mounted ini, provisioning and dashboard files
 * as Grafana would, refuses what is wrong, and answers its port.
 */
describe('the default stack on a real cluster', () => {
  const cluster = testCluster();
  const prometheus = new PrometheusApi(cluster, 'monitoring');
  let output: Output;
  let readySince = 0;

  const pods = async (): Promise<readonly Pod[]> =>
    (await Promise.all(NAMESPACES.map((name) => cluster.get<{ items: Pod[] }>(['pods', '-n', name])))).flatMap(
      ({ items }) => items,
    );

  beforeAll(async () => {
    const [only] = await synthesizeApp('main');
    if (only === undefined) {
      throw new Error('apps/main.ts wrote nothing');
    }
    output = only;
    await cluster.images.loadFor(output.images);
    await applyFiles(
      cluster,
      output.files.filter((file) => file.endsWith('-namespaces.k8s.yaml')),
    );
    const admin = ['--from-literal=admin-user=admin', '--from-literal=admin-password=for-this-test'];
    await cluster.kubectl(['create', 'secret', 'generic', 'grafana-admin', '-n', 'monitoring', ...admin]);
    expect((await applyFiles(cluster, output.files)).stderr).toBe('');
  });

  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', ...NAMESPACES, '--wait=true'], { timeoutMilliseconds: 300_000 });
    await cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/managed-by=cdk8s']);
    await removeOutput([output]);
  });

  it('becomes Ready', async () => {
    for (const [kind, name, namespace = 'monitoring'] of [
      ['statefulset', 'prometheus'],
      ['statefulset', 'alertmanager'],
      ['deployment', 'grafana'],
      ['deployment', 'kube-state-metrics'],
      ['daemonset', 'node-exporter', 'monitoring-node-agents'],
    ]) {
      await cluster.kubectl(['rollout', 'status', `${kind}/${name}`, '-n', namespace, '--timeout=180s'], {
        timeoutMilliseconds: 200_000,
      });
    }
    readySince = Date.now();
  });

  it('shows no difference to what was applied', async () => {
    expect(await difference(cluster, output.files)).toBe('');
  });

  it('has every target up, cAdvisor and kubelet over verified TLS included', async () => {
    const targets = await eventually(
      'all targets up',
      async () => {
        const all = await prometheus.targets();
        // Until Prometheus has discovered its targets it has none, and none is down.
        expect([...new Set(all.map(({ labels }) => labels.job))].sort()).toEqual([
          'alertmanager',
          'apiserver',
          'cadvisor',
          'coredns',
          'grafana',
          'kube-state-metrics',
          'kube-state-metrics-telemetry',
          'kubelet',
          'kubelet-probes',
          'node-exporter',
          'prometheus',
        ]);
        expect(
          all.filter(({ health }) => health !== 'up').map(({ scrapePool, lastError }) => [scrapePool, lastError]),
        ).toEqual([]);
        return all;
      },
      { timeoutMilliseconds: 120_000, everyMilliseconds: 2_000 },
    );
    for (const job of ['kubelet', 'cadvisor', 'kubelet-probes', 'apiserver']) {
      const target = targets.find(({ labels }) => labels.job === job);
      expect(target?.scrapeUrl).toMatch(/^https:/);
    }
    const files = await readObjects(output.files);
    expect(JSON.stringify(files)).not.toContain('insecure_skip_verify');
  });

  it('says of containers what the kubelet says, under their own names', async () => {
    await eventually('container series', async () => {
      const [series] = await prometheus.query(
        'container_memory_working_set_bytes{namespace="monitoring", pod="prometheus-0", container="prometheus"}',
      );
      expect(series?.metric).toMatchObject({ job: 'cadvisor', node: 'node1' });
    });
    const [info] = await prometheus.query('kube_pod_info{pod="prometheus-0"}');
    expect(info?.metric).toMatchObject({ namespace: 'monitoring', node: 'node1', job: 'kube-state-metrics' });
    const [node] = await prometheus.query('kube_node_info');
    expect(Object.keys(node?.metric ?? {})).not.toContain('pod');
  });

  it('evaluates every rule', async () => {
    await eventually('rules evaluated', async () => {
      const rules = await prometheus.rules();
      expect(rules.length).toBeGreaterThan(100);
      expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
    });
  });

  it('gives Grafana its data sources', async () => {
    const grafana = (await pods()).find(({ metadata }) => metadata.name.startsWith('grafana-'))?.metadata.name ?? '';
    const ask = (path: string) =>
      getJson(cluster, 'monitoring', grafana, 3000, path, ['--user', 'admin:for-this-test']);
    expect(await ask('/api/datasources')).toEqual([
      expect.objectContaining({ uid: 'alertmanager', type: 'alertmanager' }),
      expect.objectContaining({ uid: 'prometheus', type: 'prometheus', isDefault: true }),
    ]);
    expect(await ask('/api/datasources/uid/prometheus/health')).toMatchObject({ status: 'OK' });
  });

  it('runs everything but node-exporter as nobody, read-only, without any capability', async () => {
    for (const { metadata, spec } of await pods()) {
      expect(spec.securityContext, metadata.name).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { name, securityContext } of spec.containers) {
        expect(securityContext, `${metadata.name}/${name}`).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
        });
        expect(securityContext.capabilities?.add, `${metadata.name}/${name}`).toBeUndefined();
      }
    }
  });

  it(`has after ${REST_MINUTES} minutes at rest nothing pending or firing but what is true`, {
    timeout: 20 * 60_000,
  }, async () => {
    await sleep(Math.max(0, readySince + REST_MINUTES * 60_000 - Date.now()));
    const active = (await prometheus.rules()).filter(({ state }) => state === 'pending' || state === 'firing');
    expect(active.map(({ name }) => name).filter((name) => !AT_REST.includes(name))).toEqual([]);
    expect(active.map(({ name, state }) => `${name} ${state}`)).toContain('Watchdog firing');
  });

  it('still shows no difference, and nothing restarted', async () => {
    expect(await difference(cluster, output.files)).toBe('');
    for (const { metadata, status } of await pods()) {
      expect(
        status.containerStatuses.map(({ restartCount }) => restartCount),
        metadata.name,
      ).toEqual(status.containerStatuses.map(() => 0));
    }
  });

  it('logs no error and nothing forbidden', async () => {
    for (const { metadata, spec } of await pods()) {
      for (const { name } of spec.containers) {
        const log = await cluster.containerLog(metadata.namespace, metadata.name, name);
        const bad = log.split('\n').filter((line) => /level="?error|^E\d{4} |forbidden|Unauthorized/i.test(line));
        expect(
          bad.filter((line) => !isKnown(line)),
          `${metadata.name}/${name}`,
        ).toEqual([]);
      }
    }
  });

  it('was denied nothing, and was granted nothing that it did not use', async () => {
    const summary = summarizeByServiceAccount(await readAuditLog(cluster.path('log/audit.log')));
    const objects = await readObjects(output.files);
    for (const account of ['prometheus', 'kube-state-metrics']) {
      const used = summary.get(`monitoring/${account}`) ?? [];
      expect(used.filter(({ forbidden }) => forbidden > 0)).toEqual([]);
      const unused = objects
        .filter(({ kind, metadata }) => /^(Cluster)?Role$/.test(kind) && metadata.name.endsWith(account))
        .flatMap(({ rules = [] }) => rules.flatMap(grants))
        .filter(({ target, verbs }) => !used.some((each) => each.target === target && verbs.includes(each.verb)));
      expect(unused.map(({ target }) => target)).toEqual(account === 'prometheus' ? ['nodes/metrics'] : []);
    }
    // The kubelet asks for nodes/metrics by a SubjectAccessReview of its own; that its targets are up is the proof.
    for (const account of ['alertmanager', 'grafana']) {
      expect(summary.get(`monitoring/${account}`)).toBeUndefined();
    }
  });

  it('made only connections that its NetworkPolicies allow, and they allow no others', async () => {
    const { made, refused } = await judgeConnections(cluster, 'monitoring');
    expect(made.length).toBeGreaterThan(8);
    expect(refused).toEqual([]);

    const world = await readPolicyWorld(cluster);
    const evaluator = new NetworkPolicyEvaluator(world);
    const own = world.pods.filter(({ namespace, hostNetwork }) => namespace === 'monitoring' && !hostNetwork);
    const ip = (name: string) => own.find((pod) => pod.name.startsWith(name))?.ip ?? `no pod ${name}`;
    const foreign: readonly (readonly [string, string, number])[] = [
      [ip('grafana'), ip('kube-state-metrics'), 8080],
      [ip('grafana'), ip('prometheus'), 8080],
      [ip('kube-state-metrics'), ip('prometheus'), 9090],
      [ip('alertmanager'), ip('prometheus'), 9090],
      [ip('alertmanager'), ip('grafana'), 3000],
      [ip('kube-state-metrics'), '192.0.2.1', 80],
      [ip('grafana'), '192.0.2.1', 443],
      [ip('prometheus'), ip('grafana'), 3001],
      ['192.0.2.1', ip('prometheus'), 9090],
      ['192.0.2.1', ip('alertmanager'), 9093],
    ];
    for (const [from, to, port] of foreign) {
      expect(evaluator.isAllowed({ from, to, port }), `${from} to ${to}:${port}`).toBe(false);
    }
  });
});

/** The reloader asks before the server listens, and tries again; and the node in its sandbox has no udev. */
function isKnown(line: string): boolean {
  return /connect: connection refused|disabling udev device properties.*\/run\/udev\/data/.test(line);
}

/**
 * What a rule grants, by resource.
 *
 * `list` and `watch` are one: an API server that streams lists, as this one, is only watched; an older one is listed.
 */
function grants({ apiGroups = [''], resources = [], nonResourceURLs = [], verbs }: PolicyRule) {
  const names = apiGroups.flatMap((group) =>
    resources.map((resource) => (group === '' ? resource : `${group}/${resource}`)),
  );
  return [...names, ...nonResourceURLs].map((target) => ({ target, verbs }));
}
