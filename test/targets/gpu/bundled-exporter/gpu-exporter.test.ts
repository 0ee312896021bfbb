import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RbacProxy } from '../../../../lib/core/rbac-proxy';
import { SecretKey } from '../../../../lib/model/references';
import { GpuExporter } from '../../../../lib/targets/gpu/bundled-exporter/gpu-exporter';
import type { GpuExporterProps } from '../../../../lib/targets/gpu/bundled-exporter/gpu-exporter-props';
import type { ContainerRuntime } from '../../../../lib/targets/gpu/bundled-exporter/sources';
import { Gpu } from '../../../../lib/targets/gpu/gpu';
import { NvidiaExporter } from '../../../../lib/targets/gpu/nvidia-exporter';
import { objectOf, objectsOf, podOf } from '../../../objects';
import { ALL_WORKLOAD_PROPS, expectAllWorkloadProps } from '../../../workload-props';
import { warningsOf, worldOf } from '../world';
import { argsOf, make, podOfExporter } from './make';

const HARDENED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};
const TLS = { cert: SecretKey.of('gpu-tls', 'tls.crt'), key: SecretKey.of('gpu-tls', 'tls.key') };

describe('by default', () => {
  const pod = podOfExporter();
  const [container] = pod.spec.containers;

  it('runs on nodes that anything knows to have a GPU, tainted or full, with the runtime that shows every GPU', () => {
    expect(pod.spec).toMatchObject({
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
      priorityClassName: 'system-node-critical',
      runtimeClassName: 'nvidia',
    });
    const { nodeAffinity } = pod.spec.affinity as {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: { matchExpressions: { key: string }[] }[];
        };
      };
    };
    const terms = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
    // Terms are alternatives; expressions within one would all have to hold.
    expect(terms.map(({ matchExpressions }) => matchExpressions.map(({ key }) => key))).toEqual([
      ['nvidia.com/gpu.present'],
      ['feature.node.kubernetes.io/pci-10de.present'],
      ['feature.node.kubernetes.io/pci-0302_10de.present'],
      ['feature.node.kubernetes.io/pci-0300_10de.present'],
      ['cloud.google.com/gke-accelerator'],
    ]);
    expect(container?.env).toEqual([
      { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' },
      { name: 'NVIDIA_DRIVER_CAPABILITIES', value: 'utility' },
    ]);
  });

  it('asks the kubelet alone, without a token and without a Role', () => {
    expect(container?.args).toEqual([
      '--web.listen-address=:9836',
      '--backend=nvidia',
      '--enable-k8s',
      '--kubernetes.pod-resources=on',
      '--kubernetes.api-server=off',
      '--kubernetes.runtime-files=off',
    ]);
    expect(pod.spec).toMatchObject({
      automountServiceAccountToken: false,
      volumes: [
        { name: 'pod-resources', hostPath: { path: '/var/lib/kubelet/pod-resources', type: 'Directory' } },
        { name: 'pods-api', hostPath: { path: '/var/lib/kubelet/pods-api', type: 'DirectoryOrCreate' } },
      ],
    });
    expect(container?.volumeMounts).toEqual([
      { name: 'pod-resources', mountPath: '/var/lib/kubelet/pod-resources', readOnly: true },
      { name: 'pods-api', mountPath: '/var/lib/kubelet/pods-api', readOnly: true },
    ]);
    const kinds = [...objectsOf(make().chart).keys()].map((key) => key.split(' ')[0]);
    expect(kinds.filter((kind) => kind?.includes('Role'))).toEqual([]);
    const { egress, ingress } = objectOf(make().chart, 'NetworkPolicy agents/gpu-exporter').spec;
    expect(egress).toHaveLength(1);
    expect(ingress ?? []).toEqual([]);
  });

  it('is probed by HTTP, bounded in memory alone, and replaced a tenth of the nodes at a time', () => {
    expect(container).toMatchObject({
      readinessProbe: { httpGet: { path: '/-/ready', port: 'metrics' } },
      livenessProbe: { httpGet: { path: '/-/healthy', port: 'metrics' } },
      ports: [{ name: 'metrics', containerPort: 9836 }],
      resources: { requests: { cpu: '20m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    });
    expect(objectOf(make().chart, 'DaemonSet agents/gpu-exporter').spec.updateStrategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: '10%' },
    });
  });

  it('is valid, and says nothing', () => {
    expect(warningsOf(make())).toBe('');
  });
});

describe('privileges', () => {
  it('device: nobody, without the processes of the node and without a path of it', () => {
    const { spec } = podOfExporter({ privileges: 'device' });
    expect(spec).not.toHaveProperty('hostPID');
    expect(spec.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.containers[0]?.securityContext).toEqual(HARDENED);
    expect(spec.volumes ?? []).toEqual([]);
    expect(spec.containers[0]?.args).toEqual([
      '--web.listen-address=:9836',
      '--backend=nvidia',
      '--no-collect.processes',
      '--disable-k8s',
    ]);
  });

  it('device with the kubelet: root without a capability, and still without processes', () => {
    const { spec } = podOfExporter({ privileges: 'device', attribution: { kubelet: true } });
    expect(spec).not.toHaveProperty('hostPID');
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: false, runAsUser: 0 });
    expect(spec.containers[0]?.securityContext).toEqual(HARDENED);
    expect(spec.containers[0]?.args).toEqual(
      expect.arrayContaining([
        '--no-collect.processes',
        '--kubernetes.pod-resources=on',
        '--kubernetes.api-server=off',
      ]),
    );
  });

  it('process: root without a capability, with the processes of the node', () => {
    const { spec } = podOfExporter();
    expect(spec).toMatchObject({
      hostPID: true,
      securityContext: {
        runAsNonRoot: false,
        runAsUser: 0,
        runAsGroup: 0,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    });
    expect(spec).not.toHaveProperty('hostNetwork');
    expect(spec.containers[0]?.securityContext).toEqual(HARDENED);
  });

  it('process without the kubelet: nobody, who asks the API server', () => {
    const { chart } = make({ attribution: { kubelet: false } });
    const { spec } = podOf(objectOf(chart, 'DaemonSet agents/gpu-exporter'));
    expect(spec).toMatchObject({
      hostPID: true,
      automountServiceAccountToken: true,
      securityContext: { runAsNonRoot: true, runAsUser: 65532 },
    });
    expect(JSON.stringify(spec.volumes ?? [])).not.toContain('hostPath');
    expect(spec.containers[0]?.args).toEqual(
      expect.arrayContaining(['--kubernetes.pod-resources=off', '--kubernetes.api-server=on']),
    );
    expect(objectOf(chart, 'ClusterRole agents-gpu-exporter').rules).toEqual([
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    ]);
    expect(objectOf(chart, 'NetworkPolicy agents/gpu-exporter').spec.egress).toHaveLength(2);
  });

  it('privileged: everything, and MIG devices, whose variable makes the runtime refuse any other container', () => {
    const { spec } = podOfExporter({ privileges: 'privileged' });
    expect(spec).toMatchObject({ hostPID: true, securityContext: { runAsNonRoot: false, runAsUser: 0 } });
    expect(spec.containers[0]?.securityContext).toEqual({ privileged: true, readOnlyRootFilesystem: true });
    const MIG = { name: 'NVIDIA_MIG_MONITOR_DEVICES', value: 'all' };
    expect(spec.containers[0]?.env).toContainEqual(MIG);
    expect(podOfExporter().spec.containers[0]?.env).not.toContainEqual(MIG);
    const byMounts = podOfExporter({ privileges: 'privileged', deviceAccess: 'volume-mounts' });
    expect(byMounts.spec.containers[0]?.env).toContainEqual(MIG);
  });

  it('nobody is whom the platform says, where it assigns users', () => {
    const { securityContext } = podOfExporter({ privileges: 'device', userIds: 'assigned' }).spec;
    expect(securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(podOfExporter({ userIds: 'assigned' }).spec.securityContext).toMatchObject({ runAsUser: 0 });
  });

  it('without attribution it is nobody too', () => {
    const { spec } = podOfExporter({ attribution: false });
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true });
    expect(spec.containers[0]?.args).toContain('--disable-k8s');
  });
});

describe('files of the container runtime', () => {
  it.each<[ContainerRuntime, string]>([
    ['containerd', '/run/containerd/io.containerd.runtime.v2.task/k8s.io'],
    ['k3s', '/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io'],
    ['k0s', '/run/k0s/containerd/io.containerd.runtime.v2.task/k8s.io'],
    ['microk8s', '/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task/k8s.io'],
    ['cri-o', '/run/containers/storage/overlay-containers'],
    ['docker', '/var/lib/docker/containers'],
  ])('of %s are mounted, as root, and those of no other', (runtimeFiles, path) => {
    const { spec } = podOfExporter({ attribution: { kubelet: false, apiServer: false, runtimeFiles } });
    expect(spec.volumes).toEqual([{ name: 'runtime', hostPath: { path, type: 'Directory' } }]);
    expect(spec.containers[0]?.volumeMounts).toEqual([
      { name: 'runtime', mountPath: `/host${path}`, readOnly: true, mountPropagation: 'HostToContainer' },
    ]);
    expect(spec.containers[0]?.args).toEqual(
      expect.arrayContaining(['--kubernetes.runtime-files=on', '--path.rootfs=/host']),
    );
    expect(spec.securityContext).toMatchObject({ runAsUser: 0 });
    // The exporter looks there; what is elsewhere it would not find.
    const known = readFileSync(join(__dirname, '../../../../exporter/src/kubernetes/runtime-record.ts'), 'utf8');
    const [root = path] = path.split('/io.containerd');
    expect(known).toContain(root);
  });
});

describe('devices', () => {
  it('by mounts, where the runtime does not trust the environment', () => {
    const { spec } = podOfExporter({ deviceAccess: 'volume-mounts', attribution: false });
    expect(spec).toMatchObject({
      runtimeClassName: 'nvidia',
      volumes: [{ name: 'all-gpus', hostPath: { path: '/dev/null' } }],
    });
    expect(spec.containers[0]).toMatchObject({
      env: [{ name: 'NODE_NAME' }, { name: 'NVIDIA_DRIVER_CAPABILITIES', value: 'utility' }],
      volumeMounts: [{ name: 'all-gpus', mountPath: '/var/run/nvidia-container-devices/all', readOnly: true }],
    });
  });

  it('by CDI, with the runtime of the node', () => {
    const { metadata, spec } = podOfExporter({ deviceAccess: 'cdi' });
    expect(metadata.annotations).toMatchObject({ 'cdi.k8s.io/gpu-exporter': 'management.nvidia.com/gpu=all' });
    expect(spec).not.toHaveProperty('runtimeClassName');
    expect(JSON.stringify(spec.containers[0]?.env)).not.toContain('NVIDIA');
  });

  it('of the node, with a driver that lies in a folder', () => {
    const { spec } = podOfExporter({
      privileges: 'privileged',
      deviceAccess: { driverDirectory: '/home/kubernetes/bin/nvidia' },
    });
    expect(spec).not.toHaveProperty('runtimeClassName');
    expect(spec.volumes).toContainEqual({
      name: 'driver',
      hostPath: { path: '/home/kubernetes/bin/nvidia', type: 'Directory' },
    });
    expect(spec.containers[0]).toMatchObject({
      args: expect.arrayContaining(['--nvml.library=/usr/local/nvidia/lib64/libnvidia-ml.so.1']),
      volumeMounts: expect.arrayContaining([{ name: 'driver', mountPath: '/usr/local/nvidia', readOnly: true }]),
    });
    const other = { driverDirectory: '/opt/driver', library: 'libnvidia-ml.so.1' };
    expect(argsOf({ deviceAccess: other })).toContain('--nvml.library=/usr/local/nvidia/libnvidia-ml.so.1');
  });

  it('of the node are seen by a privileged container alone, of which a warning tells', () => {
    const deviceAccess = { driverDirectory: '/opt/driver' };
    expect(warningsOf(make({ deviceAccess }))).toContain(
      `deviceAccess mounts a driver from the node, and privileges "process" gives the container none of the node's devices.`,
    );
    expect(warningsOf(make({ deviceAccess, privileges: 'privileged' }))).toBe('');
  });

  it('the node decides about the runtime', () => {
    expect(podOfExporter({ runtimeClassName: false }).spec).not.toHaveProperty('runtimeClassName');
    expect(podOfExporter({ deviceAccess: 'cdi', runtimeClassName: 'own' }).spec.runtimeClassName).toBe('own');
  });

  it('a selector of nodes takes the place of the labels that are known', () => {
    const { spec } = podOfExporter({ nodeSelector: { pool: 'gpu' } });
    expect(spec.nodeSelector).toEqual({ pool: 'gpu' });
    expect(spec).not.toHaveProperty('affinity');
  });
});

describe('how it is read', () => {
  const targetOf = (props: GpuExporterProps) => make(props).exporter.monitoring.targets?.[0]?.options;

  it('over HTTPS with its own certificate, and probed so', () => {
    const props = { tls: { ...TLS, minVersion: 'TLS13' as const, client: { serverName: 'gpu' } } };
    const { chart } = make(props);
    const pod = podOf(objectOf(chart, 'DaemonSet agents/gpu-exporter'));
    expect(objectOf(chart, 'ConfigMap agents/gpu-exporter-web').data['web.yml']).toBe(
      [
        'tls_server_config:',
        '  cert_file: /etc/gpu-exporter/files/secrets/gpu-tls/tls.crt',
        '  key_file: /etc/gpu-exporter/files/secrets/gpu-tls/tls.key',
        '  min_version: TLS13',
        '',
      ].join('\n'),
    );
    expect(pod.metadata.annotations).toHaveProperty('checksum/web');
    expect(pod.spec.containers[0]).toMatchObject({
      args: expect.arrayContaining(['--web.config.file=/etc/gpu-exporter/web/web.yml']),
      readinessProbe: { httpGet: { scheme: 'HTTPS' } },
      livenessProbe: { httpGet: { scheme: 'HTTPS' } },
    });
    expect(targetOf(props)).toMatchObject({ scheme: 'https', tls: { serverName: 'gpu' } });
  });

  it('by a web configuration in a Secret, whose probes only open the port', () => {
    const props: GpuExporterProps = {
      webConfig: SecretKey.of('gpu-web', 'web.yml'),
      connection: {
        scheme: 'https',
        basicAuth: { username: 'prometheus', password: SecretKey.of('gpu-scrape', 'password') },
      },
    };
    const [container] = podOfExporter(props).spec.containers;
    expect(container).toMatchObject({
      args: expect.arrayContaining(['--web.config.file=/etc/gpu-exporter/files/secrets/gpu-web/web.yml']),
      readinessProbe: { tcpSocket: { port: 'metrics' } },
      livenessProbe: { tcpSocket: { port: 'metrics' } },
    });
    expect(targetOf(props)).toMatchObject({ scheme: 'https', basicAuth: { username: 'prometheus' } });
    expect(warningsOf(make(props))).toBe('');
    expect(warningsOf(make({ webConfig: SecretKey.of('gpu-web', 'web.yml') }))).toContain(
      'webConfig is given without connection: Prometheus scrapes by plain HTTP and without a password.',
    );
  });

  it('through kube-rbac-proxy, behind which it listens for nobody else', () => {
    const props = { rbacProxy: RbacProxy.withTokens({ tls: { client: { insecureSkipVerify: true } } }) };
    const { spec } = podOfExporter(props);
    expect(spec.containers.map(({ name }) => name)).toEqual(['gpu-exporter', 'kube-rbac-proxy']);
    expect(spec.containers[0]?.args[0]).toBe('--web.listen-address=127.0.0.1:9836');
    expect(targetOf(props)).toMatchObject({ scheme: 'https' });
  });

  it('as often as it collects, up to ten seconds', () => {
    expect(argsOf({ scrape: { interval: '1s' } })).toContain('--collect.interval=1s');
    expect(argsOf({ scrape: { interval: '10s' } })).toContain('--collect.interval=10s');
    const rarely = argsOf({ scrape: { interval: '1m' } });
    expect(rarely.filter((flag) => flag.startsWith('--collect.interval'))).toEqual([]);
    expect(argsOf({ scrape: { interval: '1s' }, collect: { interval: '2s' } })).toContain('--collect.interval=2s');
  });
});

const ALL: Required<Omit<GpuExporterProps, 'tls' | 'webConfig'>> = {
  ...ALL_WORKLOAD_PROPS,
  rbacProxy: RbacProxy.withTokens({ tls: { client: { insecureSkipVerify: true } } }),
  port: 9999,
  privileges: 'privileged',
  deviceAccess: 'volume-mounts',
  runtimeClassName: 'own-runtime',
  attribution: { kubelet: true, apiServer: true, runtimeFiles: 'k3s', kubeletDirectory: '/data/kubelet' },
  collect: {
    interval: '2s',
    timeout: '3s',
    staleness: '30s',
    processes: false,
    profiling: false,
    pcieThroughput: true,
  },
  profiles: ['native', 'dcgm', 'nvitop'],
  dcgm: { names: '4.6', hostnameLabel: 'hostname', optional: true },
  seriesLimit: 1000,
  processLimit: 10,
  idleThreshold: 0.05,
  connection: { bearerTokenFile: '/var/run/token' },
  nodeAccessClusterRole: 'node-access',
  logLevel: 'debug',
  logFormat: 'json',
  maxUnavailable: 2,
  scrape: { job: 'own-job', interval: '20s', nodeLabel: 'host' },
  rules: false,
  dashboards: false,
};

it('passes every prop on', () => {
  const { chart, exporter } = make(ALL);
  const daemonSet = objectOf(chart, 'DaemonSet own-namespace/own-name');
  expectAllWorkloadProps(daemonSet);
  const { spec } = podOf(daemonSet);
  expect(spec.containers[0]?.args).toEqual([
    '--web.listen-address=127.0.0.1:9999',
    '--log.level=debug',
    '--log.format=json',
    '--backend=nvidia',
    '--collect.interval=2s',
    '--collect.timeout=3s',
    '--collect.staleness=30s',
    '--no-collect.processes',
    '--no-collect.profiling',
    '--collect.pcie-throughput',
    '--profile=native,dcgm,nvitop',
    '--dcgm.names=4.6',
    '--dcgm.hostname-label=hostname',
    '--dcgm.optional',
    '--series.limit=1000',
    '--series.processes=10',
    '--idle.threshold=0.05',
    '--enable-k8s',
    '--kubernetes.pod-resources=on',
    '--kubernetes.api-server=on',
    '--kubernetes.runtime-files=on',
    '--path.rootfs=/host',
    '--extra-flag=1',
  ]);
  expect(daemonSet.spec.updateStrategy).toMatchObject({ rollingUpdate: { maxUnavailable: 2 } });
  expect(spec).toMatchObject({
    runtimeClassName: 'own-runtime',
    hostPID: true,
    volumes: expect.arrayContaining([
      expect.objectContaining({ name: 'all-gpus' }),
      { name: 'pod-resources', hostPath: { path: '/data/kubelet/pod-resources', type: 'Directory' } },
      expect.objectContaining({ name: 'runtime' }),
    ]),
  });
  expect(spec.containers[0]?.securityContext).toMatchObject({ privileged: true });
  expect(spec.containers.map(({ name }) => name)).toContain('kube-rbac-proxy');
  expect(objectOf(chart, 'RoleBinding own-namespace/own-name-node-access')).toMatchObject({
    roleRef: { name: 'node-access' },
  });
  expect(objectOf(chart, 'Service own-namespace/own-name').spec).toMatchObject({
    ports: [{ name: 'metrics', port: 9999 }],
  });
  expect(exporter.monitoring).not.toHaveProperty('rules');
  expect(exporter.monitoring).not.toHaveProperty('dashboards');
  expect(exporter.monitoring.targets?.[0]?.options).toMatchObject({
    job: 'own-job',
    interval: '20s',
    bearerTokenFile: '/var/run/token',
  });
});

it('gives no flag that the exporter does not have', () => {
  const page = readFileSync(join(__dirname, '../../../../docs/gpu-exporter-flags.md'), 'utf8').replaceAll('[no-]', '');
  const all = [
    ...argsOf({ ...ALL, name: 'gpu-exporter', namespace: 'agents', extraArgs: [] }),
    ...argsOf({ attribution: false, tls: TLS, collect: { processes: true }, deviceAccess: { driverDirectory: '/a' } }),
  ];
  const flags = all.map((flag) => flag.replace(/=.*/, '').replace(/^--no-/, '--'));
  expect(flags.length).toBeGreaterThan(20);
  expect(flags.filter((flag) => !page.includes(`\`${flag}\``) && !page.includes(`\`${flag}=`))).toEqual([]);
});

describe.each(['standalone', 'operator'] as const)('in a stack (%s)', (backend) => {
  const world = worldOf(
    [Gpu.nvidia({ interval: '2s', exporter: NvidiaExporter.bundled({ logLevel: 'warn' }) })],
    backend,
  );

  it('is deployed among the node agents, read as often as it collects, and reached by Prometheus', () => {
    const chart = world.chart('gpu-exporter');
    const pod = podOf(objectOf(chart, 'DaemonSet node-agents/gpu-exporter'));
    expect(pod.spec.containers[0]?.args).toEqual(expect.arrayContaining(['--collect.interval=2s', '--log.level=warn']));
    const { ingress } = objectOf(chart, 'NetworkPolicy node-agents/gpu-exporter').spec;
    expect(JSON.stringify(ingress)).toContain('"app.kubernetes.io/name":"prometheus"');
    expect(world.bound[0]?.construct).toBeInstanceOf(GpuExporter);
    expect(warningsOf(world)).toBe('');
  });

  it('brings its target and its rules', () => {
    const text = JSON.stringify([...objectsOf(world.monitoring)]);
    expect(text).toContain('exporter_namespace');
    expect(text).toContain('GpuXidErrorCritical');
    expect(text).toContain(backend === 'standalone' ? 'job_name: gpu-exporter' : '"interval":"2s"');
  });

  it('is bound to what the platform asks for', () => {
    const openShift = worldOf([Gpu.nvidia()], backend, { nodeAccessClusterRole: 'scc' });
    expect(objectOf(openShift.chart('gpu-exporter'), 'RoleBinding node-agents/gpu-exporter-node-access')).toMatchObject(
      { roleRef: { kind: 'ClusterRole', name: 'scc' } },
    );
  });
});
