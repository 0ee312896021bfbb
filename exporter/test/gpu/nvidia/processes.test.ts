import { afterEach, describe, expect, it } from 'vitest';
import { CallError } from '../../../src/gpu/nvidia/call-error.js';
import type { NativeLibrary } from '../../../src/gpu/nvidia/native-library.js';
import { ProcessCollector, type ProcessReading } from '../../../src/gpu/nvidia/processes.js';
import type { ProcessSample } from '../../../src/gpu/sample.js';
import { hasCompiler, type NvmlOptions } from '../../nvml/library.js';
import type { NvmlScript } from '../../nvml/script.js';
import { ScriptedDriver } from './scripted-driver.js';

const GPU = '0000:3b:00.0';
const MEBIBYTE = 1_048_576;
const V3 = ['Compute', 'Graphics', 'MPSCompute'].map((list) => `nvmlDeviceGet${list}RunningProcesses_v3`);
const V2 = V3.map((name) => name.replace('_v3', '_v2'));

describe.skipIf(!hasCompiler())('processes of a device', { timeout: 60_000 }, () => {
  let driver: ScriptedDriver;
  let clock = 0;
  let collector: ProcessCollector;

  const start = (prepare: (script: NvmlScript) => void, options?: NvmlOptions) => {
    driver = new ScriptedDriver((script) => prepare(script.device()), options);
    clock = 1000;
    collector = new ProcessCollector(driver.library, () => clock);
  };
  const collect = (utilization?: number): ProcessReading =>
    collector.collect(driver.handle(), GPU, utilization === undefined ? {} : { utilization });
  /** Says anew which processes there are, and what they used. */
  const rewrite = (prepare: (script: NvmlScript) => void) => driver.rewrite((script) => prepare(script.device()));
  /** Collects after some seconds. */
  const after = (seconds: number, utilization?: number): ProcessReading => {
    clock += seconds;
    return collect(utilization);
  };
  const measured = (sample: ProcessSample | undefined, name: string) =>
    sample?.points.find(([metric]) => metric === name)?.[1];
  const memoryOf = (reading: ProcessReading) =>
    Object.fromEntries(reading.processes.map((one) => [one.pid, measured(one, 'gpu_process_memory_used_bytes')]));
  const sharesOf = (reading: ProcessReading) =>
    Object.fromEntries(reading.processes.map((one) => [one.pid, measured(one, 'gpu_process_sm_utilization_ratio')]));
  const capabilityOf = (reading: ProcessReading, name: string) =>
    reading.capabilities.find(({ capability }) => capability === name);

  afterEach(() => driver.close());

  it('lists what computes, draws, and shares the device through MPS', () => {
    start((script) =>
      script
        .process(0, { pid: 11, memory: MEBIBYTE })
        .process(0, { pid: 12, type: 'graphics', memory: 2 * MEBIBYTE })
        .process(0, { pid: 13, type: 'mps', memory: 3 * MEBIBYTE }),
    );
    const { processes, known, capabilities } = collect();
    expect(known).toBe(true);
    expect(processes.map(({ pid, type }) => [pid, type]).sort()).toEqual([
      [11, 'compute'],
      [12, 'graphics'],
      [13, 'mps'],
    ]);
    expect(processes[0]).not.toHaveProperty('gpuInstanceId');
    expect(capabilities).toContainEqual({ capability: 'process_list', supported: true, reason: '', pciBusId: GPU });
  });

  it('takes a process on several lists for one, that computes, with its memory once', () => {
    start((script) =>
      script
        .process(0, { pid: 11, type: 'graphics', memory: 2 * MEBIBYTE })
        .process(0, { pid: 11, memory: 2 * MEBIBYTE })
        .process(0, { pid: 11, type: 'mps', memory: 'n/a' }),
    );
    const { processes } = collect();
    expect(processes).toEqual([
      expect.objectContaining({
        pid: 11,
        type: 'compute',
        points: [['gpu_process_memory_used_bytes', 2 * MEBIBYTE], ...zeros()],
      }),
    ]);
  });

  it('leaves out memory that the driver does not tell, and says so', () => {
    start((script) => script.process(0, { pid: 11, memory: 'n/a' }));
    const reading = collect();
    expect(memoryOf(reading)).toEqual({ 11: undefined });
    expect(capabilityOf(reading, 'process_memory')).toMatchObject({ supported: false, reason: 'not_available' });
  });

  it('knows that nobody uses a device', () => {
    start(() => undefined);
    expect(collect()).toMatchObject({ processes: [], known: true });
  });

  describe.each([
    ['version 3 with 24 bytes', {}, 'v3-24'],
    ['version 3 with 32 bytes of drivers 535', { without: ['nvmlDeviceGetRunningProcessDetailList'] }, 'v3-32'],
    ['version 2', { without: V3 }, 'v3-24'],
    ['version 1', { without: [...V3, ...V2] }, 'v3-24'],
  ] as const)('with lists of %s', (_, options, abi) => {
    it('reads every process', () => {
      start((script) => {
        script.abi(abi);
        for (let pid = 1; pid <= 5; pid += 1) script.process(0, { pid, memory: pid * MEBIBYTE });
        script.process(0, { pid: 6, type: 'graphics', memory: 6 * MEBIBYTE });
      }, options);
      const expected = Object.fromEntries([1, 2, 3, 4, 5, 6].map((pid) => [pid, pid * MEBIBYTE]));
      expect(memoryOf(collect())).toEqual(expected);
    });
  });

  it('falls back to an older list where the kernel module lacks the newer', () => {
    start((script) => script.process(0, { pid: 11, memory: MEBIBYTE }).fail(0, V3[0] ?? '', 13));
    expect(memoryOf(collect())).toEqual({ 11: MEBIBYTE });
    collect();
    expect(driver.calls(V3[0] ?? '')).toBe(1);
  });

  it('makes room for more processes, and keeps it', () => {
    start((script) => {
      for (let pid = 1; pid <= 300; pid += 1) script.process(0, { pid, memory: pid });
    });
    expect(collect().processes).toHaveLength(300);
    expect(driver.calls(V3[0] ?? '')).toBe(2);
    expect(collect().processes).toHaveLength(300);
    expect(driver.calls(V3[0] ?? '')).toBe(3);
  });

  it('says when a list is as long as the driver makes it', () => {
    start((script) => {
      for (let pid = 1; pid <= 1200; pid += 1) script.process(0, { pid, memory: pid });
    });
    const reading = collect();
    expect(reading.processes).toHaveLength(950);
    expect(capabilityOf(reading, 'process_list')).toMatchObject({ supported: false, reason: 'list_full' });
  });

  it('knows nothing where the list fails, and goes on where a lesser one does', () => {
    start((script) => script.process(0, { pid: 11, memory: 1 }).fail(0, V3[0] ?? '', 4));
    const failed = collect();
    expect(failed).toMatchObject({ processes: [], known: false });
    expect(capabilityOf(failed, 'process_list')).toMatchObject({ supported: false, reason: 'NO_PERMISSION' });
    driver.script
      .mend(0, V3[0] ?? '')
      .fail(0, V3[1] ?? '', 3)
      .write();
    expect(collect()).toMatchObject({ processes: [{ pid: 11 }], known: true });
  });

  it('throws where the device is lost', () => {
    start((script) => script.process(0, { pid: 11, memory: 1 }));
    const handle = driver.handle();
    driver.script.fail(0, '*', 15).write();
    expect(() => collector.collect(handle, GPU)).toThrow(CallError);
  });

  describe('their shares', () => {
    it('are unknown in the first collection, and averages since the one before in every other', () => {
      start((script) => script.process(0, { pid: 11 }).process(0, { pid: 12 }).sample(0, 11, 6000, [100, 100]));
      expect(sharesOf(collect())).toEqual({ 11: undefined, 12: undefined });
      rewrite((script) => {
        script.process(0, { pid: 11 }).process(0, { pid: 12 });
        for (const age of [5000, 4000, 3000, 2000, 1000]) script.sample(0, 11, age, [40, 20, 10, 0]);
        script.sample(0, 12, 2000, [80, 0]).sample(0, 12, 1000, [80, 0]);
      });
      const reading = after(5);
      expect(sharesOf(reading)[11]).toBeCloseTo(0.4, 2);
      expect(sharesOf(reading)[12]).toBeCloseTo(0.32, 2);
      expect(measured(reading.processes[0], 'gpu_process_encoder_utilization_ratio')).toBeCloseTo(0.1, 2);
      expect(measured(reading.processes[0], 'gpu_process_decoder_utilization_ratio')).toBe(0);
      expect(capabilityOf(reading, 'process_utilization')).toMatchObject({ supported: true, reason: '' });
    });

    it('are those that the driver averaged, where it gives one for each process', () => {
      start((script) => script.process(0, { pid: 11 }).process(0, { pid: 12 }).sample(0, 11, 9000, [1, 1]));
      collect();
      rewrite((script) =>
        script.process(0, { pid: 11 }).process(0, { pid: 12 }).sample(0, 11, 4000, [12, 3]).sample(0, 12, 100, [7, 2]),
      );
      expect(sharesOf(after(5))).toEqual({ 11: 0.12, 12: 0.07 });
    });

    it('are zero where there are no samples', () => {
      start((script) => script.process(0, { pid: 11 }));
      expect(sharesOf(collect())).toEqual({ 11: 0 });
      expect(sharesOf(after(5))).toEqual({ 11: 0 });
    });

    it('are not thinned out by the quiet time before', () => {
      start((script) => script.process(0, { pid: 11 }).sample(0, 11, 60_000, [50, 0]));
      collect();
      rewrite((script) => script.process(0, { pid: 11 }));
      // 55 seconds of silence, and then a busy half of the next five.
      for (let seconds = 0; seconds < 55; seconds += 5) expect(sharesOf(after(5))).toEqual({ 11: 0 });
      rewrite((script) => {
        script.process(0, { pid: 11 });
        for (const age of [2000, 1500, 1000, 500, 0]) script.sample(0, 11, age, [100, 0]);
      });
      const share = sharesOf(after(5))[11];
      expect(share).toBeGreaterThan(0.4);
      expect(share).toBeLessThan(0.6);
    });

    it('begin anew after the clock of the driver was set back', () => {
      start((script) => script.process(0, { pid: 11 }).sample(0, 11, 0, [50, 0]));
      collect();
      rewrite((script) => script.process(0, { pid: 11 }).sample(0, 11, 3_600_000, [60, 0]));
      expect(sharesOf(after(5, 0.1))).toEqual({ 11: 0 });
      expect(sharesOf(after(5, 0.9))).toEqual({ 11: undefined });
      rewrite((script) => script.process(0, { pid: 11 }).sample(0, 11, 3_595_000, [70, 0]));
      expect(sharesOf(after(5, 0.9))).toEqual({ 11: 0.7 });
    });

    it('are zero on a busy device whose last sample was seen', () => {
      start((script) => script.process(0, { pid: 11 }).sample(0, 11, 5000, [50, 0]));
      collect();
      expect(sharesOf(after(5, 0.9))).toEqual({ 11: 0 });
      expect(sharesOf(after(5, 0.9))).toEqual({ 11: 0 });
    });

    it('stay as they are when asked again sooner than a driver samples', () => {
      start((script) => script.process(0, { pid: 11 }).sample(0, 11, 3000, [50, 0]));
      collect();
      rewrite((script) => script.process(0, { pid: 11 }).sample(0, 11, 0, [30, 0]));
      expect(sharesOf(after(3))).toEqual({ 11: 0.3 });
      expect(sharesOf(after(0.5))).toEqual({ 11: 0.3 });
      expect(sharesOf(after(5))).toEqual({ 11: 0 });
    });

    it('do not believe samples that were never filled', () => {
      start((script) => script.process(0, { pid: 11 }).sample(0, 11, 6000, [50, 0]));
      collect();
      rewrite((script) =>
        script.process(0, { pid: 11 }).sample(0, 11, 3000, [4_000_000_000, 3]).sample(0, 11, 1000, [20, 0]),
      );
      expect(sharesOf(after(5))).toEqual({ 11: 0.2 });
    });

    it('are not those of another device where a driver counts samples that it did not fill', () => {
      start((script) => script.device());
      const counting: NativeLibrary = {
        has: (name) => driver.library.has(name),
        call: (name, ...args) => {
          const status = driver.library.call(name, ...args);
          if (name === 'nvmlDeviceGetProcessUtilization' && args[2] instanceof Buffer) {
            args[2].writeUInt32LE(args[2].readUInt32LE(0) + 1, 0);
          }
          return status;
        },
        close: () => undefined,
      };
      collector = new ProcessCollector(counting, () => clock);
      const say = (age: number) => (script: NvmlScript) => {
        script.device();
        for (const slot of [0, 1]) script.process(slot, { pid: 11 }).sample(slot, 11, age, [slot === 0 ? 80 : 10, 0]);
        script.sample(0, 11, age - 1, [80, 0]);
      };
      const both = () => [0, 1].map((index) => sharesOf(collector.collect(driver.handle(index), `${index}`)));
      rewrite(say(9000));
      both();
      rewrite(say(1000));
      clock += 5;
      expect(both()[1]).toEqual({ 11: 0.1 });
    });

    it('are unknown where the samples are of PIDs that are not listed', () => {
      start((script) => script.process(0, { pid: 11 }).sample(0, 4711, 6000, [50, 0]));
      collect();
      rewrite((script) => script.process(0, { pid: 11 }).sample(0, 4711, 1000, [50, 0]));
      const reading = after(5);
      expect(sharesOf(reading)).toEqual({ 11: undefined });
      expect(capabilityOf(reading, 'process_utilization')).toMatchObject({ supported: false, reason: 'pid_namespace' });
    });

    it('are unknown where a busy device never has a sample', () => {
      start((script) => script.process(0, { pid: 11 }));
      expect(sharesOf(collect(0.9))).toEqual({ 11: undefined });
      expect(sharesOf(after(5, 0.9))).toEqual({ 11: undefined });
      const reading = after(5, 0.9);
      expect(sharesOf(reading)).toEqual({ 11: undefined });
      expect(capabilityOf(reading, 'process_utilization')).toMatchObject({ supported: false, reason: 'NOT_FOUND' });
      driver.script.sample(0, 11, 0, [50, 0]).write();
      after(5, 0.9);
      expect(sharesOf(after(5, 0.9))).toEqual({ 11: 0 });
    });

    it('are unknown where the device cannot tell, which is not asked each time', () => {
      start((script) => script.process(0, { pid: 11, sm: 50 }).set(0, 'mig.mode', 1));
      for (let count = 0; count < 5; count += 1) {
        const reading = after(5);
        expect(sharesOf(reading)).toEqual({ 11: undefined });
        expect(capabilityOf(reading, 'process_utilization')).toMatchObject({
          supported: false,
          reason: 'NOT_SUPPORTED',
        });
      }
      expect(driver.calls('nvmlDeviceGetProcessUtilization')).toBe(1);
      driver.script.set(0, 'mig.mode', 0).write();
      after(600);
      expect(driver.calls('nvmlDeviceGetProcessUtilization')).toBe(2);
    });

    it('are unknown where the driver lacks the function', () => {
      start((script) => script.process(0, { pid: 11 }), { without: ['nvmlDeviceGetProcessUtilization'] });
      const reading = collect();
      expect(sharesOf(reading)).toEqual({ 11: undefined });
      expect(capabilityOf(reading, 'process_utilization')).toMatchObject({
        supported: false,
        reason: 'missing_symbol',
      });
    });

    it('make room for as many samples as there are', () => {
      start((script) => script.process(0, { pid: 1 }).sample(0, 1, 6000, [1, 1]));
      collect();
      rewrite((script) => {
        for (let pid = 1; pid <= 100; pid += 1) {
          script.process(0, { pid });
          for (const age of [5000, 4000, 3000, 2000, 1000]) script.sample(0, pid, age, [pid, 0]);
        }
      });
      const shares = sharesOf(after(5));
      expect(shares[1]).toBeCloseTo(0.01, 3);
      expect(shares[100]).toBeCloseTo(1, 2);
      expect(driver.calls('nvmlDeviceGetProcessUtilization')).toBe(3);
    });
  });

  describe('on MIG instances', () => {
    const twoInstances = (script: NvmlScript) =>
      script
        .set(0, 'mig.mode', 1)
        .mig(0, { index: 0, gi: 7, profile: '1g.10gb' })
        .mig(0, { index: 1, gi: 9, profile: '1g.10gb' })
        .process(0, { pid: 11, memory: 1, gi: 7, ci: 0 })
        .process(0, { pid: 11, memory: 2, gi: 9, ci: 0 })
        .process(0, { pid: 12, memory: 3, gi: 9, ci: 0 });
    const instances = () =>
      [7, 9].map((gpuInstanceId, index) => {
        const out = Buffer.alloc(8);
        driver.library.call('nvmlDeviceGetMigDeviceHandleByIndex', driver.handle(), index, out);
        return { handle: out.readBigUInt64LE(0), gpuInstanceId, computeInstanceId: 0 };
      });
    const placesOf = ({ processes }: ProcessReading) =>
      processes.map((one) => [one.pid, one.gpuInstanceId, one.computeInstanceId]).sort();
    const expected = [
      [11, 7, 0],
      [11, 9, 0],
      [12, 9, 0],
    ];

    it('carry the ids that the device gives, and their memory for each', () => {
      start(twoInstances);
      const reading = collector.collect(driver.handle(), GPU, { instances: instances() });
      expect(placesOf(reading)).toEqual(expected);
      expect(driver.calls(V3[0] ?? '')).toBe(1);
    });

    it('are looked for on each instance where the device gives no ids', () => {
      start(twoInstances, { without: [...V3, ...V2] });
      const reading = collector.collect(driver.handle(), GPU, { instances: instances() });
      expect(placesOf(reading)).toEqual(expected);
      expect(reading.known).toBe(true);
    });

    it('are looked for on each instance where the device does not answer', () => {
      start(twoInstances);
      const found = instances();
      const handle = driver.handle();
      driver.script
        .fail(0, V3[0] ?? '', 3)
        .fail('mig', V3[0] ?? '', 0)
        .write();
      const reading = collector.collect(handle, GPU, { instances: found });
      expect(placesOf(reading)).toEqual(expected);
      expect(reading.known).toBe(true);
    });
  });
});

const zeros = () =>
  ['sm', 'memory', 'encoder', 'decoder'].map((name) => [`gpu_process_${name}_utilization_ratio`, 0] as const);
