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

interface Cached {
  device: Labels;
  owner: Owner | undefined;
  labels: Labels;
  cycle: number;
}

/** Makes entities of processes, and keeps their labels from one collection to the next, since these seldom change. */
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
    return {
      kind: 'process',
      labels: this.labels(attributed),
      points: [
        ['gpu_process_info', 1, facts?.name ?? '', facts?.user ?? '', process.type],
        ...(facts?.startTime === undefined ? [] : [['gpu_process_start_time_seconds', facts.startTime] as const]),
        ...process.points,
      ],
      identity: partition.device.identity,
      migUuid: partition.instance?.uuid,
      owners: owner === undefined ? NOBODY : [owner],
    };
  }

  private labels({ process, partition, labels: device, owner }: AttributedProcess): Labels {
    let processes = this.cache.get(partition.key);
    if (processes === undefined) {
      processes = new Map();
      this.cache.set(partition.key, processes);
    }
    const cached = processes.get(process.pid);
    if (cached !== undefined && cached.device === device && cached.owner === owner) {
      cached.cycle = this.cycle;
      return cached.labels;
    }
    const labels = {
      ...withInstance(device, partition.instance ?? process),
      pid: String(process.pid),
      ...ownerLabels(owner),
    };
    processes.set(process.pid, { device, owner, labels, cycle: this.cycle });
    return labels;
  }

  private forget(): void {
    for (const [key, processes] of this.cache) {
      for (const [pid, { cycle }] of processes) if (cycle !== this.cycle) processes.delete(pid);
      if (processes.size === 0) this.cache.delete(key);
    }
  }
}

const NOBODY: readonly Owner[] = [];
