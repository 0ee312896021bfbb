import type { Capability, Point, ProcessSample } from '../sample.js';
import { isUnsupported, returnCodeName, SUCCESS } from './errors.js';
import type { NativeLibrary } from './native-library.js';
import { type ListedProcess, PROCESS_LIST_LIMIT, ProcessListReader } from './process-list.js';
import { ProcessUtilizationReader, type UtilizationReading } from './process-utilization.js';
import type { Shares } from './utilization-window.js';

/** A MIG instance whose own list is asked where that of the device does not say on which instance a process is. */
export interface ProcessInstance {
  readonly handle: bigint;
  readonly gpuInstanceId: number;
  readonly computeInstanceId: number;
}

/** What is known of a device beside its handle. */
export interface ProcessContext {
  readonly instances?: readonly ProcessInstance[];
  /** Utilization of the device as a ratio, where known. */
  readonly utilization?: number;
}

/** Processes of one device. */
export interface ProcessReading {
  readonly processes: readonly ProcessSample[];
  /** Whether the list says anything: false where the device cannot list processes. */
  readonly known: boolean;
  /** `process_list`, `process_memory` and `process_utilization`. */
  readonly capabilities: readonly Capability[];
}

interface Lists {
  readonly code: number;
  readonly processes: ReadonlyMap<number, ListedProcess>;
  readonly full: boolean;
}

const UNUSED: Shares = { sm: 0, memory: 0, encoder: 0, decoder: 0 };
const NO_INSTANCE = 0xff;
/** A process on several lists has the type of the first. */
const TYPES = ['compute', 'mps', 'graphics'] as const;

/** A process can be on several instances: PID and instance in one number. */
const keyOf = (process: ListedProcess): number =>
  process.pid * 0x10000 + (process.gpuInstanceId ?? NO_INSTANCE) * 0x100 + (process.computeInstanceId ?? NO_INSTANCE);

/**
 * Lists the processes of devices, with what memory and what share of the device each has.
 *
 * One object lives as long as the driver is open: shares are averages since the last collection.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/group__nvmlDeviceQueries.html
 */
export class ProcessCollector {
  private readonly lists: ProcessListReader;
  private readonly utilization: ProcessUtilizationReader;
  /** Devices that gave the memory of a process, or did not, when they last had one. */
  private readonly knowsMemory = new Map<string, boolean>();

  public constructor(library: NativeLibrary, now: () => number = () => performance.now() / 1000) {
    this.lists = new ProcessListReader(library);
    this.utilization = new ProcessUtilizationReader(library, now);
  }

  /**
   * Asks one device.
   *
   * @param pciBusId key of the device
   * @throws CallError where the device is gone
   */
  public collect(handle: bigint, pciBusId: string, context: ProcessContext = {}): ProcessReading {
    const { code, processes, full } = this.listsOf(handle, context.instances ?? []);
    const known = code === SUCCESS;
    const reading = known ? this.utilization.read(handle, pciBusId, context.utilization) : undefined;
    const foreign = reading?.shares !== undefined && isOfOthers(reading.shares, processes);
    const shares = foreign ? undefined : reading?.shares;
    return {
      processes: [...processes.values()].map((process) => sampleOf(process, shares)),
      known,
      capabilities: this.capabilities(pciBusId, code, full, processes, reading, foreign),
    };
  }

  /** Forgets a device that went away. */
  public forget(pciBusId: string): void {
    this.utilization.forget(pciBusId);
    this.knowsMemory.delete(pciBusId);
  }

  private listsOf(handle: bigint, instances: readonly ProcessInstance[]): Lists {
    const listed: ListedProcess[] = [];
    let code: number = SUCCESS;
    let full = false;
    for (const type of TYPES) {
      const before = listed.length;
      const answer = this.lists.read(type, handle, listed);
      full ||= listed.length - before >= PROCESS_LIST_LIMIT;
      // The other lists may be missing; without this one a list would pass for complete that is not.
      code = type === 'compute' ? answer : code;
    }
    const needsInstances = code !== SUCCESS || listed.some((process) => process.gpuInstanceId === undefined);
    if (instances.length === 0 || !needsInstances) {
      return { code, processes: merged(listed), full };
    }
    const located = this.onInstances(instances);
    const pids = new Set(located.processes.map((process) => process.pid));
    const rest = listed.filter((process) => process.gpuInstanceId !== undefined || !pids.has(process.pid));
    return {
      code: code === SUCCESS ? code : located.code,
      processes: merged([...located.processes, ...rest]),
      full,
    };
  }

  private onInstances(instances: readonly ProcessInstance[]): { code: number; processes: ListedProcess[] } {
    const processes: ListedProcess[] = [];
    let code: number = SUCCESS;
    for (const { handle, gpuInstanceId, computeInstanceId } of instances) {
      const listed: ListedProcess[] = [];
      for (const type of TYPES) {
        const answer = this.lists.read(type, handle, listed);
        code = type === 'compute' && answer !== SUCCESS ? answer : code;
      }
      for (const process of listed) {
        processes.push({ ...process, gpuInstanceId, computeInstanceId });
      }
    }
    return { code, processes };
  }

  private capabilities(
    pciBusId: string,
    code: number,
    full: boolean,
    processes: ReadonlyMap<number, ListedProcess>,
    reading: UtilizationReading | undefined,
    foreign: boolean,
  ): Capability[] {
    const capability = (name: string, reason: string): Capability => ({
      capability: name,
      supported: reason === '',
      reason,
      pciBusId,
    });
    if (code !== SUCCESS) {
      const reason = isUnsupported(code) ? 'NOT_SUPPORTED' : returnCodeName(code);
      return ['process_list', 'process_memory', 'process_utilization'].map((name) => capability(name, reason));
    }
    if (processes.size > 0) {
      this.knowsMemory.set(
        pciBusId,
        [...processes.values()].some((process) => process.memory !== undefined),
      );
    }
    const utilization = foreign ? 'pid_namespace' : (reading?.reason ?? '');
    return [
      capability('process_list', full ? 'list_full' : ''),
      capability('process_memory', this.knowsMemory.get(pciBusId) === false ? 'not_available' : ''),
      capability('process_utilization', utilization),
    ];
  }
}

/** One process per PID and instance; the memory of a process is listed once per list, not in parts. */
function merged(listed: readonly ListedProcess[]): Map<number, ListedProcess> {
  const processes = new Map<number, ListedProcess>();
  for (const process of listed) {
    const key = keyOf(process);
    const known = processes.get(key);
    if (known === undefined) {
      processes.set(key, process);
    } else if (process.memory !== undefined && process.memory > (known.memory ?? -1)) {
      processes.set(key, { ...known, memory: process.memory });
    }
  }
  return processes;
}

/**
 * Whether samples are of other processes than those listed, all of them: some drivers list PIDs as the caller's PID
 * namespace has them, and give samples by the PIDs of the host.
 *
 * @see https://github.com/Project-HAMi/HAMi-core/issues/112
 */
function isOfOthers(shares: ReadonlyMap<number, Shares>, processes: ReadonlyMap<number, ListedProcess>): boolean {
  if (shares.size === 0 || processes.size === 0) {
    return false;
  }
  for (const { pid } of processes.values()) {
    if (shares.has(pid)) {
      return false;
    }
  }
  return true;
}

function sampleOf(process: ListedProcess, shares: ReadonlyMap<number, Shares> | undefined): ProcessSample {
  const { pid, type, memory, gpuInstanceId, computeInstanceId } = process;
  const points: Point[] = [];
  if (memory !== undefined) {
    points.push(['gpu_process_memory_used_bytes', memory]);
  }
  if (shares !== undefined) {
    const used = shares.get(pid) ?? UNUSED;
    points.push(
      ['gpu_process_sm_utilization_ratio', used.sm],
      ['gpu_process_memory_utilization_ratio', used.memory],
      ['gpu_process_encoder_utilization_ratio', used.encoder],
      ['gpu_process_decoder_utilization_ratio', used.decoder],
    );
  }
  return {
    pid,
    type,
    ...(gpuInstanceId === undefined ? {} : { gpuInstanceId }),
    ...(computeInstanceId === undefined ? {} : { computeInstanceId }),
    points,
  };
}
