import { expect, test } from 'vitest';
import type { DeviceSample, Point, Sample } from '../../../src/gpu/sample.js';
import { SimulatedBackend } from '../../../src/gpu/simulated/backend.js';
import { HOURS_PER_XID } from '../../../src/gpu/simulated/events.js';
import { definitionOf } from '../../../src/metrics/catalogue.js';
import type { EntityKind } from '../../../src/metrics/definition.js';

const SINCE = 1_790_000_000;

/** A simulation whose clock a test sets. */
class Simulation {
  public time: number;
  private readonly backend: SimulatedBackend;

  public constructor(gpus: string, seed = 1, time = SINCE + 1000) {
    this.time = time;
    this.backend = new SimulatedBackend({ gpus, seed, since: SINCE }, () => this.time);
    this.backend.open();
  }

  public collect(skip: readonly string[] = []): Sample {
    return this.backend.collect({ skip }, () => {});
  }
}

function pointOf(points: readonly Point[], name: string, ...labels: string[]): number {
  const found = points.filter((point) => point[0] === name && labels.every((label, at) => point[at + 2] === label));
  expect(found, `${name} ${labels}`).toHaveLength(1);
  return found[0]?.[1] as number;
}

function check(kind: EntityKind, points: readonly Point[]): void {
  const seen = new Set<string>();
  for (const [name, value, ...labels] of points) {
    const definition = definitionOf(name);
    expect(definition.entity, name).toBe(kind);
    expect(labels.length, name).toBe(definition.labels.length);
    expect(Number.isFinite(value) && value >= 0, `${name} ${value}`).toBe(true);
    if (definition.unit === 'ratio') expect(value, name).toBeLessThanOrEqual(1);
    const key = [name, ...labels].join();
    expect(seen.has(key), key).toBe(false);
    seen.add(key);
  }
}

test.each(['1xH100', '8xH100', '4xA100+MIG,2xB200+MIG', '2xL40S,2xT4,1xV100,2xRTX4090,1xA10,1xL4,1xH200,2xA100-40GB'])(
  'gives values of the schema at any time: %s',
  (gpus) => {
    const simulation = new Simulation(gpus);
    for (let minute = 0; minute < 60; minute += 7) {
      simulation.time = SINCE + 1000 + minute * 60;
      for (const { points, instances, processes } of simulation.collect().devices) {
        check('device', points);
        for (const instance of instances) check('instance', instance.points);
        for (const process of processes) check('process', process.points);
      }
    }
  },
);

test('depends on nothing but the seed and the time', () => {
  const devices = (seed: number) => new Simulation('4xH100,2xA100+MIG', seed).collect().devices;
  expect(devices(7)).toEqual(devices(7));
  expect(devices(8)).not.toEqual(devices(7));
});

test('counts energy as the integral of the power, also across the end of an hour', () => {
  const simulation = new Simulation('2xH100', 1, Math.ceil(SINCE / 3600) * 3600 - 300);
  const energy = () => simulation.collect().devices.map(({ points }) => pointOf(points, 'gpu_energy_joules_total'));
  const before = energy();
  const sums = [0, 0];
  for (let second = 0; second < 600; second += 1) {
    for (const [at, { points }] of simulation.collect().devices.entries()) {
      sums[at] = (sums[at] ?? 0) + pointOf(points, 'gpu_power_watts');
    }
    simulation.time += 1;
  }
  for (const [at, after] of energy().entries()) expect(after - (before[at] ?? 0)).toBeCloseTo(sums[at] ?? 0, -1);
});

test('never lets a counter fall, and goes on where a process that ended left off', () => {
  const simulation = new Simulation('2xA100,1xH100+MIG');
  const counters = ({ devices }: Sample) =>
    devices.flatMap(({ points }) =>
      points.filter(([name]) => definitionOf(name).type === 'counter').map(([, value]) => value),
    );
  let before = counters(simulation.collect());
  expect(before.length).toBeGreaterThan(50);
  for (let step = 0; step < 400; step += 1) {
    simulation.time += 37.3;
    const now = counters(simulation.collect());
    expect(now.every((value, at) => value >= (before[at] as number))).toBe(true);
    before = now;
  }
  expect(counters(new Simulation('2xA100,1xH100+MIG', 1, simulation.time).collect())).toEqual(before);
});

test('keeps power within the limit and lets temperatures follow it', () => {
  const simulation = new Simulation('8xH100');
  const hot: number[] = [];
  const cold: number[] = [];
  for (let minute = 0; minute < 60; minute += 1) {
    simulation.time += 60;
    for (const { points } of simulation.collect().devices) {
      const watts = pointOf(points, 'gpu_power_watts');
      const celsius = pointOf(points, 'gpu_temperature_celsius', 'gpu');
      expect(watts).toBeGreaterThanOrEqual(68);
      expect(watts).toBeLessThanOrEqual(700);
      if (watts > 600) hot.push(celsius);
      if (watts < 80) cold.push(celsius);
    }
  }
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(mean(hot)).toBeGreaterThan(mean(cold) + 25);
});

test('adds processes up to the device', () => {
  const simulation = new Simulation('8xH100');
  for (const { points, processes } of simulation.collect().devices) {
    const sum = (name: string) => processes.reduce((total, process) => total + pointOf(process.points, name), 0);
    expect(sum('gpu_process_memory_used_bytes')).toBe(pointOf(points, 'gpu_memory_used_bytes'));
    expect(sum('gpu_process_sm_utilization_ratio')).toBeCloseTo(pointOf(points, 'gpu_utilization_ratio'), 1);
  }
});

test('has devices that train, are shared, idle though allocated, and free', () => {
  const { devices } = new Simulation('16xH100', 1, Math.ceil(SINCE / 3600) * 3600 + 500).collect();
  const loads = devices.map(({ points }) => pointOf(points, 'gpu_utilization_ratio'));
  expect(loads.filter((load) => load > 0.9).length).toBeGreaterThanOrEqual(8);
  expect(devices.some(({ processes }) => processes.length === 3)).toBe(true);
  const idle = (device: DeviceSample) => pointOf(device.points, 'gpu_utilization_ratio') === 0;
  expect(devices.some((device) => device.processes.length === 1 && idle(device))).toBe(true);
  expect(devices.some((device) => device.processes.length === 0 && idle(device))).toBe(true);
});

test('shows of MIG what a driver shows: instances, no utilization of device and processes', () => {
  const [a100, h100] = new Simulation('1xA100+MIG,1xH100+MIG').collect().devices;
  const names = (points: readonly Point[] = []) => points.map(([name]) => name);
  expect(names(a100?.points)).not.toContain('gpu_utilization_ratio');
  expect(a100?.processes.map(({ gpuInstanceId }) => gpuInstanceId)).toEqual([2, 3]);
  expect(a100?.processes.flatMap(({ points }) => names(points))).not.toContain('gpu_process_sm_utilization_ratio');
  expect(names(a100?.instances[0]?.points)).not.toContain('gpu_mig_sm_active_ratio');
  expect(names(h100?.instances[0]?.points)).toContain('gpu_mig_sm_active_ratio');
  for (const { memoryBytes, instances } of [a100, h100].map((device) => ({
    memoryBytes: pointOf(device?.points ?? [], 'gpu_memory_total_bytes'),
    instances: device?.instances ?? [],
  }))) {
    const total = instances.reduce((sum, { points }) => sum + pointOf(points, 'gpu_mig_memory_total_bytes'), 0);
    expect(total).toBeLessThanOrEqual(memoryBytes);
  }
});

test('reports an XID error in about one hour of four, each one once', () => {
  const simulation = new Simulation('8xH100');
  const seen: string[] = [];
  const hours = 200;
  for (let step = 0; step < hours * 4; step += 1) {
    simulation.time += 900;
    seen.push(...simulation.collect().events.map(({ pciBusId, time, xid }) => `${pciBusId} ${time} ${xid}`));
  }
  expect(new Set(seen).size).toBe(seen.length);
  expect((seen.length / hours / 8) * HOURS_PER_XID).toBeCloseTo(1, 0);
});

test('leaves out devices that are to be skipped', () => {
  const simulation = new Simulation('2xT4');
  const [first, second] = simulation.collect().devices.map(({ identity }) => identity.pciBusId);
  const { devices } = simulation.collect([first ?? '']);
  expect(devices.map(({ identity }) => identity.pciBusId)).toEqual([second]);
});
