import { status } from '@grpc/grpc-js';
import type { Logger } from '../log.js';
import { Contact, GOOD_FOR } from './contact.js';
import { JitteredBackoff } from './jittered-backoff.js';
import { KubeletCallError, KubeletSocket } from './kubelet-socket.js';
import { decodeAllocatable, decodeAllocations } from './pod-resources-messages.js';
import type { AllocationSource, DeviceAllocation, SourceState } from './source.js';

const SERVICE = '/v1.PodResourcesLister';

/** Times in milliseconds. */
export interface PodResourcesTimes {
  /** Between two polls. */
  readonly interval: number;
  /** Between two questions about what plugins offer, which changes when plugins do. */
  readonly allocatableInterval: number;
  /** For one answer. */
  readonly deadline: number;
  /** Between two calls, however often somebody asks for an update; the kubelet shares 100 calls a second among all clients. */
  readonly pause: number;
  /** For which the last good answer stays. */
  readonly goodFor: number;
}

const TIMES: PodResourcesTimes = {
  interval: 10_000,
  allocatableInterval: 60_000,
  deadline: 5_000,
  pause: 1_000,
  goodFor: GOOD_FOR,
};

/**
 * Which container has which device, as the kubelet says: polled beside collections, so that no scrape waits for it, one call
 * at a time. The last good answer stays for two minutes.
 *
 * The answer names pods without their uid and can list pods that have finished, whose devices another pod may have by now:
 * both need a source of pods.
 *
 * @see https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/#monitoring-device-plugin-resources
 */
export class PodResourcesSource implements AllocationSource {
  readonly name = 'pod-resources';
  private readonly socket: KubeletSocket;
  private readonly contact: Contact;
  private readonly times: PodResourcesTimes;
  /** A call too many is answered later, not sooner. */
  private readonly whenLimited: JitteredBackoff;
  private readonly whenFailed: JitteredBackoff;
  private timer: NodeJS.Timeout | undefined;
  private dueAt = 0;
  private polling: Promise<void> | undefined;
  private stopped = true;
  private lastCall = Number.NEGATIVE_INFINITY;
  private lastAllocatable = Number.NEGATIVE_INFINITY;
  private updateWanted = false;
  private failing = false;
  private known: readonly DeviceAllocation[] = [];
  private offered: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(socket: string, log: Logger, times: Partial<PodResourcesTimes> = {}) {
    this.times = { ...TIMES, ...times };
    this.socket = new KubeletSocket(socket);
    this.contact = new Contact(this.name, log, this.times.goodFor);
    this.whenLimited = new JitteredBackoff(this.times.interval * 2, this.times.interval * 6);
    this.whenFailed = new JitteredBackoff(this.times.pause, this.times.interval);
  }

  /** Resolves after the first answer or failure. */
  get settled(): Promise<void> {
    return this.contact.settled;
  }

  start(): void {
    if (this.stopped) {
      this.stopped = false;
      this.schedule(0);
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket.close();
    await this.polling;
  }

  /** Asks soon instead of at the next interval, such as when a process of an unknown container appears. */
  update(): void {
    if (this.stopped) {
      return;
    }
    if (this.polling !== undefined) {
      this.updateWanted = true;
      return;
    }
    // After a failure the wait is there for the kubelet's sake.
    if (!this.failing) {
      this.schedule(Math.max(0, this.lastCall + this.times.pause - performance.now()));
    }
  }

  state(): SourceState {
    return this.contact.state();
  }

  allocations(): readonly DeviceAllocation[] {
    this.forget();
    return this.known;
  }

  allocatable(): ReadonlyMap<string, readonly string[]> {
    this.forget();
    return this.offered;
  }

  private forget(): void {
    if ((this.known.length > 0 || this.offered.size > 0) && !this.contact.heardWithin(this.times.goodFor)) {
      this.known = [];
      this.offered = new Map();
    }
  }

  /** Polls after so many milliseconds, unless a poll is due before that. */
  private schedule(delay: number): void {
    const at = performance.now() + delay;
    if (this.stopped || (this.timer !== undefined && this.dueAt <= at)) {
      return;
    }
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.polling = this.poll().then((next) => {
        this.polling = undefined;
        this.schedule(next);
      });
    }, delay).unref();
  }

  /** Asks the kubelet, and says in how many milliseconds to ask again. */
  private async poll(): Promise<number> {
    this.lastCall = performance.now();
    this.updateWanted = false;
    try {
      this.known = decodeAllocations(await this.socket.call(`${SERVICE}/List`, this.times.deadline));
      this.contact.succeeded();
    } catch (error) {
      return this.failed(error);
    }
    await this.pollAllocatable();
    this.failing = false;
    this.whenFailed.reset();
    this.whenLimited.reset();
    return this.updateWanted ? this.times.pause : this.times.interval;
  }

  private failed(error: unknown): number {
    if (this.stopped) {
      return this.times.interval;
    }
    this.failing = true;
    this.contact.failed(`${this.socket.path}: ${(error as Error).message}`);
    const limited = error instanceof KubeletCallError && error.code === status.RESOURCE_EXHAUSTED;
    return (limited ? this.whenLimited : this.whenFailed).next();
  }

  /** What plugins offer is a check of its own: kubelets before 1.23 do not know it, and its failure takes nothing else away. */
  private async pollAllocatable(): Promise<void> {
    if (performance.now() - this.lastAllocatable < this.times.allocatableInterval) {
      return;
    }
    try {
      const answer = await this.socket.call(`${SERVICE}/GetAllocatableResources`, this.times.deadline);
      this.offered = decodeAllocatable(answer);
    } catch {
      this.offered = new Map();
    }
    this.lastAllocatable = performance.now();
  }
}
