import type { Sample } from '../gpu/sample.js';

/** The last good sample, as long as it is not too old. */
export class LastSample {
  private sample?: Sample;
  private at?: number;
  private timer?: NodeJS.Timeout;

  /**
   * @param staleness seconds after which it is dropped
   * @param dropped called when that happens
   * @param now seconds of a clock that never jumps
   */
  public constructor(
    private readonly staleness: number,
    private readonly dropped: () => void,
    private readonly now: () => number,
  ) {}

  /** Keeps a sample, of which `monotonic` is by the clock of this object. */
  public set(sample: Sample): void {
    this.sample = sample;
    this.at = sample.monotonic;
    clearTimeout(this.timer);
    const left = this.staleness - (this.now() - sample.monotonic);
    // One millisecond more, so that it is too old by then.
    this.timer = setTimeout(() => this.dropped(), Math.max(left, 0) * 1000 + 1);
  }

  public get(): Sample | undefined {
    const age = this.ageSeconds();
    return age !== undefined && age <= this.staleness ? this.sample : undefined;
  }

  /** Seconds since it was taken, also when it is dropped; absent before the first. */
  public ageSeconds(): number | undefined {
    return this.at === undefined ? undefined : this.now() - this.at;
  }

  /** Drops it, and does not call back any more. */
  public drop(): void {
    this.sample = undefined;
    clearTimeout(this.timer);
  }
}
