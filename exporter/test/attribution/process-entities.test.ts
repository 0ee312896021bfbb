import { expect, it } from 'vitest';
import { ProcessEntities } from '../../src/attribution/process-entities.js';
import { device, gpuProcess } from './fixtures.js';

const LABELS = { vendor: 'nvidia' };
const partition = { key: '0000:10:00.0', device: device(0), processes: [] };

it('tells a process on two instances apart where the instances themselves are not known', () => {
  const entities = new ProcessEntities(10);
  const on = [1, 2].map((gpuInstanceId) => ({
    process: gpuProcess(7, 1, 0.5, { gpuInstanceId }),
    partition,
    labels: LABELS,
  }));
  expect(entities.make(on).map(({ labels }) => labels)).toEqual([
    { vendor: 'nvidia', gpu_instance_id: '1', pid: '7' },
    { vendor: 'nvidia', gpu_instance_id: '2', pid: '7' },
  ]);
});

it('keeps the labels of a process while nothing about it changes', () => {
  const entities = new ProcessEntities(10);
  const make = (gpuInstanceId: number) =>
    entities.make([{ process: gpuProcess(7, 1, 0.5, { gpuInstanceId }), partition, labels: LABELS }])[0]?.labels;
  const first = make(1);
  expect(make(1)).toBe(first);
  expect(make(2)).toMatchObject({ gpu_instance_id: '2' });
});

it('keeps a process as it is until its values, its name or its device change', () => {
  const entities = new ProcessEntities(10);
  const running = gpuProcess(7, 1, 0.5);
  const facts = { name: 'train', cgroup: { podUids: [], containerIds: [] } };
  const make = (more: object = {}) =>
    entities.make([{ process: running, partition, labels: LABELS, facts, ...more }])[0];
  const first = make();
  expect(make()).toBe(first);
  expect(make({ process: gpuProcess(7, 2, 0.5) })?.points).not.toEqual(first?.points);
  expect(make({ facts: { ...facts, name: 'serve' } })?.points).toContainEqual([
    'gpu_process_info',
    1,
    'serve',
    '',
    'compute',
  ]);
  expect(make({ partition: { ...partition, device: device(1) } })?.identity).toEqual(device(1).identity);
});
