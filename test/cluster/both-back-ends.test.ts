import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Backend, ClusterProfile, MonitoringStack } from '../../lib';
import { applyFiles, difference } from './harness/apply-files';
import { readAuditLog, summarizeByServiceAccount } from './harness/audit-log';
import { applyOperatorDefinitions } from './harness/custom-resource-definitions';
import { eventually } from './harness/eventually';
import { judgeConnections } from './harness/judged-connections';
import { getJson, PrometheusApi, type Target } from './harness/prometheus-api';
import { type Output, readOutput, removeOutput } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';

const STANDALONE = 'by-hand';
const OPERATOR = 'by-operator';
/** The port of node-exporter is the node's, so only one of two can have the usual one. */
const OTHER_PORT = 9101;
/** Jobs and groups that only the operator back end can have: those of the operator. */
const OPERATORS_OWN = /^prometheus-operator/;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The stack of `apps/main.ts`, in a namespace of its own. */
async function synthesize(namespace: string): Promise<Output> {
  const outdir = await mkdtemp(join(tmpdir(), `${namespace}-`));
  const app = new App({ outdir });
  const cluster = ClusterProfile.kubeadm('training-1');
  if (namespace === OPERATOR) {
    const nodeExporter = { port: OTHER_PORT };
    new MonitoringStack(app, 'stack', { cluster, namespace, nodeExporter, backend: Backend.operator() });
  } else {
    new MonitoringStack(app, 'stack', { cluster, namespace });
  }
  app.synth();
  const [output] = await readOutput(namespace, outdir);
  if (output === undefined) {
    throw new Error(`nothing was written for ${namespace}`);
  }
  return output;
}

/**
 * A target by its final labels and how it is scraped, without what must differ between two stacks on one cluster: the
 * namespace, addresses and random parts of names, and the names that the operator gives to its pods.
 */
function comparable({ labels, scrapeUrl, health }: Target): object {
  const plain = (text: string) =>
    text
      .replaceAll(OPERATOR, STANDALONE)
      .replace(/10\.244\.\d+\.\d+/, '<pod>')
      .replace(`:${OTHER_PORT}`, ':9100')
      .replace(/^(kube-state-metrics|grafana)-[a-z0-9]+-[a-z0-9]{5}$/, '$1')
      .replace(/^node-exporter-[a-z0-9]{5}$/, 'node-exporter')
      .replace(/^(prometheus|alertmanager)-\1-/, '$1-');
  return {
    labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, plain(value)])),
    url: plain(new URL(scrapeUrl).toString().replace('https://', 'https:').replace('http://', 'http:')),
    health,
  };
}

const byText = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

describe('the default stack in both back ends, side by side', () => {
  const cluster = testCluster();
  const standalone = new PrometheusApi(cluster, STANDALONE, 'prometheus-0');
  const operator = new PrometheusApi(cluster, OPERATOR, 'prometheus-prometheus-0');
  const outputs: Output[] = [];
  const filesOf = (namespace: string) => outputs.find(({ name }) => name === namespace)?.files ?? [];

  beforeAll(async () => {
    await applyOperatorDefinitions(cluster);
    outputs.push(await synthesize(STANDALONE), await synthesize(OPERATOR));
    await cluster.images.loadFor(outputs.flatMap(({ images }) => images));
    const admin = ['--from-literal=admin-user=admin', '--from-literal=admin-password=for-this-test'];
    for (const { name, files } of outputs) {
      await applyFiles(
        cluster,
        files.filter((file) => file.endsWith('-namespaces.k8s.yaml')),
      );
      await cluster.kubectl(['create', 'secret', 'generic', 'grafana-admin', '-n', name, ...admin]);
      expect((await applyFiles(cluster, files)).stderr).toBe('');
    }
  });

  afterAll(async () => {
    const namespaces = [STANDALONE, OPERATOR].flatMap((name) => [name, `${name}-node-agents`]);
    await cluster.kubectl(['delete', 'namespace', ...namespaces, '--wait=true'], { timeoutMilliseconds: 300_000 });
    await cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/managed-by=cdk8s']);
    await removeOutput(outputs);
  });

  it.each(['prometheus', 'alertmanager'])('has its %s reconciled and available', async (kind) => {
    await eventually(
      `${kind} available`,
      async () => {
        const { status } = await cluster.get<{ status?: { conditions?: readonly Condition[] } }>([
          `${kind}.monitoring.coreos.com`,
          '-n',
          OPERATOR,
          kind,
        ]);
        const said = Object.fromEntries((status?.conditions ?? []).map(({ type, status: is }) => [type, is]));
        expect(said, JSON.stringify(status?.conditions)).toMatchObject({ Available: 'True', Reconciled: 'True' });
      },
      { timeoutMilliseconds: 180_000, everyMilliseconds: 2_000 },
    );
  });

  it('shows no difference to what was applied, and no warning event', async () => {
    expect(await difference(cluster, filesOf(OPERATOR))).toBe('');
    const { items } = await cluster.get<{
      items: readonly { readonly reason: string; readonly message: string; readonly reportingComponent?: string }[];
    }>(['events', '-n', OPERATOR, '--field-selector=type=Warning']);
    // A probe that comes before its server listens is no fault.
    expect(items.filter(({ reason }) => reason !== 'Unhealthy').map(({ message }) => message)).toEqual([]);
  });

  it('finds and scrapes the same targets with the same final labels', async () => {
    await eventually(
      'the same targets',
      async () => {
        const [ours, theirs] = [await standalone.targets(), await operator.targets()];
        expect(ours.length).toBeGreaterThan(10);
        expect([...ours, ...theirs].filter(({ health }) => health !== 'up').map(({ lastError }) => lastError)).toEqual(
          [],
        );
        const shared = theirs.filter(({ labels }) => !OPERATORS_OWN.test(labels.job ?? ''));
        expect(shared.map(comparable).sort(byText)).toEqual(ours.map(comparable).sort(byText));
        expect(theirs.length - shared.length).toBe(1);
      },
      { timeoutMilliseconds: 180_000, everyMilliseconds: 2_000 },
    );
  });

  it('evaluates the same rules', async () => {
    await eventually(
      'the same rules',
      async () => {
        const [ours, theirs] = [await standalone.ruleGroups(), await operator.ruleGroups()];
        const shared = theirs.filter(({ name }) => !OPERATORS_OWN.test(name));
        const plain = (groups: typeof ours) =>
          JSON.parse(JSON.stringify(groups).replaceAll(OPERATOR, STANDALONE).replaceAll(String(OTHER_PORT), '9100'));
        expect(plain(shared)).toEqual(plain(ours));
        expect(shared.length).toBeGreaterThan(20);
        const rules = await operator.rules();
        expect(rules.filter(({ health }) => health !== 'ok')).toEqual([]);
      },
      { timeoutMilliseconds: 120_000, everyMilliseconds: 2_000 },
    );
  });

  it('carries alerts to the Alertmanager that the operator runs, with the same labels', async () => {
    const alerts = async (namespace: string, pod: string) =>
      (
        (await getJson(cluster, namespace, pod, 9093, '/api/v2/alerts')) as readonly {
          readonly labels: Readonly<Record<string, string>>;
        }[]
      ).filter(({ labels }) => labels.alertname === 'Watchdog');
    await eventually(
      'the watchdog',
      async () => {
        const ours = await alerts(STANDALONE, 'alertmanager-0');
        const theirs = await alerts(OPERATOR, 'alertmanager-alertmanager-0');
        expect(theirs.map(({ labels }) => labels)).toHaveLength(1);
        expect(theirs.map(({ labels }) => labels)).toEqual(ours.map(({ labels }) => labels));
      },
      { timeoutMilliseconds: 120_000, everyMilliseconds: 2_000 },
    );
  });

  it('runs everything as nobody, read-only, without any capability', async () => {
    const { items } = await cluster.get<{
      items: readonly {
        readonly metadata: { readonly name: string };
        readonly spec: {
          readonly securityContext: object;
          readonly containers: readonly { readonly name: string; readonly securityContext: object }[];
        };
      }[];
    }>(['pods', '-n', OPERATOR]);
    expect(items.length).toBeGreaterThan(3);
    for (const { metadata, spec } of items) {
      expect(spec.securityContext, metadata.name).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { name, securityContext } of spec.containers) {
        expect(securityContext, `${metadata.name} ${name}`).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
  });

  it('made only connections that its NetworkPolicies allow', async () => {
    const { made, refused } = await judgeConnections(cluster, OPERATOR);
    expect(made.length).toBeGreaterThan(8);
    expect(refused).toEqual([]);
  });

  it('logs no error and nothing forbidden, and reads Secrets in its own namespace alone', async () => {
    const { items } = await cluster.get<{ items: readonly { readonly metadata: { readonly name: string } }[] }>([
      'pods',
      '-n',
      OPERATOR,
      '-l',
      'app.kubernetes.io/name=prometheus-operator',
    ]);
    const log = await cluster.containerLog(OPERATOR, items[0]?.metadata.name ?? '');
    expect(log.split('\n').filter((line) => /level=(error|warn)/.test(line) && !isHarmless(line))).toEqual([]);
    const summary = summarizeByServiceAccount(await readAuditLog(cluster.path('log/audit.log')));
    const made = summary.get(`${OPERATOR}/prometheus-operator`) ?? [];
    expect(made.filter(({ forbidden }) => forbidden > 0)).toEqual([]);
    const secrets = made.filter(({ target }) => target === 'secrets');
    expect(secrets.length).toBeGreaterThan(0);
    expect(new Set(secrets.map(({ namespace }) => namespace))).toEqual(new Set([OPERATOR]));
    const prometheus = summary.get(`${OPERATOR}/prometheus`) ?? [];
    expect(prometheus.filter(({ forbidden }) => forbidden > 0)).toEqual([]);
  });
});

/** What the operator says of a new server, before the StatefulSet exists that it is about to make. */
function isHarmless(line: string): boolean {
  return line.includes("statefulset couldn't be found");
}
