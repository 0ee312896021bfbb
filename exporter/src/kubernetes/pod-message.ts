import protobuf, { type Reader } from 'protobufjs/minimal.js';
import { containerId } from './container-id.js';
import { endOf, finished, stringAt } from './message-fields.js';
import type { Pod, PodContainer } from './source.js';

/*
 * The few fields of a marshalled core/v1 Pod that are needed; everything else, which is most of it, is skipped unread.
 * Tags are `field number << 3 | 2`.
 */
const POD = { metadata: (1 << 3) | 2, status: (3 << 3) | 2 };
const METADATA = {
  name: (1 << 3) | 2,
  namespace: (3 << 3) | 2,
  uid: (5 << 3) | 2,
  labels: (11 << 3) | 2,
  annotations: (12 << 3) | 2,
};
const STATUS = {
  phase: (1 << 3) | 2,
  containers: (8 << 3) | 2,
  initContainers: (10 << 3) | 2,
  ephemeralContainers: (13 << 3) | 2,
};
const CONTAINER_STATUS = { name: (1 << 3) | 2, containerId: (8 << 3) | 2 };
const ENTRY = { key: (1 << 3) | 2, value: (2 << 3) | 2 };

/** Annotation with the hash that the kubelet uses as the uid of a static pod. */
export const CONFIG_HASH = 'kubernetes.io/config.hash';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Decodes a pod. Throws where the bytes are not one.
 * @see https://github.com/kubernetes/api/blob/v0.37.0/core/v1/generated.proto
 * @see https://github.com/kubernetes/apimachinery/blob/v0.37.0/pkg/apis/meta/v1/generated.proto
 */
export function decodePod(message: Uint8Array): Pod {
  const reader = protobuf.Reader.create(message);
  const pod: Writable<Pod> = { namespace: '', name: '', uid: '', containers: [] };
  const containers: PodContainer[] = [];
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === POD.metadata) {
      decodeMetadata(reader, endOf(reader), pod);
    } else if (tag === POD.status) {
      const phase = decodeStatus(reader, endOf(reader), containers);
      if (phase !== '') {
        pod.phase = phase;
      }
    } else {
      reader.skipType(tag & 7);
    }
  }
  pod.containers = containers;
  return pod;
}

function decodeMetadata(reader: Reader, end: number, pod: Writable<Pod>): void {
  const labels: Record<string, string> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === METADATA.name) {
      pod.name = reader.string();
    } else if (tag === METADATA.namespace) {
      pod.namespace = reader.string();
    } else if (tag === METADATA.uid) {
      pod.uid = reader.string();
    } else if (tag === METADATA.labels) {
      const { key, value } = decodeEntry(reader, endOf(reader));
      labels[key] = stringAt(reader, value);
    } else if (tag === METADATA.annotations) {
      const { key, value } = decodeEntry(reader, endOf(reader));
      if (key === CONFIG_HASH) {
        pod.configHash = stringAt(reader, value);
      }
    } else {
      reader.skipType(tag & 7);
    }
  }
  finished(reader, end);
  pod.labels = labels;
}

/** Key of an entry of a map, and where its value is: annotations can be large, and only one is wanted. */
function decodeEntry(reader: Reader, end: number): { key: string; value: number } {
  let key = '';
  let value = -1;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ENTRY.key) {
      key = reader.string();
    } else {
      if (tag === ENTRY.value) {
        value = reader.pos;
      }
      reader.skipType(tag & 7);
    }
  }
  finished(reader, end);
  return { key, value };
}

function decodeStatus(reader: Reader, end: number, containers: PodContainer[]): string {
  let phase = '';
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === STATUS.phase) {
      phase = reader.string();
    } else if (tag === STATUS.containers || tag === STATUS.initContainers || tag === STATUS.ephemeralContainers) {
      containers.push(decodeContainerStatus(reader, endOf(reader)));
    } else {
      reader.skipType(tag & 7);
    }
  }
  finished(reader, end);
  return phase;
}

function decodeContainerStatus(reader: Reader, end: number): PodContainer {
  let name = '';
  let id: string | undefined;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === CONTAINER_STATUS.name) {
      name = reader.string();
    } else if (tag === CONTAINER_STATUS.containerId) {
      id = containerId(reader.string());
    } else {
      reader.skipType(tag & 7);
    }
  }
  finished(reader, end);
  return id === undefined ? { name } : { name, id };
}
