import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CGROUP_BYTES, parseCgroup } from '../../src/attribution/cgroup.js';

const POD = '6f2d1c3e-58a4-4b7c-9e0d-0123456789ab';
const POD_ = POD.replaceAll('-', '_');
const STATIC = '9b1dcc2f4a0e4f5f8a7c6d5e4f3a2b1c';
const C = 'a7'.repeat(32);
const NODE = 'b3'.repeat(32);
const INNER = 'c5'.repeat(32);

const cases: readonly (readonly [
  name: string,
  text: string,
  pods: readonly string[],
  containers: readonly string[],
])[] = [
  ['cgroupfs, guaranteed', `0::/kubepods/pod${POD}/${C}`, [POD], [C]],
  ['cgroupfs, burstable', `0::/kubepods/burstable/pod${POD}/${C}`, [POD], [C]],
  ['cgroupfs, best effort', `0::/kubepods/besteffort/pod${POD}/${C}`, [POD], [C]],
  ['cgroupfs, CRI-O', `0::/kubepods/burstable/pod${POD}/crio-${C}`, [POD], [C]],
  ['systemd, guaranteed', `0::/kubepods.slice/kubepods-pod${POD_}.slice/cri-containerd-${C}.scope`, [POD], [C]],
  ...['cri-containerd', 'crio', 'docker'].map(
    (runtime) =>
      [
        `systemd, burstable, ${runtime}`,
        `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${POD_}.slice/${runtime}-${C}.scope`,
        [POD],
        [C],
      ] as const,
  ),
  [
    'a group of its own inside a CRI-O container',
    `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_}.slice/crio-${C}.scope/container`,
    [POD],
    [C],
  ],
  [
    "CRI-O's monitor, which is in the pod and in no container",
    `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${POD_}.slice/crio-conmon-${C}.scope`,
    [POD],
    [],
  ],
  [
    'a systemd path with a cgroupfs runtime',
    `0::/kubepods-besteffort-pod${POD_}.slice:cri-containerd:${C}`,
    [POD],
    [C],
  ],
  [
    "the same below the runtime's own service",
    `0::/system.slice/containerd.service/kubepods-pod${POD_}.slice:cri-containerd:${C}`,
    [POD],
    [C],
  ],
  [
    "kind's own root",
    `0::/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod${POD_}.slice/cri-containerd-${C}.scope`,
    [POD],
    [C],
  ],
  ['another root with cgroupfs', `0::/kubelet/kubepods/burstable/pod${POD}/${C}`, [POD], [C]],
  ['a root with a prefix', `0::/cgroup-prefix-x/kubepods/burstable/pod${POD}/${C}`, [POD], [C]],
  [
    'a kind node seen from its host',
    `0::/system.slice/docker-${NODE}.scope/kubelet/kubepods/burstable/pod${POD}/${C}`,
    [POD],
    [NODE, C],
  ],
  ['the same with cgroupfs', `0::/docker/${NODE}/kubepods/pod${POD}/${C}`, [POD], [NODE, C]],
  ['docker inside a container', `0::/kubepods/pod${POD}/${C}/docker/${INNER}`, [POD], [C, INNER]],
  [
    'a cluster inside a pod',
    `0::/kubepods/pod${POD}/${C}/kubepods/pod${POD.replace('6f', '7f')}/${INNER}`,
    [POD, POD.replace('6f', '7f')],
    [C, INNER],
  ],
  ['a static pod', `0::/kubepods/burstable/pod${STATIC}/${C}`, [STATIC], [C]],
  [
    'a static pod with systemd',
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${STATIC}.slice/cri-containerd-${C}.scope`,
    [STATIC],
    [C],
  ],
  [
    'another pod, from a cgroup namespace',
    `0::/../../kubepods-besteffort-pod${POD_}.slice/docker-${C}.scope`,
    [POD],
    [C],
  ],
  ['the same with cgroupfs', `0::/../../pod${POD}/${C}`, [POD], [C]],
  ['another container of the same pod', `0::/../cri-containerd-${C}.scope`, [], [C]],
  ['its own container', '0::/', [], []],
  [
    'systemd in a container',
    `0::/kubepods.slice/kubepods-pod${POD_}.slice/cri-containerd-${C}.scope/system.slice/nginx.service`,
    [POD],
    [C],
  ],
  ['podman', `0::/machine.slice/libpod-${C}.scope/container`, [], [C]],
  ['podman, its monitor', `0::/machine.slice/libpod-conmon-${C}.scope`, [], []],
  ['podman with cgroupfs', `0::/libpod_parent/libpod-${C}`, [], [C]],
  ['docker', `0::/system.slice/docker-${C}.scope`, [], [C]],
  ['docker with cgroupfs', `0::/docker/${C}`, [], [C]],
  ['a service', '0::/system.slice/sshd.service', [], []],
  ['a user', '0::/user.slice/user-1000.slice/session-3.scope', [], []],
  ['a path that only looks like one', `0::/podcast/pod-${POD.slice(0, 20)}/${C.slice(1)}`, [], []],
  ['an id that is longer', `0::/docker/${C}00`, [], []],
  [
    'cgroups v1',
    `12:cpu,cpuacct:/kubepods/burstable/pod${POD}/${C}\n11:memory:/kubepods/burstable/pod${POD}/${C}\n1:name=systemd:/kubepods/burstable/pod${POD}/${C}`,
    [POD],
    [C],
  ],
  ['both versions, the second empty', `5:devices:/kubepods/pod${POD}/${C}\n0::/`, [POD], [C]],
  [
    'both versions, the first in a service',
    `5:devices:/system.slice/x.service\n0::/kubepods/pod${POD}/${C}`,
    [POD],
    [C],
  ],
];

describe('parseCgroup', () => {
  it.each(cases)('reads %s', (_name, text, podUids, containerIds) => {
    for (const ending of ['', '\n']) expect(parseCgroup(text + ending)).toEqual({ podUids, containerIds });
  });

  it('takes upper case for lower case', () => {
    expect(parseCgroup(`0::/kubepods/pod${POD.toUpperCase()}/${C.toUpperCase()}`)).toEqual({
      podUids: [POD],
      containerIds: [C],
    });
  });

  it('never throws, and yields ids of the right shape alone, whatever it is given', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '/',
        ':',
        '0::',
        '\n',
        '-',
        'pod',
        '.slice',
        '.scope',
        'kubepods',
        'crio-',
        POD,
        POD_,
        C,
        STATIC,
        '..',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { podUids, containerIds } = parseCgroup(pieces.join(''));
        for (const id of containerIds) expect(id).toMatch(/^[0-9a-f]{64}$/);
        for (const uid of podUids) expect(uid.replaceAll('-', '')).toMatch(/^[0-9a-f]{32}$/);
      }),
    );
  });

  it('finds the innermost container below any prefix and above any suffix', () => {
    const name = fc.stringMatching(/^[g-z_.]{1,12}$/);
    fc.assert(
      fc.property(fc.array(name), fc.array(name), (before, behind) => {
        const path = ['', ...before, 'kubepods', `pod${POD}`, C, ...behind].join('/');
        expect(parseCgroup(`0::${path}`)).toEqual({ podUids: [POD], containerIds: [C] });
      }),
    );
  });

  it.each([
    ['pods', `pod${'0'.repeat(40)}`],
    ['dashes', '-'],
    ['digits', 'a'],
    ['lines', `0::/pod${POD}/${C}\n`],
    ['segments', `/${C}`],
    ['pods in one segment', `-pod${POD_}`],
  ])('spends no time on a text of many %s', (_name, piece) => {
    const text = `0::/${piece.repeat(1_000_000 / piece.length)}`;
    parseCgroup(text);
    const start = performance.now();
    const { podUids, containerIds } = parseCgroup(text);
    expect(performance.now() - start).toBeLessThan(100);
    expect(podUids.length + containerIds.length).toBeLessThanOrEqual(16);
  });

  it('does not look beyond 16 KiB', () => {
    expect(parseCgroup(`0::/${'x'.repeat(MAX_CGROUP_BYTES)}/${C}`)).toEqual({ podUids: [], containerIds: [] });
  });
});
