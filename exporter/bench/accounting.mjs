// What the kernel says of processes: CPU time and memory.
import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds of CPU that a process took, over its threads. */
export function cpuTime(pid) {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
    } catch {
      // A thread that ended meanwhile.
    }
  }
  return sum;
}

export const cpuTimes = (pids) => pids.reduce((sum, pid) => sum + cpuTime(pid), 0);

const kilobytes = (text, key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN);

/**
 * Memory of a program of several processes, in MB: what each has for itself, and once the files that they share, which are
 * Node.js for the most part. Unlike the proportional set size, it does not depend on who else runs Node.js on the machine.
 */
export function memory(pids) {
  const usages = pids.map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const own = kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem');
    return { own, files: kilobytes(status, 'RssFile'), peak: kilobytes(status, 'VmHWM') };
  });
  const own = usages.reduce((sum, usage) => sum + usage.own, 0) / 1024;
  const files = Math.max(...usages.map((usage) => usage.files)) / 1024;
  return { own, files, all: own + files, peaks: usages.map(({ peak }) => peak / 1024) };
}

export function childrenOf(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
  );
}
