import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeviceSample, Sample } from '../../../src/gpu/sample.js';
import { compileNvml, hasCompiler, readCalls } from '../../nvml/library.js';
import type { NvmlScript } from '../../nvml/script.js';
import { metricsOf, TestDriver, valuesOf } from './driver.js';

// Each variant of the C library is compiled once.
vi.setConfig({ testTimeout: 60_000 });

const FIRST = '0000:1b:00.0';

const statuses = ({ devices }: Sample) => devices.map(({ status }) => status);
const addresses = ({ devices }: Sample) => devices.map(({ identity }) => identity.pciBusId);
const errors = ({ outcomes }: Sample) => outcomes.filter(({ error }) => error !== undefined);

describe.skipIf(!hasCompiler())('the back end of NVIDIA', () => {
  let driver: TestDriver;

  beforeEach(() => {
    driver = new TestDriver();
  });

  afterEach(() => driver.close());

  describe('with a driver as a whole that does not answer', () => {
    it.each([
      ['not_loaded', 'driver_not_loaded', /DRIVER_NOT_LOADED \(9\)/],
      ['no_permission', 'no_permission', /NO_PERMISSION \(4\)/],
      ['mismatch', 'version_mismatch', /\/proc\/driver\/nvidia\/version/],
      ['unknown', 'unknown', /daemon-reload/],
    ] as const)('says that it is %s', (state, reason, message) => {
      driver.script.device().driver(state);
      expect(() => driver.open()).toThrow(expect.objectContaining({ reason, message: expect.stringMatching(message) }));
    });

    it('says so when it goes away, and comes back with it', () => {
      driver.script.devices(2);
      const before = statuses(driver.once());
      driver.script.driver('not_loaded').write();
      expect(() => driver.collect()).toThrow(expect.objectContaining({ reason: 'driver_not_loaded' }));
      driver.script.driver('ok');
      expect(statuses(driver.once())).toEqual(before);
    });

    it('says so when every device answers that it is not loaded', () => {
      driver.script.devices(2);
      driver.once();
      driver.script.fail(0, '*', 9).fail(1, '*', 9).write();
      expect(() => driver.collect()).toThrow(expect.objectContaining({ reason: 'driver_not_loaded' }));
    });

    it('is not open before it was opened, and after it was closed', () => {
      driver.script.device();
      const backend = driver.open();
      backend.close();
      expect(() => driver.collect()).toThrow(expect.objectContaining({ reason: 'uninitialized' }));
    });

    it('works without GPUs', () => {
      driver.script.device().absent(0);
      const sample = driver.once();
      expect(sample.devices).toEqual([]);
      expect(sample.driver).toEqual({ driver: '580.95.05', library: '13.580.95.05', cuda: '13.0' });
    });
  });

  describe('with one device that fails', () => {
    const failing = (code: number): DeviceSample | undefined => {
      driver.script.devices(2);
      driver.once();
      driver.script.fail(0, '*', code).fail(0, 'nvmlDeviceGetHandleByIndex_v2', 0).write();
      const sample = driver.collect();
      expect(sample.devices[1]).toMatchObject({ status: 'ok' });
      return sample.devices[0];
    };

    it.each([
      [15, 'lost'],
      [16, 'reset_required'],
      [4, 'no_permission'],
      [999, 'error'],
    ])('makes code %d the status %s, and goes on with the others', (code, status) => {
      expect(failing(code)).toMatchObject({ status, reason: expect.stringContaining(`(${code})`) });
    });

    it('shows no values of a GPU that is lost, and remembers what it was', () => {
      expect(failing(15)).toMatchObject({
        points: [],
        processes: [],
        processesKnown: false,
        identity: { pciBusId: FIRST, model: 'NVIDIA H100 80GB HBM3', uuid: expect.stringMatching(/^GPU-/) },
      });
    });

    it('asks nothing more in a collection once a GPU is lost', () => {
      driver.script.device();
      driver.once();
      driver.script.fail(0, 'nvmlDeviceGetUtilizationRates', 15).write();
      const before = readCalls(driver.calls);
      expect(driver.collect().devices[0]?.status).toBe('lost');
      const after = readCalls(driver.calls);
      expect(after.get('nvmlDeviceGetUtilizationRates')).toBe((before.get('nvmlDeviceGetUtilizationRates') ?? 0) + 1);
      expect(after.get('nvmlDeviceGetPowerUsage')).toBe(before.get('nvmlDeviceGetPowerUsage'));
      expect(after.get('nvmlDeviceGetComputeRunningProcesses_v3')).toBe(
        before.get('nvmlDeviceGetComputeRunningProcesses_v3'),
      );
    });

    it('takes nothing from a GPU of which one call is refused but that value', () => {
      driver.script.devices(2).fail(0, 'nvmlDeviceGetPowerUsage', 4);
      const sample = driver.once();
      expect(statuses(sample)).toEqual(['ok', 'ok']);
      expect(metricsOf(sample.devices[0])).not.toContain('gpu_power_watts');
      expect(valuesOf(sample.devices[0])).toHaveProperty('gpu_power_limit_watts', 650);
      expect(errors(sample)).toEqual([
        expect.objectContaining({
          collector: 'power',
          pciBusId: FIRST,
          error: expect.stringContaining('nvmlDeviceGetPowerUsage: NO_PERMISSION (4)'),
        }),
      ]);
    });

    it('keeps single field values that fail apart from the rest', () => {
      driver.script.device().field(0, 82, '*', 'uint', 'error:999');
      const sample = driver.once();
      expect(valuesOf(sample.devices[0])).not.toHaveProperty(['gpu_temperature_celsius memory']);
      expect(valuesOf(sample.devices[0])).toHaveProperty(['gpu_energy_joules_total']);
      expect(errors(sample)).toEqual([expect.objectContaining({ error: expect.stringContaining('field 82') })]);
    });

    it.each([
      [
        'of many links that are broken',
        (script: NvmlScript) => {
          script.device();
          for (const id of [161, 162, 163, 164, 165, 138, 139]) script.field(0, id, '0-17', 'uint', 'error:999');
        },
      ],
      [
        'with dozens of counters that hardly change',
        (script: NvmlScript) => script.device({ preset: 'gb10' }).fail(0, 'nvmlDeviceGetMemoryErrorCounter', 999),
      ],
    ])('does not take for silent a GPU %s, of which everything else is known', (_, prepare) => {
      prepare(driver.script);
      const sample = driver.once();
      expect(errors(sample)).toHaveLength(1);
      expect(statuses(sample)).toEqual(['ok']);
    });

    it('names a device without a handle by its place on the bus', () => {
      driver.script.devices(3);
      const all = addresses(driver.once());
      for (const address of all) driver.pci(address);
      driver.script.fail(1, 'nvmlDeviceGetHandleByIndex_v2', 15);
      expect(driver.once().devices.map(({ identity, status }) => [identity.pciBusId, status])).toEqual([
        [all[0], 'ok'],
        [all[1], 'lost'],
        [all[2], 'ok'],
      ]);
    });

    it('says that there is a device without a handle where nothing says which it is', () => {
      driver.script.devices(2).fail(1, 'nvmlDeviceGetHandleByIndex_v2', 15);
      const sample = driver.once();
      expect(statuses(sample)).toEqual(['ok']);
      expect(errors(sample)).toEqual([
        expect.objectContaining({ collector: 'enumeration', error: expect.stringMatching(/^device 1: .*GPU_IS_LOST/) }),
      ]);
    });

    it('initializes the driver anew for a lost GPU, so that one that was reset comes back', () => {
      driver.script.devices(2);
      driver.once();
      driver.script.fail(1, '*', 15).fail(1, 'nvmlDeviceGetHandleByIndex_v2', 0).write();
      expect(statuses(driver.collect())).toEqual(['ok', 'lost']);
      const before = readCalls(driver.calls).get('nvmlInitWithFlags') ?? 0;
      driver.script.fail(1, '*', 0).write();
      driver.time += 61;
      expect(statuses(driver.collect())).toEqual(['ok', 'ok']);
      expect(readCalls(driver.calls).get('nvmlInitWithFlags')).toBe(before + 1);
      driver.time += 3600;
      driver.collect();
      expect(readCalls(driver.calls).get('nvmlInitWithFlags')).toBe(before + 1);
    });

    it('waits longer each time a GPU stays lost', () => {
      driver.script.devices(2);
      driver.once();
      driver.script.fail(1, '*', 15).write();
      driver.collect();
      const inits = () => readCalls(driver.calls).get('nvmlInitWithFlags') ?? 0;
      const first = inits();
      for (const [seconds, more] of [
        [61, 1],
        [61, 1],
        [61, 2],
        [200, 2],
        [50, 3],
      ] as const) {
        driver.time += seconds;
        driver.collect();
        expect([seconds, inits() - first]).toEqual([seconds, more]);
      }
    });
  });

  describe('with devices that come and go', () => {
    it('sees at once that there are more or fewer', () => {
      driver.script.devices(3).absent(2);
      expect(statuses(driver.once())).toEqual(['ok', 'ok']);
      driver.script.present(2).write();
      expect(statuses(driver.collect())).toEqual(['ok', 'ok', 'ok']);
      const all = addresses(driver.collect());
      driver.script.absent(0).write();
      const sample = driver.collect();
      expect(addresses(sample)).toEqual([all[1], all[2], all[0]]);
      expect(statuses(sample)).toEqual(['ok', 'ok', 'missing']);
      expect(sample.devices.map(({ identity }) => identity.index)).toEqual([0, 1, 0]);
      expect(sample.devices[2]).toMatchObject({ reason: 'the driver no longer lists it', points: [] });
    });

    it('sees that one took the place of another', () => {
      driver.script.devices(3).absent(2);
      const before = addresses(driver.once());
      driver.script.absent(0).present(2).write();
      driver.collect();
      const sample = driver.collect();
      expect(sample.devices.map(({ status }) => status)).toEqual(['ok', 'ok', 'missing']);
      expect(addresses(sample)[0]).toBe(before[1]);
      expect(addresses(sample)[2]).toBe(before[0]);
    });

    it('tells of the event that came as a GPU went away, under the labels that the GPU had', () => {
      driver.script.devices(2);
      const before = driver.once().devices[1]?.identity;
      driver.script.event({ slot: 1, type: 8, data: 79 }).absent(1).write();
      const sample = driver.collect();
      expect(sample.events).toEqual([expect.objectContaining({ xid: 79, pciBusId: before?.pciBusId })]);
      expect(sample.devices[1]).toMatchObject({ status: 'missing', identity: before });
      expect(before?.index).toBe(1);
    });

    it('misses a GPU that is on the bus and not in the list', () => {
      driver.pci(FIRST).pci('0000:ff:00.0');
      driver.script.device();
      const [, missing] = driver.once().devices;
      expect(missing).toMatchObject({
        identity: { vendor: 'nvidia', pciBusId: '0000:ff:00.0' },
        status: 'missing',
        reason: expect.stringContaining('NVIDIA_VISIBLE_DEVICES'),
      });
    });

    it('initializes the driver anew for a GPU that was added to the bus', () => {
      driver.pci(FIRST);
      driver.script.device();
      driver.once();
      const before = readCalls(driver.calls).get('nvmlInitWithFlags') ?? 0;
      driver.pci('0000:ff:00.0');
      driver.time += 61;
      driver.collect();
      driver.time += 61;
      driver.collect();
      expect(readCalls(driver.calls).get('nvmlInitWithFlags')).toBe(before + 1);
    });
  });

  describe('with a device that is to be left alone', () => {
    it('does not ask it, and says what was known of it', () => {
      driver.script.devices(2);
      driver.once();
      driver.script.hang(0, '*').write();
      const sample = driver.collect([FIRST]);
      expect(statuses(sample)).toEqual(['hung', 'ok']);
      expect(sample.devices[0]?.identity).toMatchObject({ model: 'NVIDIA H100 80GB HBM3', index: 0 });
      expect(driver.steps.filter((step) => step.includes(FIRST))).toEqual([]);
    });

    it('does not even ask for its handle where the bus says which it is', () => {
      driver.script.devices(2);
      for (const address of addresses(driver.once())) driver.pci(address);
      driver.script.hang(0, '*').write();
      driver.open();
      expect(statuses(driver.collect([FIRST]))).toEqual(['hung', 'ok']);
      // A call for the handle would not have returned.
      driver.script.mend(0, '*').write();
      expect(statuses(driver.collect())).toEqual(['ok', 'ok']);
    });
  });

  describe('hot path', () => {
    const callsOf = (collections: number): Map<string, number> => {
      const before = readCalls(driver.calls);
      for (let collection = 0; collection < collections; collection += 1) {
        driver.time += 10;
        driver.collect();
      }
      const spent = new Map<string, number>();
      for (const [name, count] of readCalls(driver.calls)) {
        const more = count - (before.get(name) ?? 0);
        if (more > 0) spent.set(name, more / collections);
      }
      return spent;
    };

    it('makes few calls per device', () => {
      driver.script.devices(8);
      driver.once();
      const calls = callsOf(4);
      const total = [...calls.values()].reduce((sum, count) => sum + count, 0);
      expect(total / 8).toBeLessThan(40);
      expect(calls.get('nvmlDeviceGetFieldValues')).toBe(16);
      expect(calls.get('nvmlDeviceGetCount_v2')).toBe(1);
      expect(calls.get('nvmlDeviceGetName')).toBeUndefined();
      expect(calls.get('nvmlDeviceGetHandleByIndex_v2')).toBeUndefined();
    });

    it('asks once a minute for what hardly changes, and repeats it in between', () => {
      driver.script.device();
      driver.once();
      driver.script.set(0, 'power.limit', 500_000).write();
      driver.time += 30;
      expect(valuesOf(driver.collect().devices[0])).toHaveProperty('gpu_power_configured_limit_watts', 700);
      driver.time += 31;
      expect(valuesOf(driver.collect().devices[0])).toHaveProperty('gpu_power_configured_limit_watts', 500);
    });

    it('leaves what is not supported alone for ten minutes', () => {
      driver.script.device({ preset: 't4' });
      driver.once();
      expect(callsOf(5).get('nvmlDeviceGetMarginTemperature')).toBeUndefined();
      driver.script.set(0, 'temperature.margin', 20).field(0, 82, '*', 'uint', 70).write();
      expect(metricsOf(driver.collect().devices[0])).not.toContain('gpu_temperature_margin_celsius');
      driver.time += 601;
      expect(valuesOf(driver.collect().devices[0])).toMatchObject({
        gpu_temperature_margin_celsius: 20,
        'gpu_temperature_celsius memory': 70,
      });
    });

    it('asks again at once after the GPU was divided into instances, or made whole', () => {
      driver.script.device({ preset: 'a100', values: { 'mig.mode': 1 } });
      expect(metricsOf(driver.once().devices[0])).not.toContain('gpu_utilization_ratio');
      driver.script.set(0, 'mig.mode', 0).write();
      expect(valuesOf(driver.collect().devices[0])).toMatchObject({
        gpu_mig_mode_enabled: 0,
        gpu_utilization_ratio: 0.63,
      });
    });

    it('says what comes before it asks', () => {
      driver.script.device();
      driver.once();
      expect(driver.steps).toEqual(
        expect.arrayContaining(['enumeration', `field_values ${FIRST}`, `processes ${FIRST}`, 'events']),
      );
    });

    it('times every collector of every device', () => {
      driver.script.devices(2);
      const { outcomes } = driver.once();
      expect(outcomes.every(({ seconds }) => seconds >= 0 && seconds < 5)).toBe(true);
      expect(outcomes.filter(({ collector }) => collector === 'field_values')).toHaveLength(2);
    });
  });

  describe('counters', () => {
    it('go on beyond the wrap of 32 bits', () => {
      driver.script.device().field(0, 197, '*', 'uint', 4_294_967_000);
      expect(valuesOf(driver.once().devices[0])).toHaveProperty('gpu_pcie_transmit_bytes_total', 4_294_967_000);
      driver.script.field(0, 197, '*', 'uint', 704).write();
      expect(valuesOf(driver.collect().devices[0])).toHaveProperty('gpu_pcie_transmit_bytes_total', 4_294_968_000);
    });

    it('of 64 bits are those of the driver', () => {
      driver.script.device().field(0, 197, '*', 'ull', 9_000_000_000);
      driver.once();
      driver.script.field(0, 197, '*', 'ull', 5).write();
      expect(valuesOf(driver.collect().devices[0])).toHaveProperty('gpu_pcie_transmit_bytes_total', 5);
    });

    it('of a link come from one source, that of NVLink 5 first', () => {
      driver.script.device().field(0, 202, '0-17', 'ull', 777).field(0, 165, 2, 'uint', 0).field(0, 165, 3, 'uint', 2);
      expect(valuesOf(driver.once().devices[0])).toMatchObject({
        'gpu_nvlink_transmit_bytes_total 0': 777,
        'gpu_nvlink_receive_bytes_total 0': expect.any(Number),
        'gpu_nvlink_up 2': 0,
        'gpu_nvlink_up 3': 1,
      });
    });
  });

  it('has a value once when the driver begins to give it as a field', () => {
    driver.script.device().field(0, 3, '*', 'ull', 'error:999').field(0, 142, '*', 'uint', 'unsupported');
    driver.once();
    driver.script.field(0, 3, '*', 'ull', 6).field(0, 142, '*', 'uint', 7).write();
    expect(valuesOf(driver.collect().devices[0])).toHaveProperty(['gpu_ecc_errors_total corrected volatile'], 6);
    driver.time += 601;
    expect(valuesOf(driver.collect().devices[0])).toHaveProperty(['gpu_remapped_rows_total corrected'], 7);
  });

  it('logs once that a GPU is lost, that a collector fails, and that the GPU is back', () => {
    driver.script.device().fail(0, 'nvmlDeviceGetPowerUsage', 4);
    driver.once();
    driver.collect();
    driver.script.fail(0, '*', 15).write();
    driver.collect();
    driver.collect();
    driver.script.mend(0, '*').write();
    driver.time += 11;
    driver.collect();
    const lines = driver.log.lines.map(
      ({ level, message, fields }) => `${level} ${message} ${fields?.collector ?? ''}`,
    );
    expect(lines.filter((line) => line.includes('collector failed power'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('error a GPU is lost'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('info a GPU is back'))).toHaveLength(1);
  });

  it('keeps the events that a lost GPU can report, so that their counters stay', () => {
    driver.script.devices(2);
    driver.once();
    driver.script.fail(0, '*', 15).write();
    for (const sample of [driver.collect(), driver.collect()]) {
      expect(sample.devices[0]?.status).toBe('lost');
      expect(sample.devices[0]?.supportedEvents).toContain('xid');
    }
  });

  it('warns once that persistence mode is off', () => {
    driver.script.device({ preset: 'rtx4090' });
    driver.once();
    driver.time += 120;
    driver.collect();
    expect(driver.log.lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ message: expect.stringContaining('persistence mode is off') }),
    ]);
  });

  it('lets go of the driver when it is closed', () => {
    driver.script.device();
    const backend = driver.open();
    backend.close();
    expect(readCalls(driver.calls).get('nvmlShutdown')).toBe(1);
    rmSync(driver.calls);
    backend.close();
    appendFileSync(driver.calls, '');
    expect(readFileSync(driver.calls, 'utf8')).toBe('');
  });

  it('starts with drivers that lack the newer call', () => {
    driver.script.device();
    expect(statuses(driver.once({ library: compileNvml({ without: ['nvmlInitWithFlags'] }) }))).toEqual(['ok']);
  });

  it('says which functions a driver lacks, and what a GPU does not support', () => {
    driver.script.device({ preset: 't4' }).device({ preset: 'h100' });
    const { capabilities } = driver.once({ library: compileNvml({ without: ['nvmlDeviceGetPowerUsage'] }) });
    expect(capabilities).toContainEqual({
      capability: 'nvmlDeviceGetPowerUsage',
      supported: false,
      reason: 'missing_symbol',
    });
    expect(capabilities).toContainEqual({
      capability: 'nvmlDeviceGetMarginTemperature',
      supported: false,
      reason: 'NOT_SUPPORTED',
      pciBusId: FIRST,
    });
    expect(capabilities).toContainEqual({ capability: 'field_values', supported: true, reason: '' });
  });

  it('leaves processes and profiling out where they are not wanted', () => {
    driver.script.device().process(0, { pid: 1, memory: 1e6 });
    const { devices, outcomes } = driver.once({ processes: false, profiling: false });
    expect(devices[0]).toMatchObject({ processes: [], processesKnown: false });
    expect(outcomes.map(({ collector }) => collector)).not.toContain('profiling');
  });

  it('carries processes, instances and events of a device', () => {
    driver.script
      .device({ preset: 'a100', values: { 'mig.mode': 1 } })
      .mig(0, { index: 0, gi: 7, ci: 0, profile: '1g.5gb', memoryTotal: 5e9, memoryUsed: 1e9 })
      .process(0, { pid: 4711, memory: 1e9, gi: 7, ci: 0 });
    driver.once();
    driver.script.event({ slot: 0, type: 8, data: 79 }).write();
    const sample = driver.collect();
    expect(sample.devices[0]).toMatchObject({
      instances: [{ gpuInstanceId: 7, computeInstanceId: 0, profile: '1g.5gb' }],
      processes: [{ pid: 4711, gpuInstanceId: 7, computeInstanceId: 0 }],
      processesKnown: true,
    });
    expect(sample.devices[0]?.supportedEvents).toContain('xid');
    expect(sample.events).toEqual([expect.objectContaining({ event: 'xid', xid: 79, pciBusId: FIRST })]);
  });

  it('tells what the kernel logged while the driver was not open', () => {
    mkdirSync(driver.path('dev'));
    const log = (sequence: number, xid: number) =>
      appendFileSync(
        driver.path('dev/kmsg'),
        `3,${sequence},1,-;NVRM: Xid (PCI:${FIRST.slice(0, -2)}): ${xid}, pid=1\n`,
      );
    log(7, 13);
    driver.script.device();
    const { kernelLogPosition, events } = driver.once();
    expect([kernelLogPosition, events]).toEqual([7, []]);
    log(8, 119);
    const backend = driver.open();
    log(9, 79);
    const sample = backend.collect({ skip: [], kernelLogPosition }, () => {});
    expect(sample.events.map(({ xid }) => xid)).toEqual([119, 79]);
    expect(sample.kernelLogPosition).toBe(9);
  });

  it('lets go of the profiling samples of MIG instances when MIG is switched off', () => {
    driver.script.device({ values: { 'mig.mode': 1 } }).mig(0, { index: 0, gi: 7, profile: '1g.10gb' });
    driver.once();
    driver.script.set(0, 'mig.mode', 0).write();
    driver.collect();
    driver.collect();
    expect(readCalls(driver.calls).get('nvmlGpmSampleFree')).toBe(1);
  });
});
