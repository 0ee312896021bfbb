import type { CollectRequest, GpuBackend, Progress } from '../backend.js';
import type { Capability, DeviceSample, InstanceSample, Point, ProcessSample, Sample } from '../sample.js';
import { fixedPoints, livingPoints, type Moment, momentOf, round } from './device-points.js';
import { eventsOf } from './events.js';
import { parseFleet, type SimulatedInstance } from './fleet.js';
import { isRunning, lastRun, planJobs } from './jobs.js';
import { hasProfiling } from './models.js';
import { pidOf } from './process-ids.js';
import { type PlacedProcess, type Timeline, timelinesOf } from './timeline.js';

/** What is simulated. */
export interface SimulationOptions {
  /** Such as `8xH100` or `4xA100+MIG,2xT4`. */
  readonly gpus: string;
  readonly seed: number;
  /** Unix time in seconds at which the counters began. */
  readonly since: number;
}

const COLLECTOR = 'simulation';
const MIB = 1024 * 1024;

/** A process that runs at a moment. */
interface Running {
  readonly process: PlacedProcess;
  readonly memory: number;
  readonly load: number;
  readonly sample: ProcessSample;
}

/**
 * GPUs that do not exist, with jobs on them, for demonstrations and laptops.
 *
 * Everything follows from the seed and the time: {@link SimulatedCluster}, in another process, knows the pods of the same
 * jobs. Each GPU has an XID error in one hour of four, and a corrected memory error in six hours.
 */
export class SimulatedBackend implements GpuBackend {
  public readonly vendor = 'nvidia';
  private readonly timelines: readonly Timeline[];
  private readonly fixed: readonly (readonly Point[])[];
  private readonly capabilities: readonly Capability[];
  private last: number;

  /** @throws Error where the GPUs cannot be understood */
  public constructor(
    private readonly options: SimulationOptions,
    private readonly now: () => number = () => Date.now() / 1000,
  ) {
    const { gpus, seed } = options;
    const devices = parseFleet(gpus, seed);
    this.timelines = timelinesOf(devices, planJobs(devices), seed);
    this.fixed = devices.map(fixedPoints);
    this.capabilities = devices.map(({ model, identity: { pciBusId } }) => {
      const supported = hasProfiling(model);
      return { capability: 'profiling', supported, reason: supported ? '' : 'NOT_SUPPORTED', pciBusId };
    });
    this.last = now();
  }

  public open(): void {}

  public close(): void {}

  public collect({ skip }: CollectRequest, progress: Progress): Sample {
    const begin = process.hrtime.bigint();
    const moment = momentOf(this.now(), this.options.since);
    const devices: DeviceSample[] = [];
    const outcomes: Sample['outcomes'][number][] = [];
    for (const [at, timeline] of this.timelines.entries()) {
      const { pciBusId } = timeline.device.identity;
      if (skip.includes(pciBusId)) continue;
      progress(COLLECTOR, pciBusId);
      const start = process.hrtime.bigint();
      devices.push(this.device(timeline, this.fixed[at] ?? [], moment));
      outcomes.push({ collector: COLLECTOR, pciBusId, seconds: secondsSince(start) });
    }
    const events = this.timelines.flatMap(({ device }) => eventsOf(device, this.options.seed, this.last, moment.time));
    this.last = moment.time;
    return {
      vendor: this.vendor,
      time: moment.time,
      monotonic: Number(begin) / 1e9,
      duration: secondsSince(begin),
      driver: { driver: '580.95.05', library: '13.580.95.05', cuda: '13.0' },
      devices,
      events,
      outcomes,
      capabilities: this.capabilities,
    };
  }

  private device(timeline: Timeline, fixed: readonly Point[], moment: Moment): DeviceSample {
    const { device } = timeline;
    const running = timeline.processes.flatMap((process) => runningAt(process, moment));
    const used = running.reduce((sum, { memory }) => sum + memory, 0);
    return {
      identity: device.identity,
      status: 'ok',
      points: [...fixed, ...livingPoints(timeline, used, moment)],
      instances: device.instances.map((instance) => instanceSample(instance, hasProfiling(device.model), running)),
      processes: running.map(({ sample }) => sample),
      processesKnown: true,
      supportedEvents: device.model.ecc ? ['xid', 'single_bit_ecc_error', 'double_bit_ecc_error'] : ['xid'],
    };
  }
}

const secondsSince = (start: bigint): number => Number(process.hrtime.bigint() - start) / 1e9;

function runningAt(placed: PlacedProcess, { time, second }: Moment): readonly Running[] {
  const { job, placement, number } = placed;
  const run = lastRun(job, time);
  if (!isRunning(run, time)) return [];
  const load = placed.load[second] as number;
  const total = placement.instance?.memoryBytes ?? placement.device.memoryBytes;
  // What is cached grows and shrinks with the requests.
  const memory = Math.floor((total * job.memory * (job.pattern === 'inference' ? 0.85 + 0.3 * load : 1)) / MIB) * MIB;
  const points: Point[] = [['gpu_process_memory_used_bytes', memory]];
  // The driver does not say what processes on MIG instances do.
  if (!placement.instance) {
    points.push(['gpu_process_sm_utilization_ratio', round(load, 100)]);
    points.push(['gpu_process_memory_utilization_ratio', round(load * 0.55, 100)]);
    points.push(['gpu_process_encoder_utilization_ratio', 0], ['gpu_process_decoder_utilization_ratio', 0]);
  }
  const instance = placement.instance && { gpuInstanceId: placement.instance.gpuInstanceId, computeInstanceId: 0 };
  const sample: ProcessSample = { pid: pidOf(job, run, number), type: 'compute', ...instance, points };
  return [{ process: placed, memory, load, sample }];
}

function instanceSample(instance: SimulatedInstance, profiling: boolean, running: readonly Running[]): InstanceSample {
  const { gpuInstanceId, uuid, profile, memoryBytes, multiprocessors } = instance;
  const mine = running.filter(({ process }) => process.placement.instance === instance);
  const used = mine.reduce((sum, { memory }) => sum + memory, 0);
  const load = mine.reduce((sum, process) => sum + process.load, 0);
  const points: Point[] = [
    ['gpu_mig_memory_total_bytes', memoryBytes],
    ['gpu_mig_memory_used_bytes', used],
    ['gpu_mig_memory_free_bytes', memoryBytes - used],
    ['gpu_mig_multiprocessors', multiprocessors],
  ];
  if (profiling) {
    points.push(['gpu_mig_graphics_engine_active_ratio', round(load, 1e4)]);
    points.push(['gpu_mig_sm_active_ratio', round(load * 0.93, 1e4)]);
    points.push(['gpu_mig_sm_occupancy_ratio', round(load * 0.38, 1e4)]);
    points.push(['gpu_mig_tensor_active_ratio', round(load * 0.46, 1e4)]);
    points.push(['gpu_mig_dram_active_ratio', round(load * 0.52, 1e4)]);
  }
  return { gpuInstanceId, computeInstanceId: 0, uuid, profile, points };
}
