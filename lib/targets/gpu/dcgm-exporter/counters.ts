import type { Problems } from '../../../model/problem';
import { didYouMean } from '../../../model/suggest';
import { DCGM_FIELDS, isProfilingField } from './fields';

/** One line of the counters file: what is collected, and as what. */
export interface Counter {
  /** Name of the DCGM field, which is also the name of the metric. */
  readonly field: string;
  /** Type of the metric; a `label` becomes a label of every series of the GPU instead. */
  readonly type: 'gauge' | 'counter' | 'label';
  /** What the metric says, in one line. */
  readonly help: string;
  /** The field is newer than the list of fields of this package. @default false */
  readonly unlisted?: boolean;
}

const gauge = (field: string, help: string): Counter => ({ field, type: 'gauge', help });
const counter = (field: string, help: string): Counter => ({ field, type: 'counter', help });

/**
 * What a dcgm-exporter of this package collects by default; those of the performance counters only with `profiling`.
 *
 * Beside dcgm-exporter's own set there are the power limit, the reasons why clocks are held down, the errors of memory,
 * and how busy the SMs are. A rate is a gauge, whatever dcgm-exporter's own file calls it.
 *
 * @see https://github.com/NVIDIA/dcgm-exporter/blob/main/etc/default-counters.csv
 */
export const DEFAULT_COUNTERS: readonly Counter[] = [
  gauge('DCGM_FI_DEV_SM_CLOCK', 'Clock of the streaming multiprocessors, in MHz.'),
  gauge('DCGM_FI_DEV_MEM_CLOCK', 'Clock of the memory, in MHz.'),
  gauge('DCGM_FI_DEV_CLOCKS_EVENT_REASONS', 'Why the clocks are below their maximum, as a bit mask.'),
  gauge('DCGM_FI_DEV_MEMORY_TEMP', 'Temperature of the memory, in degrees Celsius.'),
  gauge('DCGM_FI_DEV_GPU_TEMP', 'Temperature of the GPU, in degrees Celsius.'),
  gauge('DCGM_FI_DEV_POWER_USAGE', 'Power that the board draws, in watts.'),
  gauge('DCGM_FI_DEV_ENFORCED_POWER_LIMIT', 'Power at which the driver holds the board, in watts.'),
  counter('DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', 'Energy since the driver was loaded, in millijoules.'),
  counter('DCGM_FI_DEV_PCIE_REPLAY_COUNTER', 'PCIe packets that were sent again.'),
  gauge('DCGM_FI_DEV_GPU_UTIL', 'Share of time in which a kernel ran, in percent.'),
  gauge('DCGM_FI_DEV_MEM_COPY_UTIL', 'Share of time in which memory was read or written, in percent.'),
  gauge('DCGM_FI_DEV_ENC_UTIL', 'Utilization of the video encoder, in percent.'),
  gauge('DCGM_FI_DEV_DEC_UTIL', 'Utilization of the video decoder, in percent.'),
  gauge('DCGM_FI_DEV_XID_ERRORS', 'Number of the last XID error; it stays until the exporter restarts.'),
  gauge('DCGM_FI_DEV_FB_FREE', 'Free memory of the GPU, in MiB.'),
  gauge('DCGM_FI_DEV_FB_USED', 'Used memory of the GPU, in MiB.'),
  gauge('DCGM_FI_DEV_FB_RESERVED', 'Memory of the GPU that the driver keeps for itself, in MiB.'),
  counter('DCGM_FI_DEV_ECC_SBE_VOL_TOTAL', 'Corrected memory errors since the driver was loaded.'),
  counter('DCGM_FI_DEV_ECC_DBE_VOL_TOTAL', 'Uncorrected memory errors since the driver was loaded.'),
  counter('DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS', 'Rows of memory that uncorrectable errors have replaced.'),
  counter('DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS', 'Rows of memory that correctable errors have replaced.'),
  gauge('DCGM_FI_DEV_ROW_REMAP_FAILURE', 'Whether a row of memory could not be replaced: 0 or 1.'),
  gauge('DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL', 'Traffic over all NVLinks, in MB per second.'),
  gauge('DCGM_FI_DEV_VGPU_LICENSE_STATUS', 'Whether the vGPU license is valid: 0 or 1.'),
  { field: 'DCGM_FI_DRIVER_VERSION', type: 'label', help: 'Version of the driver.' },
  gauge('DCGM_FI_PROF_GR_ENGINE_ACTIVE', 'Share of time in which the graphics or compute engine was busy, 0 to 1.'),
  gauge('DCGM_FI_PROF_SM_ACTIVE', 'Share of time in which a warp was on a multiprocessor, on average, 0 to 1.'),
  gauge('DCGM_FI_PROF_SM_OCCUPANCY', 'Warps on the multiprocessors, as a share of those that fit, 0 to 1.'),
  gauge('DCGM_FI_PROF_PIPE_TENSOR_ACTIVE', 'Share of time in which the tensor cores were busy, 0 to 1.'),
  gauge('DCGM_FI_PROF_DRAM_ACTIVE', 'Share of time in which the memory interface was busy, 0 to 1.'),
  gauge('DCGM_FI_PROF_PCIE_TX_BYTES', 'PCIe traffic from the GPU, in bytes per second.'),
  gauge('DCGM_FI_PROF_PCIE_RX_BYTES', 'PCIe traffic to the GPU, in bytes per second.'),
];

/** How the set of counters is made. */
export interface CounterOptions {
  /** The whole set. @default - DEFAULT_COUNTERS, those of the performance counters only with `profiling` */
  readonly counters?: readonly Counter[];
  /** Counters beside the set. @default - none */
  readonly addCounters?: readonly Counter[];
  /** Fields of the set that are not collected. @default - none */
  readonly removeCounters?: readonly string[];
  /**
   * Collects performance counters (`DCGM_FI_PROF_*`), such as how busy the tensor cores are; takes the capability
   * SYS_ADMIN.
   *
   * @default false
   */
  readonly profiling?: boolean;
}

/** The counters that the options ask for, in their order. */
export function selectCounters(options: CounterOptions): readonly Counter[] {
  const { addCounters = [], removeCounters = [], profiling = false } = options;
  return [...baseSet(options, profiling), ...addCounters].filter(({ field }) => !removeCounters.includes(field));
}

function baseSet({ counters }: CounterOptions, profiling: boolean): readonly Counter[] {
  return counters ?? DEFAULT_COUNTERS.filter(({ field }) => profiling || !isProfilingField(field));
}

/** The counters file, as dcgm-exporter reads it: CSV without a header. */
export function countersFile(counters: readonly Counter[]): string {
  return counters.map(({ field, type, help }) => `${field},${type},${quoted(help)}\n`).join('');
}

/** Its reader takes a quote for one only at the start of a value. */
function quoted(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Checks that every field exists, stands once and can be read. */
export function checkCounters(options: CounterOptions, problems: Problems): void {
  const { counters, addCounters = [], removeCounters = [], profiling = false } = options;
  const base = baseSet(options, profiling);
  const seen = new Set<string>();
  for (const [property, list] of Object.entries({ counters: base, addCounters })) {
    for (const [index, each] of list.entries()) {
      checkCounter(each, profiling, seen, problems, `${property}[${index}]`);
    }
  }
  for (const field of removeCounters) {
    if (!seen.has(field)) {
      problems.add('removeCounters', `${field} is not collected anyway.${didYouMean(field, seen)}`);
    }
  }
  if (selectCounters(options).every(({ type }) => type === 'label')) {
    const property = counters === undefined ? 'removeCounters' : 'counters';
    problems.add(property, 'Nothing is left to collect. Allowed: at least one gauge or counter.');
  }
}

function checkCounter(each: Counter, profiling: boolean, seen: Set<string>, problems: Problems, at: string): void {
  const { field, type, help, unlisted = false } = each;
  if (seen.has(field)) {
    problems.add(
      `${at}.field`,
      `${field} is there already. Remove one; removeCounters takes one out of the default set.`,
    );
  }
  seen.add(field);
  if (!/^DCGM_(FI|EXP)_[A-Z0-9_]+$/.test(field)) {
    problems.add(`${at}.field`, `"${field}" is no name of a DCGM field. Allowed: such as DCGM_FI_DEV_GPU_TEMP.`);
  } else if (!unlisted && !DCGM_FIELDS.has(field)) {
    problems.add(
      `${at}.field`,
      `DCGM has no field ${field}.${didYouMean(field, DCGM_FIELDS)} One that is newer than this package needs unlisted: true.`,
    );
  }
  if (isProfilingField(field) && !profiling) {
    problems.add(`${at}.field`, `${field} is a performance counter. Set profiling: true, which adds SYS_ADMIN.`);
  }
  if (!['gauge', 'counter', 'label'].includes(type)) {
    problems.add(`${at}.type`, `"${type}" received. Allowed: gauge, counter, label.`);
  }
  if (help.trim() === '' || /[\r\n\\]/.test(help)) {
    problems.add(`${at}.help`, `${JSON.stringify(help)} received. Allowed: one line of text without \\.`);
  }
}
