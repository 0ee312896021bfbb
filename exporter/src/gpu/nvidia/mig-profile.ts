import { readText, readU64 } from './device-calls.js';
import { SUCCESS } from './errors.js';
import { LAYOUTS } from './layouts.js';
import type { NativeLibrary } from './native-library.js';

/** Such as `1g.10gb`, `1c.3g.40gb`, `1g.10gb+me`, `1g.12gb-me`. */
const PROFILE = /\bMIG ((?:\d+c\.)?\d+g\.\d+gb\S*)\s*$/;

/** The profile at the end of the name of a MIG device, or of a profile: `NVIDIA A100-SXM4-40GB MIG 1g.5gb`. */
export function profileOfName(name: string): string | undefined {
  return PROFILE.exec(name)?.[1];
}

/**
 * Composes the profile from the attributes of a MIG device: slices and memory.
 *
 * A profile bears the size of its part of the memory before the driver takes its own, so the memory is rounded up.
 *
 * @see https://docs.nvidia.com/datacenter/tesla/mig-user-guide/concepts.html
 */
export function profileOfAttributes(attributes: Buffer): string | undefined {
  const { fields } = LAYOUTS.nvmlDeviceAttributes_t;
  const gpuSlices = attributes.readUInt32LE(fields.gpuInstanceSliceCount.offset);
  const computeSlices = attributes.readUInt32LE(fields.computeInstanceSliceCount.offset);
  const gigabytes = Math.ceil((readU64(attributes, fields.memorySizeMB.offset) ?? 0) / 1024);
  if (gpuSlices === 0 || gigabytes === 0) {
    return undefined;
  }
  const part = computeSlices > 0 && computeSlices < gpuSlices ? `${computeSlices}c.` : '';
  return `${part}${gpuSlices}g.${gigabytes}gb`;
}

const LOOKUP = [
  'nvmlDeviceGetGpuInstanceById',
  'nvmlGpuInstanceGetInfo',
  'nvmlDeviceGetGpuInstanceProfileInfoV',
] as const;

/** Profiles are numbered from 0 with holes; NVML knows 18 of them. */
const MOST_PROFILES = 32;

/** Looks the profile of a GPU instance up among those of its device. */
export function profileOfGpuInstance(
  library: NativeLibrary,
  device: bigint,
  gpuInstanceId: number,
): string | undefined {
  const instance = Buffer.alloc(8);
  if (
    !LOOKUP.every((name) => library.has(name)) ||
    library.call('nvmlDeviceGetGpuInstanceById', device, gpuInstanceId, instance) !== SUCCESS
  ) {
    return undefined;
  }
  const info = Buffer.alloc(LAYOUTS.nvmlGpuInstanceInfo_t.size);
  if (library.call('nvmlGpuInstanceGetInfo', instance.readBigUInt64LE(0), info) !== SUCCESS) {
    return undefined;
  }
  const wanted = info.readUInt32LE(LAYOUTS.nvmlGpuInstanceInfo_t.fields.profileId.offset);
  const { size, version, fields } = LAYOUTS.nvmlGpuInstanceProfileInfo_v2_t;
  const profile = Buffer.alloc(size);
  for (let number = 0; number < MOST_PROFILES; number += 1) {
    profile.writeUInt32LE(version, 0);
    const code = library.call('nvmlDeviceGetGpuInstanceProfileInfoV', device, number, profile);
    if (code === SUCCESS && profile.readUInt32LE(fields.id.offset) === wanted) {
      return profileOfName(readText(profile, fields.name.offset, fields.name.length) ?? '');
    }
  }
  return undefined;
}
