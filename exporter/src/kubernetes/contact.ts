import type { Logger } from '../log.js';
import type { SourceName, SourceState } from './source.js';

/** How long after the last good answer a source still counts as up, in milliseconds. */
export const GOOD_FOR = 120_000;

/**
 * When a source last heard from its other side, and what went wrong since. It writes one line into the log when contact is
 * made, lost or regained, not one for each attempt.
 */
export class Contact {
  private lastSuccess: number | undefined;
  /** By the clock that never jumps, so that a step of the system's clock neither keeps nor drops anything. */
  private lastHeard: number | undefined;
  private failure: string | undefined;
  private settle: () => void = () => {};

  /** Resolves after the first success or failure. */
  readonly settled = new Promise<void>((resolve) => {
    this.settle = resolve;
  });

  constructor(
    private readonly source: SourceName,
    private readonly log: Logger,
    private readonly goodFor: number,
  ) {}

  /** Notes a good answer. */
  succeeded(): void {
    if (this.lastHeard === undefined || this.failure !== undefined) {
      const again = this.lastHeard === undefined ? 'answers' : 'answers again';
      this.log.log('info', `Kubernetes source ${this.source} ${again}`, { source: this.source });
    }
    this.lastSuccess = Date.now() / 1000;
    this.lastHeard = performance.now();
    this.failure = undefined;
    this.settle();
  }

  /** Notes a failure, with its reason in one line. */
  failed(reason: string): void {
    const error = oneLine(reason);
    const level = this.failure === undefined ? 'warn' : 'debug';
    this.log.log(level, `Kubernetes source ${this.source} failed`, { source: this.source, error });
    this.failure = error;
    this.settle();
  }

  /** Notes that there was contact until now, of which nothing was heard because there was nothing to say. */
  heardUntilNow(): void {
    this.lastHeard = performance.now();
  }

  /** Whether the last good answer is younger than so many milliseconds. */
  heardWithin(age: number): boolean {
    return this.lastHeard !== undefined && performance.now() - this.lastHeard <= age;
  }

  /** @param connected whether the other side would say so if anything had changed */
  state(connected = false): SourceState {
    const up = connected || this.heardWithin(this.goodFor);
    return {
      source: this.source,
      up,
      ...(this.lastSuccess !== undefined && { lastSuccess: this.lastSuccess }),
      ...(!up && { error: this.failure ?? 'no answer yet' }),
    };
  }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}
