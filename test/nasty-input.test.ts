import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import {
  alert,
  ClusterProfile,
  Images,
  MonitoringStack,
  type MonitoringStackProps,
  Routing,
  ScrapeTarget,
  SecretKey,
  StandalonePrometheus,
  SynthesisError,
} from '../lib';

/** What arrives from unset variables, JavaScript and copies: found by a reviewer, each once accepted or a crash. */
function synth(props: Partial<MonitoringStackProps>, also: (stack: MonitoringStack) => void = () => undefined): string {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'nasty-')) });
  const cluster = ClusterProfile.kubeadm('a');
  const stack = new MonitoringStack(app, 'monitoring', { cluster, alerting: Routing.none(), ...props });
  also(stack);
  try {
    app.synth();
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(SynthesisError);
    return (error as Error).message;
  }
}

const scrape = (target: () => ScrapeTarget) => (stack: MonitoringStack) => stack.monitor(target());

describe('a target', () => {
  it.each<[string, () => ScrapeTarget, RegExp]>([
    [
      'with two endpoints that would have one job name',
      () =>
        ScrapeTarget.pods({
          matchLabels: { app: 'etl' },
          endpoints: [
            { port: 'm', params: { a: ['1'] } },
            { port: 'm', params: { a: ['2'] } },
          ],
        }),
      /"etl\/m\/metrics" is the job of another target/,
    ],
    [
      'in a namespace that cannot be',
      () => ScrapeTarget.pods({ namespace: 'Etl Prod', matchLabels: { app: 'etl' } }),
      /"Etl Prod" is no namespace/,
    ],
    [
      'with a Secret that cannot be',
      () =>
        ScrapeTarget.hosts(['a:1'], {
          job: 'a',
          scheme: 'https',
          authorization: { credentials: SecretKey.of('Bad Name', '../x') },
        }),
      /"Bad Name", key "\.\.\/x", is no Secret reference/,
    ],
  ])('%s', (_name, target, message) => {
    expect(synth({}, scrape(target))).toMatch(message);
  });
});

describe('Prometheus', () => {
  it.each<[string, MonitoringStackProps['prometheus'], RegExp]>([
    [
      'raw jobs of one name',
      { rawScrapeConfigs: [{ job_name: 'a' }, { job_name: 'a' }] },
      /"a" is the job of another target/,
    ],
    [
      'a header that holds a secret',
      { remoteWrite: [{ url: 'https://a.example.com', headers: { Authorization: 'Bearer x' } }] },
      /"Authorization" is not allowed/,
    ],
    [
      'a bad interval of metadata',
      { remoteWrite: [{ url: 'https://a.example.com', metadata: { sendInterval: 'abc' } }] },
      /"abc" is not a duration/,
    ],
    [
      'a negative number of shards',
      { remoteWrite: [{ url: 'https://a.example.com', queue: { maxShards: -1 } }] },
      /-1 received/,
    ],
    ['a share above 100', { tsdb: { retentionPercentage: 500 } }, /500 received/],
    ['no number', { query: { maxConcurrency: Number.NaN } }, /NaN received/],
    ['the label of the replica', { externalLabels: { prometheus_replica: 'x' } }, /holds the name of the replica/],
    [
      'a request above its limit',
      { resources: { requests: { memory: '2Gi' }, limits: { memory: '1024Mi' } } },
      /2Gi is more than the limit 1024Mi/,
    ],
    [
      'a password in the environment',
      { extraEnv: [{ name: 'HTTP_PASSWORD', value: 'hunter2' }] },
      /HTTP_PASSWORD would be written/,
    ],
    ['an unset external label', { externalLabels: { region: undefined as never } }, /cannot be rendered/],
  ])('%s', (_name, prometheus, message) => {
    expect(synth({ prometheus })).toMatch(message);
  });
});

describe('other parts', () => {
  it.each<[string, Partial<MonitoringStackProps>, RegExp]>([
    ['kube-state-metrics that reads nothing', { kubeStateMetrics: { objects: [] } }, /The list is empty/],
    ['a regex that is none', { kubeStateMetrics: { metricDenylist: ['kube_('] } }, /kube_\(/],
    [
      'a label key that smuggles',
      { kubeStateMetrics: { labelAllowlist: { pods: ['a],nodes=[*'] } } },
      /is no label key/,
    ],
    ['a port that is none', { nodeExporter: { port: 70_000 } }, /70000 is not a port/],
    [
      'a control plane under another job',
      {
        cluster: ClusterProfile.custom('a', {
          controlPlane: { etcd: ScrapeTarget.hosts(['10.0.0.1:2381'], { job: 'store' }) },
        }),
      },
      /The target of etcd has the job "store"/,
    ],
  ])('%s', (_name, props, message) => {
    expect(synth(props)).toMatch(message);
  });

  it('a rule with a broken template in a label', () => {
    const rule = alert('A', {
      expr: 'up',
      severity: 'info',
      summary: 'a',
      labels: { team: '{{ $labels.foo', __name__: 'b' },
    });
    const message = synth({}, (stack) => stack.monitor({ name: 'a', rules: [rule] }));
    expect(message).toMatch(/labels\.team/);
    expect(message).toMatch(/"__name__" is the name of the metric/);
  });
});

it('names a cluster that is missing', () => {
  expect(() => new MonitoringStack(new App(), 'monitoring', {} as MonitoringStackProps)).toThrow(
    "monitoring: cluster is missing. Allowed: a profile, such as ClusterProfile.kubeadm('name').",
  );
});

it('refuses what comes after the synthesis, instead of dropping it', () => {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'nasty-')) });
  const stack = new MonitoringStack(app, 'monitoring', {
    cluster: ClusterProfile.kubeadm('a'),
    alerting: Routing.none(),
  });
  app.synth();
  expect(() => stack.monitor({ name: 'late' })).toThrow('Call it before app.synth()');
});

it('takes undefined for "not set"', () => {
  const output = (props: Partial<MonitoringStackProps>) => {
    const app = new App();
    new MonitoringStack(app, 'monitoring', { cluster: ClusterProfile.kubeadm('a'), ...props });
    return app.synthYaml();
  };
  const unset = { tolerations: undefined, priorityClassName: undefined, resources: undefined, port: undefined };
  expect(output({ nodeExporter: unset, prometheus: { ...unset, retention: undefined } as never })).toBe(output({}));
  const [endpoint] = ScrapeTarget.hosts(['a:1'], {
    job: 'a',
    interval: '15s',
    endpoints: [{ interval: undefined }],
  }).endpoints;
  expect(endpoint?.interval).toBe('15s');
  expect(ScrapeTarget.annotatedPods({ job: undefined }).job).toBe('kubernetes-pods');
});

it('checks the objects of a part that is used alone', () => {
  const chart = new Chart(new App({ outdir: mkdtempSync(join(tmpdir(), 'nasty-')) }), 'own', { namespace: 'own' });
  const images = Images.of({ override: { prometheus: 'prometheus:latest' } });
  new StandalonePrometheus(chart, 'a', { images });
  new StandalonePrometheus(chart, 'b', { images });
  expect(() => (chart.node.root as App).synth()).toThrow(/is :latest[\s\S]*exists twice/);
});

it('has no rule about kinds that are not read', () => {
  const app = new App();
  const stack = new MonitoringStack(app, 'monitoring', {
    cluster: ClusterProfile.kubeadm('a'),
    kubeStateMetrics: { objects: ['pods', 'nodes'] },
  });
  const text = JSON.stringify(stack.kubeStateMetrics?.monitoring.rules);
  expect(text).toContain('kube_pod_');
  expect(text).not.toMatch(/kube_(deployment|statefulset|daemonset|job|resourcequota|persistentvolume)/);
});

describe('profiles', () => {
  const yaml = (cluster: ClusterProfile) => {
    const app = new App();
    new MonitoringStack(app, 'monitoring', { cluster });
    return app.synthYaml();
  };

  it('OpenShift assigns the ids itself, and lets node-exporter in by its SCC', () => {
    const output = yaml(ClusterProfile.openShift('a'));
    expect(output).not.toMatch(/runAsUser|fsGroup|runAsGroup/);
    expect(output).toContain('system:openshift:scc:privileged');
    expect(output).toContain('hostPort: 9101');
  });

  it('GKE lets pods of system priority in by a quota, and names every name service', () => {
    const output = yaml(ClusterProfile.gke('a'));
    expect(output).toContain('kind: ResourceQuota');
    expect(output).toContain('k8s-app: node-local-dns');
    expect(output).toContain('cidr: 169.254.169.254/32');
  });

  it('RKE2 runs kube-proxy as a static pod', () => {
    const { discovery } = ClusterProfile.rke2('a', { exposesControlPlane: true }).controlPlane['kube-proxy'] ?? {};
    expect(discovery).toMatchObject({ selector: { matchLabels: { component: 'kube-proxy' } } });
  });
});
