import { describe, expect, it } from 'vitest';
import { EntityCache } from '../../src/metrics/entity-cache.js';
import { device, runningProcess } from './snapshots.js';

describe('what is remembered about entities', () => {
  it('is kept for an entity with the same kind and labels, whatever its values', () => {
    let made = 0;
    const cache = new EntityCache(() => ++made);
    expect(cache.get(runningProcess(0, 1, [['gpu_process_memory_used_bytes', 1]]))).toBe(1);
    cache.sweep();
    expect(cache.get(runningProcess(0, 1, []))).toBe(1);
    expect(cache.get(runningProcess(0, 2, []))).toBe(2);
    expect(cache.get({ ...runningProcess(0, 1, []), kind: 'pod' })).toBe(3);
  });

  it('is forgotten when a snapshot did not need it', () => {
    let made = 0;
    const cache = new EntityCache(() => ++made);
    cache.get(device(0, []));
    cache.sweep();
    cache.sweep();
    expect(cache.get(device(0, []))).toBe(2);
  });

  it('does not mix up labels whose texts look alike when put together', () => {
    const cache = new EntityCache(({ labels }) => JSON.stringify(labels));
    const labelled = (labels: Record<string, string>) => ({ ...device(0, []), labels });
    const first = cache.get(labelled({ a: 'x', b: 'y' }));
    expect(cache.get(labelled({ a: 'xb', b: 'y' }))).not.toBe(first);
    expect(cache.get(labelled({ ab: 'x', b: 'y' }))).not.toBe(first);
  });
});
