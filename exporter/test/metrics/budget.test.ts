import { describe, expect, it } from 'vitest';
import { Exposition } from '../../src/metrics/exposition.js';
import type { Entity } from '../../src/metrics/snapshot.js';
import { device, runningProcess, seriesOf, snapshotOf } from './snapshots.js';

/** One GPU with two core series, two links, two places in memory, and three processes with two series each. */
const ENTITIES: readonly Entity[] = [
  device(0, [
    ['gpu_utilization_ratio', 0.5],
    ['gpu_ecc_errors_total', 3, 'corrected', 'volatile'],
    ['gpu_nvlink_up', 1, '0'],
    ['gpu_nvlink_up', 1, '1'],
    ['gpu_ecc_location_errors_total', 1, 'corrected', 'volatile', 'dram'],
    ['gpu_ecc_location_errors_total', 2, 'corrected', 'volatile', 'sram'],
  ]),
  ...[
    [30, 100],
    [20, 100],
    [10, 200],
  ].map(([pid = 0, memory = 0]) =>
    runningProcess(0, pid, [
      ['gpu_process_memory_used_bytes', memory],
      ['gpu_process_sm_utilization_ratio', 0.1],
    ]),
  ),
];

function render(limit: number, entities = ENTITIES) {
  const exposition = new Exposition({
    profiles: ['native'],
    dcgm: { names: '4.5', hostnameLabel: 'Hostname', optional: false },
    hostname: 'node-1',
    limit,
  });
  const lines = seriesOf(exposition.render(snapshotOf(entities), 'text'));
  return {
    pids: [...new Set(lines.flatMap((line) => /pid="(\d+)"/.exec(line)?.[1] ?? []))],
    names: [...new Set(lines.map((line) => line.replace(/\{.*/, '')))],
    count: lines.length,
    dropped: Object.fromEntries(exposition.dropped().map(({ metric, count }) => [metric, count])),
  };
}

describe('the budget of series', () => {
  it('drops nothing at the limit', () => {
    expect(render(12)).toMatchObject({ count: 12, pids: ['30', '20', '10'], dropped: {} });
  });

  it('drops whole processes, of equal memory the later one', () => {
    expect(render(11)).toMatchObject({
      count: 10,
      pids: ['20', '10'],
      dropped: { gpu_process_memory_used_bytes: 1, gpu_process_sm_utilization_ratio: 1 },
    });
    expect(render(9)).toMatchObject({ count: 8, pids: ['10'] });
  });

  it('drops the same whatever the order of entities', () => {
    const reversed = [...ENTITIES].reverse();
    expect(new Set(render(9, reversed).pids)).toEqual(new Set(render(9).pids));
  });

  it('then drops all links, then all places in memory', () => {
    expect(render(5)).toMatchObject({ count: 4, pids: [], dropped: { gpu_nvlink_up: 2 } });
    expect(render(5).names).toContain('gpu_ecc_location_errors_total');
    expect(render(3)).toMatchObject({ count: 2, dropped: { gpu_nvlink_up: 2, gpu_ecc_location_errors_total: 2 } });
  });

  it('keeps what says how a device is, even above the limit', () => {
    expect(render(1).names).toEqual(['gpu_utilization_ratio', 'gpu_ecc_errors_total']);
  });
});
