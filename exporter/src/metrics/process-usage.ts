import { readFileSync } from 'node:fs';

/** Memory and CPU time of a process. */
export interface ProcessUsage {
  readonly residentBytes: number;
  readonly peakBytes: number;
  readonly cpuSeconds: number;
}

/** Ticks per second in `/proc`, the same on every architecture that Linux still runs GPUs on. */
const TICKS = 100;

/**
 * Reads what the kernel says of a process of ours; `undefined` where it is gone.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
export function readProcessUsage(pid: number | 'self'): ProcessUsage | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const usage = {
      residentBytes: kibibytes(status, 'VmRSS'),
      peakBytes: kibibytes(status, 'VmHWM'),
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    };
    return Object.values(usage).every(Number.isFinite) ? usage : undefined;
  } catch {
    return undefined;
  }
}

function kibibytes(status: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024;
}
