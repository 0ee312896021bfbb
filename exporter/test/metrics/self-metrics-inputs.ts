import type { CollectorState } from '../../src/collector/state.js';
import type { Sample } from '../../src/gpu/sample.js';
import type { SourceState } from '../../src/kubernetes/source.js';

/** A sample with a collector that failed and something that cannot be measured. */
export const sample: Sample = {
  vendor: 'nvidia',
  time: 1_700_000_000.5,
  monotonic: 1000,
  duration: 0.02,
  driver: {},
  devices: [],
  events: [],
  outcomes: [
    { collector: 'inventory', seconds: 0.001 },
    { collector: 'power', pciBusId: '0000:3b:00.0', seconds: 0.004 },
    { collector: 'ecc', pciBusId: '0000:3b:00.0', seconds: 3, error: 'NVML_ERROR_UNKNOWN' },
  ],
  capabilities: [
    { capability: 'profiling', supported: false, reason: 'NOT_SUPPORTED', pciBusId: '0000:3b:00.0' },
    { capability: 'nvmlDeviceGetFieldValues', supported: true, reason: '' },
  ],
};

/** A collector that has been replaced once, and whose process is this one. */
export const collectorState: CollectorState = {
  vendor: 'nvidia',
  driver: { available: true },
  sample,
  ageSeconds: 1.5,
  deviceVerdicts: [],
  restarts: { exit: 0, crash: 1, killed: 0, hung: 0, memory: 0, driver: 0 },
  abandoned: 0,
  collections: { ok: 9, unavailable: 0, hung: 0, crashed: 1 },
  childMemory: 50_000_000,
  childPid: process.pid,
};

/** A source that answered. */
export const sourceState: SourceState = { source: 'pod-resources', up: true, lastSuccess: 1_700_000_000 };
