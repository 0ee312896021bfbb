/** Shares of a device that one process used, as ratios. */
export interface Shares {
  sm: number;
  memory: number;
  encoder: number;
  decoder: number;
}

/** Samples of one answer, one place of each array per sample, and four of `values`: SM, memory, encoder, decoder. */
export interface UtilizationSamples {
  count: number;
  readonly pids: number[];
  /** Microseconds of the driver's clock. */
  readonly times: number[];
  /** Percent. */
  readonly values: number[];
}

interface Running extends Shares {
  previous: number;
}

/** Time between two samples of one process beyond which they are not neighbors. */
const LONGEST_PERIOD = 2_000_000;
const SHORTEST_PERIOD = 1_000;
/** Samples do not come like clockwork: a gap this much longer than the shortest is still one period. */
const JITTER = 1.5;
/** A window whose samples cover less than this part of the time that passed ended in silence. */
const COVERED = 0.75;

/**
 * Averages what a driver sampled in a window, for each process.
 *
 * Drivers answer in one of two ways. Most average themselves and give one sample for each process: its values are shares of
 * the whole window already, and taken as they are. Others give the samples themselves, several for a process. Those count
 * by the time that they stand for:
 *
 *     share = Σ value(i) · (time(i) − time(i−1)) / window
 *
 * where `time(i−1)` is the sample of the same process before, or the begin of the window. A sample never stands for more
 * than one sampling period (the shortest time between two samples of a process in the answer), so that a process that ran
 * in a part of the window has only its part. The window ends with the newest sample of any process; where these stop long
 * before, or the driver's clock was set, it is as long as the time between the collections.
 *
 * @param start begin of the window, by the driver's clock
 * @param newest newest time stamp of all samples
 * @param elapsed microseconds between the collections
 */
export function averageSamples(
  samples: UtilizationSamples,
  start: number,
  newest: number,
  elapsed: number,
): Map<number, Shares> {
  const { count, pids, times, values } = samples;
  const processes = new Map<number, Running>();
  let period = Number.POSITIVE_INFINITY;
  let ordered = true;
  for (let index = 0; index < count; index += 1) {
    const time = times[index] ?? 0;
    const process = processes.get(pids[index] ?? 0);
    if (process === undefined) {
      processes.set(pids[index] ?? 0, { previous: time, sm: 0, memory: 0, encoder: 0, decoder: 0 });
      continue;
    }
    const gap = Math.abs(time - process.previous);
    ordered &&= time >= process.previous;
    process.previous = time;
    if (gap >= SHORTEST_PERIOD && gap <= LONGEST_PERIOD) {
      period = Math.min(period, gap);
    }
  }
  const order = ordered ? undefined : sortedByTime(count, times);
  const span = newest - start;
  const window = span >= elapsed * COVERED && span <= elapsed + LONGEST_PERIOD ? span : elapsed;
  const isAverage = !Number.isFinite(period) || window <= 0;
  for (const process of processes.values()) {
    process.previous = start;
  }
  for (let place = 0; place < count; place += 1) {
    const index = order?.[place] ?? place;
    const time = times[index] ?? 0;
    const process = processes.get(pids[index] ?? 0);
    if (process === undefined) {
      continue;
    }
    const gap = time - process.previous;
    const stands = gap > period * JITTER ? period : Math.max(0, gap);
    process.previous = time;
    if (isAverage) {
      setShares(process, values, index);
    } else {
      addShares(process, values, index, stands);
    }
  }
  const full = 100 * (isAverage ? 1 : window);
  for (const process of processes.values()) {
    process.sm = Math.min(1, process.sm / full);
    process.memory = Math.min(1, process.memory / full);
    process.encoder = Math.min(1, process.encoder / full);
    process.decoder = Math.min(1, process.decoder / full);
  }
  return processes;
}

function sortedByTime(count: number, times: readonly number[]): readonly number[] {
  return Array.from({ length: count }, (_, index) => index).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
}

function setShares(process: Shares, values: readonly number[], index: number): void {
  process.sm = values[index * 4] ?? 0;
  process.memory = values[index * 4 + 1] ?? 0;
  process.encoder = values[index * 4 + 2] ?? 0;
  process.decoder = values[index * 4 + 3] ?? 0;
}

function addShares(process: Shares, values: readonly number[], index: number, weight: number): void {
  process.sm += (values[index * 4] ?? 0) * weight;
  process.memory += (values[index * 4 + 1] ?? 0) * weight;
  process.encoder += (values[index * 4 + 2] ?? 0) * weight;
  process.decoder += (values[index * 4 + 3] ?? 0) * weight;
}
