import { mkdir } from 'node:fs/promises';
import { nodeName } from './addresses';
import type { Cluster } from './cluster';

const localStorageClass = 'local';

export interface LocalVolumesOptions {
  readonly count: number;
  /** Size that each volume claims to have; nothing enforces it. */
  readonly capacity: string;
  /** Start of the volumes' names. @default volume */
  readonly name?: string;
}

/**
 * Makes volumes on the node, and the default StorageClass that binds claims to them. Kubernetes hands them to the
 * pods' `fsGroup` as it would a cloud's disk.
 */
export async function createLocalVolumes(cluster: Cluster, options: LocalVolumesOptions): Promise<void> {
  const names = Array.from({ length: options.count }, (_, index) => `${options.name ?? 'volume'}-${index}`);
  await Promise.all(names.map((name) => mkdir(cluster.path('volumes', name), { recursive: true })));
  await cluster.apply([
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: {
        name: localStorageClass,
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
      },
      provisioner: 'kubernetes.io/no-provisioner',
      volumeBindingMode: 'WaitForFirstConsumer',
    },
    ...names.map((name) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name },
      spec: {
        capacity: { storage: options.capacity },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        storageClassName: localStorageClass,
        local: { path: cluster.path('volumes', name) },
        nodeAffinity: { required: { nodeSelectorTerms: [onThisNode] } },
      },
    })),
  ]);
}

const onThisNode = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] }] };
