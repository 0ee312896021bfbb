import type { Job, Run } from './jobs.js';

/** Above the greatest PID of Linux (4194304), so that none of them is a process of this machine. */
const FIRST_PID = 5_000_000;
const RUNS = 64;
const PLACEMENTS = 64;

/** PID of the process of a pod on one of its placements. */
export function pidOf(job: Job, run: Run, placement: number): number {
  return FIRST_PID + (job.number * RUNS + (run.number % RUNS)) * PLACEMENTS + placement;
}

/** Number of the job that a PID belongs to; that of the run only as far as `pidOf` has it. */
export function jobOfPid(pid: number): number {
  return Math.floor((pid - FIRST_PID) / (RUNS * PLACEMENTS));
}
