import type { MetricName } from '../catalogue.js';
import type { TableMetric } from './table.js';

type Source = MetricName | readonly MetricName[] | undefined;
type Options = Omit<TableMetric, 'name' | 'type' | 'help' | 'from'>;

const of =
  (prefix: string, type: 'gauge' | 'counter') =>
  (name: string, help: string, from: Source, options: Options = {}): TableMetric => ({
    name: `${prefix}${name}`,
    type,
    help,
    ...(from === undefined ? {} : { from }),
    ...options,
  });

/** A gauge of the device fields. */
export const gauge = of('DCGM_FI_DEV_', 'gauge');
/** A counter of the device fields. */
export const counter = of('DCGM_FI_DEV_', 'counter');
/** A profiling field; all of them are gauges. */
export const profiling = of('DCGM_FI_PROF_', 'gauge');

/** Units of DCGM, from ours. */
export const PERCENT = { scale: 100, whole: 'nearest' } as const;
export const MEBIBYTES = { scale: 1 / 1_048_576, whole: 'down' } as const;
export const MEGAHERTZ = { scale: 1e-6, whole: 'nearest' } as const;
export const MILLIJOULES = { scale: 1000, whole: 'nearest' } as const;
export const NANOSECONDS = { scale: 1e9, whole: 'nearest' } as const;
