import protobuf, { type Reader } from 'protobufjs/minimal.js';
import { endOf, finished, stringAt } from './message-fields.js';
import type { DeviceAllocation } from './source.js';

/*
 * Messages of the kubelet's PodResources API, as far as devices are concerned. CPUs, memory, topology and fields that are
 * not known are skipped unread, and so are the names of pods without devices: most pods of a node have none.
 *
 * A tag is `field number << 3 | wire type`; everything here is of wire type 2 (bytes with their length before them).
 */
const FIELD_1 = (1 << 3) | 2;
const FIELD_2 = (2 << 3) | 2;
const FIELD_3 = (3 << 3) | 2;
const FIELD_4 = (4 << 3) | 2;
const FIELD_5 = (5 << 3) | 2;

/**
 * Devices in a `ListPodResourcesResponse`. Throws where the bytes are not one.
 * @see https://github.com/kubernetes/kubelet/blob/v0.37.0/pkg/apis/podresources/v1/api.proto
 */
export function decodeAllocations(message: Uint8Array): DeviceAllocation[] {
  const reader = protobuf.Reader.create(message);
  const allocations: DeviceAllocation[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === FIELD_1) {
      decodePod(reader, endOf(reader), allocations);
    } else {
      reader.skipType(tag & 7);
    }
  }
  return allocations;
}

/** Device ids by resource in an `AllocatableResourcesResponse`, which has an entry of its own for each device of a resource. */
export function decodeAllocatable(message: Uint8Array): Map<string, readonly string[]> {
  const reader = protobuf.Reader.create(message);
  const byResource = new Map<string, Set<string>>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === FIELD_1) {
      const { resource, ids } = decodeDevices(reader, endOf(reader));
      const known = byResource.get(resource) ?? new Set();
      for (const id of ids) {
        known.add(id);
      }
      byResource.set(resource, known);
    } else {
      reader.skipType(tag & 7);
    }
  }
  return new Map([...byResource].map(([resource, ids]) => [resource, [...ids]]));
}

/** What a container has, before it is known whose container it is. */
interface ContainerDevice {
  readonly container: string;
  readonly resource: string;
  readonly deviceId: string;
  readonly claim?: DeviceAllocation['claim'];
}

function decodePod(reader: Reader, end: number, allocations: DeviceAllocation[]): void {
  let name = -1;
  let namespace = -1;
  const devices: ContainerDevice[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === FIELD_1) {
      name = reader.pos;
      reader.skipType(2);
    } else if (tag === FIELD_2) {
      namespace = reader.pos;
      reader.skipType(2);
    } else if (tag === FIELD_3) {
      decodeContainer(reader, endOf(reader), devices);
    } else {
      reader.skipType(tag & 7);
    }
  }
  finished(reader, end);
  if (devices.length === 0) {
    return;
  }
  const owner = { namespace: stringAt(reader, namespace), pod: stringAt(reader, name) };
  for (const device of devices) {
    allocations.push({ ...owner, ...device });
  }
}

function decodeContainer(reader: Reader, end: number, devices: ContainerDevice[]): void {
  let container = '';
  // The name comes first on the wire, but nothing promises it.
  const found: Omit<ContainerDevice, 'container'>[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === FIELD_1) {
      container = reader.string();
    } else if (tag === FIELD_2) {
      const { resource, ids } = decodeDevices(reader, endOf(reader));
      found.push(...ids.map((deviceId) => ({ resource, deviceId })));
    } else if (tag === FIELD_5) {
      decodeDynamicResource(reader, endOf(reader), found);
    } else {
      reader.skipType(tag & 7);
    }
  }
  finished(reader, end);
  devices.push(...found.map((device) => ({ container, ...device })));
}

function decodeDevices(reader: Reader, end: number): { resource: string; ids: string[] } {
  let resource = '';
  const ids: string[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === FIELD_1) {
      resource = reader.string();
    } else if (tag === FIELD_2) {
      ids.push(reader.string());
    } else {
      reader.skipType(tag & 7);
    }
  }
  finished(reader, end);
  return { resource, ids };
}

function decodeDynamicResource(reader: Reader, end: number, devices: Omit<ContainerDevice, 'container'>[]): void {
  let name = '';
  let namespace = '';
  const claimed: { driver: string; pool: string; device: string }[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === FIELD_2) {
      name = reader.string();
    } else if (tag === FIELD_3) {
      namespace = reader.string();
    } else if (tag === FIELD_4) {
      claimed.push(decodeClaimResource(reader, endOf(reader)));
    } else {
      reader.skipType(tag & 7);
    }
  }
  finished(reader, end);
  for (const { driver, pool, device } of claimed) {
    // An empty name stands for a resource of a kind that is no device.
    if (device !== '') {
      devices.push({ resource: driver, deviceId: device, claim: { namespace, name, pool } });
    }
  }
}

function decodeClaimResource(reader: Reader, end: number): { driver: string; pool: string; device: string } {
  let driver = '';
  let pool = '';
  let device = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === FIELD_2) {
      driver = reader.string();
    } else if (tag === FIELD_3) {
      pool = reader.string();
    } else if (tag === FIELD_4) {
      device = reader.string();
    } else {
      reader.skipType(tag & 7);
    }
  }
  finished(reader, end);
  return { driver, pool, device };
}
