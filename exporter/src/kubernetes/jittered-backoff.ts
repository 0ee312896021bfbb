/** Waits that double after each failure up to a bound, with jitter, so that the nodes of a cluster do not come back all at once. */
export class JitteredBackoff {
  private failures = 0;

  /** @param least first wait, and @param most longest wait, both in milliseconds, before jitter takes up to half of them off. */
  constructor(
    private readonly least: number,
    private readonly most: number,
  ) {}

  /** Milliseconds to wait after one more failure. */
  next(): number {
    const full = Math.min(this.most, this.least * 2 ** this.failures);
    this.failures = Math.min(this.failures + 1, 30);
    return full * (0.5 + Math.random() / 2);
  }

  /** Begins again after a success. */
  reset(): void {
    this.failures = 0;
  }
}
