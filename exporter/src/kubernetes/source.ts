/** A container of a pod, as far as a source knows it. */
export interface PodContainer {
  readonly name: string;
  /** Id of the container without the scheme of the runtime: 64 hexadecimal digits. Absent before it runs. */
  readonly id?: string;
}

/** A pod of this node. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** `Pending`, `Running`, `Succeeded`, `Failed`; absent where the source does not know. */
  readonly phase?: string;
  /** Hash in the cgroup path of a static pod (annotation `kubernetes.io/config.hash`), where the API server's uid is another. */
  readonly configHash?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Init containers and ephemeral containers too. */
  readonly containers: readonly PodContainer[];
}

/** A device that the kubelet gave to a container, through a device plugin or through DRA. */
export interface DeviceAllocation {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Such as `nvidia.com/gpu`; the driver's name for DRA. */
  readonly resource: string;
  /** As the plugin spells it: `GPU-…`, `MIG-…`, `GPU-…::3`, `nvidia0/gi7`; the device's name for DRA. */
  readonly deviceId: string;
  /** DRA alone. */
  readonly claim?: { readonly namespace: string; readonly name: string; readonly pool: string };
}

/** Names of sources, in flags and in the label `source`. */
export const SOURCE_NAMES = ['pod-resources', 'pods-api', 'api-server', 'runtime-files'] as const;
export type SourceName = (typeof SOURCE_NAMES)[number];

/** How a source does. */
export interface SourceState {
  readonly source: SourceName;
  /** Whether what it last said is still good. */
  readonly up: boolean;
  /** Unix time in seconds of its last good answer. */
  readonly lastSuccess?: number;
  /** Why it is not up, one line. */
  readonly error?: string;
}

/** Something that runs beside collections and knows about this node. Its failures are states, never exceptions. */
export interface Source {
  readonly name: SourceName;
  start(): void;
  stop(): Promise<void>;
  state(): SourceState;
}

/** Knows pods. What it knew stays for a while after it fails, then it is empty. */
export interface PodSource extends Source {
  pods(): readonly Pod[];
}

/** Knows which container was given which device. */
export interface AllocationSource extends Source {
  allocations(): readonly DeviceAllocation[];
  /** Device ids that plugins offer, by resource; the kubelet knows them from 1.23 on. */
  allocatable(): ReadonlyMap<string, readonly string[]>;
}

/** Looks one container up; asked only about ids that no other source knows, and remembers what it did not find. */
export interface ContainerSource extends Source {
  /** The pod of a container, with that one container in it. */
  find(containerId: string): Pod | undefined;
}
