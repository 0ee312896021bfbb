import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AttributionSources } from '../../src/attribution/sources.js';
import type {
  DeviceIdentity,
  DeviceSample,
  InstanceSample,
  Point,
  ProcessSample,
  Sample,
} from '../../src/gpu/sample.js';
import type { DeviceAllocation, Pod, SourceName, SourceState } from '../../src/kubernetes/source.js';

/** A folder that a test owns. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'gpu-exporter-attribution-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Uid of the pod of a number, in the shape of the API. */
export const uid = (number: number): string => `6f2d1c3e-58a4-4b7c-9e0d-${number.toString(16).padStart(12, '0')}`;

/** Id of the container of a number. */
export const containerId = (number: number): string => number.toString(16).padStart(64, 'c0ffee5');

/** Files of a process in a folder that stands for `/proc`. */
export function writeProcess(
  procfs: string,
  pid: number,
  options: { cgroup?: string; name?: string; startTicks?: number } = {},
): void {
  const folder = join(procfs, String(pid));
  mkdirSync(folder, { recursive: true });
  const numbers = Array.from({ length: 40 }, (_, at) => (at === 18 ? (options.startTicks ?? 5000) : at));
  writeFileSync(join(folder, 'stat'), `${pid} (${options.name ?? 'python3'}) S ${numbers.join(' ')}\n`);
  writeFileSync(join(folder, 'cgroup'), options.cgroup ?? '0::/\n');
}

/** The cgroup of a container of a pod, as containerd and systemd spell it. */
export const cgroupOf = (pod: number, container: number): string =>
  `0::/kubepods.slice/kubepods-pod${uid(pod).replaceAll('-', '_')}.slice/cri-containerd-${containerId(container)}.scope\n`;

/** Address of the device of a number. */
export const busId = (number: number): string => `0000:${(0x10 + number).toString(16)}:00.0`;
export const deviceUuid = (number: number): string => `GPU-0a1b2c3d-0000-4000-8000-${String(number).padStart(12, '0')}`;
export const migUuid = (number: number, instance: number): string =>
  `MIG-0a1b2c3d-0000-4000-9000-${String(number * 100 + instance).padStart(12, '0')}`;

export function device(
  number: number,
  options: Partial<Omit<DeviceSample, 'identity'>> & { identity?: Partial<DeviceIdentity> } = {},
): DeviceSample {
  return {
    status: 'ok',
    points: [],
    instances: [],
    processes: [],
    processesKnown: true,
    supportedEvents: [],
    ...options,
    identity: {
      vendor: 'nvidia',
      pciBusId: busId(number),
      index: number,
      minorNumber: number,
      uuid: deviceUuid(number),
      model: 'NVIDIA H100 80GB HBM3',
      ...options.identity,
    },
  };
}

export function instance(
  number: number,
  gpuInstanceId: number,
  profile: string,
  points: readonly Point[] = [],
): InstanceSample {
  return { gpuInstanceId, computeInstanceId: 0, uuid: migUuid(number, gpuInstanceId), profile, points };
}

/** A process with its memory in bytes and its share of time, where they are known. */
export function gpuProcess(
  pid: number,
  memory?: number,
  utilization?: number,
  ids: { gpuInstanceId?: number; computeInstanceId?: number } = {},
): ProcessSample {
  const points: Point[] = [];
  if (memory !== undefined) points.push(['gpu_process_memory_used_bytes', memory]);
  if (utilization !== undefined) points.push(['gpu_process_sm_utilization_ratio', utilization]);
  return { pid, type: 'compute', ...ids, points };
}

export function sample(monotonic: number, devices: readonly DeviceSample[], options: Partial<Sample> = {}): Sample {
  return {
    vendor: 'nvidia',
    time: 1_700_000_000 + monotonic,
    monotonic,
    duration: 0.01,
    driver: { driver: '580.65.06', cuda: '13.0' },
    devices,
    events: [],
    outcomes: [],
    capabilities: [],
    ...options,
  };
}

/** A pod with one container, whose numbers are the same. */
export function pod(number: number, options: Partial<Pod> = {}): Pod {
  return {
    namespace: 'research',
    name: `train-${number}`,
    uid: uid(number),
    phase: 'Running',
    containers: [{ name: 'main', id: containerId(number) }],
    ...options,
  };
}

/** An allocation of a device to the container of {@link pod}. */
export function allocation(
  number: number,
  deviceId: string,
  options: Partial<DeviceAllocation> = {},
): DeviceAllocation {
  return {
    namespace: 'research',
    pod: `train-${number}`,
    container: 'main',
    resource: 'nvidia.com/gpu',
    deviceId,
    ...options,
  };
}

/** Sources of a node, whose answers a test sets. */
export class Node {
  public pods: readonly Pod[] | undefined = [];
  public allocations: readonly DeviceAllocation[] | undefined = [];
  public runtime: ReadonlyMap<string, Pod> | undefined;
  /** Ids that were asked for in the files of the container runtime. */
  public readonly asked: string[] = [];

  /** The sources; one that the test does not have is down. */
  public sources(): AttributionSources {
    return {
      pods: [{ ...this.base('pods-api', () => this.pods), pods: () => this.pods ?? NO_PODS }],
      allocations: [
        {
          ...this.base('pod-resources', () => this.allocations),
          allocations: () => this.allocations ?? [],
          allocatable: () => new Map(),
        },
      ],
      containers: [
        {
          ...this.base('runtime-files', () => this.runtime),
          find: (id: string) => {
            this.asked.push(id);
            return this.runtime?.get(id);
          },
        },
      ],
    };
  }

  private base(name: SourceName, answer: () => unknown) {
    return {
      name,
      start: () => {},
      stop: async () => {},
      state: (): SourceState => ({ source: name, up: answer() !== undefined }),
    };
  }
}

const NO_PODS: readonly Pod[] = [];
