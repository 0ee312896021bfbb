import type { DeviceSample } from '../gpu/sample.js';
import type { Owner } from '../metrics/snapshot.js';
import type { Claims } from './claims.js';
import type { Labels } from './labels.js';
import type { Owners } from './owners.js';
import { type Partition, partitionsOf } from './partition.js';
import type { AttributedProcess } from './process-entities.js';
import type { ProcessInspector } from './processes.js';
import { readingsOfDevice, readingsOfInstance } from './readings.js';
import { type PartitionUse, usesOf } from './usage.js';

/** A device with who has and uses it. */
export interface AttributedDevice {
  readonly device: DeviceSample;
  readonly pciBusId: string;
  readonly labels: Labels;
  /** The device's own partition first, then its instances. */
  readonly parts: readonly PartitionUse[];
  readonly processes: readonly AttributedProcess[];
}

/** What {@link attribute} asks. */
export interface Attribution {
  readonly claims: Claims;
  readonly owners: Owners;
  /** Absent where PIDs of the driver are not PIDs that can be looked up; then processes are not looked at. */
  readonly inspector?: ProcessInspector;
}

/** Finds out who has and who uses a device. */
export function attribute(device: DeviceSample, labels: Labels, by: Attribution): AttributedDevice {
  const processes: AttributedProcess[] = [];
  const partitions = partitionsOf(device);
  const parts = partitions.map((partition) => {
    const claims = by.claims.of(partition.key);
    const found = ownersOfProcesses(
      partition,
      labels,
      claims.map(({ owner }) => owner),
      by,
      processes,
    );
    const { instance } = partition;
    const readings = instance === undefined ? readingsOfDevice(device) : readingsOfInstance(instance);
    // Where processes run on instances, that none runs on the device itself says nothing about it.
    const told = instance !== undefined || partitions.length === 1 || partition.processes.length > 0;
    return usesOf(partition, readings, claims, told ? found : undefined);
  });
  return { device, pciBusId: device.identity.pciBusId, labels, parts, processes };
}

/** Looks the processes of a partition up, and adds them to a list; undefined where they cannot be known. */
function ownersOfProcesses(
  partition: Partition,
  labels: Labels,
  allocated: readonly Owner[],
  { owners, inspector }: Attribution,
  processes: AttributedProcess[],
): readonly (Owner | undefined)[] | undefined {
  if (inspector === undefined || !partition.device.processesKnown) return undefined;
  let known = partition.processes.length === 0;
  const found = partition.processes.map((process) => {
    const facts = inspector.inspect(process.pid);
    const owner = facts && owners.ofProcess(facts.cgroup, allocated);
    processes.push({ process, partition, labels, facts, owner });
    known ||= facts !== undefined;
    return owner;
  });
  // Where not one of them can be looked up, /proc hides them: that they are of no pod is then not known either.
  return known ? found : undefined;
}
