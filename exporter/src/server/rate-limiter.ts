/** So many requests at once, and one more per interval. */
export interface RateLimit {
  /** Seconds. */
  readonly interval: number;
  readonly burst: number;
}

/** A bucket of tokens: each request takes one, and one comes back per interval. */
export class RateLimiter {
  private tokens: number;
  private last: number;

  /** @param now seconds of a clock that never goes back */
  constructor(
    private readonly limit: RateLimit,
    now: number,
  ) {
    this.tokens = limit.burst;
    this.last = now;
  }

  /** @returns whether there was a token left */
  take(now: number): boolean {
    this.tokens = Math.min(this.limit.burst, this.tokens + (now - this.last) / this.limit.interval);
    this.last = now;
    if (this.tokens < 1) {
      return false;
    }
    this.tokens -= 1;
    return true;
  }
}
