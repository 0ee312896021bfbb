import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from '../device.js';
import { readU64 } from '../device-calls.js';
import { LAYOUTS } from '../layouts.js';
import type { DeviceCollector } from './collector.js';

const V1 = LAYOUTS.nvmlMemory_t;
const V2 = LAYOUTS.nvmlMemory_v2_t;
const BAR1 = LAYOUTS.nvmlBAR1Memory_t;
const KIB = 1024;

const info = Buffer.alloc(V2.size);

/**
 * Memory of the GPU, and the window through which others reach it.
 *
 * The second version of the call tells used from reserved memory; where only the first exists, used contains both. GPUs
 * that have no memory of their own answer neither: then the system's memory is theirs.
 */
export const memoryCollector: DeviceCollector = {
  name: 'memory',
  cadence: 'collection',
  collect(device) {
    if (dedicated(device)) {
      device.identity = remember(device, 'dedicated');
    } else if (device.identity.memoryType !== 'dedicated' && device.calls.lacks('nvmlDeviceGetMemoryInfo')) {
      unified(device);
    }
    if (device.calls.run('nvmlDeviceGetBAR1MemoryInfo', info)) {
      device.put('gpu_bar1_memory_total_bytes', readU64(info, BAR1.fields.bar1Total.offset));
      device.put('gpu_bar1_memory_used_bytes', readU64(info, BAR1.fields.bar1Used.offset));
      device.put('gpu_bar1_memory_free_bytes', readU64(info, BAR1.fields.bar1Free.offset));
    }
  },
};

function dedicated(device: Device): boolean {
  info.fill(0);
  info.writeUInt32LE(V2.version, V2.fields.version.offset);
  if (device.calls.run('nvmlDeviceGetMemoryInfo_v2', info)) {
    put(device, V2.fields);
    device.put('gpu_memory_reserved_bytes', readU64(info, V2.fields.reserved.offset));
    return true;
  }
  // Not after a failure: used memory would jump by what is reserved.
  if (device.calls.lacks('nvmlDeviceGetMemoryInfo_v2') && device.calls.run('nvmlDeviceGetMemoryInfo', info)) {
    put(device, V1.fields);
    return true;
  }
  return false;
}

type Offsets = Readonly<Record<'total' | 'used' | 'free', { readonly offset: number }>>;

function put(device: Device, { total, used, free }: Offsets): void {
  device.put('gpu_memory_total_bytes', readU64(info, total.offset));
  device.put('gpu_memory_used_bytes', readU64(info, used.offset));
  device.put('gpu_memory_free_bytes', readU64(info, free.offset));
}

/** @see https://docs.kernel.org/filesystems/proc.html#meminfo */
function unified(device: Device): void {
  const text = meminfo(device);
  const total = kibibytes(text, 'MemTotal');
  const available = kibibytes(text, 'MemAvailable');
  device.put('gpu_memory_total_bytes', total);
  if (total !== undefined && available !== undefined) {
    device.put('gpu_memory_used_bytes', total - available);
    device.put('gpu_memory_free_bytes', available);
  }
  device.identity = remember(device, 'unified');
}

function meminfo(device: Device): string {
  try {
    return readFileSync(join(device.options.procfs, 'meminfo'), 'utf8');
  } catch {
    return '';
  }
}

function kibibytes(text: string, key: string): number | undefined {
  const match = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text);
  return match === null ? undefined : Number(match[1]) * KIB;
}

const remember = ({ identity }: Device, memoryType: 'dedicated' | 'unified') =>
  identity.memoryType === memoryType ? identity : { ...identity, memoryType };
