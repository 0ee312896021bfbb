import { describe, expect, it } from 'vitest';
import { type TableMetric, TableProfile } from '../../../src/metrics/profiles/table.js';

const tableOf = (metric: Partial<TableMetric>) =>
  new TableProfile({
    metrics: [{ name: 'X', type: 'gauge', help: 'A metric', ...metric }],
    labels: () => '',
  });

describe('the table of a profile', () => {
  it('is refused where it wants a label that the native metric does not have', () => {
    expect(() => tableOf({ from: 'gpu_clock_hertz', where: { sensor: 'gpu' } })).toThrow(
      'X wants the label "sensor" of gpu_clock_hertz, which has no such label.',
    );
    expect(() => tableOf({ from: 'gpu_nvlink_up', labels: { link: 'lane' } })).toThrow('"lane" of gpu_nvlink_up');
  });

  it('makes families in its order, one for several metrics of one name', () => {
    const profile = new TableProfile({
      metrics: [
        { name: 'B', type: 'gauge', help: 'b' },
        { name: 'A', type: 'counter', help: 'a' },
        { name: 'B', type: 'gauge', help: 'b' },
      ],
      labels: () => '',
    });
    expect(profile.families.map(({ name, type }) => [name, type])).toEqual([
      ['B', 'gauge'],
      ['A', 'counter'],
    ]);
  });
});
