import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SampleDecoder } from '../../src/collector/sample-decoder.js';
import { SampleEncoder } from '../../src/collector/sample-encoder.js';
import type { Point, Sample } from '../../src/gpu/sample.js';

const text = fc.string({ maxLength: 4 });
const point = fc
  .tuple(fc.constantFrom('gpu_power_watts', 'gpu_clock_hertz', 'gpu_up'), fc.double(), fc.array(text, { maxLength: 3 }))
  .map(([name, value, labels]) => [name, value, ...labels] as unknown as Point);
const points = fc.array(point, { maxLength: 5 });
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
/** Without keys whose value is not there, as back ends make them. */
const clean = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;

const device = fc
  .record({
    identity: fc
      .record({ vendor: fc.constant('nvidia'), pciBusId: fc.constantFrom('a', 'b'), uuid: optional(text) })
      .map(clean),
    status: fc.constantFrom('ok', 'lost'),
    reason: optional(text),
    points,
    instances: fc.array(
      fc.record({ gpuInstanceId: fc.nat(9), computeInstanceId: fc.nat(2), uuid: text, profile: text, points }),
      { maxLength: 2 },
    ),
    processes: fc.array(
      fc
        .record({
          pid: fc.nat(),
          type: fc.constantFrom('compute', 'graphics', 'mps'),
          gpuInstanceId: optional(fc.nat(3)),
          computeInstanceId: optional(fc.nat(3)),
          points,
        })
        .map((process) =>
          clean(process.gpuInstanceId === undefined ? { ...process, computeInstanceId: undefined } : process),
        ),
      { maxLength: 4 },
    ),
    processesKnown: fc.boolean(),
    supportedEvents: fc.array(text, { maxLength: 2 }),
  })
  .map(clean);

const sample = fc.record({
  vendor: fc.constant('nvidia'),
  time: fc.double({ noNaN: true }),
  monotonic: fc.double({ noNaN: true }),
  duration: fc.double({ noNaN: true }),
  driver: fc.record({ driver: text }),
  devices: fc.array(device, { maxLength: 3 }),
  events: fc.array(fc.record({ event: text, xid: fc.nat(), time: fc.nat() }), { maxLength: 2 }),
  outcomes: fc.array(
    fc.record({ collector: text, pciBusId: optional(text), seconds: fc.double(), error: optional(text) }).map(clean),
    { maxLength: 4 },
  ),
  capabilities: fc.array(fc.record({ capability: text, supported: fc.boolean(), reason: text }), { maxLength: 3 }),
}) as unknown as fc.Arbitrary<Sample>;

test('every sample of a series arrives as it was', () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 5 }), (samples) => {
      const encoder = new SampleEncoder();
      const decoder = new SampleDecoder();
      // The second time nearly everything is known already.
      for (const each of [...samples, ...samples]) {
        expect(decoder.decode(deserialize(serialize(encoder.encode(each))))).toEqual(each);
      }
    }),
    { numRuns: 200 },
  );
});

function sampleWith(processes: number, label: string): Sample {
  return {
    vendor: 'nvidia',
    time: 1,
    monotonic: 1,
    duration: 0,
    driver: {},
    devices: [
      {
        identity: { vendor: 'nvidia', pciBusId: '0000:3b:00.0' },
        status: 'ok',
        points: Array.from({ length: 100 }, (_, i): Point => ['gpu_fan_speed_ratio', i / 100, `${label}${i}`]),
        instances: [],
        processes: Array.from({ length: processes }, (_, pid) => ({
          pid,
          type: 'compute',
          points: [['gpu_process_memory_used_bytes', 1e9] as const],
        })),
        processesKnown: true,
        supportedEvents: [],
      },
    ],
    events: [],
    outcomes: [],
    capabilities: [],
  };
}

test('says names and labels once', () => {
  const encoder = new SampleEncoder();
  expect(encoder.encode(sampleWith(1, 'a')).layouts).toHaveLength(2);
  const { layouts, objects, numbers } = encoder.encode(sampleWith(500, 'a'));
  expect([layouts.length, objects.length]).toEqual([0, 0]);
  expect(numbers.length).toBeLessThan(500 * 4 + 100 + 10);
});

test('forgets on both sides when labels never repeat', () => {
  const encoder = new SampleEncoder();
  const decoder = new SampleDecoder();
  let resets = 0;
  for (let i = 0; i < 1200; i += 1) {
    const each = sampleWith(2, `${i}-`);
    const encoded = encoder.encode(each);
    resets += encoded.reset ? 1 : 0;
    const decoded = decoder.decode(deserialize(serialize(encoded)));
    if (i % 100 === 0 || encoded.reset) expect(decoded).toEqual(each);
  }
  expect(resets).toBe(2);
});

test('forgets long lists that never repeat as soon as it forgets many short ones', () => {
  const encoder = new SampleEncoder();
  let resets = 0;
  for (let i = 0; i < 500; i += 1) {
    const capabilities = Array.from({ length: 100 }, (_, at) => ({
      capability: 'process_utilization',
      supported: false,
      reason: (i >> (at % 10)) % 2 === 0 ? 'pid_namespace' : 'NOT_FOUND',
      pciBusId: `0000:${at}:00.0`,
    }));
    resets += encoder.encode({ ...sampleWith(1, 'a'), capabilities }).reset ? 1 : 0;
  }
  expect(resets).toBeGreaterThan(1);
});

test('points whose value did not change are the same objects, and lists of them the same lists', () => {
  const encoder = new SampleEncoder();
  const decoder = new SampleDecoder();
  const arrived = (sent: Sample): Sample => decoder.decode(deserialize(serialize(encoder.encode(sent))));
  const sent = sampleWith(2, 'a');
  const [device] = sent.devices;
  if (device === undefined) throw new Error('A sample without devices');
  const points = device.points.with(7, ['gpu_fan_speed_ratio', 0.5, 'a7']);
  const first = arrived(sent);
  const next = { ...sent, devices: [{ ...device, points }] };
  const second = arrived(next);
  expect(second).toEqual(next);
  expect(first).toEqual(sent);
  const [before, after] = [first.devices[0], second.devices[0]];
  expect(after?.points.filter((each, at) => each !== before?.points[at])).toEqual([['gpu_fan_speed_ratio', 0.5, 'a7']]);
  expect(after?.processes[1]?.points).toBe(before?.processes[1]?.points);
});
