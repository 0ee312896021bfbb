/** What a series is about; the labels that name the entity are {@link ENTITY_LABELS}. */
export type EntityKind = 'node' | 'device' | 'instance' | 'process' | 'pod' | 'allocation';

/** Types of Prometheus' exposition formats; a state set is written as a gauge per state, as `info` is as a gauge of 1. */
export type MetricType = 'gauge' | 'counter' | 'stateset' | 'info';

/** Base units of Prometheus, and none for numbers of things. */
export type Unit =
  | 'bytes'
  | 'bytes_per_second'
  | 'celsius'
  | 'hertz'
  | 'joules'
  | 'ratio'
  | 'seconds'
  | 'watts'
  | 'none';

/** One metric of the native schema. */
export interface MetricDefinition {
  readonly entity: EntityKind;
  readonly type: MetricType;
  readonly unit: Unit;
  /** One sentence that says what the number is, without a full stop. */
  readonly help: string;
  /** Labels beyond those that name the entity, in the order of the values of a point. */
  readonly labels: readonly string[];
}

const DEVICE = ['vendor', 'gpu', 'uuid', 'model'] as const;
const INSTANCE = [...DEVICE, 'gpu_instance_id', 'compute_instance_id', 'profile'] as const;
const OWNER = ['namespace', 'pod', 'container'] as const;

/**
 * Labels that name an entity.
 *
 * `gpu` is the index of the driver. A process on a MIG instance and what a pod has of one carry the ids of the instance
 * too; elsewhere those labels are absent, as are the labels of a pod where there is none.
 */
export const ENTITY_LABELS: Readonly<Record<EntityKind, readonly string[]>> = {
  node: ['vendor'],
  device: DEVICE,
  instance: INSTANCE,
  process: [...DEVICE, 'gpu_instance_id', 'compute_instance_id', 'pid', ...OWNER],
  pod: [...DEVICE, 'gpu_instance_id', 'compute_instance_id', ...OWNER],
  allocation: [...OWNER],
};
