import { describe, expect, it } from 'vitest';
import type { Point } from '../../../src/gpu/sample.js';
import { Exposition } from '../../../src/metrics/exposition.js';
import type { Entity } from '../../../src/metrics/snapshot.js';
import { device, runningProcess, seriesOf, snapshotOf } from '../snapshots.js';

const nvitop = () =>
  new Exposition({
    profiles: ['nvitop'],
    dcgm: { names: '4.5', hostnameLabel: 'Hostname', optional: false },
    hostname: 'node-1',
    limit: 100_000,
  });
const lines = (entities: readonly Entity[]) => seriesOf(nvitop().render(snapshotOf(entities), 'text'));
const DEVICE = 'hostname="node-1",index="0",devicename="NVIDIA H100",uuid="GPU-0"';

describe('the nvitop profile', () => {
  it('writes a GPU with the names, labels and units of nvitop-exporter', () => {
    const points: readonly Point[] = [
      ['gpu_utilization_ratio', 0.29],
      ['gpu_memory_total_bytes', 4 * 1_048_576],
      ['gpu_memory_used_bytes', 1_572_864],
      ['gpu_clock_hertz', 1.98e9, 'sm'],
      ['gpu_power_watts', 70.5],
      ['gpu_temperature_celsius', 41, 'gpu'],
      ['gpu_temperature_celsius', 52, 'memory'],
      ['gpu_fan_speed_ratio', 0.3, '0'],
      ['gpu_fan_speed_ratio', 0.4, '1'],
      ['gpu_pcie_throughput_bytes_per_second', 2 * 1_048_576, 'receive'],
    ];
    expect(lines([device(0, points)])).toEqual([
      `gpu_utilization_Percentage{${DEVICE}} 29`,
      `gpu_memory_total_MiB{${DEVICE}} 4`,
      `gpu_memory_used_MiB{${DEVICE}} 1.5`,
      `gpu_memory_percent_Percentage{${DEVICE}} 37.5`,
      `gpu_clock_sm_MHz{${DEVICE}} 1980`,
      `gpu_power_usage_W{${DEVICE}} 70.5`,
      `gpu_temperature_C{${DEVICE}} 41`,
      `gpu_fan_speed_Percentage{${DEVICE}} 30`,
      `gpu_pcie_rx_throughput_MiBps{${DEVICE}} 2`,
    ]);
  });

  it('writes a process with its user and pod, and the short names beside the long ones', () => {
    const owner = { namespace: 'ml-workloads', pod: 'training-job-abc', container: 'pytorch' };
    const points: readonly Point[] = [
      ['gpu_process_info', 1, 'python', 'root', 'compute'],
      ['gpu_process_start_time_seconds', 1_700_000_000 - 90],
      ['gpu_process_memory_used_bytes', 2048 * 1_048_576],
      ['gpu_process_sm_utilization_ratio', 0.07],
    ];
    const labels = `${DEVICE},pid="1234",username="root",pod_name="training-job-abc",pod_namespace="ml-workloads",container_name="pytorch"`;
    expect(lines([runningProcess(0, 1234, points, owner)])).toEqual([
      `process_info_info{${labels},command="python"} 1`,
      `process_running_time_Second{${labels}} 90`,
      `process_gpu_memory_MiB{${labels}} 2048`,
      `process_gpu_sm_utilization_Percentage{${labels}} 7`,
      `process_gpu_memory{${labels}} 2048`,
      `process_gpu_sm_utilization{${labels}} 7`,
    ]);
  });

  it('has no labels of a pod for a process outside of one', () => {
    const [line] = lines([runningProcess(0, 7, [['gpu_process_memory_used_bytes', 1_048_576]])]);
    expect(line).toBe(`process_gpu_memory_MiB{${DEVICE},pid="7"} 1`);
  });

  it('tells a process on two MIG instances apart', () => {
    const on = (gpuInstance: string, computeInstance: string, migUuid: string): Entity => {
      const entity = runningProcess(0, 7, [['gpu_process_sm_utilization_ratio', 0.5]]);
      const labels = { ...entity.labels, gpu_instance_id: gpuInstance, compute_instance_id: computeInstance };
      return { ...entity, labels, migUuid };
    };
    expect(
      lines([on('7', '0', 'MIG-a'), on('7', '1', 'MIG-b')]).map((line) => /index="[^"]*"/.exec(line)?.[0]),
    ).toEqual(['index="0:7"', 'index="0:7:1"', 'index="0:7"', 'index="0:7:1"']);
  });

  it('works out traffic from the counters of two snapshots, per link, in all and on average', () => {
    const one = nvitop();
    const at = (time: number, first: number, second: number) =>
      snapshotOf(
        [
          device(0, [
            ['gpu_nvlink_transmit_bytes_total', first, '0'],
            ['gpu_nvlink_transmit_bytes_total', second, '1'],
            ['gpu_pcie_transmit_bytes_total', first],
          ]),
        ],
        time,
      );
    expect(seriesOf(one.render(at(100, 0, 0), 'text'))).toEqual([]);
    expect(seriesOf(one.render(at(110, 10 * 1_048_576, 30 * 1_048_576), 'text'))).toEqual([
      `gpu_pcie_tx_throughput_MiBps{${DEVICE}} 1`,
      `gpu_nvlink_total_tx_throughput_MiBps{${DEVICE}} 4`,
      `gpu_nvlink_mean_tx_throughput_MiBps{${DEVICE}} 2`,
      `gpu_nvlink_tx_throughput_MiBps{${DEVICE},link="0"} 1`,
      `gpu_nvlink_tx_throughput_MiBps{${DEVICE},link="1"} 3`,
    ]);
  });

  it('counts the GPUs of the node', () => {
    const node: Entity = { kind: 'node', labels: { vendor: 'nvidia' }, points: [], owners: [] };
    expect(lines([node, device(0, []), device(1, [])])).toEqual([
      'nvitop_info{hostname="node-1",device_count="2",driver_version="580.95.05",cuda_driver_version="13.0"} 1',
    ]);
  });
});

describe('several profiles at once', () => {
  it('follow each other, each with families of its own', () => {
    const all = new Exposition({
      profiles: ['native', 'dcgm', 'nvitop'],
      dcgm: { names: '4.5', hostnameLabel: 'Hostname', optional: true },
      hostname: 'node-1',
      limit: 100_000,
    });
    const text = all.render(snapshotOf([device(0, [['gpu_power_watts', 70]])]), 'text').toString();
    expect(text.match(/^# TYPE \S+/gm)).toEqual([
      '# TYPE gpu_power_watts',
      '# TYPE DCGM_FI_DEV_POWER_USAGE',
      '# TYPE gpu_power_usage_W',
    ]);
    expect([...all.series()]).toEqual([
      ['native', 1],
      ['dcgm', 1],
      ['nvitop', 1],
    ]);
  });
});
