import { join } from 'node:path';
import type { CollectRequest, Progress } from '../backend.js';
import type { Capability, CollectorOutcome, DeviceEvent, DriverVersions } from '../sample.js';
import { mergeCapabilities } from './capabilities.js';
import { DeviceCollection, type SessionCollectors } from './device-collection.js';
import { DeviceList, type Listed } from './device-list.js';
import { initialize, missingFunctions, versionsOf } from './driver.js';
import { MIG_CONFIG_CHANGE } from './event-types.js';
import { EventCollector } from './events.js';
import { GpmCollector } from './gpm.js';
import { KernelLog } from './kmsg.js';
import { MigCollector } from './mig.js';
import type { NativeLibrary } from './native-library.js';
import type { NvidiaOptions } from './options.js';
import { ProcessCollector } from './processes.js';

/** A folder with nothing in it, on every machine. */
const NOWHERE = '/dev/null';

/** An initialized driver, and all that is only valid as long as it is. */
export class Session {
  public readonly versions: DriverVersions;
  public readonly devices: DeviceList;
  public readonly collection: DeviceCollection;
  private readonly collectors: SessionCollectors;
  private readonly missing: readonly Capability[];

  /** Initializes the driver. @throws DriverUnavailableError */
  public constructor(
    private readonly library: NativeLibrary,
    options: NvidiaOptions,
  ) {
    initialize(library);
    this.versions = versionsOf(library);
    this.missing = missingFunctions(library);
    const { paths, replay, clock } = options;
    this.collectors = {
      mig: new MigCollector(library, clock),
      events: new EventCollector(
        library,
        replay === undefined ? { kernelLog: new KernelLog(join(paths.rootfs, 'dev/kmsg')) } : {},
      ),
      processes: options.processes ? new ProcessCollector(library, clock) : undefined,
      gpm: options.profiling ? new GpmCollector(library, clock) : undefined,
    };
    this.collection = new DeviceCollection(this.collectors);
    // A recording has nothing to do with the machine on which it is replayed.
    const { procfs, sysfs } = replay === undefined ? paths : { procfs: NOWHERE, sysfs: NOWHERE };
    this.devices = new DeviceList(library, { procfs, sysfs, pcieThroughput: options.pcieThroughput }, (pciBusId) =>
      this.forget(pciBusId),
    );
  }

  /** What the driver reported since the last collection. */
  public drain(
    { kernelLogPosition }: CollectRequest,
    outcomes: CollectorOutcome[],
    progress: Progress,
  ): readonly DeviceEvent[] {
    progress('events');
    const start = performance.now();
    let events: readonly DeviceEvent[] = [];
    let error: string | undefined;
    try {
      events = this.collectors.events.drain(kernelLogPosition);
    } catch (thrown) {
      error = (thrown as Error).message;
    }
    for (const { event, pciBusId } of events) {
      if (event === MIG_CONFIG_CHANGE && pciBusId !== undefined) {
        this.collectors.mig.invalidate(pciBusId);
      }
    }
    const seconds = (performance.now() - start) / 1000;
    outcomes.push({ collector: 'events', seconds, ...(error === undefined ? {} : { error }) });
    return events;
  }

  /** Number of the last record of the kernel's log that was read. */
  public get kernelLogPosition(): number | undefined {
    return this.collectors.events.kernelLogPosition;
  }

  /** What the driver and its GPUs can and cannot do. */
  public capabilities(listed: readonly Listed[]): readonly Capability[] {
    const devices = listed.flatMap(({ device }) => (device === undefined ? [] : [device]));
    const ofDevices = devices.flatMap((device) => {
      const { pciBusId } = device.identity;
      const refused = device.calls
        .unsupported()
        .map((capability): Capability => ({ capability, supported: false, reason: 'NOT_SUPPORTED', pciBusId }));
      return [...refused, ...device.capabilities];
    });
    const { events, gpm } = this.collectors;
    const batches = this.library.has('nvmlDeviceGetFieldValues');
    return [
      { capability: 'field_values', supported: batches, reason: batches ? '' : 'missing_symbol' },
      ...this.missing,
      ...mergeCapabilities([...ofDevices, ...events.capabilities(), ...(gpm?.capabilities() ?? [])], devices.length),
    ];
  }

  /** Shuts the driver down; its library stays. */
  public close(): void {
    this.collectors.gpm?.close();
    this.collectors.events.close();
    if (this.library.has('nvmlShutdown')) {
      this.library.call('nvmlShutdown');
    }
  }

  private forget(pciBusId: string): void {
    const { mig, events, processes, gpm } = this.collectors;
    mig.forget(pciBusId);
    events.forget(pciBusId);
    processes?.forget(pciBusId);
    gpm?.forget(pciBusId);
  }
}
