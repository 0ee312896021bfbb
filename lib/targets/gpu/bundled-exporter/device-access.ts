import type { k8s } from '../../../core/k8s';

/**
 * How the container gets the driver's library and the devices.
 *
 * - `environment`: NVIDIA's container runtime reads `NVIDIA_VISIBLE_DEVICES`
 * - `volume-mounts`: it reads a list of mounts, on clusters that no longer trust the environment of unprivileged containers
 * - `cdi`: the container runtime reads an annotation of the pod
 * - a folder of the node that holds the driver's library, where the runtime knows nothing of GPUs, as on GKE:
 *   `{ driverDirectory: '/home/kubernetes/bin/nvidia' }`. Devices are then the node's own: a real driver needs the profile `privileged`.
 *
 * @see https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html
 * @see https://github.com/cncf-tags/container-device-interface
 */
export type DeviceAccess = 'environment' | 'volume-mounts' | 'cdi' | DriverDirectory;

/** A driver that is mounted from the node. */
export interface DriverDirectory {
  /** Folder on the node that holds `libnvidia-ml.so.1`, or holds it in `lib64`. */
  readonly driverDirectory: string;
  /** The library's path in that folder. @default lib64/libnvidia-ml.so.1 */
  readonly library?: string;
}

/** Where the container finds a driver that is mounted from the node. */
const DRIVER = '/usr/local/nvidia';

/** What a way of access adds to the pod. */
export interface DeviceAccessParts {
  readonly env: k8s.EnvVar[];
  readonly args: readonly string[];
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** The RuntimeClass that the way needs. */
  readonly runtimeClassName?: string;
}

const NOTHING: DeviceAccessParts = { env: [], args: [], volumes: [], volumeMounts: [], podAnnotations: {} };
/** NVML is part of the capability `utility`; nothing else of the driver is needed. */
const CAPABILITIES: k8s.EnvVar = { name: 'NVIDIA_DRIVER_CAPABILITIES', value: 'utility' };

/** Resolves a way of access. */
export function deviceAccessParts(access: DeviceAccess, privileged: boolean): DeviceAccessParts {
  if (typeof access === 'object') {
    const { driverDirectory, library = 'lib64/libnvidia-ml.so.1' } = access;
    return {
      ...NOTHING,
      args: [`--nvml.library=${DRIVER}/${library}`],
      volumes: [{ name: 'driver', hostPath: { path: driverDirectory, type: 'Directory' } }],
      volumeMounts: [{ name: 'driver', mountPath: DRIVER, readOnly: true }],
    };
  }
  // Without privileges this variable makes the runtime refuse the container.
  const mig = privileged ? [{ name: 'NVIDIA_MIG_MONITOR_DEVICES', value: 'all' }] : [];
  switch (access) {
    case 'environment':
      return {
        ...NOTHING,
        env: [{ name: 'NVIDIA_VISIBLE_DEVICES', value: 'all' }, CAPABILITIES, ...mig],
        runtimeClassName: 'nvidia',
      };
    case 'volume-mounts':
      return {
        ...NOTHING,
        env: [CAPABILITIES, ...mig],
        volumes: [{ name: 'all-gpus', hostPath: { path: '/dev/null' } }],
        volumeMounts: [{ name: 'all-gpus', mountPath: '/var/run/nvidia-container-devices/all', readOnly: true }],
        runtimeClassName: 'nvidia',
      };
    case 'cdi':
      return { ...NOTHING, podAnnotations: { 'cdi.k8s.io/gpu-exporter': 'management.nvidia.com/gpu=all' } };
  }
}
