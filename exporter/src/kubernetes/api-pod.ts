import { containerId } from './container-id.js';
import { CONFIG_HASH } from './pod-message.js';
import type { Pod, PodContainer } from './source.js';

/** The part of a pod of the API server that is read. Whatever else it has is dropped with it. */
export interface ApiPod {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly status?: {
    readonly phase?: string;
    readonly containerStatuses?: readonly ApiContainerStatus[];
    readonly initContainerStatuses?: readonly ApiContainerStatus[];
    readonly ephemeralContainerStatuses?: readonly ApiContainerStatus[];
  };
}

interface ApiContainerStatus {
  readonly name: string;
  readonly containerID?: string;
}

/** What is needed of a pod, without reference to the object that it came in. */
export function podOf({ metadata = {}, status = {} }: ApiPod): Pod {
  const configHash = metadata.annotations?.[CONFIG_HASH];
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ...(status.phase !== undefined && { phase: status.phase }),
    ...(configHash !== undefined && { configHash }),
    labels: metadata.labels ?? {},
    containers: [
      ...(status.containerStatuses ?? []),
      ...(status.initContainerStatuses ?? []),
      ...(status.ephemeralContainerStatuses ?? []),
    ].map(containerOf),
  };
}

function containerOf({ name, containerID = '' }: ApiContainerStatus): PodContainer {
  const id = containerId(containerID);
  return id === undefined ? { name } : { name, id };
}
