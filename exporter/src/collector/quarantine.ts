import { Backoff } from './backoff.js';
import type { DeviceVerdict } from './state.js';

const MAX_DEVICES = 256;

interface Entry {
  verdict: DeviceVerdict;
  readonly backoff: Backoff;
  delay: number;
  /** When it is asked again. */
  until: number;
  /** Whether a collection ended well meanwhile. */
  passed: boolean;
  /** Whether it has answered since; then it is forgotten when it goes on to answer for as long as it was left alone. */
  answered: boolean;
}

/**
 * Devices that are left alone, since a call about them hung or crashed.
 *
 * Each is asked again after a while, which doubles when it fails again, but not before the others were: where several hang,
 * finding that out one by one takes longer than the first while. It is only forgotten once it has answered for as long as
 * the last such while. Times are seconds of a clock that never jumps.
 */
export class Quarantine {
  private readonly entries = new Map<string, Entry>();

  public constructor(
    private readonly first: number,
    private readonly last: number,
  ) {}

  /** Leaves a device alone from now on. */
  public add(verdict: DeviceVerdict, now: number): void {
    const known = this.entries.get(verdict.pciBusId);
    const backoff = known?.backoff ?? new Backoff(this.first, this.last);
    const delay = backoff.next();
    // Since when it fails is when it first did, if it never answered in between.
    const since = known && !known.answered ? known.verdict.since : verdict.since;
    this.entries.delete(verdict.pciBusId);
    this.entries.set(verdict.pciBusId, {
      verdict: { ...verdict, since },
      backoff,
      delay,
      until: now + delay,
      passed: false,
      answered: false,
    });
    if (this.entries.size > MAX_DEVICES) this.entries.delete(this.entries.keys().next().value as string);
  }

  /** Devices that the next collection leaves alone. */
  public skipped(now: number): readonly string[] {
    return [...this.entries]
      .filter(([, { until, passed, answered }]) => !answered && (until > now || !passed))
      .map(([id]) => id);
  }

  /** Takes note of a collection that ended well and left out the given devices. */
  public answered(skipped: readonly string[], now: number): void {
    for (const [id, entry] of this.entries) {
      if (entry.answered && now > entry.until) this.entries.delete(id);
      else if (!entry.answered && !skipped.includes(id)) {
        entry.answered = true;
        entry.until = now + entry.delay;
      } else entry.passed = true;
    }
  }

  /** Devices that did not answer yet. */
  public verdicts(): readonly DeviceVerdict[] {
    return [...this.entries.values()].filter(({ answered }) => !answered).map(({ verdict }) => verdict);
  }
}
