import { expect, it } from 'vitest';
import { RbacProxy } from '../../../../lib/core/rbac-proxy';
import { SecretKey } from '../../../../lib/model/references';
import type { GpuExporterProps } from '../../../../lib/targets/gpu/bundled-exporter/gpu-exporter-props';
import { faultOf } from '../world';
import { make } from './make';

const TLS = { cert: SecretKey.of('gpu-tls', 'tls.crt'), key: SecretKey.of('gpu-tls', 'tls.key') };
const WEB = SecretKey.of('gpu-web', 'web.yml');
const PROXY = RbacProxy.withTokens({ tls: { client: { insecureSkipVerify: true } } });

const bad: readonly [string, GpuExporterProps, string][] = [
  ['a name that is none', { name: 'A' }, 'chart/gpu  name\n    "A" received.'],
  ['a port that is none', { port: 0 }, 'port\n    0 is not a port.'],
  [
    'a number of pods that is none',
    { maxUnavailable: 0 },
    'maxUnavailable\n    0 received. Allowed: a number of pods above 0, or a percentage such as 10%.',
  ],
  ['a label of the workload for the node', { scrape: { nodeLabel: 'pod' } }, 'chart/gpu/scrape  nodeLabel'],
  [
    'a relative folder of the driver',
    { deviceAccess: { driverDirectory: 'driver' } },
    'deviceAccess.driverDirectory\n    "driver" received. Allowed: an absolute path on the node.',
  ],
  [
    'a library outside of that folder',
    { deviceAccess: { driverDirectory: '/driver', library: '../libnvidia-ml.so.1' } },
    'deviceAccess.library\n    "../libnvidia-ml.so.1" received. Allowed: a path inside the driver\'s folder.',
  ],
  [
    'a library by an absolute path',
    { deviceAccess: { driverDirectory: '/driver', library: '/lib/libnvidia-ml.so.1' } },
    'deviceAccess.library\n    "/lib/libnvidia-ml.so.1" received.',
  ],
  [
    'a relative folder of the kubelet',
    { attribution: { kubeletDirectory: 'kubelet' } },
    'attribution.kubeletDirectory\n    "kubelet" received. Allowed: an absolute path on the node.',
  ],
  [
    'a folder of a kubelet that is not asked',
    { attribution: { kubelet: false, kubeletDirectory: '/kubelet' } },
    'attribution.kubeletDirectory\n    The kubelet is no source. Set kubelet: true, or leave it out.',
  ],
  [
    'files of the runtime without processes',
    { privileges: 'device', attribution: { runtimeFiles: 'containerd' } },
    'attribution.runtimeFiles\n    They say whose container a process is in, and privileges "device" sees no process.',
  ],
  [
    'the API server without processes',
    { privileges: 'device', attribution: { apiServer: true } },
    'attribution.apiServer\n    It says whose container a process is in, and privileges "device" sees no process.',
  ],
  [
    'processes without their view',
    { privileges: 'device', collect: { processes: true } },
    'chart/gpu/collect  processes\n    privileges "device" sees no process. Allowed: with "process" or "privileged".',
  ],
  ['an interval that is none', { collect: { interval: 'often' } }, 'interval\n    "often" is not a duration.'],
  [
    'an interval that is too short',
    { collect: { interval: '10ms' } },
    'interval\n    "10ms" received. Allowed: 100ms to 1h.',
  ],
  ['a timeout that is too long', { collect: { timeout: '1h' } }, 'timeout\n    "1h" received. Allowed: 100ms to 10m.'],
  [
    'values that vanish between collections',
    { collect: { interval: '5m' } },
    'staleness\n    1m is less than the interval 5m: values would vanish between collections. Allowed: 5m or more.',
  ],
  [
    'a limit that is none',
    { seriesLimit: 0 },
    'seriesLimit\n    0 received. Allowed: a whole number from 1 to 10000000.',
  ],
  [
    'part of a process',
    { processLimit: 1.5 },
    'processLimit\n    1.5 received. Allowed: a whole number from 0 to 1000000.',
  ],
  [
    'more than all of the time',
    { idleThreshold: 1.1 },
    'idleThreshold\n    1.1 received. Allowed: 0 to 1, such as 0.05.',
  ],
  ['a share that the exporter cannot read', { idleThreshold: 1e-9 }, 'idleThreshold\n    1e-9 received.'],
  [
    'a threshold for nobody',
    { idleThreshold: 0.1, attribution: false },
    'idleThreshold\n    Nothing says which pod has a GPU, so none is idle.',
  ],
  ['no profile', { profiles: [] }, 'profiles\n    The list is empty, so nothing would be exposed.'],
  [
    'names of a profile that is not there',
    { dcgm: { names: '4.6' } },
    "dcgm\n    profiles has no dcgm, so this spells nothing. Leave it out, or add 'dcgm' to profiles.",
  ],
  [
    'rules without what they read',
    { profiles: ['dcgm'], rules: true },
    "rules\n    They read the profile native. Leave it out, or add 'native' to profiles.",
  ],
  [
    'a dashboard without what it reads',
    { profiles: ['nvitop'], dashboards: true },
    'dashboards\n    They read the profile native.',
  ],
  [
    'two ways to serve',
    { tls: TLS, webConfig: WEB, connection: {} },
    'webConfig\n    tls is given too. Allowed: one of them; a web configuration says everything itself.',
  ],
  [
    'a proxy in front of HTTPS',
    { tls: TLS, rbacProxy: PROXY },
    'rbacProxy\n    tls or webConfig is given too. The proxy speaks HTTPS for the exporter: leave them out.',
  ],
  ['a Secret that is none', { webConfig: SecretKey.of('A', 'b'), connection: {} }, 'webConfig\n    "A", key "b"'],
  ['a certificate that is none', { tls: { ...TLS, cert: SecretKey.of('a', '../b') } }, 'tls.cert\n    "a", key "../b"'],
];

it.each(bad)('%s', (_title, props, message) => {
  expect(faultOf(make(props))).toContain(message);
});

it('a limit of no process and of all of the time is none', () => {
  expect(() => make({ processLimit: 0, idleThreshold: 1 }).app.synth()).not.toThrow();
});
