import { OPEN, type Position } from './progress-record.js';
import { type Phase, Watch } from './watch.js';

/** Seconds for each phase, and after which a call counts as hung though it is still waited for. */
export interface DeadlineLimits extends Readonly<Record<Phase, number>> {
  readonly suspect: number;
}

/** What is called while one waits. */
export interface DeadlineEvents {
  /** Where the child is. */
  position(): Position | undefined;
  /** It takes so long that it may be hung; called at each look, for as long as that is so. */
  suspicious(phase: Phase, position: Position | undefined): void;
  /** It will not end any more. */
  stuck(phase: Phase, position: Position | undefined): void;
}

/** Waits for a child, and says when to stop. */
export class Deadline {
  private readonly step: number;
  private readonly watch: Watch;
  private timer?: NodeJS.Timeout;
  private current?: Phase;

  public constructor(
    private readonly limits: DeadlineLimits,
    private readonly events: DeadlineEvents,
    now: () => number,
  ) {
    this.step = Math.min(Math.max(limits.collect / 40, 0.01), 0.25);
    this.watch = new Watch(this.step, now);
  }

  /** What is waited for; absent while nothing is. */
  public get phase(): Phase | undefined {
    return this.current;
  }

  /** Seconds that it takes so far. */
  public get seconds(): number {
    return this.watch.seconds;
  }

  /** Begins to wait, anew if it waits already. */
  public begin(phase: Phase): void {
    this.current = phase;
    this.watch.restart();
    this.timer ??= setInterval(() => this.look(), this.step * 1000);
  }

  /** Waits for nothing any more. */
  public end(): void {
    this.current = undefined;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    const { current: phase } = this;
    if (!phase) return;
    const position = this.events.position();
    this.watch.look(position);
    // A back end also opens the driver anew amid a collection.
    const opens = phase === 'collect' && position?.collector === OPEN && position.pciBusId === undefined;
    if (this.watch.isStuck(this.limits[opens ? 'open' : phase])) this.events.stuck(phase, position);
    else if (phase !== 'start' && this.watch.isStuck(this.limits.suspect)) this.events.suspicious(phase, position);
  }
}
