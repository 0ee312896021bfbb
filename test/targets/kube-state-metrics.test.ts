import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { RbacProxy } from '../../lib/core/rbac-proxy';
import { RbacProxyAuthorization } from '../../lib/core/rbac-proxy-authorization';
import { ConfigMapKey, SecretKey } from '../../lib/model/references';
import { StandalonePrometheus } from '../../lib/prometheus/standalone/standalone-prometheus';
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
    rbacProxy: RbacProxy.withTokens({ tls: { client: { insecureSkipVerify: true } } }),
  };
  const chart = make(props);
  const deployment = objectOf(chart, 'Deployment own-namespace/own-name');
  expectAllWorkloadProps(deployment);
  expect(podOf(deployment).spec.containers[0]?.args).toEqual([
    '--port=8080',
    '--telemetry-port=8081',
    '--host=127.0.0.1',
    '--telemetry-host=127.0.0.1',
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
  expect(monitored.targets?.map(({ endpoints }) => endpoints[0]?.scheme)).toEqual(['https', 'https']);
  expect(podOf(deployment).spec.containers.map(({ image }) => image.startsWith('registry.example.com/'))).toEqual([
    true,
    true,
    true,
  ]);
});

describe('behind kube-rbac-proxy', () => {
  const tls = {
    cert: SecretKey.of('ksm-tls', 'tls.crt'),
    key: SecretKey.of('ksm-tls', 'tls.key'),
    client: {
      ca: ConfigMapKey.of('ca', 'ca.crt'),
      cert: SecretKey.of('prometheus-client', 'tls.crt'),
      key: SecretKey.of('prometheus-client', 'tls.key'),
    },
  };
  const rbacProxy = RbacProxy.withClientCertificates({
    clientCa: ConfigMapKey.of('clients', 'ca.crt'),
    authorization: RbacProxyAuthorization.staticRules([{ user: 'prometheus' }]),
    tls,
  });
  const chart = make({ rbacProxy });
  const { spec } = podOf(objectOf(chart, 'Deployment monitoring/kube-state-metrics'));
  const [program, ...proxies] = spec.containers;

  it('has one proxy for each port, and listens on the loopback address alone', () => {
    expect(program?.args).toEqual(expect.arrayContaining(['--host=127.0.0.1', '--telemetry-host=127.0.0.1']));
    expect(proxies.map(({ name, args }) => [name, ...args.slice(0, 2)])).toEqual([
      ['kube-rbac-proxy-metrics', '--secure-listen-address=[$(POD_IP)]:8080', '--upstream=http://127.0.0.1:8080/'],
      ['kube-rbac-proxy-telemetry', '--secure-listen-address=[$(POD_IP)]:8081', '--upstream=http://127.0.0.1:8081/'],
    ]);
  });

  it('keeps ports and Service, and each probe finds its path open', () => {
    expect(program).toMatchObject({
      ports: [
        { name: 'metrics', containerPort: 8080 },
        { name: 'telemetry', containerPort: 8081 },
      ],
      livenessProbe: { httpGet: { path: '/livez', port: 'metrics', scheme: 'HTTPS' } },
      readinessProbe: { httpGet: { path: '/readyz', port: 'telemetry', scheme: 'HTTPS' } },
    });
    expect(proxies.map(({ args }) => args.find((arg) => arg.startsWith('--ignore-paths=')))).toEqual([
      '--ignore-paths=/livez',
      '--ignore-paths=/readyz',
    ]);
    expect(objectOf(chart, 'Service monitoring/kube-state-metrics').spec).toEqual(
      objectOf(make(), 'Service monitoring/kube-state-metrics').spec,
    );
  });

  it('mounts what both proxies read once in the pod', () => {
    const names = ['kube-rbac-proxy-token', 'kube-rbac-proxy-config', 'configmap-clients', 'secret-ksm-tls'];
    expect(spec.volumes?.map(({ name }) => name)).toEqual(names);
    for (const { volumeMounts } of proxies) {
      expect(volumeMounts?.map(({ name }) => name)).toEqual(names);
    }
    expect(program).not.toHaveProperty('volumeMounts');
  });

  it('gets no right for client certificates with static rules, and those of the proxy with tokens', () => {
    expect(objectOf(chart, 'ClusterRole monitoring-kube-state-metrics').rules).toEqual(
      objectOf(make(), 'ClusterRole monitoring-kube-state-metrics').rules,
    );
    const tokens = make({
      namespaces: ['a'],
      rbacProxy: RbacProxy.withTokens({ tls: { client: { insecureSkipVerify: true } } }),
    });
    expect(objectOf(tokens, 'ClusterRole monitoring-kube-state-metrics').rules).toEqual([
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ]);
  });

  it('is scraped on both ports by https with the certificate of Prometheus, which needs no right', () => {
    const app = Testing.app();
    const own = new Chart(app, 'chart', { namespace: 'monitoring', disableResourceNameHashes: true });
    const prometheus = new StandalonePrometheus(own, 'prometheus');
    const monitored = new KubeStateMetrics(own, 'kube-state-metrics', { rbacProxy });
    prometheus.monitor(monitored);
    const files = objectOf(own, 'ConfigMap monitoring/prometheus-scrape-configs').data;
    for (const file of [files['kube-state-metrics.yaml'] ?? '', files['kube-state-metrics-telemetry.yaml'] ?? '']) {
      expect(file).toContain('scheme: https');
      expect(file).toContain('cert_file: /etc/prometheus/secrets/prometheus-client/tls.crt');
      expect(file).toContain('server_name: kube-state-metrics.monitoring.svc');
      expect(file).not.toContain('authorization');
    }
    expect(objectsOf(own).has('ClusterRole monitoring-prometheus')).toBe(false);
    const { egress } = objectOf(own, 'NetworkPolicy monitoring/prometheus').spec as { egress: { ports: unknown }[] };
    expect(egress.map(({ ports }) => ports)).toContainEqual([
      { port: 'metrics', protocol: 'TCP' },
      { port: 'telemetry', protocol: 'TCP' },
    ]);
    expect(() => app.synth()).not.toThrow();
  });

  it('says what is wrong with it', () => {
    const app = Testing.app();
    new KubeStateMetrics(new Chart(app, 'chart'), 'kube-state-metrics', { rbacProxy: RbacProxy.withTokens() });
    expect(() => app.synth()).toThrow(/chart\/kube-state-metrics\/rbacProxy {2}tls\n/);
  });
});
