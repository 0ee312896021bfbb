import type { Device } from '../device.js';
import { LAYOUTS } from '../layouts.js';
import { COMPUTE_MODES, FABRIC_STATES } from '../states.js';
import type { DeviceCollector } from './collector.js';

const FABRIC = LAYOUTS.nvmlGpuFabricInfo_v2_t;
const fabric = Buffer.alloc(LAYOUTS.nvmlGpuFabricInfo_v3_t.size);
const current = Buffer.alloc(4);
const pending = Buffer.alloc(4);

/** Modes that an administrator sets, and the fabric that the GPU is part of. */
export const modeCollector: DeviceCollector = {
  name: 'modes',
  cadence: 'minute',
  collect(device) {
    device.putStates('gpu_compute_mode', COMPUTE_MODES, device.calls.u32('nvmlDeviceGetComputeMode'));
    device.put('gpu_persistence_mode_enabled', device.calls.u32('nvmlDeviceGetPersistenceMode'));
    fabric.fill(0);
    fabric.writeUInt32LE(FABRIC.version, FABRIC.fields.version.offset);
    if (device.calls.run('nvmlDeviceGetGpuFabricInfoV', fabric)) {
      fabricInfo(device);
    }
  },
};

function fabricInfo(device: Device): void {
  const at = FABRIC.fields;
  const state = fabric.readUInt8(at.state.offset);
  if (FABRIC_STATES[state] === 'not_supported') {
    return;
  }
  device.putStates('gpu_fabric_state', FABRIC_STATES, state);
  // Until the GPU has joined, the rest says nothing.
  if (FABRIC_STATES[state] === 'completed') {
    device.put('gpu_fabric_status_code', fabric.readInt32LE(at.status.offset));
    const clique = String(fabric.readUInt32LE(at.cliqueId.offset));
    device.put('gpu_fabric_info', 1, clusterUuid(at.clusterUuid.offset, at.clusterUuid.length), clique);
  }
}

function clusterUuid(offset: number, length: number): string {
  const hex = fabric.toString('hex', offset, offset + length);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Whether the GPU is divided into instances. */
export class MigModeCollector implements DeviceCollector {
  public readonly name = 'mig_mode';
  public readonly cadence = 'collection';
  private readonly modes = new WeakMap<Device, number>();

  public collect(device: Device): void {
    if (!device.calls.run('nvmlDeviceGetMigMode', current, pending)) {
      return;
    }
    const mode = current.readUInt32LE(0);
    device.put('gpu_mig_mode_enabled', mode);
    device.put('gpu_mig_mode_pending_enabled', pending.readUInt32LE(0));
    const before = this.modes.get(device);
    if (before !== undefined && before !== mode) {
      // What the GPU supports depends on it, utilization first of all.
      device.forgetUnsupported();
    }
    this.modes.set(device, mode);
  }
}
