import { NO_CGROUP } from '../../attribution/cgroup.js';
import type { ProcessFacts, ProcessInspector } from '../../attribution/processes.js';
import type { AllocationSource, DeviceAllocation, Pod, PodSource, SourceName } from '../../kubernetes/source.js';
import { parseFleet } from './fleet.js';
import { isRunning, type Job, lastRun, type Placement, planJobs, type Run } from './jobs.js';
import { jobOfPid } from './process-ids.js';
import { hexDigits, uuid } from './random.js';

interface ScheduledPod {
  readonly job: Job;
  readonly run: Run;
  readonly running: boolean;
  readonly pod: Pod;
}

/** Keys of {@link uuid} and {@link hexDigits} for what pods have. */
const UID = 21;
const CONTAINER_ID = 22;
const SUFFIX = 23;

const resourceOf = ({ instance, replica }: Placement): string => {
  if (instance) return `nvidia.com/mig-${instance.profile}`;
  return replica === undefined ? 'nvidia.com/gpu' : 'nvidia.com/gpu.shared';
};

const deviceIdOf = ({ device, instance, replica }: Placement): string =>
  instance?.uuid ?? (replica === undefined ? device.identity.uuid : `${device.identity.uuid}::${replica}`);

/** The Kubernetes side of the simulation: pods of its jobs, the devices that they were given, and their processes. */
export class SimulatedCluster {
  private readonly jobs: readonly Job[];
  private readonly allocatableIds: ReadonlyMap<string, readonly string[]>;
  private scheduled: readonly ScheduledPod[] = [];
  private key = '';
  private podList: readonly Pod[] = [];
  private allocationList: readonly DeviceAllocation[] = [];

  /** Pods, in place of the API server. */
  public readonly pods: PodSource = {
    ...this.source('api-server'),
    pods: () => {
      this.refresh();
      return this.podList;
    },
  };

  /** Allocations, in place of the kubelet. */
  public readonly allocations: AllocationSource = {
    ...this.source('pod-resources'),
    allocations: () => {
      this.refresh();
      return this.allocationList;
    },
    allocatable: () => this.allocatableIds,
  };

  /** Processes, in place of `/proc`. */
  public readonly processes: ProcessInspector = {
    begin: () => this.refresh(),
    inspect: (pid) => this.inspect(pid),
  };

  /**
   * @param options those of the back end
   * @param now Unix time in seconds
   * @throws Error where the GPUs cannot be understood
   */
  public constructor(
    private readonly options: { readonly gpus: string; readonly seed: number; readonly since: number },
    private readonly now: () => number = () => Date.now() / 1000,
  ) {
    const devices = parseFleet(options.gpus, options.seed);
    this.jobs = planJobs(devices);
    const allocatable = new Map<string, string[]>();
    const offer = (placement: Placement): void => {
      const resource = resourceOf(placement);
      allocatable.set(resource, [...(allocatable.get(resource) ?? []), deviceIdOf(placement)]);
    };
    const replicated = this.jobs.flatMap(({ placements }) => placements.filter(({ replica }) => replica !== undefined));
    for (const placement of replicated) offer(placement);
    for (const device of devices) {
      for (const instance of device.instances) offer({ device, instance });
      if (device.instances.length === 0 && !replicated.some((other) => other.device === device)) offer({ device });
    }
    this.allocatableIds = allocatable;
  }

  private source(name: SourceName) {
    return {
      name,
      start: () => {},
      stop: () => Promise.resolve(),
      state: () => ({ source: name, up: true, lastSuccess: this.now() }),
    };
  }

  /** Makes the lists anew when a pod has come or gone. */
  private refresh(): void {
    const time = this.now();
    const runs = this.jobs.map((job) => {
      const run = lastRun(job, time);
      return { job, run, running: isRunning(run, time) };
    });
    const key = runs.map(({ run, running }) => `${run.number}${running ? '+' : '-'}`).join();
    if (key === this.key) return;
    this.key = key;
    this.scheduled = runs.map((each) => ({ ...each, pod: this.pod(each.job, each.run, each.running) }));
    this.podList = this.scheduled.map(({ pod }) => pod);
    this.allocationList = this.scheduled.flatMap(({ job, pod, running }) =>
      running
        ? job.placements.map((placement) => ({
            namespace: pod.namespace,
            pod: pod.name,
            container: job.container,
            resource: resourceOf(placement),
            deviceId: deviceIdOf(placement),
          }))
        : [],
    );
  }

  private pod(job: Job, run: Run, running: boolean): Pod {
    const keys = [this.options.seed, job.number, run.number] as const;
    return {
      namespace: job.namespace,
      name: run.start === undefined ? job.name : `${job.name}-${hexDigits(5, ...keys, SUFFIX)}`,
      uid: uuid(...keys, UID),
      phase: running ? 'Running' : 'Succeeded',
      labels: { app: job.name },
      containers: [{ name: job.container, id: hexDigits(64, ...keys, CONTAINER_ID) }],
    };
  }

  private inspect(pid: number): ProcessFacts | undefined {
    const scheduled = this.scheduled[jobOfPid(pid)];
    if (!scheduled) return undefined;
    const { job, run, pod } = scheduled;
    const containerIds = pod.containers.flatMap(({ id }) => id ?? []);
    return {
      name: job.command,
      user: job.user,
      startTime: run.start ?? this.options.since,
      cgroup: containerIds.length > 0 ? { podUids: [pod.uid], containerIds } : NO_CGROUP,
    };
  }
}
