import { describe, expect, it } from 'vitest';
import { parseCgroup } from '../../src/attribution/cgroup.js';
import { Owners } from '../../src/attribution/owners.js';
import { allocation, cgroupOf, containerId, deviceUuid, Node, pod, uid } from './fixtures.js';

const ownersOf = (node: Node): Owners => {
  const owners = new Owners(node.sources());
  owners.refresh();
  return owners;
};
const process = (podNumber: number, container: number) => parseCgroup(cgroupOf(podNumber, container));

describe('Owners of processes', () => {
  it('are containers by their id', () => {
    const node = new Node();
    node.pods = [pod(1), pod(2)];
    expect(ownersOf(node).ofProcess(process(2, 2), [])).toEqual({
      namespace: 'research',
      pod: 'train-2',
      container: 'main',
      podUid: uid(2),
    });
  });

  it('are the outer container where containers are nested', () => {
    const node = new Node();
    node.pods = [pod(1)];
    const cgroup = parseCgroup(
      `0::/docker/${containerId(90)}/kubepods/pod${uid(1)}/${containerId(1)}/docker/${containerId(91)}`,
    );
    expect(ownersOf(node).ofProcess(cgroup, [])?.pod).toBe('train-1');
  });

  it('are containers of other sources where that of pods does not know the id', () => {
    const node = new Node();
    node.pods = [pod(1, { containers: [{ name: 'main' }, { name: 'sidecar' }] })];
    node.runtime = new Map([[containerId(1), pod(1)]]);
    const owners = ownersOf(node);
    expect(owners.ofProcess(process(1, 1), [])?.container).toBe('main');
    expect(node.asked).toEqual([containerId(1)]);
  });

  it('are pods by their uid, with the container where it can be only one', () => {
    const node = new Node();
    node.pods = [
      pod(1, { containers: [{ name: 'main' }] }),
      pod(2, { containers: [{ name: 'main' }, { name: 'sidecar' }] }),
    ];
    const owners = ownersOf(node);
    expect(owners.ofProcess(process(1, 8), [])).toMatchObject({ pod: 'train-1', container: 'main' });
    expect(owners.ofProcess(process(2, 9), [])).toMatchObject({ pod: 'train-2', container: undefined });
    const given = { namespace: 'research', pod: 'train-2', container: 'sidecar' };
    expect(owners.ofProcess(process(2, 9), [given])).toMatchObject({ pod: 'train-2', container: 'sidecar' });
  });

  it('are static pods by their config hash', () => {
    const hash = '9b1dcc2f4a0e4f5f8a7c6d5e4f3a2b1c';
    const node = new Node();
    node.pods = [pod(1, { configHash: hash, containers: [{ name: 'main' }] })];
    const cgroup = parseCgroup(`0::/kubepods/burstable/pod${hash}/${containerId(77)}`);
    expect(ownersOf(node).ofProcess(cgroup, [])).toMatchObject({ pod: 'train-1', podUid: uid(1) });
  });

  it('are nobody for processes of the host, of unknown containers and of unknown pods', () => {
    const node = new Node();
    node.pods = [pod(1)];
    const owners = ownersOf(node);
    for (const text of ['0::/', '0::/system.slice/sshd.service', `0::/docker/${containerId(50)}`, cgroupOf(5, 5)]) {
      expect(owners.ofProcess(parseCgroup(text), [])).toBeUndefined();
    }
  });

  it.each(['Succeeded', 'Failed'])('are nobody for a pod whose phase is %s', (phase) => {
    const node = new Node();
    node.pods = [pod(1, { phase })];
    expect(ownersOf(node).ofProcess(process(1, 1), [])).toBeUndefined();
  });

  it('are the one that was given the device, where only the kubelet can be asked about devices', () => {
    const node = new Node();
    node.pods = undefined;
    const owners = ownersOf(node);
    const [one, other] = ['a', 'b'].map((pod) => ({ namespace: 'research', pod, container: 'main' }));
    if (one === undefined || other === undefined) throw new Error('two owners');
    expect(owners.ofProcess(process(1, 1), [one])).toBe(one);
    expect(owners.ofProcess(process(1, 1), [one, other])).toBeUndefined();
    expect(owners.ofProcess(parseCgroup('0::/system.slice/x.service'), [one])).toBeUndefined();
  });

  it('are the one that was given the device, where its pod came after the source of pods went down', () => {
    const node = new Node();
    const [source] = node.sources().pods;
    if (source === undefined) throw new Error('a source of pods');
    const last = [pod(1)];
    const down = { ...source, pods: () => last, state: () => ({ source: source.name, up: false }) };
    const owners = new Owners({ ...node.sources(), pods: [down] });
    owners.refresh();
    const known = { namespace: 'research', pod: 'train-1', container: 'main' };
    const later = { namespace: 'research', pod: 'train-2', container: 'main' };
    expect(owners.ofProcess(process(2, 2), [later])).toBe(later);
    expect(owners.ofProcess(process(2, 2), [known])).toBeUndefined();
    expect(owners.ofProcess(process(1, 1), [later])?.pod).toBe('train-1');
  });

  it('are not guessed where a source of pods is there', () => {
    const node = new Node();
    node.pods = [pod(7)];
    const given = { namespace: 'research', pod: 'a', container: 'main' };
    expect(ownersOf(node).ofProcess(process(1, 1), [given])).toBeUndefined();
  });

  it('follow pods that come and go', () => {
    const node = new Node();
    const owners = new Owners(node.sources());
    for (const pods of [[pod(1)], [], [pod(1)]]) {
      node.pods = pods;
      owners.refresh();
      expect(owners.ofProcess(process(1, 1), [])?.pod).toBe(pods[0]?.name);
    }
  });

  it('are the same object while nothing changes', () => {
    const node = new Node();
    node.pods = [pod(1)];
    const owners = ownersOf(node);
    const first = owners.ofProcess(process(1, 1), []);
    owners.refresh();
    expect(owners.ofProcess(process(1, 1), [])).toBe(first);
  });
});

describe('Owners of devices', () => {
  const pods = (node: Node): readonly string[] =>
    ownersOf(node)
      .allocations()
      .map(({ owner }) => owner.pod);

  it('are what the kubelet says, with the uid that another source knows', () => {
    const node = new Node();
    node.pods = [pod(1)];
    node.allocations = [allocation(1, deviceUuid(0))];
    expect(ownersOf(node).allocations()).toEqual([
      {
        owner: { namespace: 'research', pod: 'train-1', container: 'main', podUid: uid(1) },
        phase: 'Running',
        resource: 'nvidia.com/gpu',
        deviceId: deviceUuid(0),
      },
    ]);
  });

  it('are what the kubelet says, where nobody else is there', () => {
    const node = new Node();
    node.pods = undefined;
    node.allocations = [allocation(1, deviceUuid(0))];
    expect(pods(node)).toEqual(['train-1']);
  });

  it('are what the kubelet says, where the name of the node is wrong and no pod has it', () => {
    const node = new Node();
    node.pods = [];
    node.allocations = [allocation(1, deviceUuid(0))];
    expect(pods(node)).toEqual(['train-1']);
  });

  it.each([
    ['ended', [pod(1, { phase: 'Succeeded' })]],
    ['is gone', []],
  ])('are not pods of which another source says that it %s', (_name, others) => {
    const node = new Node();
    node.pods = [...others, pod(2)];
    node.allocations = [allocation(1, deviceUuid(0)), allocation(2, deviceUuid(1))];
    expect(pods(node)).toEqual(['train-2']);
  });

  it('are not pods that had ended when the source went down', () => {
    const node = new Node();
    const sources = node.sources();
    const [source] = sources.pods;
    if (source === undefined) throw new Error('a source of pods');
    const last = [pod(1, { phase: 'Succeeded' }), pod(2)];
    const down = { ...source, pods: () => last, state: () => ({ source: source.name, up: false }) };
    node.allocations = [allocation(1, deviceUuid(0)), allocation(2, deviceUuid(1)), allocation(3, deviceUuid(2))];
    const owners = new Owners({ ...sources, pods: [down] });
    owners.refresh();
    expect(owners.allocations().map(({ owner }) => owner.pod)).toEqual(['train-2', 'train-3']);
  });

  it('are the new pod where one of the same name ended', () => {
    const node = new Node();
    node.pods = [pod(1, { phase: 'Failed' }), pod(1, { uid: uid(9), phase: 'Running' })];
    node.allocations = [allocation(1, deviceUuid(0))];
    expect(ownersOf(node).allocations()[0]?.owner.podUid).toBe(uid(9));
  });
});
