import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccountedDevice, Accounting, type Totals } from '../../src/attribution/accounting.js';
import type { Claim } from '../../src/attribution/claims.js';
import { partitionsOf } from '../../src/attribution/partition.js';
import { readingsOfDevice, readingsOfInstance } from '../../src/attribution/readings.js';
import { usesOf } from '../../src/attribution/usage.js';
import type { DeviceSample, Point } from '../../src/gpu/sample.js';
import type { Owner } from '../../src/metrics/snapshot.js';
import { busId, device, gpuProcess, instance } from './fixtures.js';

const owner = (pod: string): Owner => ({ namespace: 'research', pod, container: 'main' });
const A = owner('a');
const B = owner('b');

const claim = (owner: Owner, replicas = 0): Claim => ({
  owner,
  replica: replicas > 0,
  ids: Array.from({ length: Math.max(1, replicas) }, (_, at) => ({ resource: 'nvidia.com/gpu', deviceId: `x::${at}` })),
});

/** A device, who has it or its instances (by id of the GPU instance), and owners of its processes by PID. */
interface Scene {
  readonly device: DeviceSample;
  readonly claims?: readonly Claim[];
  readonly instanceClaims?: Readonly<Record<number, readonly Claim[]>>;
  readonly owners?: Readonly<Record<number, Owner>>;
}

function accounted({ device, claims = [], instanceClaims = {}, owners }: Scene): AccountedDevice {
  const parts = partitionsOf(device).map((partition) => {
    const { instance } = partition;
    return usesOf(
      partition,
      instance === undefined ? readingsOfDevice(device) : readingsOfInstance(instance),
      instance === undefined ? claims : (instanceClaims[instance.gpuInstanceId] ?? []),
      owners && partition.processes.map(({ pid }) => owners[pid]),
    );
  });
  return { pciBusId: device.identity.pciBusId, parts };
}

/** Counts scenes that are 10 seconds apart, unless they say when they are. */
class Counter {
  public readonly accounting: Accounting<string>;
  private now = 0;
  private last: AccountedDevice | undefined;

  public constructor(capacity?: number) {
    this.accounting = new Accounting({ interval: 10, idleThreshold: 0.05, capacity });
  }

  public at(seconds: number, scene: Scene): this {
    this.now = seconds;
    this.last = accounted(scene);
    this.accounting.observe(seconds, [this.last], (part) => part.partition.key);
    this.accounting.advance(seconds, [this.last]);
    return this;
  }

  public next(...scenes: readonly Scene[]): this {
    for (const scene of scenes) this.at(this.now + 10, scene);
    return this;
  }

  /** Totals of a pod, over all of the device. */
  public totals(pod: string): Totals {
    const all = (this.last?.parts ?? []).flatMap((part) =>
      part.uses.filter(({ owner }) => owner.pod === pod).map((use) => this.accounting.totals(part, use)),
    );
    const sum = (of: (totals: Totals) => number | undefined): number | undefined =>
      all.every((totals) => of(totals) === undefined)
        ? undefined
        : all.reduce((total, each) => total + (of(each) ?? 0), 0);
    return {
      energy: sum(({ energy }) => energy),
      allocated: sum(({ allocated }) => allocated),
      idle: sum(({ idle }) => idle),
    };
  }

  public get unattributed(): number | undefined {
    return this.accounting.unattributedEnergy(busId(0));
  }
}

const gpu = (joules: number | undefined, utilization?: number, options: Partial<DeviceSample> = {}): DeviceSample => {
  const points: Point[] = [];
  if (joules !== undefined) points.push(['gpu_energy_joules_total', joules]);
  if (utilization !== undefined) points.push(['gpu_utilization_ratio', utilization]);
  return device(0, { points, ...options });
};

describe('Accounting: energy', () => {
  it('of a device that one container has is all its own, whoever else runs there', () => {
    const processes = [gpuProcess(1, 1, 0.2), gpuProcess(2, 1, 0.6)];
    const scene = (joules: number): Scene => ({
      device: gpu(joules, 0.8, { processes }),
      claims: [claim(A)],
      owners: { 1: A, 2: B },
    });
    const counter = new Counter().next(scene(5000), scene(6000));
    expect(counter.totals('a').energy).toBe(1000);
    expect(counter.totals('b').energy).toBe(0);
    expect(counter.unattributed).toBe(0);
  });

  it('of a shared device follows the time of its processes', () => {
    const processes = [gpuProcess(1, 1, 0.3), gpuProcess(2, 1, 0.1), gpuProcess(3, 1, 0.1)];
    const scene = (joules: number): Scene => ({
      device: gpu(joules, 0.5, { processes }),
      claims: [claim(A, 1), claim(B, 1)],
      owners: { 1: A, 2: B },
    });
    const counter = new Counter().next(scene(0), scene(1000));
    expect(counter.totals('a').energy).toBeCloseTo(600, 9);
    expect(counter.totals('b').energy).toBeCloseTo(200, 9);
    expect(counter.unattributed).toBeCloseTo(200, 9);
  });

  it.each([
    ['nothing runs', { owners: {} }, { processes: [] }],
    ['nobody knows what runs', {}, { processesKnown: false }],
  ])('of a shared device goes by replicas while %s', (_name, owners, options) => {
    const scene = (joules: number): Scene => ({
      device: gpu(joules, 0, options),
      claims: [claim(A, 3), claim(B, 1)],
      ...owners,
    });
    const counter = new Counter().next(scene(0), scene(1000));
    expect([counter.totals('a').energy, counter.totals('b').energy, counter.unattributed]).toEqual([750, 250, 0]);
  });

  it('of a device that nobody was given goes to pods for the time that they use it', () => {
    const scene = (joules: number): Scene => ({
      device: gpu(joules, 0.5, { processes: [gpuProcess(1, 1, 0.4), gpuProcess(2, 1, 0.1)] }),
      owners: { 1: A },
    });
    const counter = new Counter().next(scene(0), scene(1000));
    expect([counter.totals('a').energy, counter.unattributed]).toEqual([400, 600]);
    expect(counter.totals('a').allocated).toBeUndefined();
  });

  it('of such a device is divided by the shares where they are more than the whole', () => {
    const scene = (joules: number): Scene => ({
      device: gpu(joules, 1, { processes: [gpuProcess(1, 1, 0.9), gpuProcess(2, 1, 0.9)] }),
      owners: { 1: A, 2: B },
    });
    const counter = new Counter().next(scene(0), scene(1000));
    expect([counter.totals('a').energy, counter.totals('b').energy, counter.unattributed]).toEqual([500, 500, 0]);
  });

  it('of a device that nobody has or uses is nobody’s', () => {
    const counter = new Counter().next({ device: gpu(0) }, { device: gpu(300) });
    expect(counter.unattributed).toBe(300);
  });

  it('is unknown where the driver tells nothing', () => {
    const scene: Scene = { device: gpu(undefined, 0.5), claims: [claim(A)] };
    const counter = new Counter().next(scene, scene);
    expect(counter.unattributed).toBeUndefined();
    expect(counter.totals('a')).toEqual({ energy: undefined, allocated: 10, idle: 0 });
  });

  it('is shown as 0 from the first sample on', () => {
    const counter = new Counter().next({ device: gpu(77), claims: [claim(A)] });
    expect([counter.totals('a').energy, counter.unattributed]).toEqual([0, 0]);
  });

  it('of a long time without samples goes to who had the device before and after alone', () => {
    const scene = (joules: number, owner: Owner): Scene => ({ device: gpu(joules, 1), claims: [claim(owner)] });
    const same = new Counter().next(scene(0, A)).at(1000, scene(9000, A));
    expect([same.totals('a').energy, same.unattributed]).toEqual([9000, 0]);
    const other = new Counter().next(scene(0, A)).at(1000, scene(9000, B));
    expect([other.totals('b').energy, other.unattributed]).toEqual([0, 9000]);
  });

  describe('of MIG instances', () => {
    const mig = (joules: number, activities: readonly (number | undefined)[], model?: string): DeviceSample =>
      gpu(joules, undefined, {
        identity: { ...device(0).identity, model },
        instances: ['3g.40gb', '1g.10gb', '1g.10gb'].map((profile, at) =>
          instance(
            0,
            at + 1,
            profile,
            activities[at] === undefined ? [] : [['gpu_mig_sm_active_ratio', activities[at] ?? 0]],
          ),
        ),
      });
    const instanceClaims = { 1: [claim(A)], 2: [claim(B)] };

    it('goes by slices, and what is free or nobody’s stays', () => {
      const scene = (joules: number): Scene => ({ device: mig(joules, []), instanceClaims });
      const counter = new Counter().next(scene(0), scene(700));
      expect(counter.totals('a').energy).toBeCloseTo(300, 9);
      expect(counter.totals('b').energy).toBeCloseTo(100, 9);
      expect(counter.unattributed).toBeCloseTo(300, 9);
    });

    it('goes by slices and activity where all of it is known', () => {
      const scene = (joules: number): Scene => ({ device: mig(joules, [0.5, 1, 0.5]), instanceClaims });
      const counter = new Counter().next(scene(0), scene(2100));
      // 5 of 7 slices are instances: 1500 J, divided by 1.5, 1 and 0.5.
      expect(counter.totals('a').energy).toBeCloseTo(750, 9);
      expect(counter.totals('b').energy).toBeCloseTo(500, 9);
      expect(counter.unattributed).toBeCloseTo(850, 9);
    });

    it('knows devices of four slices', () => {
      const a30 = gpu(0, undefined, {
        identity: { ...device(0).identity, model: 'NVIDIA A30' },
        instances: [instance(0, 1, '2g.12gb')],
      });
      const later = { ...a30, points: [['gpu_energy_joules_total', 400]] as const };
      const counter = new Counter().next({ device: a30, instanceClaims }, { device: later, instanceClaims });
      expect([counter.totals('a').energy, counter.unattributed]).toEqual([200, 200]);
    });

    it('goes to who was given the whole device, but for instances of others', () => {
      const scene = (joules: number): Scene => ({
        device: mig(joules, []),
        claims: [claim(A)],
        instanceClaims: { 2: [claim(B)] },
      });
      const counter = new Counter().next(scene(0), scene(700));
      expect(counter.totals('a').energy).toBeCloseTo(600, 9);
      expect(counter.totals('b').energy).toBeCloseTo(100, 9);
    });

    it('goes to the pod that is alone on an instance which nobody was given', () => {
      const scene = (joules: number): Scene => ({
        device: {
          ...mig(joules, []),
          processes: [gpuProcess(1, 1, undefined, { gpuInstanceId: 1, computeInstanceId: 0 })],
        },
        owners: { 1: A },
      });
      expect(new Counter().next(scene(0), scene(700)).totals('a').energy).toBeCloseTo(300, 9);
    });
  });

  it('of pods and of nobody adds up to that of the device, whatever happens', () => {
    const ratio = fc.double({ min: 0, max: 1.2, noNaN: true });
    const processes = fc.array(
      fc.record({
        owner: fc.constantFrom('a', 'b', 'c', undefined),
        share: fc.option(ratio, { nil: undefined }),
        gi: fc.constantFrom(1, 2, undefined),
      }),
      { maxLength: 6 },
    );
    const step = fc.record({
      joules: fc.double({ min: 0, max: 10_000, noNaN: true }),
      seconds: fc.constantFrom(1, 10, 500),
      known: fc.boolean(),
      processes,
      claims: fc.array(fc.record({ owner: fc.constantFrom('a', 'b'), replicas: fc.nat(3) }), { maxLength: 2 }),
      instances: fc.array(
        fc.record({
          profile: fc.constantFrom('1g.10gb', '4g.40gb', '1c.3g.40gb', 'odd'),
          activity: fc.option(ratio, { nil: undefined }),
          owner: fc.option(fc.constantFrom('a', 'c'), { nil: undefined }),
        }),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 2, maxLength: 8 }), (steps) => {
        const owners = { a: A, b: B, c: owner('c') };
        const counter = new Counter();
        let at = 0;
        let total = 0;
        let counted = 0;
        let before: ReadonlyMap<string, number> = new Map();
        steps.forEach((step, number) => {
          at += step.seconds;
          total += step.joules;
          if (number > 0 && step.joules <= step.seconds * 20_000) counted += step.joules;
          counter.at(at, {
            device: gpu(total, 0.5, {
              instances: step.instances.map(({ profile, activity }, gi) =>
                instance(0, gi + 1, profile, activity === undefined ? [] : [['gpu_mig_sm_active_ratio', activity]]),
              ),
              processes: step.processes.map(({ share, gi }, pid) =>
                gpuProcess(pid, 1, share, gi === undefined ? {} : { gpuInstanceId: gi, computeInstanceId: 0 }),
              ),
            }),
            claims: [
              ...new Map(step.claims.map(({ owner, replicas }) => [owner, claim(owners[owner], replicas)])).values(),
            ],
            instanceClaims: Object.fromEntries(
              step.instances.flatMap(({ owner }, gi) =>
                owner === undefined ? [] : [[gi + 1, [claim(owners[owner])]]],
              ),
            ),
            owners: step.known
              ? Object.fromEntries(
                  step.processes.flatMap(({ owner }, pid) => (owner === undefined ? [] : [[pid, owners[owner]]])),
                )
              : undefined,
          });
          // Every total that exists, those of who is gone too, since nothing is forgotten within the time of a run but for long gaps.
          const now = new Map(
            counter.accounting
              .past(Number.POSITIVE_INFINITY)
              .map(({ subject, owner, totals }) => [`${subject}|${owner.pod}`, totals.energy ?? 0]),
          );
          for (const [key, energy] of now) expect(energy).toBeGreaterThanOrEqual(before.get(key) ?? 0);
          for (const [key, energy] of before) if (!now.has(key)) counted -= energy;
          before = now;
        });
        const ofPods = [...before.values()].reduce((sum, energy) => sum + energy, 0);
        expect(ofPods + (counter.unattributed ?? 0)).toBeCloseTo(counted, 4);
        expect(counter.unattributed).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('Accounting: time', () => {
  it('is allocated from the first sample on, and idle below the threshold', () => {
    const scene = (utilization: number): Scene => ({ device: gpu(0, utilization), claims: [claim(A)] });
    const counter = new Counter().next(scene(0), scene(0), scene(0.04), scene(0.06), scene(0.9));
    expect(counter.totals('a')).toMatchObject({ allocated: 40, idle: 20 });
  });

  it('of a shared device is idle by the processes of each', () => {
    const scene: Scene = {
      device: gpu(0, 0.9, { processes: [gpuProcess(1, 1, 0.9), gpuProcess(2, 1, 0.01)] }),
      claims: [claim(A, 1), claim(B, 1)],
      owners: { 1: A, 2: B },
    };
    const counter = new Counter().next(scene, scene);
    expect([counter.totals('a').idle, counter.totals('b').idle]).toEqual([0, 10]);
  });

  it('of a MIG instance is idle by the instance', () => {
    const scene = (activity: number): Scene => ({
      device: gpu(0, undefined, { instances: [instance(0, 1, '1g.10gb', [['gpu_mig_sm_active_ratio', activity]])] }),
      instanceClaims: { 1: [claim(A)] },
    });
    expect(new Counter().next(scene(1), scene(0), scene(1)).totals('a')).toMatchObject({ allocated: 20, idle: 10 });
  });

  it('is not idle where nobody knows', () => {
    const unknown: Scene = { device: gpu(0, undefined, { processesKnown: false }), claims: [claim(A)] };
    const counter = new Counter().next(unknown, unknown);
    expect(counter.totals('a')).toMatchObject({ allocated: 10, idle: undefined });
  });

  it('does not count long times without samples, nor a clock that went back', () => {
    const scene: Scene = { device: gpu(0, 0), claims: [claim(A)] };
    const counter = new Counter().next(scene, scene).at(500, scene).at(400, scene).at(400, scene).at(410, scene);
    expect(counter.totals('a')).toMatchObject({ allocated: 20, idle: 20 });
  });

  it('does not count the time before a container got the device', () => {
    const counter = new Counter().next({ device: gpu(0, 0) }, { device: gpu(0, 0), claims: [claim(A)] });
    expect(counter.totals('a')).toMatchObject({ allocated: 0, idle: 0 });
  });

  it('goes on for a container of the same name that comes back', () => {
    const has: Scene = { device: gpu(0, 0), claims: [claim(A)] };
    const counter = new Counter().next(has, has, { device: gpu(0, 0) }, has, has);
    expect(counter.totals('a').allocated).toBe(20);
  });
});

describe('Accounting: bounds', () => {
  it('forgets who has been gone for five minutes', () => {
    const counter = new Counter().next({ device: gpu(0), claims: [claim(A)] });
    for (let step = 0; step < 30; step++) counter.next({ device: gpu(0) });
    expect(counter.accounting.past(310)).toHaveLength(1);
    counter.next({ device: gpu(0) });
    expect(counter.accounting.past(320)).toEqual([]);
  });

  it('keeps no more totals than its capacity', () => {
    const counter = new Counter(2);
    const claims = ['a', 'b', 'c'].map((pod) => claim(owner(pod), 1));
    counter.next({ device: gpu(0), claims }, { device: gpu(900), claims });
    expect([counter.totals('a').energy, counter.totals('c').energy, counter.unattributed]).toEqual([
      300,
      undefined,
      300,
    ]);
  });
});
