import type { Logger } from '../log.js';
import type { BackendOptions } from './backend-options.js';
import { type ChildEnd, CollectorProcess, type Grace } from './collector-process.js';
import type { Position } from './progress-record.js';
import type { Reply, Request } from './protocol.js';

/** What a supervisor is told, and asks. */
export interface SupervisorEvents {
  reply(reply: Reply): void;
  /** The child is gone; `end` is absent where it was told to end. */
  ended(end: ChildEnd | undefined): void;
  /** A child that had been given up is gone. */
  reaped(): void;
}

/** What children run, and how many may be given up. */
export interface SupervisorOptions {
  readonly childPath: string;
  readonly backend: BackendOptions;
  readonly abandoned: number;
}

/** Has one child at a time, and remembers those that do not die. */
export class Supervisor {
  private child?: CollectorProcess;
  private ending = false;
  private readonly abandoned = new Set<CollectorProcess>();
  private whenEnded: (() => void)[] = [];
  private readonly killAll = (): void => {
    this.child?.kill();
    for (const child of this.abandoned) child.kill();
  };

  public constructor(
    private readonly options: SupervisorOptions,
    private readonly events: SupervisorEvents,
    private readonly log: Logger,
  ) {}

  /** Whether there is a child. */
  public get exists(): boolean {
    return this.child !== undefined;
  }

  /** Whether the child was told to end; what it still says does not count. */
  public get isEnding(): boolean {
    return this.ending;
  }

  public get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Children that were given up and live on. */
  public get abandonedCount(): number {
    return this.abandoned.size;
  }

  /** Whether so many children were given up that no other is started. */
  public get isBlocked(): boolean {
    return this.abandoned.size >= this.options.abandoned;
  }

  /** Starts a child. It is ended with this process, unless that is killed: then the child sees its channel close. */
  public start(): void {
    process.off('exit', this.killAll);
    process.on('exit', this.killAll);
    this.ending = false;
    const child: CollectorProcess = new CollectorProcess(
      this.options.childPath,
      { type: 'start', backend: this.options.backend },
      {
        reply: (reply) => this.events.reply(reply),
        ended: (end) => this.ended(child, end),
        reaped: () => {
          this.abandoned.delete(child);
          this.events.reaped();
        },
      },
      this.log,
    );
    this.child = child;
  }

  public send(request: Request): void {
    this.child?.send(request);
  }

  /** The step that the child is at. */
  public position(): Position | undefined {
    return this.child?.position();
  }

  /** Tells the child to end, and sees to it. */
  public end(grace: Grace): void {
    this.ending = true;
    this.child?.terminate(grace);
  }

  /** As {@link end}; done when the child is gone, or given up. */
  public async halt(grace: Grace): Promise<void> {
    if (this.child) {
      await new Promise<void>((resolve) => {
        this.whenEnded.push(resolve);
        this.end(grace);
      });
    }
    if (this.abandoned.size === 0) process.off('exit', this.killAll);
  }

  private ended(child: CollectorProcess, end: ChildEnd): void {
    this.child = undefined;
    if (child.abandoned) {
      this.abandoned.add(child);
      this.log.log('error', 'The collector does not end, even when killed', { pid: child.pid });
    }
    const { ending, whenEnded } = this;
    this.ending = false;
    this.whenEnded = [];
    for (const resolve of whenEnded) resolve();
    this.events.ended(ending ? undefined : end);
  }
}
