/** Where an XID error was seen. */
export type XidSource = 'nvml' | 'kernel_log';

interface Unmatched {
  readonly source: XidSource;
  readonly time: number;
  readonly round: number;
}

/** The same error reaches both sources within so many seconds. */
const TOLERANCE = 2;

/**
 * Counts an XID error once that both sources report.
 *
 * An error of one source waits for its twin of the other: of the same device and number, in the same or the next collection,
 * or within two seconds. Errors that come twice from one source are two.
 */
export class XidSources {
  private round = 0;
  private readonly unmatched = new Map<string, Unmatched[]>();

  /** Begins a collection, at a Unix time in seconds. */
  public begin(time: number): void {
    this.round += 1;
    for (const [key, list] of this.unmatched) {
      const waiting = list.filter((one) => one.round >= this.round - 1 || Math.abs(time - one.time) <= TOLERANCE);
      if (waiting.length === 0) {
        this.unmatched.delete(key);
      } else if (waiting.length < list.length) {
        this.unmatched.set(key, waiting);
      }
    }
  }

  /** Whether an error is new, and not the twin of one that was counted. */
  public accept(source: XidSource, pciBusId: string, xid: number, time: number): boolean {
    const key = `${pciBusId} ${xid}`;
    const list = this.unmatched.get(key) ?? [];
    const twin = list.findIndex((one) => one.source !== source);
    if (twin >= 0) {
      list.splice(twin, 1);
      return false;
    }
    list.push({ source, time, round: this.round });
    this.unmatched.set(key, list);
    return true;
  }
}
