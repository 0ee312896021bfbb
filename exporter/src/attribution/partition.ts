import type { DeviceIdentity, DeviceSample, InstanceSample, ProcessSample } from '../gpu/sample.js';

/** What a container can have for itself: a device, or a MIG instance of one. */
export interface Partition {
  readonly key: string;
  readonly device: DeviceSample;
  readonly instance?: InstanceSample;
  readonly processes: readonly ProcessSample[];
}

/** Identifies a device or a MIG instance on a node. Its labels depend on the same ids. */
export const partitionKey = (
  identity: DeviceIdentity,
  instance?: { readonly gpuInstanceId: number; readonly computeInstanceId: number },
): string =>
  instance === undefined
    ? identity.pciBusId
    : `${identity.pciBusId}/${instance.gpuInstanceId}/${instance.computeInstanceId}`;

/**
 * Divides a device into what containers can have: its MIG instances, and the device itself, which holds the processes of
 * no instance and comes first.
 */
export function partitionsOf(device: DeviceSample): readonly Partition[] {
  const key = partitionKey(device.identity);
  if (device.instances.length === 0) return [{ key, device, processes: device.processes }];
  const processes = new Map<string, ProcessSample[]>([[key, []]]);
  for (const instance of device.instances) processes.set(partitionKey(device.identity, instance), []);
  for (const process of device.processes) {
    (processes.get(keyOf(process, device)) ?? processes.get(key))?.push(process);
  }
  const own: Partition = { key, device, processes: processes.get(key) ?? [] };
  const ofInstances = device.instances.map((instance): Partition => {
    const key = partitionKey(device.identity, instance);
    return { key, device, instance, processes: processes.get(key) ?? [] };
  });
  return [own, ...ofInstances];
}

/** Key of the partition that a process runs on; that of the device where the driver names no instance. */
function keyOf(process: ProcessSample, device: DeviceSample): string {
  const { gpuInstanceId, computeInstanceId } = process;
  if (gpuInstanceId === undefined) return partitionKey(device.identity);
  if (computeInstanceId !== undefined) return partitionKey(device.identity, { gpuInstanceId, computeInstanceId });
  // Drivers that name the GPU instance alone: good where it holds one compute instance.
  const [instance, another] = device.instances.filter((candidate) => candidate.gpuInstanceId === gpuInstanceId);
  return partitionKey(device.identity, another === undefined ? instance : undefined);
}
