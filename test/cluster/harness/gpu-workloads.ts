import type { ScrapedSeries } from './exposition';
import type { ContainerName, GpuNode, NodeProcess } from './gpu-node';

/** What a container does with its GPU. */
export interface Use {
  /** Bytes. */
  readonly memory: number;
  /** Percent of the GPU's time. */
  readonly busy: number;
}

/** In place of a container. */
const NOBODY = 'nobody';
/** Power of every GPU in watts. */
export const POWER = 300;
/** Memory in use on every GPU in bytes: that of processes, and what the driver itself needs. */
export const MEMORY = 10 * 2 ** 30;

/** Containers that have a GPU each, and what the driver says of them. */
export class GpuWorkloads {
  private readonly running = new Map<string, NodeProcess & { readonly use: Use | undefined }>();

  constructor(
    private readonly node: GpuNode,
    private readonly gpus: readonly string[],
  ) {
    node.script
      .set('*', 'memory.used', MEMORY)
      .set('*', 'power.usage', POWER * 1000)
      .set('*', 'utilization.gpu', 0);
  }

  /** The containers run, or run again: the driver then lists their processes; those without a use do nothing with their GPU. */
  async run(containers: readonly (ContainerName & { readonly use?: Use })[]): Promise<void> {
    for (const container of containers) {
      const name = nameOf(container);
      this.forget(name);
      this.running.set(name, { ...(await this.node.processOf(container)), use: container.use });
    }
    for (const { pid, gpus, use } of this.running.values()) {
      for (const slot of gpus.map((gpu) => this.slotOf(gpu))) {
        this.node.script.set(slot, 'utilization.gpu', use?.busy ?? 0);
        if (use !== undefined) {
          this.node.script.process(slot, { pid, memory: use.memory, sm: use.busy });
        }
      }
    }
    this.node.script.write();
  }

  /** The container is gone. */
  end(container: ContainerName): void {
    this.forget(nameOf(container));
    this.node.script.write();
  }

  /** The process of a container. */
  process(container: ContainerName): NodeProcess {
    const found = this.running.get(nameOf(container));
    if (found === undefined) {
      throw new Error(`${nameOf(container)} does not run`);
    }
    return found;
  }

  /** The first GPU that no container has. */
  get free(): number {
    const taken = [...this.running.values()].flatMap(({ gpus }) => gpus);
    return this.gpus.findIndex((gpu) => !taken.includes(gpu));
  }

  /** Numbers by container and GPU; containers for which there is none are left out. */
  each(number: (use: Use | undefined) => number | undefined): Readonly<Record<string, number>> {
    const found = [...this.running].flatMap(([name, { gpus, use }]) => {
      const value = number(use);
      return value === undefined ? [] : gpus.map((gpu) => [`${name} ${gpu}`, value] as const);
    });
    return Object.fromEntries(found.sort());
  }

  /** What an exporter shows that knows as much. */
  seenBy({ allocations, processes }: Knowledge): GpuView {
    const users = [...this.running].filter(([, { use }]) => use !== undefined);
    const pids = users.map(([name, { pid }]) => `${name} ${pid}`);
    return {
      given: this.each(() => (allocations ? 1 : undefined)),
      // Where nothing is known of processes, all that is in use is said to be that of whom the GPU was given.
      memory: this.each((use) =>
        processes === 'owned' ? (use?.memory ?? (allocations ? 0 : undefined)) : allocations ? MEMORY : undefined,
      ),
      busy: this.each((use) => {
        const known = allocations || (processes === 'owned' && use !== undefined);
        return known ? (use?.busy ?? 0) : undefined;
      }),
      processes: processes === 'unknown' ? [] : pids.sort(),
    };
  }

  private slotOf(gpu: string): number {
    return this.gpus.indexOf(gpu);
  }

  private forget(name: string): void {
    const before = this.running.get(name);
    this.running.delete(name);
    for (const gpu of before?.gpus ?? []) {
      this.node.script.removeProcess(this.slotOf(gpu), before?.pid ?? 0).set(this.slotOf(gpu), 'utilization.gpu', 0);
    }
  }
}

/** What an exporter can know: who was given a GPU, and whose a process is. */
export interface Knowledge {
  readonly allocations: boolean;
  readonly processes: 'owned' | 'unknown';
}

/** What an exporter shows of containers. */
export interface GpuView {
  /** GPUs that were given, by container and GPU. */
  readonly given: Readonly<Record<string, number>>;
  /** Bytes by container and GPU. */
  readonly memory: Readonly<Record<string, number>>;
  /** Percent of time by container and GPU. */
  readonly busy: Readonly<Record<string, number>>;
  /** Containers and PIDs. */
  readonly processes: readonly string[];
}

/** Reads what an exporter shows of containers. */
export function viewOf(series: readonly ScrapedSeries[]): GpuView {
  const busy = Object.entries(byContainer(series, 'gpu_pod_utilization_ratio'));
  const processes = series.filter(({ name }) => name === 'gpu_process_memory_used_bytes');
  return {
    given: byContainer(series, 'gpu_pod_allocation_info'),
    memory: byContainer(series, 'gpu_pod_memory_used_bytes'),
    busy: Object.fromEntries(busy.map(([key, ratio]) => [key, Math.round(ratio * 100)])),
    processes: processes.map(({ labels }) => `${containerOf(labels)} ${labels.pid}`).sort(),
  };
}

/** Values of a metric by container and GPU. */
export function byContainer(series: readonly ScrapedSeries[], metric: string): Readonly<Record<string, number>> {
  const found = series.filter(({ name }) => name === metric);
  const entries = found.map(({ labels, value }) => [`${containerOf(labels)} ${labels.uuid}`, value] as const);
  return Object.fromEntries(entries.sort());
}

/** A pod of containers that wait, each with GPUs of its own. */
export function podWithGpus(namespace: string, name: string, containers: Readonly<Record<string, number>>) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: Object.entries(containers).map(([container, gpus]) => ({
        name: container,
        image: 'registry.local/toolbox:1',
        args: ['pause'],
        ...(gpus > 0 && { resources: { limits: { 'nvidia.com/gpu': String(gpus) } } }),
      })),
    },
  };
}

const nameOf = ({ namespace, pod, container }: ContainerName): string => `${namespace}/${pod}/${container}`;

const containerOf = ({ namespace, pod, container }: Readonly<Record<string, string>>): string =>
  namespace === undefined ? NOBODY : `${namespace}/${pod}/${container}`;
