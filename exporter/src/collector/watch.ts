import type { Position } from './progress-record.js';

/** What is waited for: the child itself, the driver, or a collection. */
export type Phase = 'start' | 'open' | 'collect';

/**
 * Measures how long a child keeps one waiting, in seconds of this process being awake: when the machine or the container
 * was suspended, one long gap between two looks at the clock is no one's fault and counts as a short one.
 */
export class Watch {
  private waited = 0;
  private last: number;
  private key = '';
  private moved = 0;

  /** @param step seconds between two looks */
  public constructor(
    private readonly step: number,
    private readonly now: () => number,
  ) {
    this.last = now();
  }

  /** Begins anew. */
  public restart(): void {
    this.waited = 0;
    this.moved = 0;
    this.last = this.now();
  }

  /** Looks at the clock, and at where the child is. */
  public look(position: Position | undefined): void {
    const now = this.now();
    this.waited += Math.min(now - this.last, this.step * 4);
    this.last = now;
    const key = position?.pciBusId ?? '';
    if (key !== this.key) {
      this.key = key;
      this.moved = this.waited;
    }
  }

  /** Seconds since the beginning. */
  public get seconds(): number {
    return this.waited;
  }

  /**
   * Whether nothing more is to be expected after a while: it is over, and at least half of it was spent on the device of
   * now. Otherwise it is slow rather than stuck, and has three times as long.
   */
  public isStuck(limit: number): boolean {
    return this.waited >= limit * 3 || (this.waited >= limit && this.waited - this.moved >= limit / 2);
  }
}
