import type { DeviceIdentity, Point } from '../../src/gpu/sample.js';
import type { Entity, Owner, Snapshot } from '../../src/metrics/snapshot.js';

/** The identity of GPU number `index`. */
export function identityOf(index: number, more: Partial<DeviceIdentity> = {}): DeviceIdentity {
  return {
    vendor: 'nvidia',
    pciBusId: `0000:${(index + 59).toString(16)}:00.0`,
    index,
    uuid: `GPU-${index}`,
    model: 'NVIDIA H100',
    minorNumber: index,
    ...more,
  };
}

/** A GPU with these values. */
export function device(index: number, points: readonly Point[], more: Partial<Entity> = {}): Entity {
  return {
    kind: 'device',
    labels: { vendor: 'nvidia', gpu: String(index), uuid: `GPU-${index}`, model: 'NVIDIA H100' },
    identity: identityOf(index),
    status: 'ok',
    points,
    owners: [],
    ...more,
  };
}

/** A MIG instance of a GPU. */
export function instance(index: number, gpuInstance: number, points: readonly Point[], owners: Owner[] = []): Entity {
  return {
    ...device(index, points),
    kind: 'instance',
    labels: {
      vendor: 'nvidia',
      gpu: String(index),
      uuid: `GPU-${index}`,
      model: 'NVIDIA H100',
      gpu_instance_id: String(gpuInstance),
      compute_instance_id: '0',
      profile: '1g.10gb',
    },
    migUuid: `MIG-${index}-${gpuInstance}`,
    owners,
  };
}

/** A process on a GPU, with its owner where it is in a pod. */
export function runningProcess(index: number, pid: number, points: readonly Point[], owner?: Owner): Entity {
  const { namespace, pod, container } = owner ?? {};
  return {
    ...device(index, points),
    kind: 'process',
    labels: {
      vendor: 'nvidia',
      gpu: String(index),
      uuid: `GPU-${index}`,
      model: 'NVIDIA H100',
      pid: String(pid),
      ...(namespace === undefined ? {} : { namespace }),
      ...(pod === undefined ? {} : { pod }),
      ...(container === undefined ? {} : { container }),
    },
    owners: owner === undefined ? [] : [owner],
  };
}

/** A snapshot of these. */
export function snapshotOf(entities: readonly Entity[], time = 1_700_000_000): Snapshot {
  return { time, drivers: { nvidia: { driver: '580.95.05', cuda: '13.0' } }, entities };
}

/** The lines of series in an exposition. */
export function seriesOf(text: string | Buffer): readonly string[] {
  return text
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}
