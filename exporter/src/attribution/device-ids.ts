import type { DeviceSample, InstanceSample } from '../gpu/sample.js';
import { partitionKey } from './partition.js';

/** What an id of a device plugin or a DRA driver stands for. */
export interface ResolvedDevice {
  /** Key of a device or of a MIG instance, as {@link partitionKey} makes it. */
  readonly key: string;
  /** Whether it is one of several replicas, so that others may have the same device. */
  readonly replica: boolean;
}

interface Candidate {
  readonly device: DeviceSample;
  readonly key: string;
}

/** Ids longer than this are no ids: the longest known one has 60 characters. */
const MAX_LENGTH = 256;

/** Replicas: `::3` of time slicing and MPS, `/vgpu3` on GKE, a trailing number behind a UUID of schedulers that share GPUs. */
const REPLICA = /(?:::\d{1,6}|\/vgpu\d{1,6})$/;
const NUMBERED_UUID = /^((?:gpu|mig)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})-\d{1,6}$/;
const GKE = /^nvidia(\d{1,6})(?:\/gi(\d{1,6}))?$/;
const OLD_MIG = /^mig-(gpu-[0-9a-f-]{1,64})\/(\d{1,6})\/(\d{1,6})$/;
const DRA = /^gpu-(\d{1,6})(?:-mig-([0-9a-z-]{1,64}))?$/;

/**
 * Finds the device or MIG instance that a device plugin or a DRA driver calls by an id, in whatever way it spells it.
 *
 * - `GPU-<uuid>`, `MIG-<uuid>` and the older `MIG-GPU-<uuid>/<gi>/<ci>`, with `::<replica>` or `-<replica>` behind it
 * - GKE: `nvidia<N>`, `nvidia<N>/gi<I>`, either with `/vgpu<R>`; `N` is the minor number
 * - DRA: `gpu-<N>`, where drivers of different age mean the index or the minor number, so that it only counts where both
 *   are of the same GPU; `gpu-<N>-mig-<profile>-…`, where one instance alone fits
 * - the PCI address, of AMD's plugin
 *
 * @see https://github.com/NVIDIA/k8s-device-plugin#shared-access-to-gpus
 */
export class DeviceIds {
  private readonly byId = new Map<string, Candidate>();
  private readonly byMinor = new Map<number, DeviceSample>();
  private readonly byIndex = new Map<number, DeviceSample>();
  private readonly resolved = new Map<string, ResolvedDevice | undefined>();

  public constructor(devices: Iterable<DeviceSample>) {
    for (const device of devices) {
      const { identity } = device;
      this.byId.set(identity.pciBusId.toLowerCase(), { device, key: partitionKey(identity) });
      if (identity.uuid !== undefined)
        this.byId.set(identity.uuid.toLowerCase(), { device, key: partitionKey(identity) });
      if (identity.minorNumber !== undefined) this.byMinor.set(identity.minorNumber, device);
      // A device that is gone keeps its index, and comes after those that the driver lists.
      if (identity.index !== undefined && !this.byIndex.has(identity.index)) this.byIndex.set(identity.index, device);
      for (const instance of device.instances) {
        this.byId.set(instance.uuid.toLowerCase(), { device, key: partitionKey(identity, instance) });
      }
    }
  }

  /** The device behind an id; undefined for ids of other hardware and for those that could be of several devices. */
  public resolve(id: string): ResolvedDevice | undefined {
    if (id.length > MAX_LENGTH) return undefined;
    const known = this.resolved.get(id);
    if (known !== undefined || this.resolved.has(id)) return known;
    const lower = id.toLowerCase();
    const base = lower.replace(REPLICA, '').replace(NUMBERED_UUID, '$1');
    const key = this.byId.get(base)?.key ?? this.byMinorNumber(base) ?? this.byOldMig(base) ?? this.byDra(base);
    const resolved = key === undefined ? undefined : { key, replica: base !== lower };
    // Ids of other hardware may come by the thousand.
    if (this.resolved.size < 4096) this.resolved.set(id, resolved);
    return resolved;
  }

  private byMinorNumber(id: string): string | undefined {
    const match = GKE.exec(id);
    const device = match === null ? undefined : this.byMinor.get(Number(match[1]));
    if (match === null || device === undefined) return undefined;
    if (match[2] === undefined) return partitionKey(device.identity);
    const gpuInstance = Number(match[2]);
    return onlyInstance(device, (instance) => instance.gpuInstanceId === gpuInstance);
  }

  private byOldMig(id: string): string | undefined {
    const match = OLD_MIG.exec(id);
    const device = match === null ? undefined : this.byId.get(match[1] ?? '')?.device;
    if (match === null || device === undefined) return undefined;
    const [gpuInstance, computeInstance] = [Number(match[2]), Number(match[3])];
    return onlyInstance(
      device,
      (instance) => instance.gpuInstanceId === gpuInstance && instance.computeInstanceId === computeInstance,
    );
  }

  private byDra(id: string): string | undefined {
    const match = DRA.exec(id);
    if (match === null) return undefined;
    const number = Number(match[1]);
    const [byMinor, byIndex] = [this.byMinor.get(number), this.byIndex.get(number)];
    if (byMinor !== undefined && byIndex !== undefined && byMinor !== byIndex) return undefined;
    const device = byMinor ?? byIndex;
    if (device === undefined) return undefined;
    const mig = match[2];
    if (mig === undefined) return partitionKey(device.identity);
    // Older drivers put the number of the profile there, which says nothing to us: then one instance must be all there is.
    const named = /^\d+g\d+/.test(mig);
    return onlyInstance(device, (instance) => !named || mig.startsWith(`${instance.profile.replaceAll('.', '')}-`));
  }
}

/** Key of the one instance that fits; undefined where none or several do. */
function onlyInstance(device: DeviceSample, fits: (instance: InstanceSample) => boolean): string | undefined {
  const [instance, another] = device.instances.filter(fits);
  return instance === undefined || another !== undefined ? undefined : partitionKey(device.identity, instance);
}
