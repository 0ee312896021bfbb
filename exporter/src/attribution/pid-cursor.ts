import { readProcFile } from './proc-file.js';

/** No machine goes through so many PIDs between two collections. */
const ENDLESS = 1_000_000;

/**
 * Follows the last PID that the kernel gave away, by the fifth number of `/proc/loadavg`.
 *
 * Linux gives PIDs away in ascending order and begins anew at the end of the range, so that between two looks only the
 * PIDs in between can have become those of other processes. That holds as long as the range was not gone through, which
 * the count of forks in `/proc/stat` says where the range is short. Where any of the numbers is unknown, every PID can.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_loadavg.5.html
 */
export class PidCursor {
  /** Length of the range of PIDs. */
  private readonly length: number;
  private last: number | undefined;
  private forks: number | undefined;
  /** PIDs from `after` on up to `upTo` may be new; all of them where it is undefined. */
  private range: { readonly after: number; readonly upTo: number } | undefined;

  public constructor(private readonly procfs: string) {
    this.length = this.read('sys/kernel/pid_max', /^(\d{1,10})\s*$/) ?? 0;
  }

  /** Takes another look. */
  public advance(): void {
    const last = this.read('loadavg', / (\d{1,10})\s*$/);
    const forks = this.length < ENDLESS ? this.read('stat', /^processes (\d{1,15})$/m) : 0;
    const few = forks !== undefined && this.forks !== undefined && forks - this.forks < this.length / 2;
    this.range =
      few && last !== undefined && this.last !== undefined && last >= this.last
        ? { after: this.last, upTo: last }
        : undefined;
    this.last = last;
    this.forks = forks;
  }

  /** Whether a process with this PID may have started between the last two looks. */
  public mayBeNew(pid: number): boolean {
    return this.range === undefined || (pid > this.range.after && pid <= this.range.upTo);
  }

  private read(file: string, pattern: RegExp): number | undefined {
    const number = pattern.exec(readProcFile(`${this.procfs}/${file}`) ?? '')?.[1];
    return number === undefined ? undefined : Number(number);
  }
}
