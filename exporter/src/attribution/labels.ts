import type { DeviceIdentity, InstanceSample } from '../gpu/sample.js';
import type { Owner } from '../metrics/snapshot.js';

/** Labels of an entity. */
export type Labels = Readonly<Record<string, string>>;

/** Labels of a device; what is unknown is absent. */
export function deviceLabels({ vendor, index, uuid, model }: DeviceIdentity): Labels {
  const labels: Record<string, string> = { vendor };
  if (index !== undefined) labels.gpu = String(index);
  if (uuid !== undefined) labels.uuid = uuid;
  if (model !== undefined) labels.model = model;
  return labels;
}

/** Labels of a MIG instance. */
export const instanceLabels = (device: Labels, instance: InstanceSample): Labels => ({
  ...withInstance(device, instance),
  profile: instance.profile,
});

/** Labels of what is on a device, or on a MIG instance of it. */
export function withInstance(
  device: Labels,
  instance: { readonly gpuInstanceId?: number; readonly computeInstanceId?: number } | undefined,
): Labels {
  if (instance?.gpuInstanceId === undefined) return device;
  const labels: Record<string, string> = { ...device, gpu_instance_id: String(instance.gpuInstanceId) };
  if (instance.computeInstanceId !== undefined) labels.compute_instance_id = String(instance.computeInstanceId);
  return labels;
}

/** Labels of a container of a pod. */
export function ownerLabels(owner: Owner | undefined): Labels {
  if (owner === undefined) return {};
  const labels: Record<string, string> = { namespace: owner.namespace, pod: owner.pod };
  if (owner.container !== undefined) labels.container = owner.container;
  return labels;
}

/** Whether two sets of labels are the same. */
export function sameLabels(a: Labels, b: Labels): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
