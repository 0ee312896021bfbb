import type { Progress } from '../backend.js';
import type { CollectorOutcome, DeviceSample, InstanceSample, Point } from '../sample.js';
import { CallError } from './call-error.js';
import { clockCollector, maximumClockCollector } from './collectors/clocks.js';
import type { DeviceCollector } from './collectors/collector.js';
import { eccCollector } from './collectors/ecc.js';
import { FieldValueCollector } from './collectors/field-values.js';
import { identityCollector } from './collectors/identity.js';
import { memoryCollector } from './collectors/memory.js';
import { MigModeCollector, modeCollector } from './collectors/modes.js';
import { NvLinkCollector } from './collectors/nvlink.js';
import { pcieCollector, pcieLimitCollector } from './collectors/pcie.js';
import { powerCollector, powerLimitCollector } from './collectors/power.js';
import { repairCollector } from './collectors/repairs.js';
import { temperatureCollector, temperatureThresholdCollector } from './collectors/temperature.js';
import { utilizationCollector } from './collectors/utilization.js';
import type { Device } from './device.js';
import { describeFailure, RESET_REQUIRED, statusOf } from './errors.js';
import type { EventCollector } from './events.js';
import type { GpmCollector } from './gpm.js';
import type { MigCollector } from './mig.js';
import type { ProcessCollector, ProcessReading } from './processes.js';

/** Seconds after which values that hardly change are asked for again. */
const MINUTE = 60;

/** What a collector gave when it last ran, of those that run once a minute. */
interface Kept {
  readonly at: number;
  /** Which field values the device supported: what is none of them, collectors ask for by other calls. */
  readonly generation: number;
  readonly points: readonly Point[];
  readonly outcome: CollectorOutcome;
}

/** Collectors that keep something about each device as long as the driver is open. */
export interface SessionCollectors {
  readonly mig: MigCollector;
  readonly events: EventCollector;
  /** Absent where processes are not wanted. */
  readonly processes?: ProcessCollector;
  /** Absent where profiling is not wanted. */
  readonly gpm?: GpmCollector;
}

const NO_PROCESSES: ProcessReading = { processes: [], known: false, capabilities: [] };

/**
 * Asks one device for everything, collector by collector, each of which fails alone.
 *
 * After the driver said that the GPU is lost the rest is not asked.
 */
export class DeviceCollection {
  private readonly collectors: readonly DeviceCollector[] = [
    // First: others depend on the architecture, and then on which field values there are.
    identityCollector,
    new FieldValueCollector(),
    new MigModeCollector(),
    utilizationCollector,
    memoryCollector,
    powerCollector,
    temperatureCollector,
    clockCollector,
    pcieCollector,
    new NvLinkCollector(),
    powerLimitCollector,
    temperatureThresholdCollector,
    maximumClockCollector,
    pcieLimitCollector,
    eccCollector,
    repairCollector,
    modeCollector,
  ];
  private readonly kept = new WeakMap<Device, Map<string, Kept>>();

  public constructor(private readonly session: SessionCollectors) {}

  /** Asks one device. @param outcomes is added to */
  public collect(device: Device, now: number, outcomes: CollectorOutcome[], progress: Progress): DeviceSample {
    device.begin(now);
    const points: Point[] = [];
    for (const collector of this.collectors) {
      if (device.calls.lost) {
        break;
      }
      points.push(...this.run(device, collector, outcomes, progress));
    }
    device.points = points;
    const { instances, reading, supportedEvents } = this.collectSession(device, outcomes, progress);
    const { status, reason } = verdict(device);
    return {
      identity: device.identity,
      status,
      reason,
      // Of a GPU that is gone, what was read before it went, and a minute ago, says nothing any more.
      points: status === 'lost' ? [] : device.points,
      instances: status === 'lost' ? [] : instances,
      processes: status === 'lost' ? [] : reading.processes,
      processesKnown: status !== 'lost' && reading.known,
      supportedEvents,
    };
  }

  /** Processes, instances, profiling and events of one device. */
  private collectSession(device: Device, outcomes: CollectorOutcome[], progress: Progress) {
    const { mig, events, processes, gpm } = this.session;
    const { handle } = device.calls;
    const { pciBusId } = device.identity;
    const attempt = <T>(collector: string, fallback: T, work: () => T): T =>
      device.calls.lost ? fallback : isolated(collector, device, outcomes, progress, fallback, work);

    const supportedEvents = attempt<readonly string[]>('events', [], () => events.register(handle, pciBusId));
    const found = attempt('mig', [], () => mig.collect(handle, pciBusId));
    const utilization = device.points.find(([metric]) => metric === 'gpu_utilization_ratio')?.[1];
    const reading =
      processes === undefined
        ? NO_PROCESSES
        : attempt('processes', NO_PROCESSES, () =>
            processes.collect(handle, pciBusId, { instances: found, utilization }),
          );
    device.capabilities = reading.capabilities;
    let profiles: readonly (readonly Point[])[] = [];
    if (gpm !== undefined) {
      device.points.push(...attempt('profiling', [], () => gpm.collectDevice(handle, pciBusId, utilization)));
      if (found.length > 0 || gpm.hasInstances(pciBusId)) {
        profiles = attempt('mig_profiling', [], () => gpm.collectInstances(handle, pciBusId, found));
      }
    }
    const instances: readonly InstanceSample[] = found.map((instance, at) => ({
      gpuInstanceId: instance.gpuInstanceId,
      computeInstanceId: instance.computeInstanceId,
      uuid: instance.uuid,
      profile: instance.profile,
      points: [...instance.points, ...(profiles[at] ?? [])],
    }));
    return { instances, reading, supportedEvents };
  }

  private run(
    device: Device,
    collector: DeviceCollector,
    outcomes: CollectorOutcome[],
    progress: Progress,
  ): readonly Point[] {
    const repeats = collector.cadence === 'minute';
    const kept = repeats ? this.kept.get(device)?.get(collector.name) : undefined;
    const { generation } = device.fields;
    const outdated = collector.dependsOnFields === true && kept?.generation !== generation;
    if (kept !== undefined && device.now < kept.at + MINUTE && !outdated) {
      outcomes.push(kept.outcome);
      return kept.points;
    }
    const points: Point[] = [];
    device.points = points;
    const { succeeded, failed } = device.calls;
    isolated(collector.name, device, outcomes, progress, undefined, () => collector.collect(device));
    if (repeats) {
      // Much of what hardly changes the library knows without asking the GPU: it does not show that the GPU answers. Nor do
      // dozens of counters of which none can be had show that it does not.
      device.calls.succeeded = succeeded;
      device.calls.failed = failed;
      const outcome = outcomes.at(-1);
      if (outcome !== undefined && outcome.error === undefined) {
        this.keep(device, collector.name, { at: device.now, generation, points, outcome });
      }
    }
    return points;
  }

  private keep(device: Device, name: string, kept: Kept): void {
    const all = this.kept.get(device) ?? new Map<string, Kept>();
    all.set(name, kept);
    this.kept.set(device, all);
  }
}

/** Runs one collector: says so before, times it, and keeps what goes wrong to itself. */
function isolated<T>(
  collector: string,
  device: Device,
  outcomes: CollectorOutcome[],
  progress: Progress,
  fallback: T,
  work: () => T,
): T {
  const { pciBusId } = device.identity;
  progress(collector, pciBusId);
  const start = performance.now();
  let result = fallback;
  let error: string | undefined;
  try {
    result = work();
  } catch (thrown) {
    if (thrown instanceof CallError) {
      device.calls.fail(thrown.functionName, thrown.code);
    }
    error = thrown instanceof Error ? thrown.message : String(thrown);
  }
  error = device.calls.takeError() ?? error;
  const seconds = (performance.now() - start) / 1000;
  outcomes.push(error === undefined ? { collector, pciBusId, seconds } : { collector, pciBusId, seconds, error });
  return result;
}

/** What the answers of a collection say about the device: one refusal is not yet a device that does not answer. */
function verdict({ calls }: Device): Pick<DeviceSample, 'status' | 'reason'> {
  const { failure, failed, succeeded, lost } = calls;
  if (failure !== undefined && (lost || failure.code === RESET_REQUIRED || failed > succeeded)) {
    return {
      status: lost ? 'lost' : statusOf(failure.code),
      reason: describeFailure(failure.functionName, failure.code),
    };
  }
  return { status: 'ok' };
}
