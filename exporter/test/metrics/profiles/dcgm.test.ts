import { describe, expect, it } from 'vitest';
import type { Point } from '../../../src/gpu/sample.js';
import { Exposition } from '../../../src/metrics/exposition.js';
import { type DcgmProfileOptions, dcgmMetrics } from '../../../src/metrics/profiles/dcgm.js';
import { DCGM_4_6_NAMES } from '../../../src/metrics/profiles/dcgm-names.js';
import type { Entity, Snapshot } from '../../../src/metrics/snapshot.js';
import { device, identityOf, instance, seriesOf, snapshotOf } from '../snapshots.js';

function dcgm(options: Partial<DcgmProfileOptions> = {}): Exposition {
  return new Exposition({
    profiles: ['dcgm'],
    dcgm: { names: '4.5', hostnameLabel: 'Hostname', optional: true, ...options },
    hostname: 'node-1',
    limit: 100_000,
  });
}

const lines = (entities: readonly Entity[], options?: Partial<DcgmProfileOptions>) =>
  seriesOf(dcgm(options).render(snapshotOf(entities), 'text'));

/** Values by name, of entities with one series per name. */
const values = (entities: readonly Entity[], options?: Partial<DcgmProfileOptions>) =>
  Object.fromEntries(
    lines(entities, options).map((line) => [line.replace(/\{.*/, ''), Number(line.slice(line.lastIndexOf(' ')))]),
  );

const LABELS =
  'gpu="0",UUID="GPU-0",pci_bus_id="00000000:3B:00.0",device="nvidia0",modelName="NVIDIA H100",Hostname="node-1",DCGM_FI_DRIVER_VERSION="580.95.05"';

describe('the dcgm profile', () => {
  it('labels a GPU as dcgm-exporter does', () => {
    const points: readonly Point[] = [['gpu_power_watts', 70.5]];
    expect(lines([device(0, points)])).toEqual([`DCGM_FI_DEV_POWER_USAGE{${LABELS}} 70.5`]);
    // Its label `device` has the index, also where the driver's file has another number.
    const other = device(0, points, { identity: identityOf(0, { minorNumber: 3 }) });
    expect(lines([other])).toEqual([`DCGM_FI_DEV_POWER_USAGE{${LABELS}} 70.5`]);
  });

  it('spells the label of the host as told', () => {
    const [line] = lines([device(0, [['gpu_power_watts', 70.5]])], { hostnameLabel: 'hostname' });
    expect(line).toContain(',hostname="node-1",');
  });

  it('gives values in the units of DCGM, as whole numbers where those are', () => {
    const points: readonly Point[] = [
      ['gpu_clock_hertz', 1_980_000_000, 'sm'],
      ['gpu_clock_hertz', 2_619_000_000, 'memory'],
      ['gpu_temperature_celsius', 41, 'gpu'],
      ['gpu_temperature_celsius', 52, 'memory'],
      ['gpu_energy_joules_total', 1_234_567.891],
      ['gpu_utilization_ratio', 0.29],
      ['gpu_memory_free_bytes', 3 * 1_048_576 + 1_048_575],
      ['gpu_tensor_active_ratio', 0.123456],
      ['gpu_pcie_transmit_bytes_per_second', 1_048_576],
      ['gpu_throttle_seconds_total', 0.000001234, 'sw_power_cap'],
      ['gpu_remapped_rows_total', 2, 'uncorrected'],
      ['gpu_ecc_location_errors_total', 4, 'uncorrected', 'aggregate', 'sram'],
      ['gpu_engine_active_ratio', 0.5, 'nvdec3'],
      ['gpu_pcie_throughput_bytes_per_second', 12_000, 'transmit'],
    ];
    expect(values([device(0, points)])).toEqual({
      DCGM_FI_DEV_SM_CLOCK: 1980,
      DCGM_FI_DEV_MEM_CLOCK: 2619,
      DCGM_FI_DEV_GPU_TEMP: 41,
      DCGM_FI_DEV_MEMORY_TEMP: 52,
      DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION: 1_234_567_891,
      DCGM_FI_DEV_GPU_UTIL: 29,
      DCGM_FI_DEV_FB_FREE: 3,
      DCGM_FI_PROF_PIPE_TENSOR_ACTIVE: 0.123456,
      DCGM_FI_PROF_PCIE_TX_BYTES: 1_048_576,
      DCGM_FI_DEV_POWER_VIOLATION: 1234,
      DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: 2,
      DCGM_FI_DEV_ECC_DBE_AGG_SRM: 4,
      DCGM_FI_PROF_NVDEC3_ACTIVE: 0.5,
      DCGM_FI_DEV_PCIE_TX_THROUGHPUT: 12,
    });
  });

  it('leaves out what a GPU does not have', () => {
    expect(lines([device(0, [])])).toEqual([]);
  });

  it('exports the optional metrics only when told to', () => {
    const entities = [
      device(0, [
        ['gpu_power_limit_watts', 700],
        ['gpu_power_watts', 70],
      ]),
    ];
    expect(Object.keys(values(entities, { optional: false }))).toEqual(['DCGM_FI_DEV_POWER_USAGE']);
    expect(Object.keys(values(entities))).toContain('DCGM_FI_DEV_ENFORCED_POWER_LIMIT');
  });

  it('shows the XID that came last, and 0 for a GPU that had none', () => {
    const counters: readonly Point[] = [
      ['gpu_xid_errors_total', 0, '79', 'reboot'],
      ['gpu_xid_errors_total', 2, '31', 'application'],
    ];
    expect(lines([device(0, counters)])).toEqual([
      `DCGM_FI_DEV_XID_ERRORS{${LABELS},err_code="0",err_msg="No Error"} 0`,
    ]);
    const had: readonly Point[] = [
      ...counters,
      ['gpu_xid_last_timestamp_seconds', 1_700_000_100, '31', 'application'],
      ['gpu_xid_last_timestamp_seconds', 1_700_000_200, '13', 'application'],
    ];
    const [line = ''] = lines([device(0, had)]);
    expect(line).toMatch(/err_code="13",err_msg="[^"]+"\} 13$/);
  });

  it('makes a mask of the reasons that hold the clocks down, and a code of what holds', () => {
    const entities = [
      device(0, [
        ['gpu_throttle_active', 1, 'sw_power_cap'],
        ['gpu_throttle_active', 0, 'hw_slowdown'],
        ['gpu_throttle_active', 1, 'sw_thermal'],
        ['gpu_compute_mode', 0, 'default'],
        ['gpu_compute_mode', 1, 'exclusive_process'],
      ]),
    ];
    expect(values(entities)).toEqual({ DCGM_FI_DEV_CLOCKS_EVENT_REASONS: 0x24, DCGM_FI_DEV_COMPUTE_MODE: 3 });
  });

  it('leaves out a code where the state is one that it does not know, or none', () => {
    expect(lines([device(0, [['gpu_compute_mode', 1, 'something_new']])])).toEqual([]);
    expect(lines([device(0, [['gpu_compute_mode', 0, 'default']])])).toEqual([]);
  });

  it('adds up the errors of all links', () => {
    const points: readonly Point[] = [
      ['gpu_nvlink_errors_total', 1, '0', 'crc_flit'],
      ['gpu_nvlink_errors_total', 2, '1', 'crc_flit'],
      ['gpu_nvlink_errors_total', 5, '1', 'replay'],
    ];
    expect(values([device(0, points)])).toEqual({
      DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: 3,
      DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL: 5,
    });
  });

  it('works out the traffic over NVLink from two snapshots, and not across a restart of the counters', () => {
    const one = dcgm({ optional: false });
    const at = (time: number, sent: number, received: number): Snapshot =>
      snapshotOf(
        [
          device(0, [
            ['gpu_nvlink_transmit_bytes_total', sent, '0'],
            ['gpu_nvlink_receive_bytes_total', received, '0'],
          ]),
        ],
        time,
      );
    expect(seriesOf(one.render(at(100, 1e9, 1e9), 'text'))).toEqual([]);
    expect(seriesOf(one.render(at(110, 2e9, 4e9), 'text'))).toEqual([
      `DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL{${LABELS}} 400`,
    ]);
    expect(seriesOf(one.render(at(120, 5, 5e9), 'text'))).toEqual([]);
  });

  it('takes the traffic over NVLink from the profiling counters where there are any', () => {
    const points: readonly Point[] = [
      ['gpu_nvlink_transmit_bytes_per_second', 3e9],
      ['gpu_nvlink_receive_bytes_per_second', 1e9],
    ];
    expect(values([device(0, points)], { optional: false })).toEqual({ DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL: 4000 });
  });

  it('writes an instance beside its GPU', () => {
    const owner = { namespace: 'research', pod: 'a', container: 'main' };
    expect(
      lines([
        device(0, [['gpu_memory_used_bytes', 4 * 1_048_576]]),
        instance(0, 7, [['gpu_mig_memory_used_bytes', 1_048_576]], [owner]),
      ]),
    ).toEqual([
      `DCGM_FI_DEV_FB_USED{${LABELS}} 4`,
      'DCGM_FI_DEV_FB_USED{gpu="0",UUID="GPU-0",pci_bus_id="00000000:3B:00.0",device="nvidia0",modelName="NVIDIA H100",' +
        'GPU_I_PROFILE="1g.10gb",GPU_I_ID="7",Hostname="node-1",DCGM_FI_DRIVER_VERSION="580.95.05",' +
        'container="main",namespace="research",pod="a"} 1',
    ]);
  });

  it('writes one series for instances that it cannot tell apart', () => {
    const second = instance(0, 7, [['gpu_mig_memory_used_bytes', 1_048_576]]);
    const first = { ...second, labels: { ...second.labels, compute_instance_id: '1' } };
    expect(lines([first, second])).toHaveLength(1);
  });

  it('names the pod of a GPU that one pod has, and none where pods share it', () => {
    const a = { namespace: 'x', pod: 'a', container: 'main' };
    const ownedBy = (...owners: Entity['owners']) =>
      lines([device(0, [['gpu_power_watts', 1]], { owners })])[0]?.match(/(container|namespace|pod)="\w*"/g) ?? [];
    expect(ownedBy(a)).toEqual(['container="main"', 'namespace="x"', 'pod="a"']);
    expect(ownedBy(a, { ...a, container: 'side' })).toEqual(['namespace="x"', 'pod="a"']);
    expect(ownedBy(a, { ...a, pod: 'b' })).toEqual(['namespace="x"']);
    expect(ownedBy(a, { ...a, namespace: 'y' })).toEqual([]);
    expect(ownedBy()).toEqual([]);
  });

  it('leaves out GPUs that have no index, and those of other makers', () => {
    const { index: _, ...unknown } = identityOf(0);
    const points: readonly Point[] = [['gpu_power_watts', 1]];
    expect(lines([device(0, points, { identity: unknown })])).toEqual([]);
    expect(lines([device(0, points, { identity: identityOf(0, { vendor: 'amd' }) })])).toEqual([]);
  });

  it('feeds every panel of the dashboard 12239', () => {
    const panels = [
      'DCGM_FI_DEV_GPU_TEMP',
      'DCGM_FI_DEV_POWER_USAGE',
      'DCGM_FI_DEV_SM_CLOCK',
      'DCGM_FI_DEV_GPU_UTIL',
      'DCGM_FI_DEV_FB_USED',
      'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE',
    ];
    const points: readonly Point[] = [
      ['gpu_temperature_celsius', 41, 'gpu'],
      ['gpu_power_watts', 70],
      ['gpu_clock_hertz', 1e9, 'sm'],
      ['gpu_utilization_ratio', 1],
      ['gpu_memory_used_bytes', 1_048_576],
      ['gpu_tensor_active_ratio', 0.5],
    ];
    const written = lines([device(0, points)], { optional: false });
    for (const panel of panels) {
      expect(written.find((line) => line.startsWith(`${panel}{gpu="0",`))).toBeDefined();
    }
  });
});

describe('the names of DCGM 4.6', () => {
  it('take the place of the older ones', () => {
    const points: readonly Point[] = [
      ['gpu_temperature_celsius', 41, 'gpu'],
      ['gpu_power_watts', 70],
      ['gpu_utilization_ratio', 0.5],
      ['gpu_xid_errors_total', 0, '79', 'reboot'],
      ['gpu_clock_hertz', 1e9, 'sm'],
    ];
    expect(values([device(0, points)], { names: '4.6' })).toEqual({
      DCGM_FI_DEV_SM_CLOCK: 1000,
      DCGM_FI_DEV_GPU_TEMP_CELSIUS: 41,
      DCGM_FI_DEV_BOARD_POWER_WATTS: 70,
      DCGM_FI_DEV_GPU_UTIL_RATIO: 50,
      DCGM_FI_DEV_XID_ERROR: 0,
    });
  });

  it('are names of metrics that the profile has', () => {
    const names = new Set(dcgmMetrics({ names: '4.5', optional: true }).map(({ name }) => name));
    expect(Object.keys(DCGM_4_6_NAMES).filter((name) => !names.has(name))).toEqual([]);
  });

  it('stay different from each other', () => {
    for (const names of ['4.5', '4.6'] as const) {
      const all = dcgmMetrics({ names, optional: true }).map(({ name }) => name);
      expect(all.filter((name, index) => all.indexOf(name) !== index)).toEqual([]);
    }
  });
});
