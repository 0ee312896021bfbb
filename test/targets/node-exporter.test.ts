import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { RbacProxy } from '../../lib/core/rbac-proxy';
import { RbacProxyAuthorization } from '../../lib/core/rbac-proxy-authorization';
import { ruleGroups } from '../../lib/model/monitoring-pack';
import { ConfigMapKey, SecretKey } from '../../lib/model/references';
import { StandalonePrometheus } from '../../lib/prometheus/standalone/standalone-prometheus';
import { NodeExporter, type NodeExporterProps } from '../../lib/targets/node-exporter/node-exporter';
import { objectOf, objectsOf, podOf } from '../objects';
import { ALL_WORKLOAD_PROPS, expectAllWorkloadProps } from '../workload-props';

function make(props: NodeExporterProps = {}): Chart {
  const chart = new Chart(Testing.app(), 'chart', { namespace: 'agents', disableResourceNameHashes: true });
  new NodeExporter(chart, 'node-exporter', props);
  return chart;
}

describe('by default', () => {
  const pod = podOf(objectOf(make(), 'DaemonSet agents/node-exporter'));

  it('runs on every node, tainted or full, and sees its processes and network', () => {
    expect(pod.spec).toMatchObject({
      hostNetwork: true,
      hostPID: true,
      tolerations: [{ operator: 'Exists' }],
      priorityClassName: 'system-node-critical',
      nodeSelector: { 'kubernetes.io/os': 'linux' },
    });
  });

  it('is nobody, read-only and without any capability or token all the same', () => {
    expect(pod.spec.automountServiceAccountToken).toBe(false);
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.spec.containers[0]?.securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('listens on the address of the node, also of IPv6', () => {
    expect(pod.spec.containers[0]?.args).toContain('--web.listen-address=[$(HOST_IP)]:9100');
  });
});

it('is scraped at the address of the node, with its name', () => {
  const app = Testing.app();
  const chart = new Chart(app, 'chart', { namespace: 'monitoring', disableResourceNameHashes: true });
  const prometheus = new StandalonePrometheus(chart, 'prometheus');
  prometheus.monitor(new NodeExporter(chart, 'node-exporter', { namespace: 'agents', scrapeInterval: '15s' }));
  const file = objectOf(chart, 'ConfigMap monitoring/prometheus-scrape-configs').data['node-exporter.yaml'] ?? '';
  expect(file).toContain("scrape_interval: '15s'");
  expect(file).toContain('__meta_kubernetes_pod_node_name\n        target_label: node');
  const { egress } = objectOf(chart, 'NetworkPolicy monitoring/prometheus').spec as { egress: unknown[] };
  expect(egress).toContainEqual({ ports: expect.arrayContaining([{ port: 9100, protocol: 'TCP' }]) });
});

it('has no rule on what a disabled collector would expose', () => {
  const alerts = (props: NodeExporterProps) =>
    ruleGroups(new NodeExporter(new Chart(Testing.app(), 'c'), 'n', props).monitoring).flatMap(({ rules }) =>
      rules.map(({ name }) => name),
    );
  const all = alerts({});
  const without = alerts({ disableCollectors: ['timex', 'mdadm'] });
  expect(all.filter((name) => !without.includes(name))).toEqual(
    expect.arrayContaining(['NodeClockNotSynchronising', 'NodeClockSkewDetected', 'NodeRAIDDegraded']),
  );
  expect(without).toContain('NodeFilesystemAlmostOutOfSpace');
});

it('passes every prop on', () => {
  const props: Required<NodeExporterProps> = {
    ...ALL_WORKLOAD_PROPS,
    port: 9200,
    enableCollectors: ['systemd'],
    disableCollectors: ['wifi'],
    mountPointsExclude: '^/own',
    networkDeviceExclude: '^own',
    textfileDirectory: '/var/lib/textfile',
    scrapeInterval: '20s',
    maxUnavailable: 2,
    nodeAccessClusterRole: 'node-access',
    logLevel: 'debug',
    logFormat: 'json',
    rbacProxy: RbacProxy.withTokens({ tls: { client: { insecureSkipVerify: true } } }),
  };
  const daemonSet = objectOf(make(props), 'DaemonSet own-namespace/own-name');
  expectAllWorkloadProps(daemonSet);
  expect(daemonSet.spec).toMatchObject({ updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } });
  expect(objectOf(make(props), 'RoleBinding own-namespace/own-name')).toMatchObject({
    roleRef: { kind: 'ClusterRole', name: 'node-access' },
  });
  const [container, proxy] = podOf(daemonSet).spec.containers;
  expect(proxy?.args).toContain('--secure-listen-address=[$(POD_IP)]:9200');
  expect(proxy?.image).toMatch(/^registry\.example\.com\//);
  expect(container).toMatchObject({ ports: [{ containerPort: 9200, hostPort: 9200 }] });
  expect(container?.args).toEqual([
    '--path.procfs=/host/proc',
    '--path.sysfs=/host/sys',
    '--path.rootfs=/host/root',
    '--path.udev.data=/host/root/run/udev/data',
    '--web.listen-address=127.0.0.1:9200',
    '--collector.filesystem.mount-points-exclude=^/own',
    '--collector.netclass.ignored-devices=^own',
    '--collector.netdev.device-exclude=^own',
    '--collector.textfile.directory=/host/textfile',
    '--log.level=debug',
    '--log.format=json',
    '--collector.systemd',
    '--no-collector.wifi',
    '--extra-flag=1',
  ]);
  expect(podOf(daemonSet).spec.volumes).toContainEqual({ name: 'textfile', hostPath: { path: '/var/lib/textfile' } });
  expect(objectsOf(make(props)).has('NetworkPolicy own-namespace/own-name')).toBe(false);
});

describe('behind kube-rbac-proxy', () => {
  const rbacProxy = RbacProxy.withTokens({
    tls: {
      cert: SecretKey.of('node-exporter-tls', 'tls.crt'),
      key: SecretKey.of('node-exporter-tls', 'tls.key'),
      client: { ca: ConfigMapKey.of('ca', 'ca.crt') },
    },
  });
  const chart = make({ rbacProxy });
  const { spec } = podOf(objectOf(chart, 'DaemonSet agents/node-exporter'));

  it('listens on the loopback address, and the proxy on that of the node', () => {
    expect(spec.containers.map(({ name }) => name)).toEqual(['node-exporter', 'kube-rbac-proxy']);
    expect(spec.containers[0]?.args).toContain('--web.listen-address=127.0.0.1:9100');
    expect(spec.containers[1]?.args).toEqual(
      expect.arrayContaining(['--secure-listen-address=[$(POD_IP)]:9100', '--upstream=http://127.0.0.1:9100/']),
    );
  });

  it('keeps port, Service and probes, which need no credentials', () => {
    const probe = { httpGet: { path: '/', port: 'metrics', scheme: 'HTTPS' } };
    expect(spec.containers[0]).toMatchObject({
      ports: [{ name: 'metrics', containerPort: 9100, hostPort: 9100 }],
      readinessProbe: probe,
      livenessProbe: probe,
    });
    expect(spec.containers[1]?.args).toContain('--ignore-paths=/');
    expect(spec.containers[1]).not.toHaveProperty('ports');
    expect(objectOf(chart, 'Service agents/node-exporter').spec).toEqual(
      objectOf(make(), 'Service agents/node-exporter').spec,
    );
  });

  it('may ask the API server about tokens and rights and nothing else, with a token that node-exporter does not see', () => {
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.containers[0]?.volumeMounts?.map(({ name }) => name)).toEqual(['proc', 'sys', 'root']);
    expect(spec.containers[1]?.volumeMounts?.map(({ name }) => name)).toEqual([
      'kube-rbac-proxy-token',
      'secret-node-exporter-tls',
    ]);
    expect(objectOf(chart, 'ClusterRole agents-node-exporter').rules).toEqual([
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ]);
    expect(objectOf(chart, 'ClusterRoleBinding agents-node-exporter')).toMatchObject({
      subjects: [{ kind: 'ServiceAccount', name: 'node-exporter', namespace: 'agents' }],
    });
  });

  it('is scraped by https with the token of Prometheus, which may get /metrics', () => {
    const app = Testing.app();
    const own = new Chart(app, 'chart', { namespace: 'monitoring', disableResourceNameHashes: true });
    const prometheus = new StandalonePrometheus(own, 'prometheus');
    prometheus.monitor(new NodeExporter(own, 'node-exporter', { namespace: 'agents', rbacProxy }));
    const file = objectOf(own, 'ConfigMap monitoring/prometheus-scrape-configs').data['node-exporter.yaml'] ?? '';
    expect(file).toContain('scheme: https');
    expect(file).toContain('credentials_file: /var/run/secrets/kubernetes.io/serviceaccount/token');
    expect(file).toContain('ca_file: /etc/prometheus/configmaps/ca/ca.crt');
    expect(file).toContain('server_name: node-exporter.agents.svc');
    expect(objectOf(own, 'ClusterRole monitoring-prometheus').rules).toEqual([
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
    ]);
    const { egress } = objectOf(own, 'NetworkPolicy monitoring/prometheus').spec as { egress: unknown[] };
    expect(egress).toContainEqual({ ports: expect.arrayContaining([{ port: 9100, protocol: 'TCP' }]) });
    expect(() => app.synth()).not.toThrow();
  });

  it('starts anew when it is decided otherwise who may read', () => {
    const authorization = RbacProxyAuthorization.staticRules([{ user: 'prometheus' }]);
    const tls = { client: { insecureSkipVerify: true } };
    const ruled = make({ rbacProxy: RbacProxy.withTokens({ authorization, tls }) });
    expect(podOf(objectOf(ruled, 'DaemonSet agents/node-exporter')).metadata.annotations).toHaveProperty([
      'checksum/rbac-proxy',
    ]);
    expect(objectsOf(ruled).has('ConfigMap agents/node-exporter-rbac-proxy')).toBe(true);
  });

  it('says what is wrong with it', () => {
    const app = Testing.app();
    new NodeExporter(new Chart(app, 'chart'), 'node-exporter', { rbacProxy: RbacProxy.withTokens() });
    expect(() => app.synth()).toThrow(/chart\/node-exporter\/rbacProxy {2}tls\n/);
  });
});
