import type { Logger } from '../../log.js';
import type { CollectorOutcome, DeviceIdentity, DeviceSample, DeviceStatus } from '../sample.js';

/** Failures of collectors that are remembered, so that each is logged once. */
const MOST_FAILURES = 1_000;

/**
 * What was seen of the GPUs of the node, also while the driver was opened anew: what they are, how they did, and what was
 * logged of it.
 */
export class DeviceHistory {
  /** What is known of every GPU that was seen. */
  public readonly identities = new Map<string, DeviceIdentity>();
  private readonly events = new Map<string, readonly string[]>();
  private readonly statuses = new Map<string, DeviceStatus>();
  private readonly failures = new Map<string, string>();
  private warnedOfPersistence = false;

  public constructor(private readonly log: Logger) {}

  /** A device that does not answer: what it is, and what it could report, stay known. */
  public silent(
    identity: Omit<DeviceIdentity, 'vendor'>,
    status: DeviceStatus,
    reason: string | undefined,
  ): DeviceSample {
    const { pciBusId } = identity;
    return {
      // The index stays too, though the driver may give it to another GPU by now: counters of a series under other labels would
      // begin anew, and what killed the GPU would be no increase.
      identity: { ...this.identities.get(pciBusId), ...identity, vendor: 'nvidia' },
      status,
      reason,
      points: [],
      instances: [],
      processes: [],
      processesKnown: false,
      supportedEvents: this.eventsOf(pciBusId),
    };
  }

  /** Events that a GPU could report when it last answered: their counters must not end with the GPU. */
  public eventsOf(pciBusId: string): readonly string[] {
    return this.events.get(pciBusId) ?? [];
  }

  /** Remembers a collection. Whether a GPU that answered before does no longer. */
  public learn(devices: readonly DeviceSample[], outcomes: readonly CollectorOutcome[]): boolean {
    let failed = false;
    for (const { identity, status, reason, supportedEvents } of devices) {
      const { pciBusId } = identity;
      this.identities.set(pciBusId, identity);
      if (supportedEvents.length > 0) {
        this.events.set(pciBusId, supportedEvents);
      }
      const before = this.statuses.get(pciBusId) ?? 'ok';
      if (status !== before) {
        failed ||= status !== 'ok';
        const fields = { gpu: pciBusId, uuid: identity.uuid, status, reason };
        this.log.log(status === 'ok' ? 'info' : 'error', `a GPU is ${status === 'ok' ? 'back' : status}`, fields);
      }
      this.statuses.set(pciBusId, status);
    }
    for (const { collector, pciBusId, error } of outcomes) {
      this.logFailure(collector, pciBusId, error);
    }
    return failed;
  }

  /** Warns once of GPUs that the driver lets go of whenever nobody uses them. */
  public warnOfPersistence(devices: readonly DeviceSample[]): void {
    const off = devices.filter(({ points }) =>
      points.some(([metric, value]) => metric === 'gpu_persistence_mode_enabled' && value === 0),
    );
    if (off.length > 0 && !this.warnedOfPersistence) {
      this.warnedOfPersistence = true;
      const message =
        'persistence mode is off: while nothing else uses a GPU, the driver takes seconds to attach it; nvidia-persistenced keeps it attached';
      this.log.log('warn', message, { gpus: off.map(({ identity }) => identity.pciBusId).join(',') });
    }
  }

  private logFailure(collector: string, pciBusId: string | undefined, error: string | undefined): void {
    const key = `${collector} ${pciBusId}`;
    if (error === undefined) {
      this.failures.delete(key);
    } else if (this.failures.get(key) !== error && this.failures.size < MOST_FAILURES) {
      this.failures.set(key, error);
      this.log.log('warn', 'a collector failed', { collector, gpu: pciBusId, error });
    }
  }
}
