import { afterEach, describe, expect, it } from 'vitest';
import { CallError } from '../../../src/gpu/nvidia/call-error.js';
import { GpmCollector } from '../../../src/gpu/nvidia/gpm.js';
import { GPM_METRICS } from '../../../src/gpu/nvidia/gpm-metrics.js';
import { MigCollector } from '../../../src/gpu/nvidia/mig.js';
import type { Point } from '../../../src/gpu/sample.js';
import { CATALOGUE } from '../../../src/metrics/catalogue.js';
import { hasCompiler, type NvmlOptions } from '../../nvml/library.js';
import type { NvmlScript } from '../../nvml/script.js';
import { ScriptedDriver } from './scripted-driver.js';

const GPU = '0000:3b:00.0';
const MEBIBYTE = 1_048_576;

describe('metrics that are asked for', () => {
  it('are in the catalogue, with the unit that they are converted to', () => {
    for (const { device, instance, unit } of GPM_METRICS) {
      for (const name of instance === undefined ? [device] : [device, instance]) {
        expect(CATALOGUE[name].unit, name).toBe(unit === 'percent' ? 'ratio' : 'bytes_per_second');
      }
    }
  });

  it('are asked for once each', () => {
    expect(new Set(GPM_METRICS.map(({ id }) => id)).size).toBe(GPM_METRICS.length);
  });
});

describe.skipIf(!hasCompiler())('profiling', { timeout: 60_000 }, () => {
  let driver: ScriptedDriver;
  let collector: GpmCollector;
  let clock = 0;

  const start = (prepare: (script: NvmlScript) => void, options?: NvmlOptions) => {
    driver = new ScriptedDriver((script) => {
      script.device();
      // What a preset says would hide what a test does not.
      for (const { id } of GPM_METRICS) script.gpm(0, id, 'unsupported');
      prepare(script);
    }, options);
    clock = 1000;
    collector = new GpmCollector(driver.library, () => clock);
  };
  const after = (seconds: number, utilization?: number): readonly Point[] => {
    clock += seconds;
    return collector.collectDevice(driver.handle(), GPU, utilization);
  };
  const capability = (name = 'profiling') => collector.capabilities().find((one) => one.capability === name);

  afterEach(() => {
    collector.close();
    expect(driver.calls('nvmlGpmSampleFree')).toBe(driver.calls('nvmlGpmSampleAlloc'));
    driver.close();
  });

  it('begins with the second collection', () => {
    start((script) => script.gpm(0, 2, 37.5));
    expect(after(0)).toEqual([]);
    expect(after(5)).toEqual([['gpu_sm_active_ratio', 0.375]]);
    expect(capability()).toEqual({ capability: 'profiling', supported: true, reason: '', pciBusId: GPU });
  });

  it('gives ratios, bytes, and engines by name', () => {
    start((script) =>
      script
        .gpm(0, 1, 50)
        .gpm(0, 5, 12.5)
        .gpm(0, 20, 2)
        .gpm(0, 60, 3)
        .gpm(0, 30, 25)
        .gpm(0, 47, 10)
        .gpm(0, 51, 5)
        .gpm(0, 168, 75),
    );
    after(0);
    expect(after(5)).toEqual([
      ['gpu_graphics_engine_active_ratio', 0.5],
      ['gpu_tensor_active_ratio', 0.125],
      ['gpu_pcie_transmit_bytes_per_second', 2 * MEBIBYTE],
      ['gpu_engine_active_ratio', 0.25, 'nvdec0'],
      ['gpu_engine_active_ratio', 0.1, 'nvjpg7'],
      ['gpu_engine_active_ratio', 0.05, 'nvofa1'],
      ['gpu_nvlink_receive_bytes_per_second', 3 * MEBIBYTE],
      ['gpu_engine_active_ratio', 0.75, 'nvenc2'],
    ]);
  });

  it('takes two samples in turn, and no more', () => {
    start((script) => script.gpm(0, 2, 40));
    after(0);
    for (let count = 0; count < 10; count += 1) expect(after(5)).toHaveLength(1);
    expect(driver.calls('nvmlGpmSampleAlloc')).toBe(2);
    expect(driver.calls('nvmlGpmSampleGet')).toBe(11);
    expect(driver.calls('nvmlGpmQueryDeviceSupport')).toBe(1);
  });

  it('keeps its values while less than a tenth of a second passed', () => {
    start((script) => script.gpm(0, 2, 40));
    after(0);
    after(5);
    driver.script.gpm(0, 2, 90).write();
    expect(after(0.05)).toEqual([['gpu_sm_active_ratio', 0.4]]);
    expect(after(0.06)).toEqual([['gpu_sm_active_ratio', 0.9]]);
  });

  it('begins anew after more than ten minutes', () => {
    start((script) => script.gpm(0, 2, 40));
    after(0);
    after(5);
    expect(after(601)).toEqual([]);
    expect(after(5)).toEqual([['gpu_sm_active_ratio', 0.4]]);
  });

  it('leaves out what is no number, negative, or refused', () => {
    start((script) => script.gpm(0, 1, 'nan').gpm(0, 2, -3).gpm(0, 3, 'error:4').gpm(0, 4, 20));
    after(0);
    expect(after(5)).toEqual([['gpu_integer_active_ratio', 0.2]]);
  });

  it('takes a little above all for all, and leaves out what is far above', () => {
    start((script) => script.gpm(0, 2, 104).gpm(0, 3, 130).gpm(0, 20, 1000));
    after(0);
    expect(after(5)).toEqual([
      ['gpu_sm_active_ratio', 1],
      ['gpu_pcie_transmit_bytes_per_second', 1000 * MEBIBYTE],
    ]);
    expect(capability('profiling_range')).toMatchObject({ supported: false, reason: 'out_of_range' });
  });

  it('asks again for metrics that were not supported after ten minutes', () => {
    start((script) => script.gpm(0, 2, 40));
    after(0);
    after(5);
    driver.script.gpm(0, 3, 10).write();
    expect(after(5)).toHaveLength(1);
    for (let minute = 0; minute < 10; minute += 1) after(60);
    expect(after(5)).toHaveLength(2);
  });

  it('does not believe counters that stand still while the device is busy', () => {
    start((script) => script.gpm(0, 2, 0).gpm(0, 3, 0).gpm(0, 20, 5));
    after(0, 0.9);
    expect(after(5, 0.9)).toHaveLength(3);
    expect(after(5, 0.9)).toHaveLength(3);
    expect(after(5, 0.9)).toEqual([]);
    expect(capability()).toMatchObject({ supported: false, reason: 'stalled' });
    driver.script.gpm(0, 2, 80).write();
    expect(after(5, 0.9)).toHaveLength(3);
    expect(capability()).toMatchObject({ supported: true, reason: '' });
  });

  it('believes counters at zero while the device is idle, or nothing is known of it', () => {
    start((script) => script.gpm(0, 2, 0));
    after(0);
    for (const utilization of [0.1, 0.1, 0.1, 0.1, undefined, undefined, undefined]) {
      expect(after(5, utilization)).toEqual([['gpu_sm_active_ratio', 0]]);
    }
  });

  it('is not supported where the device says so, which is not asked each time', () => {
    start((script) => script.set(0, 'gpm.supported', 0));
    for (let count = 0; count < 5; count += 1) expect(after(5)).toEqual([]);
    expect(driver.calls('nvmlGpmQueryDeviceSupport')).toBe(1);
    expect(driver.calls('nvmlGpmSampleAlloc')).toBe(0);
    expect(capability()).toMatchObject({ supported: false, reason: 'NOT_SUPPORTED' });
  });

  it('is not supported where the driver lacks the functions', () => {
    start(() => undefined, { without: ['nvmlGpmMetricsGet'] });
    expect(after(5)).toEqual([]);
    expect(capability()).toMatchObject({ supported: false, reason: 'missing_symbol' });
  });

  it('goes on after a collection that failed', () => {
    start((script) => script.gpm(0, 2, 40));
    after(0);
    after(5);
    driver.script.fail(0, 'nvmlGpmSampleGet', 999).write();
    expect(after(5)).toEqual([]);
    expect(capability()).toMatchObject({ supported: false, reason: 'UNKNOWN' });
    driver.script.mend(0, 'nvmlGpmSampleGet').write();
    expect(after(5)).toEqual([]);
    expect(after(5)).toEqual([['gpu_sm_active_ratio', 0.4]]);
    driver.script.fail('system', 'nvmlGpmMetricsGet', 999).write();
    expect(after(5)).toEqual([]);
    expect(capability()).toMatchObject({ supported: false, reason: 'UNKNOWN' });
    driver.script.mend('system', 'nvmlGpmMetricsGet').write();
    expect(after(5)).toEqual([['gpu_sm_active_ratio', 0.4]]);
  });

  it('asks a driver for fewer metrics that refuses those that came later', () => {
    start((script) => script.gpm(0, 2, 40).gpm(0, 166, 10));
    after(0);
    driver.script.fail('system', 'nvmlGpmMetricsGet', 2).write();
    expect(after(5)).toEqual([]);
    expect(driver.calls('nvmlGpmMetricsGet')).toBe(2);
    expect(capability()).toMatchObject({ supported: false, reason: 'INVALID_ARGUMENT' });
    driver.script.mend('system', 'nvmlGpmMetricsGet').write();
    expect(after(5)).toEqual([['gpu_sm_active_ratio', 0.4]]);
    expect(driver.calls('nvmlGpmMetricsGet')).toBe(3);
  });

  it('throws where the device is lost', () => {
    start((script) => script.gpm(0, 2, 40));
    const handle = driver.handle();
    collector.collectDevice(handle, GPU);
    clock += 5;
    driver.script.fail(0, '*', 15).write();
    expect(() => collector.collectDevice(handle, GPU)).toThrow(CallError);
  });

  it('lets go of the samples of a device that went away', () => {
    start((script) => script.gpm(0, 2, 40));
    after(0);
    after(5);
    collector.forget(GPU);
    expect(driver.calls('nvmlGpmSampleFree')).toBe(2);
    expect(collector.capabilities()).toEqual([]);
  });

  describe('of MIG instances', () => {
    const mig = (script: NvmlScript) =>
      script
        .set(0, 'mig.mode', 1)
        .mig(0, { index: 0, gi: 7, profile: '1g.10gb', uuid: 'MIG-1' })
        .mig(0, { index: 1, gi: 9, profile: '2g.20gb', uuid: 'MIG-2' })
        .migGpm(0, 7, 2, 51)
        .migGpm(0, 9, 2, 20)
        .migGpm(0, 9, 5, 10);
    const instancesAfter = (seconds: number) => {
      clock += seconds;
      const handle = driver.handle();
      return collector.collectInstances(handle, GPU, new MigCollector(driver.library).collect(handle, GPU));
    };

    it('gives each its own', () => {
      start(mig);
      expect(instancesAfter(0)).toEqual([[], []]);
      expect(instancesAfter(5)).toEqual([
        [['gpu_mig_sm_active_ratio', 0.51]],
        [
          ['gpu_mig_sm_active_ratio', 0.2],
          ['gpu_mig_tensor_active_ratio', 0.1],
        ],
      ]);
      expect(capability()).toMatchObject({ supported: true });
    });

    it('begins anew with an instance that was made anew under the same number, and lets go of one that is gone', () => {
      start(mig);
      instancesAfter(0);
      instancesAfter(5);
      driver.script.mig(0, { index: 0, gi: 7, profile: '1g.10gb', uuid: 'MIG-3' }).removeMig(0, 1).write();
      expect(instancesAfter(5)).toEqual([[]]);
      expect(driver.calls('nvmlGpmSampleFree')).toBe(4);
      expect(instancesAfter(5)).toEqual([[['gpu_mig_sm_active_ratio', 0.51]]]);
      expect(collector.hasInstances(GPU)).toBe(true);
      driver.script.removeMig(0, 0).write();
      expect(instancesAfter(5)).toEqual([]);
      expect(driver.calls('nvmlGpmSampleFree')).toBe(6);
      expect(collector.hasInstances(GPU)).toBe(false);
    });

    it('has none where compute instances share a GPU instance', () => {
      start((script) =>
        mig(script).mig(0, { index: 2, gi: 9, ci: 1, profile: '1c.2g.20gb', uuid: 'MIG-4' }).migGpm(0, 9, 2, 20),
      );
      instancesAfter(0);
      expect(instancesAfter(5)).toEqual([[['gpu_mig_sm_active_ratio', 0.51]], [], []]);
    });

    it('has none where the driver lacks the function', () => {
      start(mig, { without: ['nvmlGpmMigSampleGet'] });
      instancesAfter(0);
      expect(instancesAfter(5)).toEqual([[], []]);
    });
  });
});
