import { afterEach, describe, expect, it } from 'vitest';
import { CallError } from '../../../src/gpu/nvidia/call-error.js';
import { MigCollector, type MigInstance } from '../../../src/gpu/nvidia/mig.js';
import { hasCompiler, type NvmlOptions } from '../../nvml/library.js';
import type { NvmlScript } from '../../nvml/script.js';
import { ScriptedDriver } from './scripted-driver.js';

const GPU = '0000:3b:00.0';
const GIBIBYTE = 1_073_741_824;

describe.skipIf(!hasCompiler())('MIG instances of a device', { timeout: 60_000 }, () => {
  let driver: ScriptedDriver;
  let collector: MigCollector;
  let clock = 0;

  const start = (prepare: (script: NvmlScript) => void, options?: NvmlOptions) => {
    driver = new ScriptedDriver((script) => prepare(script.device({ values: { 'mig.mode': 1 } })), options);
    collector = new MigCollector(driver.library, () => clock);
  };
  const collect = (): MigInstance[] => collector.collect(driver.handle(), GPU);
  const twoInstances = (script: NvmlScript) =>
    script
      .mig(0, {
        index: 0,
        gi: 7,
        profile: '1g.10gb',
        uuid: 'MIG-11111111-1111-1111-1111-111111111111',
        memoryTotal: 10 * GIBIBYTE,
        memoryUsed: 3 * GIBIBYTE,
        memoryReserved: GIBIBYTE,
        attributes: { sm: 16 },
      })
      .mig(0, { index: 4, gi: 2, profile: '3g.40gb', uuid: 'MIG-22222222-2222-2222-2222-222222222222' });

  afterEach(() => driver.close());

  it('are found in spite of holes between them', () => {
    start(twoInstances);
    expect(collect()).toMatchObject([
      {
        gpuInstanceId: 7,
        computeInstanceId: 0,
        uuid: 'MIG-11111111-1111-1111-1111-111111111111',
        profile: '1g.10gb',
        sharesGpuInstance: false,
      },
      { gpuInstanceId: 2, profile: '3g.40gb' },
    ]);
  });

  it('have memory and multiprocessors', () => {
    start(twoInstances);
    expect(collect()[0]?.points).toEqual([
      ['gpu_mig_memory_total_bytes', 10 * GIBIBYTE],
      ['gpu_mig_memory_used_bytes', 3 * GIBIBYTE],
      ['gpu_mig_memory_free_bytes', 6 * GIBIBYTE],
      ['gpu_mig_memory_reserved_bytes', GIBIBYTE],
      ['gpu_mig_multiprocessors', 16],
    ]);
  });

  it('have memory without a part for the driver where an older one does not tell it', () => {
    start(twoInstances, { without: ['nvmlDeviceGetMemoryInfo_v2'] });
    const points = new Map(collect()[0]?.points.map(([metric, value]) => [metric, value]));
    expect(points.get('gpu_mig_memory_total_bytes')).toBe(10 * GIBIBYTE);
    expect(points.get('gpu_mig_memory_used_bytes')).toBe(4 * GIBIBYTE);
    expect(points.has('gpu_mig_memory_reserved_bytes')).toBe(false);
  });

  it('leave out what fails', () => {
    start(twoInstances);
    driver.script.fail('mig', 'nvmlDeviceGetMemoryInfo_v2', 4).fail('mig', 'nvmlDeviceGetMemoryInfo', 4);
    driver.script.fail('mig', 'nvmlDeviceGetAttributes_v2', 999).write();
    expect(collect()).toMatchObject([{ points: [] }, { points: [] }]);
    // The older call has what is reserved among what is used.
    driver.script.fail('mig', 'nvmlDeviceGetMemoryInfo_v2', 999).mend('mig', 'nvmlDeviceGetMemoryInfo').write();
    expect(collect()).toMatchObject([{ points: [] }, { points: [] }]);
  });

  it('come, go, and are made anew', () => {
    start(twoInstances);
    collect();
    driver.script.removeMig(0, 4).mig(0, { index: 1, gi: 9, profile: '2g.20gb' }).write();
    expect(collect().map(({ gpuInstanceId, profile }) => [gpuInstanceId, profile])).toEqual([
      [7, '1g.10gb'],
      [9, '2g.20gb'],
    ]);
    driver.script.mig(0, { index: 0, gi: 7, profile: '1g.20gb', uuid: 'MIG-33333333-3333-3333-3333-333333333333' });
    driver.script.write();
    expect(collect()[0]).toMatchObject({
      gpuInstanceId: 7,
      profile: '1g.20gb',
      uuid: 'MIG-33333333-3333-3333-3333-333333333333',
    });
  });

  it('are asked once for what does not change', () => {
    start(twoInstances);
    for (let count = 0; count < 5; count += 1) collect();
    expect(driver.calls('nvmlDeviceGetGpuInstanceId')).toBe(2);
    expect(driver.calls('nvmlDeviceGetAttributes_v2')).toBe(2);
    expect(driver.calls('nvmlDeviceGetMemoryInfo_v2')).toBe(10);
    collector.invalidate(GPU);
    collect();
    expect(driver.calls('nvmlDeviceGetGpuInstanceId')).toBe(4);
  });

  it('are found where a driver lacks the call for their name', () => {
    start(twoInstances, { without: ['nvmlDeviceGetName'] });
    expect(collect().map(({ gpuInstanceId }) => gpuInstanceId)).toEqual([7, 2]);
  });

  it('say when they share a GPU instance', () => {
    start((script) =>
      script
        .mig(0, { index: 0, gi: 2, ci: 0, profile: '1c.3g.40gb' })
        .mig(0, { index: 1, gi: 2, ci: 1, profile: '1c.3g.40gb' })
        .mig(0, { index: 2, gi: 7, ci: 0, profile: '1g.10gb' }),
    );
    expect(collect().map(({ computeInstanceId, sharesGpuInstance }) => [computeInstanceId, sharesGpuInstance])).toEqual(
      [
        [0, true],
        [1, true],
        [0, false],
      ],
    );
  });

  it('have the ids of their UUID where a driver lacks the calls for them', () => {
    start(
      (script) =>
        script.mig(0, {
          index: 0,
          gi: 7,
          ci: 1,
          profile: '1g.5gb',
          uuid: 'MIG-GPU-b850f46d-d5ea-c752-ddf3-c4453e44d3f7/7/1',
        }),
      { without: ['nvmlDeviceGetGpuInstanceId', 'nvmlDeviceGetComputeInstanceId'] },
    );
    expect(collect()).toMatchObject([{ gpuInstanceId: 7, computeInstanceId: 1, profile: '1g.5gb' }]);
  });

  it('have the profile of their GPU instance, or of their attributes, where their name has none', () => {
    start((script) =>
      script.mig(0, {
        index: 0,
        gi: 7,
        profile: '1g.10gb',
        name: 'NVIDIA H100 80GB HBM3',
        memoryTotal: 10 * GIBIBYTE,
        attributes: { gi_slices: 1, ci_slices: 1, profile_id: 19 },
      }),
    );
    expect(collect()[0]?.profile).toBe('1g.10gb');
    driver.close();
    start(
      (script) =>
        script.mig(0, {
          index: 0,
          gi: 7,
          profile: '1g.10gb',
          name: 'NVIDIA H100 80GB HBM3',
          memoryTotal: 10 * GIBIBYTE,
          attributes: { gi_slices: 1, ci_slices: 1 },
        }),
      { without: ['nvmlDeviceGetGpuInstanceProfileInfoV'] },
    );
    expect(collect()[0]?.profile).toBe('1g.10gb');
  });

  it('are none where MIG is on without any, off, or unknown to the device', () => {
    start(() => undefined);
    expect(collect()).toEqual([]);
    driver.script.set(0, 'mig.mode', 0).write();
    expect(collect()).toEqual([]);
    driver.script.set(0, 'mig.mode', 'unsupported').write();
    expect([collect(), collect()]).toEqual([[], []]);
    expect(driver.calls('nvmlDeviceGetMigMode')).toBe(3);
    expect(driver.calls('nvmlDeviceGetMigDeviceHandleByIndex')).toBe(7);
  });

  it('are looked for again some minutes after a device said that it has no MIG', () => {
    start((script) => script.set(0, 'mig.mode', 'unsupported').mig(0, { index: 0, gi: 7, profile: '1g.10gb' }));
    collect();
    driver.script.set(0, 'mig.mode', 1).write();
    expect(collect()).toEqual([]);
    clock += 600;
    expect(collect()).toHaveLength(1);
  });

  it('are none where the driver lacks MIG', () => {
    start(twoInstances, { without: ['nvmlDeviceGetMigMode'] });
    expect(collect()).toEqual([]);
  });

  it('throw where the device is lost', () => {
    start(twoInstances);
    const handle = driver.handle();
    driver.script.fail(0, '*', 15).write();
    expect(() => collector.collect(handle, GPU)).toThrow(CallError);
  });
});
