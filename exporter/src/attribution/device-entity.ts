import { DEVICE_STATUSES, type DeviceIdentity, type DeviceSample, type Point } from '../gpu/sample.js';
import type { PartitionUse } from './usage.js';

/** Points that say whether a device answers, and what it is. */
export function healthPoints({ identity, status }: DeviceSample): readonly Point[] {
  const { pciBusId } = identity;
  return [
    ['gpu_up', status === 'ok' ? 1 : 0, pciBusId],
    ...DEVICE_STATUSES.map((each): Point => ['gpu_status', each === status ? 1 : 0, pciBusId, each]),
    ['gpu_info', 1, pciBusId, ...infoLabels(identity)],
  ];
}

const infoLabels = (identity: DeviceIdentity): readonly string[] => [
  identity.minorNumber?.toString() ?? '',
  identity.brand ?? '',
  identity.architecture ?? '',
  identity.computeCapability ?? '',
  identity.serial ?? '',
  identity.vbiosVersion ?? '',
  identity.gspFirmwareVersion ?? '',
  identity.numaNode?.toString() ?? '',
  identity.memoryType ?? '',
];

/**
 * What no container uses of a device: the device less what all containers use.
 *
 * Absent where the device or any container that has it is unknown. Drivers sample a device and its processes at different
 * moments, so that containers can add up to slightly more than the device; then nothing is left, and the remainder is 0.
 *
 * @param parts the device's own partition first, then its instances
 */
export function unattributedPoints(parts: readonly PartitionUse[], energy: number | undefined): readonly Point[] {
  const points: Point[] = [];
  const readings = parts[0]?.readings;
  const uses = parts.flatMap((part) => part.uses);
  const memory = remainder(
    readings?.memory,
    uses.map((use) => use.memory),
  );
  if (memory !== undefined) points.push(['gpu_unattributed_memory_bytes', memory]);
  // With MIG the driver has no utilization of the device as a whole, and shares of instances do not add up to one.
  const utilization =
    parts.length > 1
      ? undefined
      : remainder(
          readings?.utilization,
          uses.map((use) => use.utilization),
        );
  if (utilization !== undefined) points.push(['gpu_unattributed_utilization_ratio', utilization]);
  if (energy !== undefined) points.push(['gpu_unattributed_energy_joules_total', energy]);
  return points;
}

function remainder(whole: number | undefined, parts: readonly (number | undefined)[]): number | undefined {
  let rest = whole;
  for (const part of parts) {
    if (rest === undefined || part === undefined) return undefined;
    rest -= part;
  }
  return rest === undefined ? undefined : Math.max(0, rest);
}
