import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Assembler, type AssemblerOptions } from '../../src/attribution/assemble.js';
import type { CollectorView } from '../../src/attribution/known-devices.js';
import { ProcessTable } from '../../src/attribution/processes.js';
import { UserNames } from '../../src/attribution/user-names.js';
import { KNOWN_XIDS } from '../../src/gpu/nvidia/xid.js';
import type { DeviceSample, Point, Sample } from '../../src/gpu/sample.js';
import type { EntityKind } from '../../src/metrics/definition.js';
import type { Entity, Snapshot } from '../../src/metrics/snapshot.js';
import {
  allocation,
  busId,
  cgroupOf,
  device,
  deviceUuid,
  gpuProcess,
  instance,
  migUuid,
  Node,
  pod,
  sample,
  temporaryFolder,
  writeProcess,
} from './fixtures.js';

const GIB = 1024 ** 3;

let folder = temporaryFolder();
let node = new Node();
let now = 0;

beforeEach(() => {
  folder = temporaryFolder();
  node = new Node();
  now = 0;
  writeFileSync(join(folder.path, 'stat'), 'btime 1700000000\n');
});
afterEach(() => folder.remove());

const assembler = (options: Partial<AssemblerOptions> = {}): Assembler =>
  new Assembler({
    interval: 15,
    idleThreshold: 0.05,
    processLimit: 500,
    sources: node.sources(),
    inspector: new ProcessTable({ procfs: folder.path, users: new UserNames(folder.path), now: () => now }),
    processCapability: { capability: 'process_attribution', supported: true, reason: '' },
    now: () => now,
    ...options,
  });

const view = (value: Sample | undefined, options: Partial<CollectorView> = {}): CollectorView => ({
  vendor: 'nvidia',
  driver: { available: true },
  deviceVerdicts: [],
  sample: value,
  ...options,
});

/** Assembles one sample per step, so many seconds apart; the last snapshot is what counts. */
function run(assembler: Assembler, steps: readonly (readonly DeviceSample[])[], seconds = 15): Snapshot {
  let snapshot: Snapshot = { time: 0, drivers: {}, entities: [] };
  for (const devices of steps) {
    now += seconds;
    snapshot = assembler.assemble([view(sample(now, devices))]);
  }
  return snapshot;
}

const ofKind = (snapshot: Snapshot, kind: EntityKind): readonly Entity[] =>
  snapshot.entities.filter((entity) => entity.kind === kind);
const readPoint = (entity: Entity | undefined, metric: string): number | undefined =>
  entity?.points.find(([name]) => name === metric)?.[1];
/** Values of a metric by pod, or by the id of the MIG instance where pods are on those. */
const byPod = (snapshot: Snapshot, metric: string): Readonly<Record<string, number | undefined>> =>
  Object.fromEntries(
    ofKind(snapshot, 'pod').map((entity) => [
      [entity.labels.pod, entity.labels.gpu_instance_id].filter(Boolean).join('/'),
      readPoint(entity, metric),
    ]),
  );

const BUSY: readonly Point[] = [
  ['gpu_memory_used_bytes', 40 * GIB],
  ['gpu_utilization_ratio', 0.9],
];
const energy = (joules: number): Point => ['gpu_energy_joules_total', joules];

describe('Assembler: devices', () => {
  it('shows whether a device answers, in every state, and what it is', () => {
    const [entity] = ofKind(run(assembler(), [[device(0, { points: BUSY, supportedEvents: ['xid'] })]]), 'device');
    expect(entity?.labels).toEqual({
      vendor: 'nvidia',
      gpu: '0',
      uuid: deviceUuid(0),
      model: 'NVIDIA H100 80GB HBM3',
    });
    expect(entity?.points).toContainEqual(['gpu_up', 1, busId(0)]);
    const states = entity?.points.filter(([metric]) => metric === 'gpu_status') ?? [];
    expect(states).toHaveLength(8);
    expect(states.filter(([, value]) => value === 1)).toEqual([['gpu_status', 1, busId(0), 'ok']]);
    expect(entity?.points).toContainEqual(['gpu_info', 1, busId(0), '0', '', '', '', '', '', '', '', '']);
    expect(entity?.points).toContainEqual(BUSY[1]);
    expect(entity?.points.filter(([metric]) => metric === 'gpu_xid_errors_total')).toHaveLength(KNOWN_XIDS.length);
    expect(entity).toMatchObject({ status: 'ok', identity: { pciBusId: busId(0) } });
  });

  it('keeps a device that was lost, without values', () => {
    const all = assembler();
    run(all, [[device(0, { points: BUSY }), device(1)]]);
    const snapshot = run(all, [[device(1)]]);
    const lost = ofKind(snapshot, 'device').find(({ labels }) => labels.uuid === deviceUuid(0));
    expect(readPoint(lost, 'gpu_up')).toBe(0);
    expect(lost?.status).toBe('missing');
    expect(readPoint(lost, 'gpu_memory_used_bytes')).toBeUndefined();
    const [host] = ofKind(snapshot, 'node');
    expect(readPoint(host, 'gpu_devices_expected')).toBe(2);
    expect(readPoint(host, 'gpu_devices_visible')).toBe(1);
    expect(host?.points).toContainEqual(['gpu_driver_info', 1, '580.65.06', '', '13.0']);
  });

  it('shows just that devices are down once values are too old', () => {
    const all = assembler();
    run(all, [[device(0, { points: BUSY })]]);
    const snapshot = all.assemble([view(undefined, { driver: { available: false, reason: 'hung' } })]);
    const [entity] = ofKind(snapshot, 'device');
    expect([readPoint(entity, 'gpu_up'), entity?.status]).toEqual([0, 'hung']);
    expect(readPoint(entity, 'gpu_memory_used_bytes')).toBeUndefined();
    expect(readPoint(ofKind(snapshot, 'node')[0], 'gpu_driver_info')).toBeUndefined();
    expect(readPoint(ofKind(snapshot, 'node')[0], 'gpu_devices_visible')).toBe(0);
  });

  it('shows devices of the PCI bus while the driver never answered', () => {
    const all = assembler({
      expectedDevices: (vendor) => [
        { vendor, pciBusId: busId(0) },
        { vendor, pciBusId: busId(1) },
      ],
    });
    const snapshot = all.assemble([view(undefined, { driver: { available: false, reason: 'driver_not_loaded' } })]);
    // Nothing but their address is known of either: one entity, with a series for each.
    const [entity, another] = ofKind(snapshot, 'device');
    expect(another).toBeUndefined();
    expect(entity?.labels).toEqual({ vendor: 'nvidia' });
    expect(entity?.points.filter(([metric]) => metric === 'gpu_up')).toEqual([
      ['gpu_up', 0, busId(0)],
      ['gpu_up', 0, busId(1)],
    ]);
  });

  it('counts a sample once, however often it is shown', () => {
    const all = assembler();
    node.pods = [pod(1)];
    node.allocations = [allocation(1, deviceUuid(0))];
    run(all, [[device(0, { points: [energy(0)] })]]);
    const event = { pciBusId: busId(0), event: 'xid', xid: 79, time: 1 };
    now += 15;
    const same = view(
      sample(now, [device(0, { points: [energy(1500)], supportedEvents: ['xid'] })], { events: [event] }),
    );
    for (let scrape = 0; scrape < 3; scrape++) {
      now += 1;
      const snapshot = all.assemble([same]);
      expect(byPod(snapshot, 'gpu_pod_energy_joules_total')).toEqual({ 'train-1': 1500 });
      expect(byPod(snapshot, 'gpu_pod_allocated_seconds_total')).toEqual({ 'train-1': 15 });
      const xid = ofKind(snapshot, 'device')[0]?.points.find(
        ([metric, , number]) => metric === 'gpu_xid_errors_total' && number === '79',
      );
      expect(xid?.[1]).toBe(1);
    }
  });
});

describe('Assembler: processes', () => {
  it('shows a process with its pod, and one of the host without', () => {
    node.pods = [pod(1)];
    writeProcess(folder.path, 70, { name: 'train.py', startTicks: 100, cgroup: cgroupOf(1, 1) });
    writeProcess(folder.path, 71, { name: 'Xorg' });
    const snapshot = run(assembler(), [
      [device(0, { processes: [gpuProcess(70, 30 * GIB, 0.5), gpuProcess(71, GIB, 0)] })],
    ]);
    const [first, second] = ofKind(snapshot, 'process');
    expect(first?.labels).toEqual({
      vendor: 'nvidia',
      gpu: '0',
      uuid: deviceUuid(0),
      model: 'NVIDIA H100 80GB HBM3',
      pid: '70',
      namespace: 'research',
      pod: 'train-1',
      container: 'main',
    });
    expect(first?.points).toContainEqual([
      'gpu_process_info',
      1,
      'train.py',
      String(process.getuid?.() ?? 0),
      'compute',
    ]);
    expect(first?.points).toContainEqual(['gpu_process_start_time_seconds', 1_700_000_001]);
    expect(first?.points).toContainEqual(['gpu_process_memory_used_bytes', 30 * GIB]);
    expect(second?.labels.pod).toBeUndefined();
    expect(second?.owners).toEqual([]);
  });

  it('shows none where PIDs of the driver cannot be looked up', () => {
    node.pods = [pod(1)];
    node.allocations = [allocation(1, deviceUuid(0))];
    writeProcess(folder.path, 70, { cgroup: cgroupOf(2, 2) });
    const lacks = { capability: 'process_attribution', supported: false, reason: 'pid_namespace' };
    const all = assembler({ processCapability: lacks });
    const snapshot = run(all, [[device(0, { points: BUSY, processes: [gpuProcess(70, GIB, 0.5)] })]]);
    expect(ofKind(snapshot, 'process')).toEqual([]);
    expect(all.capabilities()).toEqual([lacks]);
    // What the device uses falls to the one container that has it.
    expect(byPod(snapshot, 'gpu_pod_memory_used_bytes')).toEqual({ 'train-1': 40 * GIB });
    expect(byPod(snapshot, 'gpu_pod_utilization_ratio')).toEqual({ 'train-1': 0.9 });
  });

  it('does not take processes that /proc hides for processes of the host', () => {
    node.pods = [pod(1)];
    node.allocations = [allocation(1, deviceUuid(0))];
    const snapshot = run(assembler(), [[device(0, { points: BUSY, processes: [gpuProcess(70, GIB, 0.5)] })]]);
    expect(byPod(snapshot, 'gpu_pod_memory_used_bytes')).toEqual({ 'train-1': 40 * GIB });
    expect(ofKind(snapshot, 'process')[0]?.points).toContainEqual(['gpu_process_info', 1, '', '', 'compute']);
  });

  it('drops the processes with the least memory beyond the limit, and none from the sums', () => {
    node.pods = [pod(1)];
    for (const pid of [70, 71, 72]) writeProcess(folder.path, pid, { cgroup: cgroupOf(1, 1) });
    const all = assembler({ processLimit: 2 });
    const processes = [gpuProcess(70, 3 * GIB), gpuProcess(71, GIB), gpuProcess(72, 2 * GIB)];
    const snapshot = run(all, [[device(0, { processes })]]);
    expect(ofKind(snapshot, 'process').map(({ labels }) => labels.pid)).toEqual(['70', '72']);
    expect(all.droppedProcesses).toBe(1);
    expect(byPod(snapshot, 'gpu_pod_memory_used_bytes')).toEqual({ 'train-1': 6 * GIB });
  });

  it('names a process that runs on a MIG instance by the instance', () => {
    writeProcess(folder.path, 70);
    const mig = device(0, {
      instances: [instance(0, 7, '3g.40gb')],
      processes: [gpuProcess(70, GIB, undefined, { gpuInstanceId: 7, computeInstanceId: 0 })],
    });
    expect(ofKind(run(assembler(), [[mig]]), 'process')[0]).toMatchObject({
      labels: { gpu_instance_id: '7', compute_instance_id: '0', pid: '70' },
      migUuid: migUuid(0, 7),
    });
  });

  it('keeps the labels of a process as one object while nothing about them changes', () => {
    node.pods = [pod(1)];
    writeProcess(folder.path, 70, { cgroup: cgroupOf(1, 1) });
    const all = assembler();
    const processes = [gpuProcess(70, GIB)];
    const [before] = ofKind(run(all, [[device(0, { processes })]]), 'process');
    const [after] = ofKind(run(all, [[device(0, { processes })]]), 'process');
    expect(after?.labels).toBe(before?.labels);
  });
});

describe('Assembler: pods', () => {
  it('adds processes of a shared device up by container, with what is left', () => {
    node.pods = [pod(1), pod(2)];
    node.allocations = [allocation(1, `${deviceUuid(0)}::0`), allocation(2, `${deviceUuid(0)}::1`)];
    writeProcess(folder.path, 70, { cgroup: cgroupOf(1, 1) });
    writeProcess(folder.path, 71, { cgroup: cgroupOf(1, 1) });
    writeProcess(folder.path, 72, { cgroup: cgroupOf(2, 2) });
    writeProcess(folder.path, 73);
    const processes = [
      gpuProcess(70, 8 * GIB, 0.25),
      gpuProcess(71, 8 * GIB, 0.125),
      gpuProcess(72, GIB, 0.25),
      gpuProcess(73, GIB, 0.125),
    ];
    const snapshot = run(assembler(), [[device(0, { points: BUSY, processes })]]);
    expect(byPod(snapshot, 'gpu_pod_memory_used_bytes')).toEqual({ 'train-1': 16 * GIB, 'train-2': GIB });
    expect(byPod(snapshot, 'gpu_pod_utilization_ratio')).toEqual({ 'train-1': 0.375, 'train-2': 0.25 });
    const [entity] = ofKind(snapshot, 'device');
    expect(readPoint(entity, 'gpu_unattributed_memory_bytes')).toBe(23 * GIB);
    expect(readPoint(entity, 'gpu_unattributed_utilization_ratio')).toBeCloseTo(0.275, 12);
    expect(entity?.owners.map(({ pod }) => pod)).toEqual(['train-1', 'train-2']);
  });

  it('shows what a container was given', () => {
    node.pods = [pod(1)];
    node.allocations = [allocation(1, deviceUuid(0)), allocation(1, deviceUuid(1))];
    const snapshot = run(assembler(), [[device(0), device(1)]]);
    expect(ofKind(snapshot, 'allocation')).toMatchObject([
      {
        labels: { namespace: 'research', pod: 'train-1', container: 'main' },
        points: [['gpu_pod_allocated_devices', 2, 'nvidia.com/gpu']],
      },
    ]);
    expect(ofKind(snapshot, 'pod').map(({ points }) => points[0])).toEqual([
      ['gpu_pod_allocation_info', 1, 'nvidia.com/gpu', deviceUuid(0)],
      ['gpu_pod_allocation_info', 1, 'nvidia.com/gpu', deviceUuid(1)],
    ]);
  });

  it('says nothing about memory and utilization that nobody can tell', () => {
    node.pods = [pod(1), pod(2)];
    node.allocations = [allocation(1, `${deviceUuid(0)}::0`), allocation(2, `${deviceUuid(0)}::1`)];
    const snapshot = run(assembler(), [[device(0, { points: BUSY, processesKnown: false })]]);
    expect(byPod(snapshot, 'gpu_pod_memory_used_bytes')).toEqual({ 'train-1': undefined, 'train-2': undefined });
    expect(byPod(snapshot, 'gpu_pod_idle_seconds_total')).toEqual({ 'train-1': undefined, 'train-2': undefined });
    expect(readPoint(ofKind(snapshot, 'device')[0], 'gpu_unattributed_memory_bytes')).toBeUndefined();
  });

  it('attributes MIG instances: memory by process, activity by instance', () => {
    node.pods = [pod(1), pod(2)];
    node.allocations = [
      allocation(1, migUuid(0, 7), { resource: 'nvidia.com/mig-3g.40gb' }),
      allocation(2, migUuid(0, 9), { resource: 'nvidia.com/mig-1g.10gb' }),
    ];
    writeProcess(folder.path, 70, { cgroup: cgroupOf(1, 1) });
    const mig = device(0, {
      points: [['gpu_memory_used_bytes', 50 * GIB]],
      instances: [
        instance(0, 7, '3g.40gb', [
          ['gpu_mig_graphics_engine_active_ratio', 0.6],
          ['gpu_mig_memory_used_bytes', 31 * GIB],
        ]),
        instance(0, 9, '1g.10gb', [
          ['gpu_mig_graphics_engine_active_ratio', 0],
          ['gpu_mig_memory_used_bytes', GIB],
        ]),
      ],
      processes: [gpuProcess(70, 30 * GIB, undefined, { gpuInstanceId: 7, computeInstanceId: 0 })],
    });
    const snapshot = run(assembler(), [[mig]]);
    expect(byPod(snapshot, 'gpu_pod_memory_used_bytes')).toEqual({ 'train-1/7': 30 * GIB, 'train-2/9': 0 });
    expect(byPod(snapshot, 'gpu_pod_utilization_ratio')).toEqual({ 'train-1/7': 0.6, 'train-2/9': 0 });
    expect(readPoint(ofKind(snapshot, 'device')[0], 'gpu_unattributed_memory_bytes')).toBe(20 * GIB);
    expect(readPoint(ofKind(snapshot, 'device')[0], 'gpu_unattributed_utilization_ratio')).toBeUndefined();
    const [big] = ofKind(snapshot, 'instance');
    expect(big?.labels).toMatchObject({ gpu_instance_id: '7', compute_instance_id: '0', profile: '3g.40gb' });
    expect(big?.points[0]).toEqual(['gpu_mig_info', 1, migUuid(0, 7)]);
    expect(big?.owners[0]?.pod).toBe('train-1');
    expect(ofKind(snapshot, 'device')[0]?.owners).toEqual([]);
  });

  it('loses with a source just what that source knew', () => {
    node.pods = [pod(1)];
    node.allocations = [allocation(1, deviceUuid(0))];
    writeProcess(folder.path, 70, { cgroup: cgroupOf(1, 1) });
    const all = assembler();
    const devices = [device(0, { processes: [gpuProcess(70, GIB)] }), device(1)];
    const podsOf = () => {
      const snapshot = run(all, [devices]);
      return [ofKind(snapshot, 'allocation').length, ofKind(snapshot, 'process')[0]?.labels.pod];
    };
    expect(podsOf()).toEqual([1, 'train-1']);
    node.allocations = undefined;
    expect(podsOf()).toEqual([0, 'train-1']);
    node.pods = undefined;
    expect(podsOf()).toEqual([0, undefined]);
    node.allocations = [allocation(1, deviceUuid(0))];
    expect(podsOf()).toEqual([1, 'train-1']);
  });

  it('never shows a pod that has ended', () => {
    node.pods = [pod(1, { phase: 'Succeeded' })];
    node.allocations = [allocation(1, deviceUuid(0))];
    const snapshot = run(assembler(), [[device(0, { points: BUSY })]]);
    expect([...ofKind(snapshot, 'pod'), ...ofKind(snapshot, 'allocation')]).toEqual([]);
    expect(ofKind(snapshot, 'device')[0]?.owners).toEqual([]);
  });

  it('says nothing of pods on a machine without Kubernetes', () => {
    writeProcess(folder.path, 70);
    const all = assembler({ sources: { pods: [], allocations: [], containers: [] } });
    const snapshot = run(all, [[device(0, { points: BUSY, processes: [gpuProcess(70, GIB, 0.1)] })]]);
    expect(new Set(snapshot.entities.map(({ kind }) => kind))).toEqual(new Set(['node', 'device', 'process']));
    expect(ofKind(snapshot, 'device')[0]?.points.some(([metric]) => metric.startsWith('gpu_unattributed'))).toBe(false);
  });

  it('shows the totals of a pod that is gone for five minutes', () => {
    node.pods = [pod(1)];
    node.allocations = [allocation(1, deviceUuid(0))];
    const all = assembler();
    run(all, [[device(0, { points: [energy(0)] })], [device(0, { points: [energy(900)] })]]);
    node.pods = [];
    node.allocations = [];
    const after = run(all, [[device(0, { points: [energy(900)] })]]);
    expect(byPod(after, 'gpu_pod_energy_joules_total')).toEqual({ 'train-1': 900 });
    expect(byPod(after, 'gpu_pod_allocated_seconds_total')).toEqual({ 'train-1': 15 });
    expect(ofKind(after, 'pod')[0]?.points.map(([metric]) => metric)).not.toContain('gpu_pod_allocation_info');
    expect(
      ofKind(
        run(
          all,
          Array.from({ length: 21 }, () => [device(0)]),
        ),
        'pod',
      ),
    ).toEqual([]);
  });
});
