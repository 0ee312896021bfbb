import { describe, expect, it } from 'vitest';
import { DEFAULT_CLUSTER_NETWORK } from '../../../lib/core/cluster-network';
import { Peer } from '../../../lib/core/peer';
import { PrometheusOperator, type PrometheusOperatorProps } from '../../../lib/prometheus/operator/prometheus-operator';
import { StandalonePrometheus } from '../../../lib/prometheus/standalone/standalone-prometheus';
import { objectOf, objectsOf, podOf } from '../../objects';
import { ALL_WORKLOAD_PROPS, expectAllWorkloadProps } from '../../workload-props';
import { keysOf, newChart, problemsOf, specOf } from './synthesized';

function make(props: PrometheusOperatorProps = {}) {
  const chart = newChart();
  return { chart, operator: new PrometheusOperator(chart, 'operator', props) };
}

function argumentsOf(props: PrometheusOperatorProps): readonly string[] {
  const { chart } = make(props);
  return podOf(objectOf(chart, 'Deployment monitoring/prometheus-operator')).spec.containers[0]?.args ?? [];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** What each Role, and the ClusterRole, allows of a resource. */
function allowed(props: PrometheusOperatorProps, resource: string): Readonly<Record<string, readonly string[]>> {
  const { chart } = make(props);
  const objects = objectsOf(chart);
  return Object.fromEntries(
    keysOf(chart, 'Role', 'ClusterRole').flatMap((key) => {
      const rules = (objects.get(key)?.rules ?? []) as unknown as readonly Rule[];
      const verbs = rules.filter(({ resources }) => resources.includes(resource)).flatMap((rule) => rule.verbs);
      return verbs.length === 0 ? [] : [[objects.get(key)?.metadata.namespace ?? 'cluster', verbs.sort()]];
    }),
  );
}

it('is one pod that serves its own namespace, and never two at once', () => {
  const { chart } = make();
  expect(specOf(chart, 'Deployment monitoring/prometheus-operator')).toMatchObject({
    replicas: 1,
    strategy: { type: 'Recreate' },
  });
  expect(argumentsOf({})).toEqual([
    '--web.listen-address=:8080',
    '--namespaces=monitoring',
    '--prometheus-instance-namespaces=monitoring',
    '--alertmanager-instance-namespaces=monitoring',
    '--alertmanager-config-namespaces=monitoring',
    '--thanos-ruler-instance-namespaces=monitoring',
    expect.stringMatching(
      /^--prometheus-config-reloader=quay\.io\/prometheus-operator\/prometheus-config-reloader:v[\d.]+@sha256:/,
    ),
    '--config-reloader-cpu-request=10m',
    '--config-reloader-cpu-limit=0',
    '--config-reloader-memory-request=32Mi',
    '--config-reloader-memory-limit=64Mi',
  ]);
});

it('runs as nobody, with a read-only root and no capability', () => {
  const { spec } = podOf(objectOf(make().chart, 'Deployment monitoring/prometheus-operator'));
  expect(spec).toMatchObject({
    serviceAccountName: 'prometheus-operator',
    automountServiceAccountToken: true,
    securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
  });
  expect(spec.containers[0]?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  });
});

describe('access', () => {
  const served = { namespaces: ['team-a', 'gpu-operator'] };

  it('is one Role for each namespace that is served, and no other', () => {
    expect(keysOf(make().chart, 'Role')).toEqual(['Role monitoring/prometheus-operator']);
    expect(keysOf(make(served).chart, 'Role', 'RoleBinding')).toEqual(
      ['gpu-operator', 'monitoring', 'team-a'].flatMap((namespace) => {
        const name = namespace === 'monitoring' ? 'prometheus-operator' : 'monitoring-prometheus-operator';
        return [`Role ${namespace}/${name}`, `RoleBinding ${namespace}/${name}`];
      }),
    );
  });

  it.each(['secrets', 'configmaps'])('to %s is written in its own namespace alone', (resource) => {
    const own = ['create', 'delete', 'get', 'list', 'update', 'watch'];
    expect(allowed({}, resource)).toEqual({ monitoring: own });
    // Monitors of others refer to them; they are asked for by name and cannot be listed.
    expect(allowed(served, resource)).toEqual({ monitoring: own, 'team-a': ['get'], 'gpu-operator': ['get'] });
  });

  it.each([
    ['statefulsets', ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']],
    ['services', ['create', 'get', 'update']],
    ['pods', ['list']],
    ['prometheuses', ['get', 'list', 'watch']],
    ['prometheusagents', ['get', 'list', 'watch']],
    ['alertmanagers', ['get', 'list', 'watch']],
    ['thanosrulers', ['get', 'list', 'watch']],
    ['prometheuses/status', ['patch', 'update']],
    ['prometheuses/finalizers', ['update']],
    ['alertmanagerconfigs', ['list', 'watch']],
  ])('to %s is in its own namespace alone', (resource, verbs) => {
    expect(allowed(served, resource)).toEqual({ monitoring: verbs });
  });

  it.each([
    ['servicemonitors', ['list', 'watch']],
    ['podmonitors', ['list', 'watch']],
    ['probes', ['list', 'watch']],
    ['prometheusrules', ['list', 'watch']],
    ['scrapeconfigs', ['get', 'list', 'watch']],
    ['namespaces', ['get']],
  ])('to %s only reads, wherever it serves', (resource, verbs) => {
    expect(allowed(served, resource)).toEqual({ monitoring: verbs, 'team-a': verbs, 'gpu-operator': verbs });
  });

  it('in the cluster is to what has no namespace', () => {
    const { chart } = make(served);
    expect(objectOf(chart, 'ClusterRole monitoring-prometheus-operator').rules).toEqual([
      { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
      { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get'] },
    ]);
  });

  it('follows what is served, which is asked at synth', () => {
    const { chart, operator } = make({ namespaces: ['team-a'] });
    const served = ['monitoring'];
    operator.serve(() => served);
    operator.serve(() => ['team-b']);
    served.push('gpu-operator');
    expect(keysOf(chart, 'Role').length).toBe(4);
    expect(podOf(objectOf(chart, 'Deployment monitoring/prometheus-operator')).spec.containers[0]?.args).toContain(
      '--namespaces=gpu-operator,monitoring,team-a,team-b',
    );
  });
});

it('brings its own monitoring, whose Service matches its pod', () => {
  const { chart, operator } = make();
  const prometheus = new StandalonePrometheus(chart, 'prometheus');
  prometheus.monitor(operator);
  operator.connections.allowFrom(prometheus.connections.peer, { port: 'http' });
  expect(problemsOf(chart)).toEqual([]);
  expect(operator.monitoring.targets?.map(({ job }) => job)).toEqual(['prometheus-operator']);
  expect(operator.monitoring.rules?.length).toBeGreaterThan(0);
  expect(objectOf(chart, 'ConfigMap monitoring/prometheus-scrape-configs').data['prometheus-operator.yaml']).toContain(
    'job_name: prometheus-operator',
  );
  expect(specOf(chart, 'NetworkPolicy monitoring/prometheus-operator').ingress).toMatchObject([
    { ports: [{ port: 'http', protocol: 'TCP' }] },
  ]);
});

it('passes every prop on', () => {
  const props: Required<PrometheusOperatorProps> = {
    ...ALL_WORKLOAD_PROPS,
    network: {
      ...DEFAULT_CLUSTER_NETWORK,
      dns: { peer: Peer.cidrs('169.254.20.10/32'), ports: [{ port: 53, protocol: 'UDP' }] },
    },
    userIds: 'assigned',
    namespaces: ['team-a'],
    logLevel: 'debug',
    logFormat: 'json',
    reloaderResources: { requests: { cpu: '11m', memory: '33Mi' }, limits: { cpu: '12m', memory: '99Mi' } },
    controllerId: 'mine',
  };
  const { chart } = make(props);
  expect(problemsOf(chart)).toEqual([]);
  const deployment = objectOf(chart, 'Deployment own-namespace/own-name');
  expectAllWorkloadProps(deployment);
  const pod = podOf(deployment);
  expect(pod.spec.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(pod.spec.containers[0]?.args).toEqual([
    '--web.listen-address=:8080',
    '--namespaces=own-namespace,team-a',
    '--prometheus-instance-namespaces=own-namespace',
    '--alertmanager-instance-namespaces=own-namespace',
    '--alertmanager-config-namespaces=own-namespace',
    '--thanos-ruler-instance-namespaces=own-namespace',
    expect.stringMatching(
      /^--prometheus-config-reloader=registry\.example\.com\/prometheus-operator\/prometheus-config-reloader:/,
    ),
    '--config-reloader-cpu-request=11m',
    '--config-reloader-cpu-limit=12m',
    '--config-reloader-memory-request=33Mi',
    '--config-reloader-memory-limit=99Mi',
    '--controller-id=mine',
    '--log-level=debug',
    '--log-format=json',
    '--extra-flag=1',
  ]);
  expect(keysOf(chart, 'Service', 'ServiceAccount')).toEqual([
    'ServiceAccount own-namespace/own-name',
    'Service own-namespace/own-name',
  ]);
  expect(specOf(chart, 'NetworkPolicy own-namespace/own-name').egress).toContainEqual({
    to: [{ ipBlock: { cidr: '169.254.20.10/32' } }],
    ports: [{ port: 53, protocol: 'UDP' }],
  });
  expect(keysOf(make({ ...props, networkPolicy: false }).chart, 'NetworkPolicy')).toEqual([]);
});

it('refuses flags that it sets itself, once each', () => {
  const extraArgs = ['--namespaces=other', '-namespaces=third', '--controller-id=mine', '--labels=team=a'];
  expect(problemsOf(make({ extraArgs }).chart)).toEqual([
    'chart/operator extraArgs: --namespaces follows from the other properties. Remove it.',
    'chart/operator extraArgs: --controller-id follows from the other properties. Remove it.',
  ]);
});

it('checks what it is told', () => {
  const { chart } = make({
    namespace: 'Monitoring',
    reloaderResources: { requests: { memory: '2Gi' }, limits: { memory: '1Gi' } },
  });
  expect(problemsOf(chart)).toEqual(
    expect.arrayContaining([
      'chart/operator namespace: "Monitoring" received. Allowed: lower-case letters, digits and -, at most 63 characters.',
      'chart/operator reloaderResources.requests.memory: 2Gi is more than the limit 1Gi.',
    ]),
  );
});
