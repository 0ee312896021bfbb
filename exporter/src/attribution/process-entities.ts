import type { ProcessSample } from '../gpu/sample.js';
import type { Entity, Owner } from '../metrics/snapshot.js';
import { type Labels, ownerLabels, withInstance } from './labels.js';
import type { Partition } from './partition.js';
import type { ProcessFacts } from './processes.js';
import { readPoint } from './readings.js';

/** A process with what attribution found out about it. */
export interface AttributedProcess {
  readonly process: ProcessSample;
  readonly partition: Partition;
  /** Labels of the device. */
  readonly labels: Labels;
  readonly facts?: ProcessFacts;
  readonly owner?: Owner;
}

/** Holds no sample, which would live as long as nothing changes. */
interface Made {
  readonly entity: Entity;
  readonly facts: ProcessFacts | undefined;
  readonly type: ProcessSample['type'];
  readonly points: ProcessSample['points'];
}

interface Cached {
  device: Labels;
  owner: Owner | undefined;
  gpuInstanceId: number | undefined;
  computeInstanceId: number | undefined;
  labels: Labels;
  /** What it was last, and what that was made of beside the labels. */
  made?: Made;
  cycle: number;
}

/**
 * Makes entities of processes, and keeps them from one collection to the next where nothing changed, and their labels where
 * only values did.
 */
export class ProcessEntities {
  private readonly cache = new Map<string, Map<number, Cached>>();
  private cycle = 0;

  /** Processes that were left out by the last {@link make}. */
  public dropped = 0;

  /** @param limit processes that are shown; those with the most memory come first */
  public constructor(private readonly limit: number) {}

  public make(processes: readonly AttributedProcess[]): readonly Entity[] {
    this.cycle++;
    const shown = this.withinLimit(processes);
    this.dropped = processes.length - shown.length;
    const entities = shown.map((each) => this.entity(each));
    this.forget();
    return entities;
  }

  private withinLimit(processes: readonly AttributedProcess[]): readonly AttributedProcess[] {
    if (processes.length <= this.limit) return processes;
    const memory = processes.map(({ process }, at) => ({
      at,
      bytes: readPoint(process.points, 'gpu_process_memory_used_bytes') ?? 0,
    }));
    memory.sort((a, b) => b.bytes - a.bytes || a.at - b.at);
    const kept = new Set(memory.slice(0, this.limit).map(({ at }) => at));
    return processes.filter((_, at) => kept.has(at));
  }

  private entity(attributed: AttributedProcess): Entity {
    const { process, facts, owner, partition } = attributed;
    const cached = this.cached(attributed);
    if (cached.made !== undefined && isSame(cached.made, attributed)) return cached.made.entity;
    const entity: Entity = {
      kind: 'process',
      labels: cached.labels,
      points: [
        ['gpu_process_info', 1, facts?.name ?? '', facts?.user ?? '', process.type],
        ...(facts?.startTime === undefined ? [] : [['gpu_process_start_time_seconds', facts.startTime] as const]),
        ...process.points,
      ],
      identity: partition.device.identity,
      migUuid: partition.instance?.uuid,
      owners: owner === undefined ? NOBODY : [owner],
    };
    cached.made = { entity, facts, type: process.type, points: process.points };
    return entity;
  }

  private cached({ process, partition, labels: device, owner }: AttributedProcess): Cached {
    let processes = this.cache.get(partition.key);
    if (processes === undefined) {
      processes = new Map();
      this.cache.set(partition.key, processes);
    }
    const { gpuInstanceId, computeInstanceId } = partition.instance ?? process;
    const cached = processes.get(process.pid);
    if (
      cached !== undefined &&
      cached.device === device &&
      cached.owner === owner &&
      cached.gpuInstanceId === gpuInstanceId &&
      cached.computeInstanceId === computeInstanceId
    ) {
      cached.cycle = this.cycle;
      return cached;
    }
    const labels = {
      ...withInstance(device, { gpuInstanceId, computeInstanceId }),
      pid: String(process.pid),
      ...ownerLabels(owner),
    };
    const made = { device, owner, gpuInstanceId, computeInstanceId, labels, cycle: this.cycle };
    processes.set(process.pid, made);
    return made;
  }

  private forget(): void {
    for (const [key, processes] of this.cache) {
      for (const [pid, { cycle }] of processes) if (cycle !== this.cycle) processes.delete(pid);
      if (processes.size === 0) this.cache.delete(key);
    }
  }
}

/** Whether another look at a process gives the same entity, where its labels are known to be the same. */
const isSame = (made: Made, { process, facts, partition }: AttributedProcess): boolean =>
  made.points === process.points &&
  made.type === process.type &&
  made.facts === facts &&
  made.entity.identity === partition.device.identity &&
  made.entity.migUuid === partition.instance?.uuid;

const NOBODY: readonly Owner[] = [];
