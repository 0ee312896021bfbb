import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { KubeStateMetrics, type KubeStateMetricsProps } from '../../lib/targets/kube-state-metrics/kube-state-metrics';
import { RESOURCE_GROUPS, type StateResource } from '../../lib/targets/kube-state-metrics/resources';
import { objectOf, objectsOf, podOf } from '../objects';
import { ALL_WORKLOAD_PROPS, expectAllWorkloadProps } from '../workload-props';

function make(props: KubeStateMetricsProps = {}): Chart {
  const chart = new Chart(Testing.app(), 'chart', { namespace: 'monitoring', disableResourceNameHashes: true });
  new KubeStateMetrics(chart, 'kube-state-metrics', props);
  return chart;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function granted(chart: Chart, key: string): readonly string[] {
  const rules = objectOf(chart, key).rules as unknown as readonly Rule[];
  expect(rules.every(({ verbs }) => verbs.join() === 'list,watch')).toBe(true);
  return rules.flatMap(({ apiGroups, resources }) => resources.map((resource) => `${apiGroups[0]}/${resource}`)).sort();
}

describe('access', () => {
  const key = 'ClusterRole monitoring-kube-state-metrics';

  it('is exactly what is read, and by default neither Secrets nor ConfigMaps', () => {
    const chart = make();
    const args = podOf(objectOf(chart, 'Deployment monitoring/kube-state-metrics')).spec.containers[0]?.args ?? [];
    const read = args
      .find((arg) => arg.startsWith('--resources='))
      ?.slice('--resources='.length)
      .split(',') as StateResource[];
    expect(granted(chart, key)).toEqual(read.map((resource) => `${RESOURCE_GROUPS[resource]}/${resource}`).sort());
    expect(read).not.toContain('secrets');
    expect(read).not.toContain('configmaps');
  });

  it('follows the kinds that are asked for', () => {
    expect(granted(make({ objects: ['secrets', 'leases'] }), key)).toEqual(['/secrets', 'coordination.k8s.io/leases']);
  });

  it('is a Role in each namespace where namespaces are named', () => {
    const chart = make({ namespaces: ['a', 'b'] });
    expect([...objectsOf(chart).keys()].filter((name) => name.startsWith('ClusterRole'))).toEqual([]);
    expect(granted(chart, 'Role a/monitoring-kube-state-metrics')).toContain('/pods');
    expect(granted(chart, 'Role b/monitoring-kube-state-metrics')).not.toContain('/nodes');
  });
});

it('may connect to the API server and to nothing else', () => {
  const { egress, ingress } = objectOf(make(), 'NetworkPolicy monitoring/kube-state-metrics').spec as {
    egress: { ports: { port: number }[] }[];
    ingress?: unknown[];
  };
  expect(egress.map(({ ports }) => ports.map(({ port }) => port))).toEqual([
    [53, 53],
    [443, 6443],
  ]);
  expect(ingress ?? []).toEqual([]);
});

it('passes every prop on', () => {
  const props: Required<Omit<KubeStateMetricsProps, 'metricDenylist'>> = {
    ...ALL_WORKLOAD_PROPS,
    objects: ['pods', 'deployments'],
    namespaces: ['a', 'b'],
    labelAllowlist: { pods: ['team', 'app'], deployments: ['*'] },
    annotationAllowlist: { pods: ['owner'] },
    metricAllowlist: ['kube_pod_info'],
    scrapeInterval: '20s',
  };
  const chart = make(props);
  const deployment = objectOf(chart, 'Deployment own-namespace/own-name');
  expectAllWorkloadProps(deployment);
  expect(podOf(deployment).spec.containers[0]?.args).toEqual([
    '--port=8080',
    '--telemetry-port=8081',
    '--resources=deployments,pods',
    '--namespaces=a,b',
    '--metric-labels-allowlist=deployments=[*],pods=[team,app]',
    '--metric-annotations-allowlist=pods=[owner]',
    '--metric-allowlist=kube_pod_info',
    '--extra-flag=1',
  ]);
  const denied = podOf(
    objectOf(make({ metricDenylist: ['kube_secret_.*'] }), 'Deployment monitoring/kube-state-metrics'),
  );
  expect(denied.spec.containers[0]?.args).toContain('--metric-denylist=kube_secret_.*');
  expect(objectsOf(chart).has('NetworkPolicy own-namespace/own-name')).toBe(true);
  const monitored = new KubeStateMetrics(new Chart(Testing.app(), 'c'), 'k', props).monitoring;
  expect(monitored.targets?.map(({ endpoints }) => endpoints[0]?.interval)).toEqual(['20s', '20s']);
});
