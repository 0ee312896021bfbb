import { describe, expect, it } from 'vitest';
import { snapshotJson } from '../../src/metrics/snapshot-json.js';
import { device, instance, runningProcess, snapshotOf } from './snapshots.js';

describe('the document at /snapshot', () => {
  it('has everything on a GPU under the GPU, values by metric', () => {
    const owner = { namespace: 'research', pod: 'a', container: 'main' };
    const document = snapshotJson(
      snapshotOf([
        { kind: 'node', labels: { vendor: 'nvidia' }, points: [['gpu_devices_visible', 1]], owners: [] },
        device(0, [
          ['gpu_power_watts', 70],
          ['gpu_clock_hertz', 1e9, 'sm'],
          ['gpu_clock_hertz', 2e9, 'memory'],
          ['gpu_utilization_ratio', Number.NaN],
        ]),
        instance(0, 7, [['gpu_mig_memory_used_bytes', 5]], [owner]),
        runningProcess(0, 42, [['gpu_process_info', 1, 'python', '', 'compute']], owner),
        {
          ...device(0, [['gpu_pod_memory_used_bytes', 9]]),
          kind: 'pod',
          labels: { vendor: 'nvidia', gpu: '0', ...owner },
          owners: [owner],
        },
        {
          kind: 'allocation',
          labels: owner,
          points: [['gpu_pod_allocated_devices', 1, 'nvidia.com/gpu']],
          owners: [owner],
        },
      ]),
      { nvidia: 1.5 },
    );
    expect(JSON.parse(JSON.stringify(document))).toEqual({
      time: 1_700_000_000,
      ageSeconds: { nvidia: 1.5 },
      drivers: { nvidia: { driver: '580.95.05', cuda: '13.0' } },
      node: [{ labels: { vendor: 'nvidia' }, owners: [], values: { gpu_devices_visible: 1 } }],
      devices: [
        {
          vendor: 'nvidia',
          pciBusId: '0000:3b:00.0',
          index: 0,
          uuid: 'GPU-0',
          model: 'NVIDIA H100',
          status: 'ok',
          labels: { vendor: 'nvidia', gpu: '0', uuid: 'GPU-0', model: 'NVIDIA H100' },
          owners: [],
          values: {
            gpu_power_watts: 70,
            gpu_clock_hertz: [
              { labels: { clock: 'sm' }, value: 1e9 },
              { labels: { clock: 'memory' }, value: 2e9 },
            ],
          },
          instances: [expect.objectContaining({ owners: [owner], values: { gpu_mig_memory_used_bytes: 5 } })],
          processes: [
            expect.objectContaining({
              labels: expect.objectContaining({ pid: '42', pod: 'a' }),
              values: { gpu_process_info: [{ labels: { process_name: 'python', type: 'compute' }, value: 1 }] },
            }),
          ],
          pods: [
            {
              labels: { vendor: 'nvidia', gpu: '0', ...owner },
              owners: [owner],
              values: { gpu_pod_memory_used_bytes: 9 },
            },
          ],
        },
      ],
      allocations: [
        {
          labels: owner,
          owners: [owner],
          values: { gpu_pod_allocated_devices: [{ labels: { resource: 'nvidia.com/gpu' }, value: 1 }] },
        },
      ],
    });
  });

  it('has the same keys for a GPU of which nothing but its address is known', () => {
    const known = snapshotJson(snapshotOf([device(0, [])]), {});
    const lost = device(0, [], {
      identity: { vendor: 'nvidia', pciBusId: '0000:3b:00.0' },
      labels: {},
      status: 'missing',
    });
    const [document] = snapshotJson(snapshotOf([lost]), {}).devices;
    expect(Object.keys(document ?? {})).toEqual(Object.keys(known.devices[0] ?? {}));
    expect(document).toMatchObject({ index: null, uuid: null, model: null, status: 'missing' });
  });

  it('is there before the first collection', () => {
    expect(snapshotJson(undefined, {})).toEqual({
      time: null,
      ageSeconds: {},
      drivers: {},
      node: [],
      devices: [],
      allocations: [],
    });
  });
});
