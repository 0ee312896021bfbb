/** How often it looks. */
const PERIOD_MILLISECONDS = 500;

/** Measures how late the event loop runs what is due. */
export class EventLoopLag {
  private readonly timer: NodeJS.Timeout;
  private due = performance.now() + PERIOD_MILLISECONDS;
  private greatest = 0;

  constructor() {
    this.timer = setInterval(() => this.look(), PERIOD_MILLISECONDS);
    this.timer.unref();
  }

  /** The greatest lag in seconds since this was last asked. */
  take(): number {
    const greatest = Math.max(this.greatest, performance.now() - this.due, 0);
    this.greatest = 0;
    return greatest / 1000;
  }

  /** Stops looking. */
  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = performance.now();
    this.greatest = Math.max(this.greatest, now - this.due);
    this.due = now + PERIOD_MILLISECONDS;
  }
}
