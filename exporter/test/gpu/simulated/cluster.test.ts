import { expect, test } from 'vitest';
import { Owners } from '../../../src/attribution/owners.js';
import { SimulatedBackend } from '../../../src/gpu/simulated/backend.js';
import { SimulatedCluster } from '../../../src/gpu/simulated/cluster.js';

const SINCE = 1_790_000_000;
const GPUS = '8xH100,2xA100+MIG';

function simulation(time: { now: number }) {
  const options = { gpus: GPUS, seed: 3, since: SINCE };
  const cluster = new SimulatedCluster(options, () => time.now);
  const backend = new SimulatedBackend(options, () => time.now);
  const owners = new Owners({ pods: [cluster.pods], allocations: [cluster.allocations], containers: [] });
  return { cluster, backend, owners };
}

test('every process is owned by a container of a pod that was given its device', () => {
  const time = { now: SINCE };
  const { cluster, backend, owners } = simulation(time);
  for (let minute = 0; minute < 120; minute += 5) {
    time.now = SINCE + minute * 60;
    owners.refresh();
    cluster.processes.begin();
    for (const { identity, instances, processes } of backend.collect({ skip: [] }, () => {}).devices) {
      for (const { pid, gpuInstanceId } of processes) {
        const facts = cluster.processes.inspect(pid);
        const owner = facts && owners.ofProcess(facts.cgroup, []);
        const instance = instances.find((each) => each.gpuInstanceId === gpuInstanceId);
        const ids = owners
          .allocations()
          .filter(
            (allocation) => allocation.owner.pod === owner?.pod && allocation.owner.container === owner?.container,
          )
          .map(({ deviceId }) => deviceId.split('::')[0]);
        expect(ids).toContain(instance?.uuid ?? identity.uuid);
        expect(facts?.startTime).toBeLessThanOrEqual(time.now);
      }
    }
  }
});

test('pods of batch jobs come, succeed and give their device back', () => {
  const hour = Math.ceil(SINCE / 3600) * 3600;
  const time = { now: hour + 200 };
  const { cluster } = simulation(time);
  const batch = () => cluster.pods.pods().find(({ namespace }) => namespace === 'batch');
  const first = batch();
  expect(first?.phase).toBe('Running');
  expect(cluster.allocations.allocations().some(({ pod }) => pod === first?.name)).toBe(true);
  time.now = hour + 1700;
  expect(batch()).toMatchObject({ name: first?.name, uid: first?.uid, phase: 'Succeeded' });
  expect(cluster.allocations.allocations().some(({ pod }) => pod === first?.name)).toBe(false);
  time.now = hour + 2000;
  expect(batch()?.phase).toBe('Running');
  expect(batch()?.uid).not.toBe(first?.uid);
  time.now = hour + 3600 + 60;
  expect(batch()?.phase).toBe('Succeeded');
});

test('hands out the same lists until a pod comes or goes', () => {
  const time = { now: Math.ceil(SINCE / 3600) * 3600 + 200 };
  const { cluster } = simulation(time);
  const [pods, allocations] = [cluster.pods.pods(), cluster.allocations.allocations()];
  time.now += 60;
  expect(cluster.pods.pods()).toBe(pods);
  expect(cluster.allocations.allocations()).toBe(allocations);
});

test('offers every device or its replicas and instances, and allocates only those', () => {
  const { cluster } = simulation({ now: SINCE });
  const offered = [...cluster.allocations.allocatable()].flatMap(([resource, ids]) =>
    ids.map((id) => `${resource} ${id}`),
  );
  expect(new Set(offered).size).toBe(offered.length);
  expect(offered).toHaveLength(7 + 3 + 8);
  for (const { resource, deviceId } of cluster.allocations.allocations())
    expect(offered).toContain(`${resource} ${deviceId}`);
});

test('knows nothing of processes of this machine', () => {
  const { cluster } = simulation({ now: SINCE });
  cluster.processes.begin();
  expect(cluster.processes.inspect(process.pid)).toBeUndefined();
});
