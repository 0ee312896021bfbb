import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CATALOGUE, type MetricName } from '../../../src/metrics/catalogue.js';
import { compileNvml, hasCompiler, WITHOUT } from '../../nvml/library.js';
import { metricsOf, TestDriver, valuesOf } from './driver.js';

// Each variant of the C library is compiled once.
vi.setConfig({ testTimeout: 60_000 });

/** Metrics of devices and the node that come from elsewhere: events, the assembler, or profiling and its tests. */
const ELSEWHERE: readonly MetricName[] = [
  'gpu_driver_info',
  'gpu_devices_expected',
  'gpu_devices_visible',
  'gpu_up',
  'gpu_status',
  'gpu_info',
  'gpu_xid_errors_total',
  'gpu_xid_last_timestamp_seconds',
  'gpu_events_total',
  'gpu_unattributed_memory_bytes',
  'gpu_unattributed_utilization_ratio',
  'gpu_unattributed_energy_joules_total',
  'gpu_graphics_engine_active_ratio',
  'gpu_sm_active_ratio',
  'gpu_sm_occupancy_ratio',
  'gpu_tensor_active_ratio',
  'gpu_fp64_active_ratio',
  'gpu_fp32_active_ratio',
  'gpu_fp16_active_ratio',
  'gpu_integer_active_ratio',
  'gpu_dram_active_ratio',
  'gpu_engine_active_ratio',
  'gpu_pcie_transmit_bytes_per_second',
  'gpu_pcie_receive_bytes_per_second',
  'gpu_nvlink_transmit_bytes_per_second',
  'gpu_nvlink_receive_bytes_per_second',
];

describe.skipIf(!hasCompiler())('values of a board', () => {
  let driver: TestDriver;

  beforeEach(() => {
    driver = new TestDriver();
  });

  afterEach(() => driver.close());

  it('have a source for every metric of a device in the catalogue', () => {
    driver.script
      .device({ preset: 'h100' })
      .device({ preset: 't4' })
      .device({ preset: 'rtx4090' })
      .field(0, 186, 1, 'uint', 512_000);
    const { devices } = driver.once({ pcieThroughput: true });
    const seen = new Set(devices.flatMap(metricsOf));
    const names = Object.keys(CATALOGUE) as MetricName[];
    const wanted = names.filter((name) => ['node', 'device'].includes(CATALOGUE[name].entity));
    expect(wanted.filter((name) => !seen.has(name) && !ELSEWHERE.includes(name))).toEqual([]);
  });

  it('have as many labels as the catalogue says, and are of devices', () => {
    driver.script.device({ preset: 'h100' }).device({ preset: 't4' }).device({ preset: 'rtx4090' });
    for (const [name, , ...labels] of driver.once({ pcieThroughput: true }).devices.flatMap(({ points }) => points)) {
      expect([name, labels.length]).toEqual([name, CATALOGUE[name].labels.length]);
      expect([name, CATALOGUE[name].entity]).toEqual([name, 'device']);
    }
  });

  it('are in base units on an H100', () => {
    driver.pci('0000:1b:00.0', { numa_node: '1' });
    driver.script
      .device({ preset: 'h100', values: { energy: 1_234_567, 'violation.power': 2_500_000_000 } })
      .field(0, 197, '*', 'ull', 9_000_000_000)
      .field(0, 138, '0-17', 'ull', 10)
      .field(0, 186, 1, 'uint', 512_250);
    const [device] = driver.once({ pcieThroughput: true }).devices;
    expect(device?.identity).toEqual({
      vendor: 'nvidia',
      pciBusId: '0000:1b:00.0',
      index: 0,
      uuid: expect.stringMatching(/^GPU-/),
      model: 'NVIDIA H100 80GB HBM3',
      minorNumber: 0,
      brand: 'NVIDIA',
      architecture: 'Hopper',
      computeCapability: '9.0',
      serial: expect.any(String),
      vbiosVersion: '96.00.74.00.01',
      gspFirmwareVersion: '580.95.05',
      numaNode: 1,
      memoryType: 'dedicated',
    });
    expect(valuesOf(device)).toMatchObject({
      gpu_utilization_ratio: 0.63,
      gpu_memory_controller_utilization_ratio: 0.41,
      gpu_encoder_utilization_ratio: 0.03,
      gpu_decoder_utilization_ratio: 0.07,
      gpu_jpeg_utilization_ratio: 0.01,
      gpu_optical_flow_utilization_ratio: 0.02,
      gpu_memory_total_bytes: 85_520_809_984,
      gpu_memory_used_bytes: 21_474_836_480,
      gpu_memory_reserved_bytes: 629_145_600,
      gpu_memory_free_bytes: 85_520_809_984 - 21_474_836_480 - 629_145_600,
      gpu_bar1_memory_total_bytes: 137_438_953_472,
      gpu_power_watts: 348,
      gpu_power_instant_watts: 365.4,
      gpu_power_average_watts: 348,
      gpu_module_power_watts: 512.25,
      gpu_power_limit_watts: 650,
      gpu_power_configured_limit_watts: 700,
      gpu_power_default_limit_watts: 700,
      gpu_power_min_limit_watts: 200,
      gpu_power_max_limit_watts: 700,
      gpu_energy_joules_total: 1_234.567,
      'gpu_temperature_celsius gpu': 54,
      'gpu_temperature_celsius memory': 61,
      'gpu_temperature_threshold_celsius slowdown': 89,
      gpu_temperature_margin_celsius: 33,
      'gpu_clock_hertz sm': 1_755_000_000,
      'gpu_clock_max_hertz memory': 2_619_000_000,
      gpu_performance_state: 0,
      'gpu_throttle_active sw_power_cap': 1,
      'gpu_throttle_active hw_slowdown': 0,
      'gpu_throttle_seconds_total sw_power_cap': 2.5,
      'gpu_throttle_seconds_total hw_power_brake': 6,
      gpu_pcie_link_generation: 5,
      gpu_pcie_link_width: 16,
      gpu_pcie_transmit_bytes_total: 9_000_000_000,
      'gpu_pcie_throughput_bytes_per_second transmit': 1_500_000_000,
      'gpu_pcie_throughput_bytes_per_second receive': 2_500_000_000,
      gpu_pcie_replays_total: 12,
      'gpu_pcie_errors_total fatal': 11,
      'gpu_nvlink_up 17': 1,
      'gpu_nvlink_speed_bytes_per_second 0': 26_562_000_000,
      'gpu_nvlink_transmit_bytes_total 3': 10_240,
      'gpu_nvlink_errors_total 17 replay': 1,
      gpu_ecc_mode_enabled: 1,
      'gpu_ecc_errors_total corrected volatile': 5,
      'gpu_ecc_errors_total uncorrected aggregate': 2,
      'gpu_ecc_location_errors_total corrected volatile dram': 3,
      'gpu_ecc_location_errors_total uncorrected volatile sram': 9,
      'gpu_ecc_location_errors_total uncorrected aggregate sram_l2_cache': 7,
      gpu_ecc_sram_threshold_exceeded: 0,
      'gpu_remapped_rows_total uncorrected': 2,
      'gpu_row_remapper_banks max': 637,
      'gpu_repair_pending tpc': 0,
      'gpu_recovery_action none': 1,
      'gpu_compute_mode default': 1,
      gpu_persistence_mode_enabled: 1,
      gpu_mig_mode_enabled: 0,
      'gpu_fabric_state completed': 1,
      'gpu_fabric_info 00112233-4455-6677-8899-aabbccddeeff 7': 1,
      gpu_fabric_status_code: 0,
    });
    expect(metricsOf(device)).not.toContain('gpu_retired_pages_total');
  });

  it('lack what an A100 lacks, and come from the fields per link that it has', () => {
    driver.script.device({ preset: 'a100' }).field(0, 46, '*', 'ull', 5).field(0, 113, '*', 'ull', 6);
    const [device] = driver.once().devices;
    const values = valuesOf(device);
    expect(values).toMatchObject({
      'gpu_nvlink_errors_total 0 replay': 5,
      'gpu_nvlink_errors_total 11 replay': 6,
      'gpu_nvlink_up 11': 1,
    });
    expect(values).not.toHaveProperty(['gpu_nvlink_up 12']);
    expect(metricsOf(device)).not.toContain('gpu_temperature_margin_celsius');
    expect(metricsOf(device)).not.toContain('gpu_fabric_state');
  });

  it('are those of a T4: retired pages, and no NVLink, memory sensor, fans or rows', () => {
    driver.script.device({ preset: 't4' });
    const [device] = driver.once().devices;
    expect(valuesOf(device)).toMatchObject({
      'gpu_retired_pages_total corrected': 2,
      'gpu_retired_pages_total uncorrected': 1,
      gpu_retired_pages_pending: 0,
      'gpu_temperature_celsius gpu': 54,
      'gpu_ecc_location_errors_total corrected volatile l2_cache': 1,
      'gpu_ecc_location_errors_total uncorrected volatile cbu': 0,
    });
    for (const metric of ['gpu_nvlink_up', 'gpu_fan_speed_ratio', 'gpu_remapped_rows_total', 'gpu_mig_mode_enabled']) {
      expect(metricsOf(device)).not.toContain(metric);
    }
    expect(valuesOf(device)).not.toHaveProperty(['gpu_temperature_celsius memory']);
  });

  it('are those of a consumer card: fans, and no ECC', () => {
    driver.script.device({ preset: 'rtx4090' });
    const [device] = driver.once().devices;
    expect(valuesOf(device)).toMatchObject({ 'gpu_fan_speed_ratio 0': 0.45, 'gpu_fan_speed_ratio 1': 0.46 });
    expect(metricsOf(device).filter((metric) => metric.startsWith('gpu_ecc'))).toEqual([]);
    expect(device?.identity).not.toHaveProperty('serial', expect.anything());
  });

  it('take the memory of the system where a GPU has none of its own', () => {
    writeFileSync(driver.path('proc/meminfo'), 'MemTotal:       131072 kB\nMemFree: 1 kB\nMemAvailable:   32768 kB\n');
    driver.script.device({ preset: 'gb10' });
    const [device] = driver.once().devices;
    expect(device?.identity.memoryType).toBe('unified');
    expect(valuesOf(device)).toMatchObject({
      gpu_memory_total_bytes: 134_217_728,
      gpu_memory_used_bytes: 100_663_296,
      gpu_memory_free_bytes: 33_554_432,
    });
    expect(metricsOf(device)).not.toContain('gpu_memory_reserved_bytes');
    // That something else fails takes nothing from it.
    driver.script.fail(0, 'nvmlDeviceGetUtilizationRates', 999).write();
    expect(valuesOf(driver.collect().devices[0])).toHaveProperty('gpu_memory_total_bytes', 134_217_728);
  });

  it('have no memory where it cannot be had at the moment, and none of another kind', () => {
    writeFileSync(driver.path('proc/meminfo'), 'MemTotal:       131072 kB\nMemAvailable:   32768 kB\n');
    driver.script.device().fail(0, 'nvmlDeviceGetMemoryInfo_v2', 27).fail(0, 'nvmlDeviceGetMemoryInfo', 27);
    const [starting] = driver.once().devices;
    expect(starting?.identity.memoryType).toBeUndefined();
    expect(metricsOf(starting)).not.toContain('gpu_memory_total_bytes');
    // The older call has what is reserved among what is used.
    driver.script.fail(0, 'nvmlDeviceGetMemoryInfo_v2', 999).mend(0, 'nvmlDeviceGetMemoryInfo').write();
    expect(metricsOf(driver.collect().devices[0])).not.toContain('gpu_memory_used_bytes');
  });

  it('are absent where the driver says so, with no error', () => {
    driver.script
      .device()
      .set(0, 'power.usage', 'unsupported')
      .set(0, 'temperature.gpu', 'unsupported')
      .set(0, 'pstate', 32)
      .set(0, 'memory.used', 'n/a')
      .set(0, 'utilization.gpu', 'n/a')
      .set(0, 'utilization.encoder', 'n/a')
      .set(0, 'power.max_limit', 'n/a')
      .field(0, 82, '*', 'uint', 0)
      .field(0, 83, '*', 'ull', 'n/a')
      .field(0, 230, '*', 'uint', 42);
    const { devices, outcomes } = driver.once();
    const metrics = metricsOf(devices[0]);
    for (const metric of [
      'gpu_power_watts',
      'gpu_performance_state',
      'gpu_memory_used_bytes',
      'gpu_utilization_ratio',
      'gpu_encoder_utilization_ratio',
      'gpu_power_max_limit_watts',
      'gpu_energy_joules_total',
      'gpu_recovery_action',
    ]) {
      expect(metrics).not.toContain(metric);
    }
    expect(valuesOf(devices[0])).not.toHaveProperty(['gpu_temperature_celsius memory']);
    expect(valuesOf(devices[0])).not.toHaveProperty(['gpu_temperature_celsius gpu']);
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(devices[0]?.status).toBe('ok');
  });

  it('come from single calls where the driver has no field values', () => {
    driver.script.device({ preset: 'h100' }).device({ preset: 'a100' }).device({ preset: 't4' });
    const sample = driver.once({ library: compileNvml({ without: ['nvmlDeviceGetFieldValues'] }) });
    expect(valuesOf(sample.devices[0])).toMatchObject({
      gpu_energy_joules_total: expect.any(Number),
      'gpu_throttle_seconds_total thermal': 3,
      gpu_pcie_replays_total: 12,
      gpu_ecc_mode_enabled: 1,
      'gpu_ecc_errors_total corrected volatile': 5,
      'gpu_remapped_rows_total uncorrected': 2,
      gpu_row_remap_pending: 0,
      'gpu_nvlink_up 17': 1,
    });
    expect(valuesOf(sample.devices[1])).toMatchObject({
      'gpu_nvlink_errors_total 0 replay': 3,
      'gpu_nvlink_errors_total 11 crc_data': 2,
    });
    expect(valuesOf(sample.devices[2])).toMatchObject({
      'gpu_retired_pages_total corrected': 2,
      gpu_retired_pages_pending: 0,
    });
    expect(sample.outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(sample.capabilities).toContainEqual({
      capability: 'field_values',
      supported: false,
      reason: 'missing_symbol',
    });
  });

  it.each(['r535', 'r470'] as const)('come without an error from a driver of branch %s', (branch) => {
    driver.script.devices(2);
    const { devices, outcomes, capabilities } = driver.once({ library: compileNvml({ without: WITHOUT[branch] }) });
    expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(valuesOf(devices[0])).toMatchObject({
      gpu_power_watts: 348,
      'gpu_temperature_celsius gpu': 54,
      'gpu_throttle_active sw_power_cap': 1,
      gpu_memory_total_bytes: 85_520_809_984,
    });
    expect(metricsOf(devices[0]).includes('gpu_memory_reserved_bytes')).toBe(branch === 'r535');
    expect(metricsOf(devices[0])).not.toContain('gpu_temperature_margin_celsius');
    expect(capabilities).toContainEqual({
      capability: 'nvmlDeviceGetMarginTemperature',
      supported: false,
      reason: 'missing_symbol',
    });
  });
});
