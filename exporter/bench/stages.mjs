// The steps of a collection, one after the other in one process, by the modules in build/: prints milliseconds as JSON.
import v8 from 'node:v8';
import { Assembler } from '../build/attribution/assemble.js';
import { ProcessTable } from '../build/attribution/processes.js';
import { UserNames } from '../build/attribution/user-names.js';
import { SampleDecoder } from '../build/collector/sample-decoder.js';
import { SampleEncoder } from '../build/collector/sample-encoder.js';
import { NvidiaBackend } from '../build/gpu/nvidia/backend.js';

const WARM_UP = 500;
const COLLECTIONS = 1000;

const [library] = process.argv.slice(2);
const paths = { procfs: '/proc', sysfs: '/sys', rootfs: '/' };
const log = { log: () => {} };
const backend = new NvidiaBackend({ library, paths, processes: true, profiling: true, pcieThroughput: false, log });
backend.open(() => {});
const [encoder, decoder] = [new SampleEncoder(), new SampleDecoder()];
const assembler = new Assembler({
  interval: 0.01,
  idleThreshold: 0.01,
  processLimit: 1000,
  sources: { pods: [], allocations: [], containers: [] },
  inspector: new ProcessTable({ procfs: '/proc', users: new UserNames('/') }),
  processCapability: { capability: 'process_attribution', supported: true, reason: '' },
});
const view = (sample) => ({ vendor: 'nvidia', driver: { available: true }, sample, deviceVerdicts: [] });

const steps = [
  ['calls of the driver and what they mean, with the C library', () => backend.collect({ skip: [] }, () => {})],
  ['encoding', (sample) => encoder.encode(sample)],
  ['what Node.js does to send it', (encoded) => v8.deserialize(v8.serialize(encoded))],
  ['decoding', (received) => decoder.decode(received)],
  ['attribution and the snapshot', (sample) => assembler.assemble([view(sample)])],
];
const sums = new Map(steps.map(([name]) => [name, 0]));
for (let round = -WARM_UP; round < COLLECTIONS; round++) {
  let value;
  for (const [name, step] of steps) {
    const start = performance.now();
    value = step(value);
    if (round >= 0) sums.set(name, sums.get(name) + (performance.now() - start));
  }
}
console.log(JSON.stringify(Object.fromEntries([...sums].map(([name, sum]) => [name, sum / COLLECTIONS]))));
process.exit(0);
