import type { Sample } from './sample.js';

/** Notices that processes have come to devices. */
export class DeviceUsers {
  private pids = new Set<number>();

  /** Whether a process uses a device that used none in the sample before. */
  public differ({ devices }: Sample): boolean {
    const pids = new Set(devices.flatMap(({ processes }) => processes.map(({ pid }) => pid)));
    const differ = [...pids].some((pid) => !this.pids.has(pid));
    this.pids = pids;
    return differ;
  }
}
