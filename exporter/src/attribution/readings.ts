import type { DeviceSample, InstanceSample, Point } from '../gpu/sample.js';
import type { MetricName } from '../metrics/catalogue.js';

/** Values of a device or a MIG instance that attribution reads; unknown ones are absent. */
export interface Readings {
  /** Memory in use, in bytes. */
  readonly memory?: number;
  /** Share of time in which it was busy. */
  readonly utilization?: number;
  /** Share of its multiprocessors that were busy, or what is nearest to that. */
  readonly activity?: number;
  /** Energy since the driver was loaded, in joules. */
  readonly energy?: number;
  /** Power in watts. */
  readonly power?: number;
}

/** Reads the values of a device. */
export function readingsOfDevice({ points }: DeviceSample): Readings {
  const utilization =
    readPoint(points, 'gpu_utilization_ratio') ?? readPoint(points, 'gpu_graphics_engine_active_ratio');
  return {
    memory: readPoint(points, 'gpu_memory_used_bytes'),
    utilization,
    activity: utilization,
    energy: readPoint(points, 'gpu_energy_joules_total'),
    power: readPoint(points, 'gpu_power_watts'),
  };
}

/** Reads the values of a MIG instance. */
export function readingsOfInstance({ points }: InstanceSample): Readings {
  const sm = readPoint(points, 'gpu_mig_sm_active_ratio');
  const engine = readPoint(points, 'gpu_mig_graphics_engine_active_ratio');
  return {
    memory: readPoint(points, 'gpu_mig_memory_used_bytes'),
    utilization: engine ?? sm,
    activity: sm ?? engine,
  };
}

/** The value of a metric without labels of its own. */
export function readPoint(points: readonly Point[], metric: MetricName): number | undefined {
  for (const point of points) if (point[0] === metric) return point[1];
  return undefined;
}
