import { isContainerId } from './container-id.js';
import type { Pod } from './source.js';

/** A file that a container runtime keeps for each container. */
export interface RuntimeFolder {
  readonly runtime: 'containerd' | 'cri-o' | 'docker';
  /** Folder with one folder per container id, from the root of the node. */
  readonly folder: string;
  /** The file below the folder of a container. */
  readonly file: string;
}

const TASKS = 'io.containerd.runtime.v2.task/k8s.io';

/**
 * Where runtimes keep what they know of a container. `/run` is spelled so and never `/var/run`: that is a link, often to an
 * absolute path, which leads out of the node's root where that is mounted somewhere else.
 *
 * @see https://github.com/containerd/containerd/blob/main/docs/ops.md
 * @see https://github.com/cri-o/cri-o/blob/main/docs/crio.conf.5.md
 */
export const RUNTIME_FOLDERS: readonly RuntimeFolder[] = [
  { runtime: 'containerd', folder: `/run/containerd/${TASKS}`, file: 'config.json' },
  { runtime: 'containerd', folder: `/run/k3s/containerd/${TASKS}`, file: 'config.json' },
  { runtime: 'containerd', folder: `/run/k0s/containerd/${TASKS}`, file: 'config.json' },
  { runtime: 'containerd', folder: `/var/snap/microk8s/common/run/containerd/${TASKS}`, file: 'config.json' },
  { runtime: 'cri-o', folder: '/run/containers/storage/overlay-containers', file: 'userdata/config.json' },
  { runtime: 'docker', folder: '/var/lib/docker/containers', file: 'config.v2.json' },
];

/** Path of the file about a container, which must be the id of one and nothing else. */
export function recordPath({ folder, file }: RuntimeFolder, containerId: string): string {
  if (!isContainerId(containerId)) {
    throw new RangeError(`not the id of a container: ${JSON.stringify(containerId)}`);
  }
  return `${folder}/${containerId}/${file}`;
}

type Texts = Readonly<Record<string, string | undefined>>;

/** What is read of an OCI runtime specification. */
interface RuntimeSpecification {
  readonly annotations?: Texts;
  readonly linux?: { readonly cgroupsPath?: string };
}

/** The pod in a record, with this container in it; undefined where Kubernetes did not start the container. Throws where it is no JSON. */
export function podInRecord(runtime: RuntimeFolder['runtime'], record: string, containerId: string): Pod | undefined {
  const json: unknown = JSON.parse(record);
  if (typeof json !== 'object' || json === null) {
    return undefined;
  }
  if (runtime === 'docker') {
    const labels = (json as { Config?: { Labels?: Texts } }).Config?.Labels ?? {};
    return podOf(kubernetesLabels(labels, labels['io.kubernetes.docker.type'] === 'podsandbox'), containerId);
  }
  const specification = json as RuntimeSpecification;
  const facts = runtime === 'cri-o' ? criO(specification) : containerd(specification);
  return podOf({ ...facts, uid: facts.uid ?? uidInCgroup(specification.linux?.cgroupsPath) }, containerId);
}

interface Facts {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  /** Absent for the sandbox of a pod, which has no name that a user knows. */
  readonly container?: string | undefined;
}

/** Labels that the kubelet gives to every container. */
function kubernetesLabels(labels: Texts, sandbox: boolean): Facts {
  return {
    name: labels['io.kubernetes.pod.name'],
    namespace: labels['io.kubernetes.pod.namespace'],
    uid: labels['io.kubernetes.pod.uid'],
    container: sandbox ? undefined : labels['io.kubernetes.container.name'],
  };
}

function containerd({ annotations = {} }: RuntimeSpecification): Facts {
  return {
    name: annotations['io.kubernetes.cri.sandbox-name'],
    namespace: annotations['io.kubernetes.cri.sandbox-namespace'],
    uid: annotations['io.kubernetes.cri.sandbox-uid'],
    container: annotations['io.kubernetes.cri.container-name'],
  };
}

/** CRI-O keeps the labels of the kubelet as JSON in an annotation, and some of them as annotations too. */
function criO({ annotations = {} }: RuntimeSpecification): Facts {
  const labels = JSON.parse(annotations['io.kubernetes.cri-o.Labels'] ?? '{}') as Texts;
  const facts = kubernetesLabels(
    { ...annotations, ...labels },
    annotations['io.kubernetes.cri-o.ContainerType'] === 'sandbox',
  );
  return {
    ...facts,
    name: facts.name ?? annotations['io.kubernetes.cri-o.KubeName'],
    namespace: facts.namespace ?? annotations['io.kubernetes.cri-o.Namespace'],
  };
}

/** The uid in the cgroup of a container, for records that do not name it: containerd before 1.6. */
function uidInCgroup(path = ''): string | undefined {
  const uid =
    /pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?=[./:]|$)/.exec(path);
  return uid?.[1]?.replaceAll('_', '-');
}

function podOf({ name, namespace, uid, container }: Facts, id: string): Pod | undefined {
  if (!name || !namespace) {
    return undefined;
  }
  return { namespace, name, uid: uid ?? '', containers: container ? [{ name: container, id }] : [] };
}
