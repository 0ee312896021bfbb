import type { SimulatedDevice, SimulatedInstance } from './fleet.js';
import { fraction } from './random.js';

/** Seconds after which the load repeats itself. */
export const PERIOD = 3600;

/** How a job uses a GPU over time. */
export type Pattern = 'training' | 'inference' | 'notebook' | 'batch';

/** A device, an instance or a replica that a job has, with one process on it. */
export interface Placement {
  readonly device: SimulatedDevice;
  readonly instance?: SimulatedInstance;
  /** Number of a time-slicing replica. */
  readonly replica?: number;
}

/** A pod, or a series of pods that do the same. */
export interface Job {
  readonly number: number;
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  /** Command and user of its processes. */
  readonly command: string;
  readonly user: string;
  readonly pattern: Pattern;
  /** Part of the memory of each placement. */
  readonly memory: number;
  readonly placements: readonly Placement[];
}

/** One pod of a job; `number` tells it from the others of the job. */
export interface Run {
  readonly number: number;
  /** Unix time in seconds; absent for a pod that was always there. */
  readonly start?: number;
  /** Unix time in seconds; absent for a pod that stays. */
  readonly end?: number;
}

type Kind = Omit<Job, 'number' | 'placements' | 'name'> & { readonly name: string };

const KINDS = {
  training: {
    namespace: 'research',
    name: 'llm-pretraining-0',
    container: 'trainer',
    command: 'torchrun',
    user: 'researcher',
    pattern: 'training',
    memory: 0.92,
  },
  shared: {
    namespace: 'serving',
    name: 'embeddings',
    container: 'server',
    command: 'tritonserver',
    user: 'triton',
    pattern: 'inference',
    memory: 0.18,
  },
  notebook: {
    namespace: 'notebooks',
    name: 'jupyter-ada',
    container: 'notebook',
    command: 'python3',
    user: 'jovyan',
    pattern: 'notebook',
    memory: 0.3,
  },
  inference: {
    namespace: 'serving',
    name: 'chat',
    container: 'vllm',
    command: 'vllm',
    user: 'vllm',
    pattern: 'inference',
    memory: 0.88,
  },
  batch: {
    namespace: 'batch',
    name: 'fine-tuning',
    container: 'job',
    command: 'python3',
    user: 'batch',
    pattern: 'batch',
    memory: 0.6,
  },
} as const satisfies Readonly<Record<string, Kind>>;

/** What the GPUs beside those of the training job are for, over and over; one of them is free. */
const ROLES = ['shared', 'notebook', 'inference', 'batch', 'free'] as const;
const MIG_ROLES = ['inference', 'notebook', 'batch', 'free'] as const;
const REPLICAS = 3;

/** When pods of a batch job begin and end within the period. */
const BATCH_RUNS = [
  [120, 1560],
  [1920, 3360],
] as const;

/**
 * Says which pods use which GPUs: half of the GPUs train one model, the others are shared by three small servers, held
 * by a notebook that does next to nothing, serve a model, run jobs that come and go, or are free. A single GPU is shared.
 */
export function planJobs(devices: readonly SimulatedDevice[]): readonly Job[] {
  const jobs: Job[] = [];
  const names = new Map<string, number>();
  const add = (kind: keyof typeof KINDS, placements: readonly Placement[]): void => {
    const { name, ...rest } = KINDS[kind];
    const copies = names.get(name) ?? 0;
    names.set(name, copies + 1);
    jobs.push({ ...rest, name: copies === 0 ? name : `${name}-${copies}`, number: jobs.length, placements });
  };
  const whole = devices.filter(({ instances }) => instances.length === 0);
  const training = whole.slice(0, Math.floor(whole.length / 2));
  if (training.length > 0)
    add(
      'training',
      training.map((device) => ({ device })),
    );
  for (const [at, device] of whole.slice(training.length).entries()) {
    const role = ROLES[at % ROLES.length] as (typeof ROLES)[number];
    if (role === 'shared') for (let replica = 0; replica < REPLICAS; replica += 1) add(role, [{ device, replica }]);
    else if (role !== 'free') add(role, [{ device }]);
  }
  for (const device of devices) {
    for (const [at, instance] of device.instances.entries()) {
      const role = MIG_ROLES[at % MIG_ROLES.length] as (typeof MIG_ROLES)[number];
      if (role !== 'free') add(role, [{ device, instance }]);
    }
  }
  return jobs;
}

/** The last pod of a job that was started before a time. */
export function lastRun({ pattern }: Job, time: number): Run {
  if (pattern !== 'batch') return { number: 0 };
  const period = Math.floor(time / PERIOD);
  const second = time - period * PERIOD;
  const started = BATCH_RUNS.filter(([start]) => start <= second).length;
  const number = period * BATCH_RUNS.length + started - 1;
  const [start, end] = BATCH_RUNS[(started + BATCH_RUNS.length - 1) % BATCH_RUNS.length] as readonly [number, number];
  const base = started === 0 ? period - 1 : period;
  return { number, start: base * PERIOD + start, end: base * PERIOD + end };
}

/** Whether a pod runs at a time. */
export const isRunning = ({ end }: Run, time: number): boolean => end === undefined || time < end;

/** Share of time in which a job's process keeps its device busy in one second of the period. */
export function loadOf({ pattern, number }: Job, placement: number, second: number, seed: number): number {
  const noise = fraction(seed, number, placement, second);
  switch (pattern) {
    case 'training':
      // A checkpoint every ten minutes, and the data loader falls behind now and then.
      if (second % 600 < 25) return 0.02 * noise;
      return second % 45 < 3 ? 0.3 + 0.2 * noise : 0.94 + 0.06 * noise;
    case 'inference': {
      const scale = placement === 0 && number % 2 === 0 ? 1 : 0.8;
      const phase = fraction(seed, number) * 2 * Math.PI;
      return scale * (0.22 + 0.14 * Math.sin((second * 2 * Math.PI) / (PERIOD / 3) + phase) + 0.06 * noise);
    }
    case 'notebook':
      // One cell is run in an hour.
      return second >= 1500 && second < 1560 ? 0.5 + 0.3 * noise : 0;
    case 'batch':
      return BATCH_RUNS.some(([start, end]) => second >= start + 20 && second < end) ? 0.7 + 0.25 * noise : 0;
  }
}
