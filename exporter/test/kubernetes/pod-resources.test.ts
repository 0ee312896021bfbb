import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PodResourcesSource, type PodResourcesTimes } from '../../src/kubernetes/pod-resources.js';
import { Kubelet } from './kubelet.js';
import { LogLines } from './log-lines.js';
import { encode } from './messages.js';
import { until } from './wait.js';

const LIST = '/v1.PodResourcesLister/List';
const ALLOCATABLE = '/v1.PodResourcesLister/GetAllocatableResources';

let folder: string;
let kubelet: Kubelet;
let log: LogLines;
let source: PodResourcesSource | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-'));
  kubelet = new Kubelet(join(folder, 'kubelet.sock'));
  kubelet.answers[LIST] = pods({});
  kubelet.answers[ALLOCATABLE] = Buffer.alloc(0);
  log = new LogLines();
});

afterEach(async () => {
  await source?.stop();
  source = undefined;
  kubelet.stop();
  rmSync(folder, { recursive: true });
});

/** Starts the source, at intervals that a test can wait for. */
function started(times: Partial<PodResourcesTimes> = {}): PodResourcesSource {
  source = new PodResourcesSource(kubelet.socket, log, {
    interval: 40,
    allocatableInterval: 40,
    deadline: 2_000,
    pause: 10,
    ...times,
  });
  source.start();
  return source;
}

/** A list in which pods of the namespace `ml` have these ids of `nvidia.com/gpu`. */
function pods(devices: Readonly<Record<string, readonly string[]>>): Buffer {
  return encode('ListPodResourcesResponse', {
    pod_resources: Object.entries(devices).map(([name, device_ids]) => ({
      name,
      namespace: 'ml',
      containers: [{ name: 'main', devices: [{ resource_name: 'nvidia.com/gpu', device_ids }] }],
    })),
  });
}

const ids = (): readonly string[] => source?.allocations().map(({ deviceId }) => deviceId) ?? [];

describe('devices of containers', () => {
  it('names the pod, the container and the resource of every device', async () => {
    kubelet.answers[LIST] = encode('ListPodResourcesResponse', {
      pod_resources: [
        { name: 'no-devices', namespace: 'default', containers: [{ name: 'web', cpu_ids: [1, 2] }] },
        {
          name: 'train-0',
          namespace: 'ml',
          cpu_ids: [4, 5, 6],
          memory: [{ memory_type: 'memory', size: 1024 }],
          containers: [
            {
              name: 'worker',
              cpu_ids: [4, 5],
              memory: [{ memory_type: 'hugepages-2Mi', size: 2_097_152, topology: { nodes: [{ ID: 1 }] } }],
              devices: [
                { resource_name: 'nvidia.com/gpu', device_ids: ['GPU-1'], topology: { nodes: [{ ID: 0 }] } },
                { resource_name: 'rdma/hca', device_ids: ['mlx5_0', 'mlx5_1'] },
              ],
            },
            { name: 'sidecar' },
          ],
        },
      ],
    });
    await kubelet.start();
    await started().settled;
    const owner = { namespace: 'ml', pod: 'train-0', container: 'worker' };
    expect(source?.allocations()).toEqual([
      { ...owner, resource: 'nvidia.com/gpu', deviceId: 'GPU-1' },
      { ...owner, resource: 'rdma/hca', deviceId: 'mlx5_0' },
      { ...owner, resource: 'rdma/hca', deviceId: 'mlx5_1' },
    ]);
  });

  it.each([
    'GPU-5f3a::3',
    'MIG-11::0',
    'MIG-GPU-5f3a/7/0',
    'nvidia0',
    'nvidia0/gi7',
    'nvidia3/gi7/vgpu0',
    '0000:19:00.0',
  ])('hands out the id %s as the plugin spells it', async (id) => {
    kubelet.answers[LIST] = pods({ train: [id] });
    await kubelet.start();
    await started().settled;
    expect(ids()).toEqual([id]);
  });

  it('reads CPUs that are not packed, and the fields after them', async () => {
    const container = encode('UnpackedContainerResources', {
      name: 'main',
      cpu_ids: [1, 2, 300],
      devices: [{ resource_name: 'nvidia.com/gpu', device_ids: ['GPU-1'] }],
    });
    // Containers are field 3 of a pod, pods field 1 of the list.
    const pod = Buffer.concat([Buffer.from([0x0a, 1, 0x70, 0x1a, container.length]), container]);
    kubelet.answers[LIST] = Buffer.concat([Buffer.from([0x0a, pod.length]), pod]);
    await kubelet.start();
    await started().settled;
    expect(source?.allocations()).toEqual([
      { namespace: '', pod: 'p', container: 'main', resource: 'nvidia.com/gpu', deviceId: 'GPU-1' },
    ]);
  });

  it('reads claims of dynamic resource allocation, and leaves out what is no device', async () => {
    const claim = {
      class_name: 'gone',
      claim_name: 'two-gpus',
      claim_namespace: 'ml',
      claim_resources: [
        {
          cdi_devices: [{ name: 'k8s.gpu.nvidia.com/device=gpu-0' }],
          driver_name: 'gpu.nvidia.com',
          pool_name: 'node-a',
          device_name: 'gpu-0',
          share_id: 'abc',
        },
        { driver_name: 'gpu.nvidia.com', pool_name: 'node-a', device_name: 'gpu-0-mig-1g10gb-19-0' },
        { driver_name: 'quota.example.com', pool_name: 'node-a' },
      ],
    };
    kubelet.answers[LIST] = encode('ListPodResourcesResponse', {
      pod_resources: [{ name: 'p', namespace: 'ml', containers: [{ name: 'c', dynamic_resources: [claim] }] }],
    });
    await kubelet.start();
    await started().settled;
    const common = { namespace: 'ml', pod: 'p', container: 'c', resource: 'gpu.nvidia.com' };
    expect(source?.allocations()).toEqual([
      { ...common, deviceId: 'gpu-0', claim: { namespace: 'ml', name: 'two-gpus', pool: 'node-a' } },
      { ...common, deviceId: 'gpu-0-mig-1g10gb-19-0', claim: { namespace: 'ml', name: 'two-gpus', pool: 'node-a' } },
    ]);
  });

  it('reads 1,000 pods in an answer of more than 5 MB', async () => {
    const topology = { nodes: Array.from({ length: 8 }, (_, ID) => ({ ID })) };
    const memory = Array.from({ length: 300 }, (_, i) => ({ memory_type: `hugepages-${i}Mi`, size: i, topology }));
    kubelet.answers[LIST] = encode('ListPodResourcesResponse', {
      pod_resources: Array.from({ length: 1_000 }, (_, i) => ({
        name: `pod-${i}`,
        namespace: 'ml',
        containers: [{ name: 'c', memory, devices: [{ resource_name: 'nvidia.com/gpu', device_ids: [`GPU-${i}`] }] }],
      })),
    });
    expect((kubelet.answers[LIST] as Buffer).length).toBeGreaterThan(5_000_000);
    await kubelet.start();
    await started().settled;
    expect(source?.state()).toMatchObject({ up: true });
    expect(source?.allocations()).toHaveLength(1_000);
    expect(source?.allocations()[999]).toMatchObject({ pod: 'pod-999', deviceId: 'GPU-999' });
  });

  it('follows what the kubelet says from poll to poll', async () => {
    kubelet.answers[LIST] = pods({ first: ['GPU-1'] });
    await kubelet.start();
    await started().settled;
    expect(ids()).toEqual(['GPU-1']);
    kubelet.answers[LIST] = pods({ second: ['GPU-2'] });
    await until('the second pod is seen', () => ids()[0] === 'GPU-2');
    kubelet.answers[LIST] = pods({});
    await until('no pod has a device', () => ids().length === 0);
  });
});

describe('devices that plugins offer', () => {
  it('are listed once by resource', async () => {
    const one = (resource_name: string, id: string) => ({ resource_name, device_ids: [id] });
    kubelet.answers[ALLOCATABLE] = encode('AllocatableResourcesResponse', {
      devices: [one('nvidia.com/gpu', 'GPU-1'), one('nvidia.com/gpu', 'GPU-2'), one('nvidia.com/gpu', 'GPU-1')],
      cpu_ids: [0, 1],
      memory: [{ memory_type: 'memory', size: 5 }],
    });
    await kubelet.start();
    started();
    await until('they are known', () => (source?.allocatable().size ?? 0) > 0);
    expect(source?.allocatable()).toEqual(new Map([['nvidia.com/gpu', ['GPU-1', 'GPU-2']]]));
  });

  it('may be unknown to the kubelet, which takes nothing else away', async () => {
    kubelet.answers[LIST] = pods({ train: ['GPU-1'] });
    delete kubelet.answers[ALLOCATABLE];
    await kubelet.start();
    started();
    await until('a second poll', () => kubelet.count(LIST) >= 2);
    expect(ids()).toEqual(['GPU-1']);
    expect(source?.allocatable().size).toBe(0);
    expect(source?.state().up).toBe(true);
  });
});

describe('a kubelet in trouble', () => {
  it('is waited for, and found when it comes', async () => {
    kubelet.answers[LIST] = pods({ train: ['GPU-1'] });
    await started().settled;
    expect(source?.state()).toMatchObject({ up: false, error: expect.stringContaining(kubelet.socket) });
    expect(source?.state().lastSuccess).toBeUndefined();
    await kubelet.start();
    await until('it answers', () => source?.state().up === true);
    expect(ids()).toEqual(['GPU-1']);
    expect(log.shown()).toEqual([
      'warn: Kubernetes source pod-resources failed',
      'info: Kubernetes source pod-resources answers',
    ]);
  });

  it('is found at once when it comes, however long it was gone', async () => {
    await started().settled;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await kubelet.start();
    await until('it answers', () => source?.state().up === true, { atMost: 1_000 });
  });

  it('is found again after a restart, and what it said stays meanwhile', async () => {
    kubelet.answers[LIST] = pods({ before: ['GPU-1'] });
    await kubelet.start();
    await started().settled;
    kubelet.stop();
    await until('a poll fails', () => log.shown().some((line) => line.startsWith('warn')));
    expect(ids()).toEqual(['GPU-1']);
    expect(source?.state().up).toBe(true);
    kubelet.answers[LIST] = pods({ after: ['GPU-2'] });
    await kubelet.start();
    await until('the new kubelet answers', () => ids()[0] === 'GPU-2');
  });

  it('is gone for so long that what it said is forgotten', async () => {
    kubelet.answers[LIST] = pods({ train: ['GPU-1'] });
    const devices = [{ resource_name: 'nvidia.com/gpu', device_ids: ['GPU-1'] }];
    kubelet.answers[ALLOCATABLE] = encode('AllocatableResourcesResponse', { devices });
    await kubelet.start();
    started({ goodFor: 1_000 });
    await until('it is known', () => ids().length === 1 && source?.allocatable().size === 1);
    kubelet.stop();
    await until('a poll fails', () => log.shown().some((line) => line.startsWith('warn')));
    expect(ids()).toEqual(['GPU-1']);
    await until('it is forgotten', () => ids().length === 0);
    expect(source?.allocatable().size).toBe(0);
    expect(source?.state()).toMatchObject({ up: false, lastSuccess: expect.any(Number) });
  });

  it('gets fewer calls when it says that there were too many', async () => {
    await kubelet.start();
    await started().settled;
    kubelet.answers[LIST] = { code: status.RESOURCE_EXHAUSTED, details: 'rejected by rate limit' };
    await until('it refused', () => log.shown().some((line) => line.startsWith('warn')));
    const before = kubelet.calls.length;
    for (let i = 0; i < 40; i++) {
      source?.update();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // Without waiting longer there would be 10 polls, and with updates 40.
    expect(kubelet.calls.length - before).toBeLessThan(9);
    kubelet.answers[LIST] = pods({ train: ['GPU-1'] });
    await until('it answers again', () => ids()[0] === 'GPU-1');
  });

  it('that is slow fails one poll and keeps its last answer', async () => {
    kubelet.answers[LIST] = pods({ train: ['GPU-1'] });
    await kubelet.start();
    await started({ deadline: 150 }).settled;
    kubelet.answers[LIST] = 'silence';
    await until('a poll fails', () =>
      log.lines.some(({ fields }) => String(fields.error).includes('DEADLINE_EXCEEDED')),
    );
    expect(ids()).toEqual(['GPU-1']);
    kubelet.answers[LIST] = pods({ train: ['GPU-2'] });
    await until('it answers again', () => ids()[0] === 'GPU-2');
  });

  it.each([
    ['bytes that are no message', Buffer.from('ff'.repeat(64), 'hex')],
    ['a length that reaches beyond the end', Buffer.from([0x0a, 0x7f, 0x0a])],
    ['a message that ends within a field', Buffer.from([0x0a, 0x02, 0x0a, 0x05, 0x61, 0x62, 0x63, 0x64, 0x65])],
    ['a web page', Buffer.from('<html><body>502 Bad Gateway</body></html>')],
  ])('that sends %s fails, and keeps what was known', async (_, garbage) => {
    kubelet.answers[LIST] = pods({ train: ['GPU-1'] });
    await kubelet.start();
    await started().settled;
    kubelet.answers[LIST] = garbage;
    await until('a poll fails', () => log.shown().some((line) => line.startsWith('warn')));
    expect(ids()).toEqual(['GPU-1']);
  });

  it('never hears two calls at a time', async () => {
    let open = 0;
    let most = 0;
    kubelet.answers[LIST] = async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 30));
      open -= 1;
      return pods({});
    };
    await kubelet.start();
    started({ interval: 10, pause: 1 });
    for (let i = 0; i < 150; i++) {
      source?.update();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(kubelet.count(LIST)).toBeGreaterThan(1);
    expect(most).toBe(1);
  });

  it('is a file that is no socket', async () => {
    writeFileSync(kubelet.socket, 'x');
    await started().settled;
    expect(source?.state()).toMatchObject({ up: false, error: expect.stringContaining('UNAVAILABLE') });
  });
});

describe('an update', () => {
  it('asks long before the next poll', async () => {
    await kubelet.start();
    await started({ interval: 3_600_000 }).settled;
    kubelet.answers[LIST] = pods({ train: ['GPU-1'] });
    source?.update();
    await until('the pod is seen', () => ids()[0] === 'GPU-1');
  });

  it('is one call, however often it is asked for', async () => {
    await kubelet.start();
    await started({ interval: 3_600_000, pause: 300 }).settled;
    await until('the poll is over', () => kubelet.count(ALLOCATABLE) === 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const from = performance.now();
    const before = kubelet.count(LIST);
    for (let i = 0; i < 100; i++) {
      source?.update();
    }
    await until('it was asked', () => kubelet.count(LIST) > before);
    expect(performance.now() - from).toBeGreaterThan(100);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(kubelet.count(LIST)).toBe(before + 1);
  });
});

it('stops during a call that never ends, and asks no more', async () => {
  kubelet.answers[LIST] = 'silence';
  await kubelet.start();
  started({ deadline: 60_000 });
  await until('it asks', () => kubelet.count(LIST) === 1);
  await source?.stop();
  source?.update();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(kubelet.count(LIST)).toBe(1);
  expect(log.shown()).toEqual([]);
});
