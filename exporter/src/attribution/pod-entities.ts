import type { DeviceIdentity, Point } from '../gpu/sample.js';
import type { Entity, Owner } from '../metrics/snapshot.js';
import type { Past, Totals } from './accounting.js';
import type { AllocationTotal } from './claims.js';
import { type Labels, ownerLabels } from './labels.js';
import type { Use } from './usage.js';

/** What a part of a pod is shown with: the labels and the identity of what it has. */
export interface PodSubject {
  /** Of the device, with the ids of the MIG instance. */
  readonly labels: Labels;
  readonly identity: DeviceIdentity;
  readonly migUuid?: string;
}

/** A container and what it has and uses of a device or a MIG instance. */
export function podEntity(subject: PodSubject, use: Use, totals: Totals): Entity {
  const points: Point[] = [];
  for (const { resource, deviceId } of use.claim?.ids ?? []) {
    points.push(['gpu_pod_allocation_info', 1, resource, deviceId]);
  }
  if (use.memory !== undefined) points.push(['gpu_pod_memory_used_bytes', use.memory]);
  if (use.utilization !== undefined) points.push(['gpu_pod_utilization_ratio', use.utilization]);
  return entity(subject, use.owner, [...points, ...totalPoints(totals)]);
}

/** A container that is gone, with its last totals. */
export const pastEntity = ({ subject, owner, totals }: Past<PodSubject>): Entity =>
  entity(subject, owner, totalPoints(totals));

/** A container and how many devices it was given. */
export const allocationEntity = ({ owner, devices }: AllocationTotal): Entity => ({
  kind: 'allocation',
  labels: ownerLabels(owner),
  points: Array.from(devices, ([resource, count]): Point => ['gpu_pod_allocated_devices', count, resource]),
  owners: [owner],
});

const entity = ({ labels, identity, migUuid }: PodSubject, owner: Owner, points: readonly Point[]): Entity => ({
  kind: 'pod',
  labels: { ...labels, ...ownerLabels(owner) },
  points,
  identity,
  migUuid,
  owners: [owner],
});

function totalPoints({ energy, allocated, idle }: Totals): readonly Point[] {
  const points: Point[] = [];
  if (energy !== undefined) points.push(['gpu_pod_energy_joules_total', energy]);
  if (allocated !== undefined) points.push(['gpu_pod_allocated_seconds_total', allocated]);
  if (idle !== undefined) points.push(['gpu_pod_idle_seconds_total', idle]);
  return points;
}
