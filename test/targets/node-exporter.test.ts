import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { ruleGroups } from '../../lib/model/monitoring-pack';
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
  };
  const daemonSet = objectOf(make(props), 'DaemonSet own-namespace/own-name');
  expectAllWorkloadProps(daemonSet);
  expect(daemonSet.spec).toMatchObject({ updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } });
  expect(objectOf(make(props), 'RoleBinding own-namespace/own-name')).toMatchObject({
    roleRef: { kind: 'ClusterRole', name: 'node-access' },
  });
  const [container] = podOf(daemonSet).spec.containers;
  expect(container).toMatchObject({ ports: [{ containerPort: 9200, hostPort: 9200 }] });
  expect(container?.args).toEqual([
    '--path.procfs=/host/proc',
    '--path.sysfs=/host/sys',
    '--path.rootfs=/host/root',
    '--path.udev.data=/host/root/run/udev/data',
    '--web.listen-address=[$(HOST_IP)]:9200',
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
