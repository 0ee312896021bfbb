import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Counter, Gauge, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Point } from '../../src/gpu/sample.js';
import { CATALOGUE, definitionOf, type MetricName } from '../../src/metrics/catalogue.js';
import { Exposition, type ExpositionOptions } from '../../src/metrics/exposition.js';
import type { Entity, Snapshot } from '../../src/metrics/snapshot.js';
import { device, runningProcess, seriesOf, snapshotOf } from './snapshots.js';

function exposition(options: Partial<ExpositionOptions> = {}): Exposition {
  return new Exposition({
    profiles: ['native'],
    dcgm: { names: '4.5', hostnameLabel: 'Hostname', optional: true },
    hostname: 'node-1',
    limit: 100_000,
    ...options,
  });
}

const text = (snapshot: Snapshot | undefined, options?: Partial<ExpositionOptions>) =>
  exposition(options).render(snapshot, 'text').toString();

describe('the text format', () => {
  it('writes help and type once per family, families in the order of the catalogue', () => {
    const snapshot = snapshotOf([
      device(0, [
        ['gpu_energy_joules_total', 5.5],
        ['gpu_utilization_ratio', 0.25],
      ]),
      device(1, [['gpu_utilization_ratio', 1]]),
    ]);
    expect(text(snapshot)).toBe(
      [
        '# HELP gpu_utilization_ratio Share of time in which at least one kernel ran on the GPU',
        '# TYPE gpu_utilization_ratio gauge',
        'gpu_utilization_ratio{vendor="nvidia",gpu="0",uuid="GPU-0",model="NVIDIA H100"} 0.25',
        'gpu_utilization_ratio{vendor="nvidia",gpu="1",uuid="GPU-1",model="NVIDIA H100"} 1',
        '# HELP gpu_energy_joules_total Energy that the board used since the driver was loaded',
        '# TYPE gpu_energy_joules_total counter',
        'gpu_energy_joules_total{vendor="nvidia",gpu="0",uuid="GPU-0",model="NVIDIA H100"} 5.5',
        '',
      ].join('\n'),
    );
  });

  it('leaves out labels without a value', () => {
    const snapshot = snapshotOf([device(0, [['gpu_info', 1, '0000:3b:00.0', '', 'Tesla']])]);
    expect(seriesOf(text(snapshot))).toEqual([
      'gpu_info{vendor="nvidia",gpu="0",uuid="GPU-0",model="NVIDIA H100",pci_bus_id="0000:3b:00.0",brand="Tesla"} 1',
    ]);
  });

  it('drops values that are no finite numbers, and counts them', () => {
    const one = exposition();
    const body = one.render(
      snapshotOf([
        device(0, [
          ['gpu_utilization_ratio', Number.NaN],
          ['gpu_power_watts', Number.POSITIVE_INFINITY],
        ]),
        device(1, [['gpu_power_watts', 70]]),
      ]),
      'text',
    );
    expect(seriesOf(body)).toHaveLength(1);
    expect(body.toString()).not.toContain('gpu_utilization_ratio');
    expect(one.dropped()).toEqual([
      { profile: 'native', metric: 'gpu_utilization_ratio', count: 1 },
      { profile: 'native', metric: 'gpu_power_watts', count: 1 },
    ]);
  });

  it('replaces half a surrogate pair, which UTF-8 cannot hold', () => {
    const snapshot = snapshotOf([runningProcess(0, 7, [['gpu_process_info', 1, 'a\ud800b', '', 'compute']])]);
    const body = exposition().render(snapshot, 'text');
    expect(body.includes(Buffer.from('process_name="a\ufffdb"'))).toBe(true);
    expect(Buffer.from(body.toString('utf8')).equals(body)).toBe(true);
  });

  it('shows the same series where points change their order and their labels from snapshot to snapshot', () => {
    const one = exposition();
    one.render(
      snapshotOf([
        device(0, [
          ['gpu_clock_hertz', 1, 'sm'],
          ['gpu_power_watts', 2],
        ]),
      ]),
      'text',
    );
    const points: readonly Point[] = [
      ['gpu_power_watts', 3],
      ['gpu_clock_hertz', 4, 'memory'],
      ['gpu_clock_hertz', 5, 'sm'],
    ];
    const second = snapshotOf([device(0, points)]);
    expect(one.render(second, 'text').toString()).toBe(text(second));
  });

  it('gives the self-metrics alone before the first snapshot', () => {
    expect(exposition().render(undefined, 'text', 'own 1\n').toString()).toBe('own 1\n');
    expect(gunzipSync(exposition().renderGzip(undefined, 'text', 'own 1\n')).toString()).toBe('own 1\n');
  });
});

/** What prom-client prints for the same values, without the empty lines between its families. */
async function promClientText({ entities }: Snapshot): Promise<string> {
  const registry = new Registry();
  const used = new Set(entities.flatMap(({ points }) => points.map(([name]) => name)));
  for (const name of (Object.keys(CATALOGUE) as MetricName[]).filter((each) => used.has(each))) {
    const { type, help, labels } = definitionOf(name);
    const series = entities.flatMap((entity) =>
      entity.points
        .filter((point) => point[0] === name)
        .map(([, value, ...values]) => {
          const own = Object.fromEntries(labels.map((label, index) => [label, values[index] ?? '']));
          const all = Object.entries({ ...entity.labels, ...own }).filter(([, text]) => text !== '');
          return { labels: Object.fromEntries(all), value };
        }),
    );
    const labelNames = [...new Set(series.flatMap((each) => Object.keys(each.labels)))];
    const definition = { name, help, labelNames, registers: [registry] };
    if (type === 'counter') {
      const counter = new Counter(definition);
      for (const { labels: own, value } of series) {
        counter.inc(own, value);
      }
    } else {
      const gauge = new Gauge(definition);
      for (const { labels: own, value } of series) {
        gauge.set(own, value);
      }
    }
  }
  return (await registry.metrics()).replaceAll('\n\n', '\n');
}

const hostile = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\n', '\\n', '\\"', '{a="b"}', '\r', '\u0000', '\ud83d', 'ü🙂'),
  fc.array(fc.constantFrom('\\', '"', '\n', 'x'), { maxLength: 8 }).map((parts) => parts.join('')),
);
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }), fc.nat(), fc.maxSafeNat());

/** Entities with labels of any text, told apart by their process id. */
const anySnapshot: fc.Arbitrary<Snapshot> = fc
  .array(fc.tuple(hostile, hostile, hostile, number, number, fc.boolean()), { maxLength: 6 })
  .map((rows) =>
    snapshotOf(
      rows.map(([model, pod, name, first, second, labelled], pid): Entity => {
        const entity = runningProcess(0, pid, [
          ...(labelled ? ([['gpu_process_info', 1, name, pod, model]] as const) : []),
          ['gpu_process_memory_used_bytes', first],
          ['gpu_pod_energy_joules_total', second],
        ]);
        return { ...entity, labels: { ...entity.labels, model, namespace: 'a', pod } };
      }),
    ),
  );

describe('the writer', () => {
  it("prints what prom-client's registry prints, whatever the labels hold", async () => {
    const kept = exposition();
    await fc.assert(
      fc.asyncProperty(anySnapshot, async (snapshot) => {
        const expected = Buffer.from(snapshot.entities.length === 0 ? '' : await promClientText(snapshot)).toString();
        expect(text(snapshot)).toBe(expected);
        expect(kept.render(snapshot, 'text').toString()).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('compresses to the same bytes that it gives out plain', () => {
    fc.assert(
      fc.property(anySnapshot, hostile, (snapshot, others) => {
        const one = exposition();
        for (const format of ['text', 'openmetrics'] as const) {
          expect(
            gunzipSync(one.renderGzip(snapshot, format, others)).equals(one.render(snapshot, format, others)),
          ).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('writes a snapshot once, and counts what it dropped once, however often it is scraped', () => {
    const one = exposition();
    const snapshot = snapshotOf([
      device(0, [
        ['gpu_power_watts', Number.NaN],
        ['gpu_utilization_ratio', 1],
      ]),
    ]);
    const first = one.render(snapshot, 'text');
    (snapshot.entities as Entity[]).length = 0;
    expect(one.render(snapshot, 'text').equals(first)).toBe(true);
    one.render(snapshot, 'openmetrics');
    one.renderGzip(snapshot, 'text');
    expect(one.dropped()).toEqual([{ profile: 'native', metric: 'gpu_power_watts', count: 1 }]);
    expect(one.series()).toEqual(new Map([['native', 1]]));
  });
});

describe('OpenMetrics', () => {
  it('names counters without their suffix, gives units, and ends', () => {
    const snapshot = snapshotOf([
      device(0, [
        ['gpu_info', 1, '0000:3b:00.0'],
        ['gpu_status', 1, '0000:3b:00.0', 'ok'],
        ['gpu_energy_joules_total', 5],
        ['gpu_performance_state', 2],
      ]),
    ]);
    const lines = exposition().render(snapshot, 'openmetrics', 'own 1\n').toString().split('\n');
    expect(lines.filter((line) => /^# (TYPE|UNIT)/.test(line))).toEqual([
      '# TYPE gpu_status gauge',
      '# TYPE gpu info',
      '# TYPE gpu_energy_joules counter',
      '# UNIT gpu_energy_joules joules',
      '# TYPE gpu_performance_state gauge',
    ]);
    expect(lines).toContain('gpu_energy_joules_total{vendor="nvidia",gpu="0",uuid="GPU-0",model="NVIDIA H100"} 5');
    expect(lines.slice(-3)).toEqual(['own 1', '# EOF', '']);
  });

  it('has the same series as the text format', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const one = exposition();
        expect(seriesOf(one.render(snapshot, 'openmetrics'))).toEqual(seriesOf(one.render(snapshot, 'text')));
      }),
      { numRuns: 50 },
    );
  });

  it('is offered for the native profile alone', () => {
    expect(exposition().openMetricsOffered).toBe(true);
    expect(exposition({ profiles: ['native', 'dcgm'] }).openMetricsOffered).toBe(false);
    expect(exposition({ profiles: ['nvitop'] }).openMetricsOffered).toBe(false);
  });

  it('gives every family a name of its own, and a unit that its name ends in', () => {
    const families = (Object.keys(CATALOGUE) as MetricName[]).map((name) => ({
      name: name.replace(definitionOf(name).type === 'info' ? /_info$/ : /_total$/, ''),
      unit: definitionOf(name).unit,
    }));
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    for (const { name, unit } of families) {
      expect(unit === 'none' || name.endsWith(`_${unit}`), `${name} in ${unit}`).toBe(true);
    }
  });
});
