import { fileURLToPath } from 'node:url';
import type { Sample } from '../gpu/sample.js';
import type { LogFields, Logger, LogLevel } from '../log.js';
import type { CollectorOptions } from './collector-options.js';
import type { ChildEnd, Grace } from './collector-process.js';
import { Deadline } from './deadline.js';
import { DriverStatus } from './driver-status.js';
import { LastSample } from './last-sample.js';
import { type CollectorLimits, DEFAULT_LIMITS } from './limits.js';
import type { Position } from './progress-record.js';
import type { Answer, Reply } from './protocol.js';
import { Quarantine } from './quarantine.js';
import { restartReason } from './restart-reason.js';
import { SampleDecoder } from './sample-decoder.js';
import type { CollectorState, DeviceVerdict, DriverState, RestartReason } from './state.js';
import { Supervisor } from './supervisor.js';
import type { Phase } from './watch.js';

/** Seconds of a clock that never jumps. */
const now = (): number => performance.now() / 1000;

const HUNG: DriverState = { available: false, reason: 'hung', message: 'The driver does not answer' };

/**
 * Asks one vendor's GPUs through a child process that may block or die, and always knows how things stand.
 *
 * One call that hangs or crashes costs one device: the child is ended, or given up where even that does not help, and the
 * next one leaves the device alone for a while.
 */
export class Collector {
  private readonly limits: CollectorLimits;
  private readonly supervisor: Supervisor;
  private readonly deadline: Deadline;
  private readonly quarantine: Quarantine;
  private readonly lastSample: LastSample;
  private readonly driver: DriverStatus;
  private readonly sampleListeners: ((sample: Sample) => void)[] = [];
  private readonly changeListeners: (() => void)[] = [];
  private readonly restarts = { exit: 0, crash: 0, killed: 0, hung: 0, memory: 0, driver: 0 };
  private readonly collections = { ok: 0, unavailable: 0, hung: 0, crashed: 0 };

  private mode: 'running' | 'released' | 'stopped' = 'stopped';
  private planned?: NodeJS.Timeout;
  /** Delay after which the next child starts, when the one that was told to end has ended. */
  private nextStart = 0;
  private childSince = 0;
  private childMemory?: number;
  private decoder = new SampleDecoder();
  private kernelLogPosition?: number;
  private opened = false;
  private cycle = { id: 0, began: 0, skipped: [] as readonly string[] };
  /** What a collection that takes long hangs at, as far as one can tell: a device, or the driver. */
  private suspect?: DeviceVerdict | 'driver';

  public constructor(
    private readonly options: CollectorOptions,
    private readonly log: Logger,
  ) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { start, open, device, abandoned } = this.limits;
    const { backend, interval, timeout, staleness } = options;
    const childPath = options.childPath ?? fileURLToPath(new URL('./child.js', import.meta.url));
    const vendorLog: Logger = { log: (level, message, fields) => this.tell(level, message, fields) };
    this.driver = new DriverStatus(this.limits, vendorLog);
    this.supervisor = new Supervisor(
      { childPath, backend, abandoned },
      { reply: (reply) => this.reply(reply), ended: (end) => this.ended(end), reaped: () => this.reaped() },
      vendorLog,
    );
    this.deadline = new Deadline(
      { start, open, collect: timeout, suspect: Math.min(timeout, interval * 2) },
      {
        position: () => this.supervisor.position(),
        suspicious: (phase, position) => this.suspicious(phase, position),
        stuck: (phase, position) => this.stuck(phase, position),
      },
      now,
    );
    this.quarantine = new Quarantine(device.first, device.last);
    this.lastSample = new LastSample(staleness, () => this.changed(), now);
  }

  /** Starts the child and collects, now and in each interval. */
  public start(): void {
    if (this.mode === 'running') return;
    this.mode = 'running';
    this.plan(0);
  }

  /**
   * Ends the child, by force where it does not end by itself; takes a few seconds at most. A call that is not late has time
   * to return, since ending a process amid one has frozen GPUs.
   */
  public async stop(): Promise<void> {
    await this.halt('stopped', this.suspect ? this.limits.hung : this.limits.idle);
  }

  /** Lets go of the driver, so that it can be unloaded or replaced, until {@link resume}. Values vanish at once. */
  public async release(): Promise<void> {
    if (this.mode === 'running') await this.halt('released', this.limits.idle);
  }

  /** Collects again after {@link release}. */
  public resume(): void {
    if (this.mode !== 'released') return;
    this.mode = 'running';
    this.driver.notAsked('starting');
    this.plan(0);
    this.changed();
  }

  /** Calls back with every good sample. */
  public onSample(listener: (sample: Sample) => void): void {
    this.sampleListeners.push(listener);
  }

  /** Calls back whenever the state is another: after each sample, and when a call hangs, a sample gets too old, a driver goes. */
  public onChange(listener: () => void): void {
    this.changeListeners.push(listener);
  }

  /** How things stand at this moment. */
  public state(): CollectorState {
    const { suspect } = this;
    const { phase } = this.deadline;
    const { pid } = this.supervisor;
    const sample = this.lastSample.get();
    const ageSeconds = this.lastSample.ageSeconds();
    const verdicts = this.quarantine.verdicts();
    return {
      vendor: this.options.vendor,
      driver: suspect === 'driver' ? HUNG : this.driver.state,
      deviceVerdicts:
        suspect && suspect !== 'driver'
          ? [...verdicts.filter(({ pciBusId }) => pciBusId !== suspect.pciBusId), suspect]
          : verdicts,
      restarts: { ...this.restarts },
      abandoned: this.supervisor.abandonedCount,
      collections: { ...this.collections },
      ...(sample && { sample }),
      ...(ageSeconds !== undefined && { ageSeconds }),
      ...((phase === 'open' || phase === 'collect') && { runningSeconds: now() - this.cycle.began }),
      ...(pid !== undefined && { childPid: pid }),
      ...(pid !== undefined && this.childMemory !== undefined && { childMemory: this.childMemory }),
    };
  }

  private async halt(mode: 'released' | 'stopped', grace: Grace): Promise<void> {
    this.mode = mode;
    this.nextStart = 0;
    clearTimeout(this.planned);
    this.lastSample.drop();
    this.waitNoMore();
    this.driver.notAsked(mode);
    this.changed();
    await this.supervisor.halt(grace);
  }

  /** Does what comes next after a while: starts a child, or collects. */
  private plan(delay: number): void {
    clearTimeout(this.planned);
    this.planned = setTimeout(() => {
      if (this.mode !== 'running') return;
      if (!this.supervisor.exists) this.startChild();
      else if (!this.deadline.phase && !this.supervisor.isEnding) this.collect();
    }, delay * 1000);
  }

  private startChild(): void {
    if (this.supervisor.isBlocked) {
      const message = `${this.supervisor.abandonedCount} processes sit in calls of the driver that do not return, even when killed`;
      this.driver.notAsked('abandoned', message);
      this.changed();
      return;
    }
    this.childSince = now();
    this.childMemory = undefined;
    this.decoder = new SampleDecoder();
    this.opened = false;
    this.supervisor.start();
    this.deadline.begin('start');
  }

  private collect(): void {
    this.cycle = { id: this.cycle.id + 1, began: now(), skipped: this.quarantine.skipped(now()) };
    const { id, skipped } = this.cycle;
    this.supervisor.send({ type: 'collect', id, skip: skipped, kernelLogPosition: this.kernelLogPosition });
    this.deadline.begin(this.opened ? 'collect' : 'open');
  }

  private waitNoMore(): void {
    this.deadline.end();
    this.suspect = undefined;
  }

  private suspicious(phase: Phase, position: Position | undefined): void {
    const pciBusId = this.blamed(phase, position);
    const { suspect } = this;
    if (pciBusId === undefined) {
      if (suspect === 'driver') return;
      this.suspect = 'driver';
    } else {
      if (suspect && suspect !== 'driver' && suspect.pciBusId === pciBusId) return;
      this.suspect = this.verdict('hung', pciBusId, position);
    }
    this.changed();
  }

  /** The device that is to be left alone. A call about one that was left alone already says that this is no cure. */
  private blamed(phase: Phase | undefined, position: Position | undefined): string | undefined {
    const pciBusId = phase === 'collect' ? position?.pciBusId : undefined;
    return pciBusId === undefined || this.cycle.skipped.includes(pciBusId) ? undefined : pciBusId;
  }

  private verdict(status: DeviceVerdict['status'], pciBusId: string, position: Position | undefined): DeviceVerdict {
    const since = Date.now() / 1000 - this.deadline.seconds;
    return { pciBusId, status, collector: position?.collector ?? '', since };
  }

  private stuck(phase: Phase, position: Position | undefined): void {
    const { collector = phase } = position ?? {};
    const pciBusId = this.blamed(phase, position);
    const seconds = Math.round(this.deadline.seconds * 10) / 10;
    this.collections.hung += 1;
    this.restarts.hung += 1;
    this.tell('error', 'A call does not return, the collector is replaced', { gpu: pciBusId, collector, seconds });
    if (pciBusId !== undefined) {
      this.quarantine.add(this.verdict('hung', pciBusId, position), now());
      this.endChild(0, this.limits.hung);
    } else {
      this.endChild(this.driver.hung(`No answer within ${seconds} s (${collector})`), this.limits.hung);
    }
    this.changed();
  }

  /** Ends the child; the next one starts after a delay. */
  private endChild(delay: number, grace: Grace): void {
    this.waitNoMore();
    this.nextStart = delay;
    this.supervisor.end(grace);
  }

  private reply(reply: Reply): void {
    if (reply.type === 'log') {
      this.tell(reply.level, reply.message, reply.fields);
      return;
    }
    // One that was told to end may answer after all; what comes next is decided.
    if (this.supervisor.isEnding) return;
    if (reply.type === 'ready') {
      this.waitNoMore();
      this.collect();
    } else if (reply.id === this.cycle.id) {
      if (reply.type === 'opened') {
        this.opened = true;
        this.suspect = undefined;
        this.deadline.begin('collect');
      } else {
        this.waitNoMore();
        this.childMemory = reply.rss;
        this.answer(reply);
        this.changed();
      }
    }
  }

  private answer(answer: Answer): void {
    if (answer.type === 'unavailable') {
      this.opened = false;
      this.collections.unavailable += 1;
      const delay = this.driver.unavailable(answer.reason, answer.message);
      // The library that is loaded stays the one of the old driver as long as the process lives.
      if (answer.reason === 'version_mismatch') this.replace('driver', delay);
      else this.plan(delay);
      return;
    }
    const { began, skipped } = this.cycle;
    const { interval } = this.options;
    const decoded = this.decoder.decode(answer.sample);
    // By the clock of this process: that of a child begins anew with each.
    const sample = { ...decoded, monotonic: Math.max(began, now() - decoded.duration) };
    this.lastSample.set(sample);
    this.kernelLogPosition = sample.kernelLogPosition ?? this.kernelLogPosition;
    this.collections.ok += 1;
    this.quarantine.answered(skipped, now());
    this.driver.answered();
    // In step with the intervals, also after a collection that took several.
    const delay = interval - ((now() - began) % interval);
    const grown = answer.rss > this.limits.memory && now() - this.childSince >= this.limits.memoryAge;
    if (grown) this.replace('memory', delay);
    else this.plan(delay);
    for (const listener of this.sampleListeners) listener(sample);
  }

  /** Replaces a child that does nothing at this moment. */
  private replace(reason: RestartReason, delay: number): void {
    this.restarts[reason] += 1;
    this.tell('warn', 'The collector is replaced', { reason, bytes: this.childMemory });
    this.endChild(delay, this.limits.idle);
  }

  private ended(end: ChildEnd | undefined): void {
    const delay = end ? this.died(end) : this.nextStart;
    this.waitNoMore();
    if (this.mode === 'running') this.plan(delay);
    this.changed();
  }

  /** Takes note of the end of a child that was not told to end. Returns the delay after which the next one starts. */
  private died({ position, signal, code, error, ...end }: ChildEnd): number {
    const reason = restartReason({ signal, ...end });
    const { phase } = this.deadline;
    const { collector } = position ?? {};
    const pciBusId = this.blamed(phase, position);
    this.restarts[reason] += 1;
    if (phase) this.collections.crashed += 1;
    const fields = { signal: signal ?? undefined, code: code ?? undefined, error, gpu: pciBusId, collector };
    this.tell('error', 'The collector ended', { reason, ...fields });
    // One that could not even be started, as there are no file descriptors, has not loaded it.
    const byLibrary = error === undefined && (reason === 'crash' || reason === 'exit');
    if (byLibrary && pciBusId !== undefined) {
      this.quarantine.add(this.verdict('crashed', pciBusId, position), now());
      return 0;
    }
    return this.driver.ended(byLibrary, error ?? `${signal ?? `Exit code ${code}`} (${collector ?? phase ?? 'idle'})`);
  }

  private reaped(): void {
    this.tell('info', 'A collector that did not end has ended');
    if (this.mode === 'running' && !this.supervisor.exists) this.plan(0);
    this.changed();
  }

  private tell(level: LogLevel, message: string, fields?: LogFields): void {
    this.log.log(level, message, { vendor: this.options.vendor, ...fields });
  }

  private changed(): void {
    for (const listener of this.changeListeners) listener();
  }
}
