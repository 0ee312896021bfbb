import type { k8s } from '../../../core/k8s';
import type { Access } from '../../../core/rbac';
import type { GpuExporterProps } from './gpu-exporter-props';

/** Where the kubelet's sockets lie, under its folder. */
const SOCKETS = { 'pod-resources': 'pod-resources/kubelet.sock', 'pods-api': 'pods-api/pods-api.sock' } as const;
const KUBELET = '/var/lib/kubelet';
/** Where the exporter finds what it reads of the node's files. */
const ROOTFS = '/host';
/** Folders of container runtimes that say whose container is whose. */
const RUNTIME_FOLDERS = [
  '/run/containerd/io.containerd.runtime.v2.task',
  '/var/run/containers/storage',
  '/var/lib/docker/containers',
] as const;

/** Who says which pod has and uses a GPU, resolved. */
export interface Sources {
  readonly kubelet: boolean;
  readonly apiServer: boolean;
  readonly runtimeFiles: boolean;
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
    runtimeFiles: given?.runtimeFiles ?? false,
    kubeletDirectory: given?.kubeletDirectory ?? KUBELET,
  };
}

/** The flags that say so. Nothing is left to detection: what is not there must show as a source that is down. */
export function sourceArguments(sources: Sources): readonly string[] {
  const { kubelet, apiServer, runtimeFiles } = sources;
  if (!kubelet && !apiServer && !runtimeFiles) {
    return ['--disable-k8s'];
  }
  const set = (source: string, on: boolean | 'auto') =>
    `--kubernetes.${source}=${on === 'auto' ? on : on ? 'on' : 'off'}`;
  return [
    '--enable-k8s',
    set('pod-resources', kubelet),
    // Kubelets before 1.37 do not serve it unless they are told to.
    set('pods-api', kubelet && 'auto'),
    set('api-server', apiServer),
    set('runtime-files', runtimeFiles),
    ...(runtimeFiles ? [`--path.rootfs=${ROOTFS}`] : []),
  ];
}

/** The folders of the node that they are in. The kubelet makes its sockets anew, so folders are mounted. */
export function sourceVolumes({ kubelet, runtimeFiles, kubeletDirectory }: Sources): {
  readonly volumes: k8s.Volume[];
  readonly volumeMounts: k8s.VolumeMount[];
} {
  const folders = [
    ...(kubelet
      ? Object.keys(SOCKETS).map((name) => ({
          name,
          path: `${kubeletDirectory}/${name}`,
          mountPath: `${KUBELET}/${name}`,
        }))
      : []),
    ...(runtimeFiles
      ? RUNTIME_FOLDERS.map((path, index) => ({ name: `runtime-${index}`, path, mountPath: `${ROOTFS}${path}` }))
      : []),
  ];
  return {
    // A folder that a node lacks is made, empty: its runtime is another one, or its kubelet is older.
    volumes: folders.map(({ name, path }) => ({ name, hostPath: { path, type: 'DirectoryOrCreate' } })),
    volumeMounts: folders.map(({ name, mountPath }) => ({ name, mountPath, readOnly: true })),
  };
}

/** What the exporter reads at the API server. */
export function sourceAccess({ apiServer }: Sources): readonly Access[] {
  const rules = [{ resources: ['pods'], verbs: ['get', 'list', 'watch'] }];
  return apiServer ? [{ namespaces: 'cluster', rules }] : [];
}
