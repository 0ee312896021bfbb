import { type CollectRequest, DriverUnavailableError, type GpuBackend, type Progress } from '../backend.js';
import type { CollectorOutcome, DeviceSample, Sample } from '../sample.js';
import type { Listed } from './device-list.js';
import { DRIVER_NOT_LOADED, describeFailure, driverUnavailable, statusOf, UNINITIALIZED } from './errors.js';
import { DeviceHistory } from './history.js';
import type { NativeLibrary } from './native-library.js';
import { openLibrary } from './open-library.js';
import type { NvidiaOptions } from './options.js';
import { expectedGpus } from './pci.js';
import { Session } from './session.js';

/** Seconds after which the PCI bus is looked at again. */
const BUS_SECONDS = 60;
/** Seconds until a driver with a lost GPU is initialized anew, which is how one that was reset comes back; doubled each time. */
const RECOVERY_SECONDS = 60;
const MAXIMUM_RECOVERY_SECONDS = 600;

const LEFT_ALONE = 'it is left alone, since the last call about it did not return';
const NOT_LISTED =
  'it is on the PCI bus, and the driver does not list it; a container sees all GPUs with NVIDIA_VISIBLE_DEVICES=all';
const NO_LONGER_LISTED = 'the driver no longer lists it';

/**
 * Asks NVIDIA's driver through NVML.
 *
 * What the driver or a GPU does not support is absent. A GPU that fails has a status; others go on.
 *
 * @see https://docs.nvidia.com/deploy/nvml-api/
 */
export class NvidiaBackend implements GpuBackend {
  public readonly vendor = 'nvidia';
  private readonly history: DeviceHistory;
  private readonly clock: () => number;
  private library: NativeLibrary | undefined;
  private session: Session | undefined;
  /** GPUs on the PCI bus, and those that were there when the driver was initialized. */
  private expected: readonly string[] = [];
  private expectedAtStart: readonly string[] = [];
  private busAt = Number.NEGATIVE_INFINITY;
  private recoverAt: number | undefined;
  private recoverySeconds = RECOVERY_SECONDS;

  public constructor(private readonly options: NvidiaOptions) {
    this.history = new DeviceHistory(options.log);
    this.clock = options.clock ?? (() => performance.now() / 1000);
  }

  public open(progress: Progress): void {
    this.close();
    progress('open');
    this.library = openLibrary({ ...this.options, rootfs: this.options.paths.rootfs });
    this.start(this.library);
  }

  public collect(request: CollectRequest, progress: Progress): Sample {
    const time = Date.now() / 1000;
    const start = performance.now();
    const now = this.clock();
    const looked = this.lookAtBus(now);
    this.renew(now, request, progress);
    const { session } = this;
    if (session === undefined) {
      throw new DriverUnavailableError('uninitialized', 'the driver is not open');
    }
    const outcomes: CollectorOutcome[] = [];
    const { listed, errors } = session.devices.list(now, this.expected, this.history.identities, request, progress);
    const seconds = (performance.now() - start) / 1000;
    outcomes.push({ collector: 'enumeration', seconds, ...(errors.length === 0 ? {} : { error: errors.join('; ') }) });
    const devices = listed.map((one) => this.collectDevice(session, one, now, request, outcomes, progress));
    throwIfAllUnavailable(listed);
    devices.push(...this.missing(devices, request));
    const events = session.drain(request, outcomes, progress);
    if (this.history.learn(devices, outcomes)) {
      session.devices.invalidate();
    }
    if (looked) {
      this.history.warnOfPersistence(devices);
    }
    this.planRecovery(devices, now);
    return {
      vendor: 'nvidia',
      time,
      monotonic: now,
      duration: (performance.now() - start) / 1000,
      driver: session.versions,
      devices,
      events,
      outcomes,
      capabilities: session.capabilities(listed),
      ...(session.kernelLogPosition !== undefined && { kernelLogPosition: session.kernelLogPosition }),
    };
  }

  public close(): void {
    const { session, library } = this;
    this.session = undefined;
    this.library = undefined;
    session?.close();
    library?.close();
  }

  /** Initializes the driver. */
  private start(library: NativeLibrary): void {
    this.session?.close();
    this.session = undefined;
    try {
      this.session = new Session(library, this.options);
    } catch (error) {
      this.close();
      throw error;
    }
    this.expectedAtStart = this.onBus();
    this.busAt = Number.NEGATIVE_INFINITY;
  }

  /** Looks at the PCI bus once a minute. Whether it did. */
  private lookAtBus(now: number): boolean {
    if (now < this.busAt + BUS_SECONDS) {
      return false;
    }
    this.busAt = now;
    this.expected = this.onBus();
    return true;
  }

  /** A recording has nothing to do with the machine on which it is replayed. */
  private onBus(): readonly string[] {
    return this.options.replay === undefined ? expectedGpus(this.options.paths.sysfs) : [];
  }

  /** Initializes the driver anew for a GPU that it cannot know yet, or that it lost; never while one of them hangs. */
  private renew(now: number, { skip }: CollectRequest, progress: Progress): void {
    const added = this.expected.filter((pciBusId) => !this.expectedAtStart.includes(pciBusId));
    const recovers = this.recoverAt !== undefined && now >= this.recoverAt;
    if (
      this.session !== undefined &&
      this.library !== undefined &&
      skip.length === 0 &&
      (added.length > 0 || recovers)
    ) {
      this.options.log.log('info', 'the driver is initialized anew', {
        reason: added.length > 0 ? `new on the PCI bus: ${added.join(', ')}` : 'a GPU is lost',
      });
      this.recoverAt = undefined;
      progress('open');
      this.start(this.library);
    }
  }

  private collectDevice(
    session: Session,
    { index, pciBusId, device, code }: Listed,
    now: number,
    request: CollectRequest,
    outcomes: CollectorOutcome[],
    progress: Progress,
  ): DeviceSample {
    if (device !== undefined) {
      const sample = session.collection.collect(device, now, outcomes, progress);
      return sample.supportedEvents.length > 0
        ? sample
        : { ...sample, supportedEvents: this.history.eventsOf(pciBusId) };
    }
    return request.skip.includes(pciBusId) || code === undefined
      ? this.history.silent({ pciBusId, index }, 'hung', LEFT_ALONE)
      : this.history.silent(
          { pciBusId, index },
          statusOf(code),
          describeFailure('nvmlDeviceGetHandleByIndex_v2', code),
        );
  }

  /** GPUs that are on the bus, or were seen before, and that the driver does not list. */
  private missing(devices: readonly DeviceSample[], { skip }: CollectRequest): readonly DeviceSample[] {
    const listed = new Set(devices.map(({ identity }) => identity.pciBusId));
    return [...new Set([...this.expected, ...this.history.identities.keys()])]
      .filter((pciBusId) => !listed.has(pciBusId))
      .map((pciBusId) =>
        skip.includes(pciBusId)
          ? this.history.silent({ pciBusId }, 'hung', LEFT_ALONE)
          : this.history.silent(
              { pciBusId },
              'missing',
              this.expected.includes(pciBusId) ? NOT_LISTED : NO_LONGER_LISTED,
            ),
      );
  }

  /** A GPU that was lost and reset stays lost for a driver that is open: plans to initialize it anew. */
  private planRecovery(devices: readonly DeviceSample[], now: number): void {
    if (!devices.some(({ status }) => status === 'lost')) {
      this.recoverAt = undefined;
      this.recoverySeconds = RECOVERY_SECONDS;
    } else if (this.recoverAt === undefined) {
      this.recoverAt = now + this.recoverySeconds;
      this.recoverySeconds = Math.min(this.recoverySeconds * 2, MAXIMUM_RECOVERY_SECONDS);
    }
  }
}

/** Devices that all say that the driver is gone are a driver that is gone. */
function throwIfAllUnavailable(listed: readonly Listed[]): void {
  const failures = listed.map(({ device, code }) => ({
    functionName: device?.calls.failure?.functionName ?? 'nvmlDeviceGetHandleByIndex_v2',
    code: device === undefined ? code : device.calls.succeeded === 0 ? device.calls.failure?.code : undefined,
  }));
  const [first] = failures;
  if (first?.code !== undefined && failures.every(({ code }) => code === UNINITIALIZED || code === DRIVER_NOT_LOADED)) {
    throw driverUnavailable(first.functionName, first.code);
  }
}
