// Cost of turning a snapshot into text, ours beside prom-client's: npm run build && node exporter/bench/exposition.mjs
import { gzipSync } from 'node:zlib';
import { Counter, Gauge, Registry } from 'prom-client';
import { CATALOGUE } from '../build/metrics/catalogue.js';
import { Exposition } from '../build/metrics/exposition.js';
import { SelfMetrics } from '../build/metrics/self-metrics.js';
import { makeSnapshot } from './snapshot.mjs';

const ROUNDS = 60;
const options = {
  dcgm: { names: '4.5', hostnameLabel: 'Hostname', optional: true },
  hostname: 'node-1',
  limit: 1e6,
};

async function measure(name, work) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const snapshot = makeSnapshot({ time: 1_700_000_000 + 5 * round });
    const before = process.cpuUsage();
    await work(snapshot);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  const sorted = times.slice(10).sort((one, other) => one - other);
  console.log(
    `${name.padEnd(34)} ${sorted[Math.floor(sorted.length / 2)].toFixed(2)} ms CPU, p90 ${sorted[Math.floor(sorted.length * 0.9)].toFixed(2)}`,
  );
}

const registry = new Registry();
const metrics = new Map();
for (const [name, { type, help, labels }] of Object.entries(CATALOGUE)) {
  const labelNames = [
    'vendor',
    'gpu',
    'uuid',
    'model',
    'gpu_instance_id',
    'compute_instance_id',
    'profile',
    'pid',
    'namespace',
    'pod',
    'container',
    ...labels,
  ];
  const Kind = type === 'counter' ? Counter : Gauge;
  metrics.set(name, new Kind({ name, help, labelNames, registers: [registry] }));
}

async function promClient({ entities }) {
  registry.resetMetrics();
  for (const { labels, points } of entities) {
    for (const [name, value, ...values] of points) {
      const own = { ...labels };
      CATALOGUE[name].labels.forEach((label, index) => {
        own[label] = values[index];
      });
      const metric = metrics.get(name);
      if (CATALOGUE[name].type === 'counter') {
        metric.inc(own, value);
      } else {
        metric.set(own, value);
      }
    }
  }
  return Buffer.from(await registry.metrics());
}

const native = new Exposition({ ...options, profiles: ['native'] });
const body = native.render(makeSnapshot(), 'text');
console.log(
  `${
    body
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#')).length
  } series, ${(body.length / 1024).toFixed(0)} KiB, ${(gzipSync(body).length / 1024).toFixed(0)} KiB compressed`,
);
await measure('prom-client', promClient);
await measure('ours, native', (snapshot) => native.render(snapshot, 'text'));
await measure('ours, native, gzip', (snapshot) => native.renderGzip(snapshot, 'text'));
const dcgm = new Exposition({ ...options, profiles: ['dcgm'] });
await measure('ours, dcgm', (snapshot) => dcgm.render(snapshot, 'text'));
const nvitop = new Exposition({ ...options, profiles: ['nvitop'] });
await measure('ours, nvitop', (snapshot) => nvitop.render(snapshot, 'text'));
const one = makeSnapshot();
await measure('ours, native, same snapshot', () => native.render(one, 'text', 'x'.repeat(30_000)));
await measure('ours, native, same snapshot, gzip', () => native.renderGzip(one, 'text', 'x'.repeat(30_000)));

const perDevice = Array.from({ length: 8 }, (_, gpu) => `0000:${gpu + 16}:00.0`);
const sample = {
  vendor: 'nvidia',
  time: 1,
  duration: 0.02,
  outcomes: perDevice.flatMap((pciBusId) =>
    Array.from({ length: 15 }, (_, index) => ({ collector: `collector_${index}`, pciBusId, seconds: 0.001 })),
  ),
  capabilities: perDevice.flatMap((pciBusId) =>
    Array.from({ length: 10 }, (_, index) => ({
      capability: `capability_${index}`,
      supported: true,
      reason: '',
      pciBusId,
    })),
  ),
};
const state = {
  vendor: 'nvidia',
  driver: { available: true },
  ageSeconds: 1,
  restarts: { exit: 0, crash: 0, killed: 0, hung: 0, memory: 0, driver: 0 },
  abandoned: 0,
  collections: { ok: 1, unavailable: 0, hung: 0, crashed: 0 },
  childPid: process.pid,
};
const self = new SelfMetrics({
  version: '1',
  collectors: () => [state],
  sources: () => [],
  capabilities: () => [],
  droppedProcesses: () => 0,
  exposition: native,
});
await measure('self-metrics, new sample', () => {
  self.observeSample(sample);
  return self.text(false);
});
await measure('self-metrics, same sample', () => self.text(false));
self.close();
