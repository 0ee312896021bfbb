import type { SimulatedDevice } from './fleet.js';
import { type Job, loadOf, PERIOD, type Placement } from './jobs.js';
import { fraction } from './random.js';

/** Seconds in which the temperature makes up two thirds of a difference. */
const THERMAL_LAG = 25;
const AMBIENT = 28;

/** The process of a job on a device, and its load in each second of the period. */
export interface PlacedProcess {
  readonly job: Job;
  readonly placement: Placement;
  /** Number of the placement within the job. */
  readonly number: number;
  readonly load: Float32Array;
}

/** A number that grows, known at each second of a period which repeats itself. */
export class Counter {
  private readonly sums = new Float64Array(PERIOD + 1);

  /** @param rate growth in each second of the period */
  public constructor(rate: (second: number) => number) {
    for (let second = 0; second < PERIOD; second += 1)
      this.sums[second + 1] = (this.sums[second] as number) + rate(second);
  }

  /** Growth from one time to another, both in Unix seconds. */
  public between(from: number, to: number): number {
    return this.at(to) - this.at(from);
  }

  private at(time: number): number {
    const period = Math.floor(time / PERIOD);
    const second = time - period * PERIOD;
    const whole = Math.min(Math.floor(second), PERIOD - 1);
    const before = this.sums[whole] as number;
    const step = (this.sums[whole + 1] as number) - before;
    return period * (this.sums[PERIOD] as number) + before + step * (second - whole);
  }
}

/**
 * Everything about a device that changes, for each second of an hour which then repeats itself: so its values depend on
 * the time alone, counters too, and a process that starts anew goes on where another one ended.
 */
export class Timeline {
  public readonly load = new Float32Array(PERIOD);
  public readonly watts = new Float32Array(PERIOD);
  public readonly celsius = new Float32Array(PERIOD);
  /** Whether the power limit keeps the clocks down. */
  public readonly capped = new Uint8Array(PERIOD);
  public readonly joules: Counter;
  public readonly cappedSeconds: Counter;
  public readonly pcieBytes: Counter;
  public readonly nvlinkBytes: Counter;

  public constructor(
    public readonly device: SimulatedDevice,
    public readonly processes: readonly PlacedProcess[],
    seed: number,
  ) {
    const { idleWatts, limitWatts, multiprocessors } = device.model;
    for (const { load, placement } of processes) {
      const part = placement.instance ? placement.instance.multiprocessors / multiprocessors : 1;
      for (let second = 0; second < PERIOD; second += 1) {
        this.load[second] = Math.min((this.load[second] as number) + (load[second] as number) * part, 1);
      }
    }
    for (let second = 0; second < PERIOD; second += 1) {
      const noise = fraction(seed, device.number, second, 7);
      const wanted =
        idleWatts + (limitWatts - idleWatts) * (this.load[second] as number) ** 0.8 * (0.97 + 0.06 * noise);
      this.capped[second] = wanted > limitWatts ? 1 : 0;
      this.watts[second] = Math.min(wanted, limitWatts);
    }
    this.warm(limitWatts);
    this.joules = new Counter((second) => this.watts[second] as number);
    this.cappedSeconds = new Counter((second) => this.capped[second] as number);
    this.pcieBytes = new Counter((second) => 2e6 + 4e9 * (this.load[second] as number) * (second % 45 < 6 ? 1 : 0.1));
    const { nvlinks, nvlinkMegabytes } = device.model;
    const together = processes.some(({ job }) => job.placements.length > 1);
    const linkRate = together ? nvlinks * nvlinkMegabytes * 1e6 * 0.35 : 0;
    this.nvlinkBytes = new Counter((second) => linkRate * (this.load[second] as number));
  }

  /** Lets temperatures follow the power; twice, so that the end of the period meets its beginning. */
  private warm(limitWatts: number): void {
    let celsius = AMBIENT + 20;
    for (let second = 0; second < PERIOD * 2; second += 1) {
      const aim = AMBIENT + 44 * ((this.watts[second % PERIOD] as number) / limitWatts);
      celsius += (aim - celsius) / THERMAL_LAG;
      this.celsius[second % PERIOD] = celsius;
    }
  }
}

/** The timelines of all devices, from what runs on them. */
export function timelinesOf(
  devices: readonly SimulatedDevice[],
  jobs: readonly Job[],
  seed: number,
): readonly Timeline[] {
  const processes: PlacedProcess[] = jobs.flatMap((job) =>
    job.placements.map((placement, number) => ({
      job,
      placement,
      number,
      load: Float32Array.from({ length: PERIOD }, (_, second) => loadOf(job, number, second, seed)),
    })),
  );
  return devices.map(
    (device) =>
      new Timeline(
        device,
        processes.filter(({ placement }) => placement.device === device),
        seed,
      ),
  );
}
