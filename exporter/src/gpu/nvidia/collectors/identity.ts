import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from '../device.js';
import { TEXT_BUFFERS } from '../layouts.js';
import { architectureName, brandName } from '../names.js';
import type { DeviceCollector } from './collector.js';

const major = Buffer.alloc(4);
const minor = Buffer.alloc(4);
const firmware = Buffer.alloc(TEXT_BUFFERS.systemVersion);

/** What the GPU is. What was known stays known when the driver no longer says it. */
export const identityCollector: DeviceCollector = {
  name: 'identity',
  cadence: 'minute',
  collect(device) {
    const { calls, identity } = device;
    device.identity = {
      ...identity,
      index: calls.u32('nvmlDeviceGetIndex') ?? identity.index,
      uuid: calls.text('nvmlDeviceGetUUID', TEXT_BUFFERS.uuid) ?? identity.uuid,
      model: calls.text('nvmlDeviceGetName', TEXT_BUFFERS.name) ?? identity.model,
      minorNumber: calls.u32('nvmlDeviceGetMinorNumber') ?? identity.minorNumber,
      brand: brandName(calls.u32('nvmlDeviceGetBrand')) ?? identity.brand,
      architecture: architectureName(calls.u32('nvmlDeviceGetArchitecture')) ?? identity.architecture,
      computeCapability: computeCapability(device) ?? identity.computeCapability,
      serial: serial(device) ?? identity.serial,
      vbiosVersion: calls.text('nvmlDeviceGetVbiosVersion', TEXT_BUFFERS.vbiosVersion) ?? identity.vbiosVersion,
      gspFirmwareVersion: gspFirmwareVersion(device) ?? identity.gspFirmwareVersion,
      numaNode: numaNode(device) ?? identity.numaNode,
    };
  },
};

function computeCapability({ calls }: Device): string | undefined {
  return calls.run('nvmlDeviceGetCudaComputeCapability', major, minor)
    ? `${major.readInt32LE(0)}.${minor.readInt32LE(0)}`
    : undefined;
}

/** Boards without a serial number answer 0. */
function serial({ calls }: Device): string | undefined {
  const text = calls.text('nvmlDeviceGetSerial', TEXT_BUFFERS.serial);
  return text === '0' ? undefined : text;
}

function gspFirmwareVersion({ calls }: Device): string | undefined {
  firmware.fill(0);
  return calls.run('nvmlDeviceGetGspFirmwareVersion', firmware)
    ? firmware.toString('utf8', 0, Math.max(0, firmware.indexOf(0))) || undefined
    : undefined;
}

/** The node that the GPU is attached to; only where the kernel does not say, the one that its own memory is. */
function numaNode(device: Device): number | undefined {
  try {
    const path = join(device.options.sysfs, 'bus/pci/devices', device.identity.pciBusId, 'numa_node');
    const node = Number.parseInt(readFileSync(path, 'utf8'), 10);
    return node >= 0 ? node : undefined;
  } catch {
    return device.calls.u32('nvmlDeviceGetNumaNodeId');
  }
}
