/** Delays that double from the first to the last. */
export class Backoff {
  private delay = 0;

  /** @param first seconds of the first delay @param last seconds that no delay exceeds */
  public constructor(
    private readonly first: number,
    private readonly last: number,
  ) {}

  /** The next delay in seconds. */
  public next(): number {
    this.delay = this.delay === 0 ? this.first : Math.min(this.delay * 2, this.last);
    return this.delay;
  }

  /** Starts again with the first delay. */
  public reset(): void {
    this.delay = 0;
  }
}
