import type { k8s } from '../../../core/k8s';
import type { Access } from '../../../core/rbac';
import type { GpuExporterProps } from './gpu-exporter-props';

/** Where the kubelet's sockets lie, in its folder. */
const SOCKET_FOLDERS = ['pod-resources', 'pods-api'] as const;
const KUBELET = '/var/lib/kubelet';
/** Where the exporter finds what it reads of the node's files. */
const ROOTFS = '/host';

/** Container runtimes whose files on the node say which pod a container is of; that of RKE2 is as that of k3s. */
export type ContainerRuntime = 'containerd' | 'k3s' | 'k0s' | 'microk8s' | 'cri-o' | 'docker';

const TASKS = 'io.containerd.runtime.v2.task/k8s.io';

/** The folder of each in which the exporter looks, and nothing beside it. */
const RUNTIME_FOLDERS: Readonly<Record<ContainerRuntime, string>> = {
  containerd: `/run/containerd/${TASKS}`,
  k3s: `/run/k3s/containerd/${TASKS}`,
  k0s: `/run/k0s/containerd/${TASKS}`,
  microk8s: `/var/snap/microk8s/common/run/containerd/${TASKS}`,
  'cri-o': '/run/containers/storage/overlay-containers',
  docker: '/var/lib/docker/containers',
};

/** Who says which pod has and uses a GPU, resolved. */
export interface Sources {
  readonly kubelet: boolean;
  readonly apiServer: boolean;
  readonly runtimeFiles?: ContainerRuntime;
  readonly kubeletDirectory: string;
}

/** Resolves the sources from what the exporter may do. */
export function sourcesOf({ attribution, privileges = 'process' }: GpuExporterProps): Sources {
  const given = attribution === false ? undefined : (attribution ?? {});
  const sees = privileges !== 'device';
  const kubelet = given?.kubelet ?? (given !== undefined && sees);
  return {
    kubelet,
    apiServer: given?.apiServer ?? (given !== undefined && sees && !kubelet),
    ...(given?.runtimeFiles !== undefined && { runtimeFiles: given.runtimeFiles }),
    kubeletDirectory: given?.kubeletDirectory ?? KUBELET,
  };
}

/** Whether anything says which pod has or uses a GPU. */
export function hasSource({ kubelet, apiServer, runtimeFiles }: Sources): boolean {
  return kubelet || apiServer || runtimeFiles !== undefined;
}

/** The flags that say so. Nothing is left to detection: a source that is not there must not go unnoticed. */
export function sourceArguments(sources: Sources): readonly string[] {
  const { kubelet, apiServer, runtimeFiles } = sources;
  if (!hasSource(sources)) {
    return ['--disable-k8s'];
  }
  const set = (source: string, on: boolean) => `--kubernetes.${source}=${on ? 'on' : 'off'}`;
  return [
    '--enable-k8s',
    set('pod-resources', kubelet),
    // Kubelets before 1.37 do not serve it unless they are told to: there it is left to the exporter to find out.
    ...(kubelet ? [] : [set('pods-api', false)]),
    set('api-server', apiServer),
    set('runtime-files', runtimeFiles !== undefined),
    ...(runtimeFiles !== undefined ? [`--path.rootfs=${ROOTFS}`] : []),
  ];
}

/** The folders of the node that they are in. The kubelet makes its sockets anew, so folders are mounted. */
export function sourceVolumes({ kubelet, runtimeFiles, kubeletDirectory }: Sources): {
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
} {
  const sockets = kubelet ? SOCKET_FOLDERS : [];
  const runtime = runtimeFiles === undefined ? [] : [RUNTIME_FOLDERS[runtimeFiles]];
  return {
    volumes: [
      ...sockets.map((name) => ({
        name,
        // Kubelets before 1.37 have no folder for the Pods API: it is made, empty.
        hostPath: {
          path: `${kubeletDirectory}/${name}`,
          type: name === 'pods-api' ? 'DirectoryOrCreate' : 'Directory',
        },
      })),
      // The wrong runtime must not get a folder that it does not know.
      ...runtime.map((path) => ({ name: 'runtime', hostPath: { path, type: 'Directory' } })),
    ],
    volumeMounts: [
      ...sockets.map((name) => ({ name, mountPath: `${KUBELET}/${name}`, readOnly: true })),
      // What the runtime unmounts must not stay mounted here.
      ...runtime.map((path) => ({
        name: 'runtime',
        mountPath: `${ROOTFS}${path}`,
        readOnly: true,
        mountPropagation: 'HostToContainer',
      })),
    ],
  };
}

/** What the exporter reads at the API server. */
export function sourceAccess({ apiServer }: Sources): readonly Access[] {
  const rules = [{ resources: ['pods'], verbs: ['get', 'list', 'watch'] }];
  return apiServer ? [{ namespaces: 'cluster', rules }] : [];
}
