import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { RbacProxy } from '../../../lib/core/rbac-proxy';
import { renderNative } from '../../../lib/model/scrape/native';
import {
  type Counter,
  countersFile,
  DEFAULT_COUNTERS,
  selectCounters,
} from '../../../lib/targets/gpu/dcgm-exporter/counters';
import { DcgmExporter } from '../../../lib/targets/gpu/dcgm-exporter/dcgm-exporter';
import type { DcgmExporterProps } from '../../../lib/targets/gpu/dcgm-exporter/dcgm-exporter-props';
import { DCGM_FIELDS } from '../../../lib/targets/gpu/dcgm-exporter/fields';
import { Gpu } from '../../../lib/targets/gpu/gpu';
import { NvidiaExporter } from '../../../lib/targets/gpu/nvidia-exporter';
import { objectOf, objectsOf, podOf } from '../../objects';
import { type LabellingConfig, scrapedSeries } from '../../relabel-evaluator';
import { ALL_WORKLOAD_PROPS, expectAllWorkloadProps } from '../../workload-props';
import { DCGM_ANSWER, exporterPod, faultOf, warningsOf, worldOf } from './world';

function make(props: DcgmExporterProps = {}) {
  const app = Testing.app();
  const chart = new Chart(app, 'chart', { namespace: 'agents', disableResourceNameHashes: true });
  return { app, chart, exporter: new DcgmExporter(chart, 'dcgm', props) };
}

function podOfExporter(props: DcgmExporterProps = {}) {
  return podOf(objectOf(make(props).chart, 'DaemonSet agents/dcgm-exporter'));
}

function argsOf(props: DcgmExporterProps): readonly string[] {
  return podOfExporter(props).spec.containers[0]?.args ?? [];
}

const gauge = (field: string): Counter => ({ field, type: 'gauge', help: 'What it is.' });

describe('by default', () => {
  const pod = podOfExporter();
  const [container] = pod.spec.containers;

  it('runs on nodes with a GPU, tainted or full, with the runtime that shows every GPU', () => {
    expect(pod.spec).toMatchObject({
      nodeSelector: { 'nvidia.com/gpu.present': 'true' },
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
      priorityClassName: 'system-node-critical',
      runtimeClassName: 'nvidia',
    });
    expect(container?.image).toMatch(/^nvcr\.io\/nvidia\/k8s\/dcgm-exporter:[\w.-]+@sha256:/);
  });

  it('asks the kubelet as root, but has no capability, no token and a read-only root', () => {
    expect(pod.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: false, runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } },
      volumes: expect.arrayContaining([
        { name: 'pod-resources', hostPath: { path: '/var/lib/kubelet/pod-resources', type: 'Directory' } },
      ]),
    });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    });
    expect(pod.spec).not.toHaveProperty('hostNetwork');
    expect(pod.spec).not.toHaveProperty('hostPID');
    const kinds = [...objectsOf(make().chart).keys()].map((key) => key.split(' ')[0]);
    expect(kinds.filter((kind) => kind?.includes('Role'))).toEqual([]);
  });

  it('collects no performance counters, and reads its own counters file', () => {
    const { data } = objectOf(make().chart, 'ConfigMap agents/dcgm-exporter-counters');
    expect(data['counters.csv']).toContain(
      'DCGM_FI_DEV_GPU_UTIL,gauge,"Share of time in which a kernel ran, in percent."\n',
    );
    expect(data['counters.csv']).not.toContain('DCGM_FI_PROF_');
    expect(container?.args).toEqual([
      '--collectors=/etc/dcgm-exporter-counters/counters.csv',
      '--address=:9400',
      '--collect-interval=30000',
      '--kubernetes',
    ]);
    expect(container?.volumeMounts).toContainEqual({
      name: 'counters',
      mountPath: '/etc/dcgm-exporter-counters',
      readOnly: true,
    });
  });

  it('its policy lets it resolve names and nothing else', () => {
    const { egress, ingress } = objectOf(make().chart, 'NetworkPolicy agents/dcgm-exporter').spec as {
      egress: unknown[];
      ingress?: unknown[];
    };
    expect(egress).toHaveLength(1);
    expect(ingress ?? []).toEqual([]);
  });

  it('is valid', () => {
    expect(() => make().app.synth()).not.toThrow();
    expect(() => make({ profiling: true }).app.synth()).not.toThrow();
  });
});

it('a changed counter rolls the pods', () => {
  const checksum = (props: DcgmExporterProps) => podOfExporter(props).metadata.annotations?.['checksum/counters'];
  expect(checksum({})).toBe(checksum({}));
  expect(checksum({ removeCounters: ['DCGM_FI_DEV_GPU_TEMP'] })).not.toBe(checksum({}));
});

it('profiling takes one capability and brings the performance counters', () => {
  const [container] = podOfExporter({ profiling: true }).spec.containers;
  expect(container?.securityContext).toMatchObject({
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] },
  });
  expect(selectCounters({ profiling: true })).toEqual(DEFAULT_COUNTERS);
});

it('without a mapping to pods it is nobody, and sees no path of the node', () => {
  const { spec } = podOfExporter({ kubernetes: false });
  expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65534 });
  expect(JSON.stringify(spec.volumes)).not.toContain('hostPath');
  expect(spec.containers[0]?.args).not.toContain('--kubernetes');
});

describe('what it reads at the API server', () => {
  it.each([
    [{ podLabels: 'all' as const }, ['pods']],
    [{ podUid: true }, ['pods']],
    [{ dynamicResourceAllocation: true }, ['resourceslices']],
  ])('is granted with a token for %o', (kubernetes, resources) => {
    const { chart } = make({ kubernetes });
    const { rules } = objectOf(chart, 'ClusterRole agents-dcgm-exporter');
    expect(rules).toEqual([expect.objectContaining({ resources, verbs: ['get', 'list', 'watch'] })]);
    expect(podOf(objectOf(chart, 'DaemonSet agents/dcgm-exporter')).spec.automountServiceAccountToken).toBe(true);
    const { egress } = objectOf(chart, 'NetworkPolicy agents/dcgm-exporter').spec as { egress: unknown[] };
    expect(egress).toHaveLength(2);
  });
});

it('uses a host engine that is there, through its policy and without a GPU of its own', () => {
  const { chart } = make({ hostengine: 'nvidia-dcgm.gpu-operator.svc:5555' });
  const { spec } = podOf(objectOf(chart, 'DaemonSet agents/dcgm-exporter'));
  expect(spec.containers[0]?.args).toContain('--remote-hostengine-info=nvidia-dcgm.gpu-operator.svc:5555');
  expect(spec).not.toHaveProperty('runtimeClassName');
  const { egress } = objectOf(chart, 'NetworkPolicy agents/dcgm-exporter').spec as { egress: unknown[] };
  expect(egress).toContainEqual({ ports: [{ port: 5555, protocol: 'TCP' }] });
});

describe('in a stack', () => {
  const world = worldOf([Gpu.nvidia({ interval: '1s', exporter: NvidiaExporter.dcgm({ profiling: true }) })]);
  const chart = world.chart('dcgm-exporter');

  it('is deployed among the node agents, read as often as it is scraped, and reached by Prometheus', () => {
    const pod = podOf(objectOf(chart, 'DaemonSet node-agents/dcgm-exporter'));
    expect(pod.spec.containers[0]?.args).toContain('--collect-interval=1000');
    const { ingress } = objectOf(chart, 'NetworkPolicy node-agents/dcgm-exporter').spec as { ingress: unknown };
    expect(JSON.stringify(ingress)).toContain('"app.kubernetes.io/name":"prometheus"');
    expect(world.bound[0]?.construct).toBeInstanceOf(DcgmExporter);
    expect(warningsOf(world)).toBe('');
  });

  it('labels series like every other exporter', () => {
    const [target] = world.bound[0]?.monitoring.targets ?? [];
    const [config] = target === undefined ? [] : renderNative(target, { path: () => '' });
    const pod = exporterPod({ namespace: 'node-agents', service: 'dcgm-exporter', serviceLabels: {}, port: 'metrics' });
    const [busy, idle] = scrapedSeries(config as LabellingConfig, pod, DCGM_ANSWER);
    expect(busy).toMatchObject({ job: 'dcgm-exporter', pod: 'train-0', exporter_pod: 'dcgm-exporter-abcde' });
    expect(idle).not.toHaveProperty('pod');
  });

  it('is bound to what the platform asks for', () => {
    const openShift = worldOf([Gpu.nvidia({ exporter: NvidiaExporter.dcgm() })], 'standalone', {
      nodeAccessClusterRole: 'scc',
    });
    expect(
      objectOf(openShift.chart('dcgm-exporter'), 'RoleBinding node-agents/dcgm-exporter-node-access'),
    ).toMatchObject({ roleRef: { kind: 'ClusterRole', name: 'scc' } });
  });
});

it('says that values are older than scrapes suggest', () => {
  expect(warningsOf(make({ collectInterval: '10s', scrape: { interval: '1s' } }))).toContain(
    "it is scraped every 1s, but reads its GPUs only every 10s. Set collectInterval: '1s'.",
  );
});

it('passes every prop on', () => {
  const props: Required<DcgmExporterProps> = {
    ...ALL_WORKLOAD_PROPS,
    rbacProxy: RbacProxy.withTokens({ tls: { client: { insecureSkipVerify: true } } }),
    port: 9500,
    collectInterval: '5s',
    counters: [gauge('DCGM_FI_DEV_GPU_TEMP'), gauge('DCGM_FI_DEV_GPU_UTIL')],
    addCounters: [gauge('DCGM_FI_PROF_SM_ACTIVE')],
    removeCounters: ['DCGM_FI_DEV_GPU_UTIL'],
    profiling: true,
    kubernetes: {
      gpuIdType: 'device-name',
      podLabels: ['app', 'team-.*'],
      podUid: true,
      virtualGpus: true,
      dynamicResourceAllocation: true,
      resourceNames: ['nvidia.com/a100'],
      podResourcesDirectory: '/data/kubelet/pod-resources',
    },
    hostengine: 'unix:///run/dcgm.sock',
    devices: 'g:0,1+i',
    runtimeClassName: 'own-runtime',
    nodeAccessClusterRole: 'node-access',
    logFormat: 'json',
    scrape: { job: 'own-job', interval: '20s' },
  };
  const { chart, exporter } = make(props);
  const daemonSet = objectOf(chart, 'DaemonSet own-namespace/own-name');
  expectAllWorkloadProps(daemonSet);
  const { spec } = podOf(daemonSet);
  expect(spec).toMatchObject({
    runtimeClassName: 'own-runtime',
    volumes: expect.arrayContaining([
      { name: 'pod-resources', hostPath: { path: '/data/kubelet/pod-resources', type: 'Directory' } },
    ]),
  });
  expect(spec.containers[0]?.args).toEqual([
    '--collectors=/etc/dcgm-exporter-counters/counters.csv',
    '--address=127.0.0.1:9500',
    '--collect-interval=5000',
    '--kubernetes',
    '--kubernetes-gpu-id-type=device-name',
    '--kubernetes-enable-pod-labels',
    '--kubernetes-pod-label-allowlist-regex=app,team-.*',
    '--kubernetes-enable-pod-uid',
    '--kubernetes-virtual-gpus',
    '--kubernetes-enable-dra',
    '--nvidia-resource-names=nvidia.com/a100',
    '--remote-hostengine-info=unix:///run/dcgm.sock',
    '--devices=g:0,1+i',
    '--log-format=json',
    '--extra-flag=1',
  ]);
  expect(spec.containers.map(({ name }) => name)).toEqual(['dcgm-exporter', 'kube-rbac-proxy']);
  expect(objectOf(chart, 'ConfigMap own-namespace/own-name-counters').data['counters.csv']).toBe(
    'DCGM_FI_DEV_GPU_TEMP,gauge,What it is.\nDCGM_FI_PROF_SM_ACTIVE,gauge,What it is.\n',
  );
  expect(objectOf(chart, 'RoleBinding own-namespace/own-name-node-access')).toMatchObject({
    roleRef: { name: 'node-access' },
  });
  expect(objectOf(chart, 'Service own-namespace/own-name').spec).toMatchObject({
    ports: [{ name: 'metrics', port: 9500 }],
  });
  expect(exporter.monitoring.targets?.[0]?.options).toMatchObject({
    job: 'own-job',
    interval: '20s',
    scheme: 'https',
  });
});

it('the node decides about the runtime and, where ids are assigned, about the user', () => {
  expect(podOfExporter({ runtimeClassName: false }).spec).not.toHaveProperty('runtimeClassName');
  const { securityContext } = podOfExporter({ kubernetes: false, userIds: 'assigned' }).spec;
  expect(securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(argsOf({ kubernetes: { podLabels: 'all' } })).not.toContainEqual(expect.stringContaining('allowlist'));
});

describe('the counters', () => {
  it('of the default are fields of DCGM, once each', () => {
    const fields = DEFAULT_COUNTERS.map(({ field }) => field);
    expect(new Set(fields).size).toBe(fields.length);
    expect(fields.filter((field) => !DCGM_FIELDS.has(field))).toEqual([]);
  });

  it('are CSV of three values, whatever the help says', () => {
    const help = 'A "quoted" text, with a comma.';
    expect(countersFile([{ field: 'DCGM_FI_DEV_GPU_TEMP', type: 'gauge', help }])).toBe(
      'DCGM_FI_DEV_GPU_TEMP,gauge,"A ""quoted"" text, with a comma."\n',
    );
  });

  it('know fields by every link and location', () => {
    for (const field of [
      'DCGM_FI_DEV_NVLINK_BANDWIDTH_L17',
      'DCGM_FI_DEV_ECC_DBE_AGG_SRM',
      'DCGM_FI_PROF_NVDEC7_ACTIVE',
      'DCGM_EXP_XID_ERRORS_COUNT',
    ]) {
      expect(DCGM_FIELDS).toContain(field);
    }
    expect(DCGM_FIELDS).not.toContain('DCGM_FI_DEV_NVLINK_BANDWIDTH_L18');
  });
});

describe('bad input', () => {
  const bad: readonly [string, DcgmExporterProps, string][] = [
    [
      'an unknown field',
      { addCounters: [gauge('DCGM_FI_DEV_GPU_TMP')] },
      'addCounters[0].field\n    DCGM has no field DCGM_FI_DEV_GPU_TMP. Did you mean "DCGM_FI_DEV_GPU_TEMP"? One that is ' +
        'newer than this package needs unlisted: true.',
    ],
    [
      'a text that is no field',
      { counters: [gauge('gpu temp'), gauge('DCGM_FI_DEV_GPU_UTIL')] },
      'counters[0].field\n    "gpu temp" is no name of a DCGM field.',
    ],
    [
      'a field that is there already',
      { addCounters: [gauge('DCGM_FI_DEV_GPU_TEMP')] },
      'addCounters[0].field\n    DCGM_FI_DEV_GPU_TEMP is there already.',
    ],
    [
      'a performance counter without profiling',
      { addCounters: [gauge('DCGM_FI_PROF_PIPE_FP64_ACTIVE')] },
      'DCGM_FI_PROF_PIPE_FP64_ACTIVE is a performance counter. Set profiling: true, which adds SYS_ADMIN.',
    ],
    [
      'a field removed that is not there',
      { removeCounters: ['DCGM_FI_DEV_GPU_TEMPS'] },
      'DCGM_FI_DEV_GPU_TEMPS is not collected anyway. Did you mean "DCGM_FI_DEV_GPU_TEMP"?',
    ],
    ['no counters', { counters: [] }, 'counters\n    Nothing is left to collect.'],
    [
      'a help of two lines',
      { counters: [{ field: 'DCGM_FI_DEV_GPU_TEMP', type: 'gauge', help: 'a\nb' }] },
      'counters[0].help\n    "a\\nb" received. Allowed: one line of text',
    ],
    [
      'a type that the exporter does not know',
      { counters: [{ ...gauge('DCGM_FI_DEV_GPU_TEMP'), type: 'guage' as 'gauge' }] },
      'counters[0].type\n    "guage" received. Allowed: gauge, counter, label.',
    ],
    ['an interval that is none', { collectInterval: 'often' }, 'collectInterval\n    "often" is not a duration.'],
    ['an interval that is too short', { collectInterval: '10ms' }, '"10ms" received. Allowed: 100ms or more.'],
    ['a host engine without a port', { hostengine: 'dcgm' }, 'hostengine\n    "dcgm" received. Allowed: host:port'],
    ['devices that are none', { devices: 'all' }, 'devices\n    "all" received. Allowed: f, g, i or g+i'],
    ['a port that is none', { port: 0 }, 'port\n    0 is not a port.'],
    [
      'a regex with a comma',
      { kubernetes: { podLabels: ['a{1,2}'] } },
      'kubernetes  podLabels\n    "a{1,2}" received. Allowed: a regex without a comma',
    ],
    ['a regex that is none', { kubernetes: { podLabels: ['('] } }, '"(" is not a regular expression'],
    [
      'no regex',
      { kubernetes: { podLabels: [] } },
      "The list is empty, which would mean all. Leave it out, or say 'all'.",
    ],
    [
      'a resource that is none',
      { kubernetes: { resourceNames: ['gpu'] } },
      'resourceNames\n    "gpu" received. Allowed: a resource such as nvidia.com/a100.',
    ],
    [
      'a relative folder',
      { kubernetes: { podResourcesDirectory: 'a' } },
      'podResourcesDirectory\n    "a" received. Allowed: an absolute path on the node.',
    ],
    ['a label of the workload for the node', { scrape: { nodeLabel: 'pod' } }, 'chart/dcgm/scrape  nodeLabel'],
    ['a name that is none', { name: 'A' }, 'chart/dcgm  name\n    "A" received.'],
  ];

  it.each(bad)('%s', (_title, props, message) => {
    expect(faultOf(make(props))).toContain(message);
  });

  it('is not a field that is newer than this package', () => {
    const counter = { ...gauge('DCGM_FI_DEV_BRAND_NEW'), unlisted: true };
    expect(() => make({ addCounters: [counter] }).app.synth()).not.toThrow();
  });
});
