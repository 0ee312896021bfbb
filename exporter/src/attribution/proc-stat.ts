/** What is read of `/proc/<pid>/stat`. */
export interface ProcStat {
  /** Name of the command, at most 15 bytes; a process can give itself any. */
  readonly name: string;
  /** When it started, in clock ticks since the machine started. */
  readonly startTicks: number;
}

/** Ticks per second in files of `/proc`: a constant of Linux' interface (USER_HZ) on every architecture with GPUs. */
export const TICKS_PER_SECOND = 100;

/** Index of the start time behind the name: field 22 of which the third is the first one there. */
const START_TICKS = 19;

/**
 * Reads `/proc/<pid>/stat`. The name may hold spaces, parentheses and line feeds; it ends at the last parenthesis, since
 * all that follows is numbers.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export function parseProcStat(text: string): ProcStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  let start = close + 2;
  for (let field = 0; field < START_TICKS; field++) {
    const space = text.indexOf(' ', start);
    if (space < 0) return undefined;
    start = space + 1;
  }
  const end = text.indexOf(' ', start);
  const startTicks = Number(text.slice(start, end < 0 ? undefined : end));
  return Number.isFinite(startTicks) ? { name: text.slice(open + 1, close), startTicks } : undefined;
}
