import { existsSync, statSync } from 'node:fs';
import type { Settings, Switch } from '../config/settings.js';
import { reason, SettingsError } from '../config/settings-error.js';
import type { Logger } from '../log.js';
import { RuntimeFilesSource, readableRuntimeFolders } from './runtime-files.js';
import { RUNTIME_FOLDERS } from './runtime-record.js';
import type { AllocationSource, ContainerSource, PodSource, Source, SourceName } from './source.js';

/** File that the kubelet gives to a pod with a service account. */
const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** The sources of this node, not yet started. */
export interface Sources {
  readonly allocations?: AllocationSource & { update(): void };
  /** Those that are asked first come first. */
  readonly pods: readonly PodSource[];
  readonly containers?: ContainerSource;
  /** All of them, to start, stop and show. */
  readonly all: readonly Source[];
  /** Resolves when each source has answered or failed once, or after so many milliseconds. */
  settled(atMost: number): Promise<void>;
}

/** Whether a source is to be used, and a sentence that says why. */
interface Decision {
  readonly use: boolean;
  readonly because: string;
}

/**
 * Finds out which sources there are, as far as the settings leave that open, and says in the log what is used and why.
 *
 * Every source is of this node alone. A GPU is used by processes of its own node, and the exporter runs on every node that
 * has one, so what it shows never depends on a pod of another node: there are no look-ups across nodes.
 *
 * Modules of sources are loaded only when used: gRPC and the client of the API server cost memory.
 *
 * @throws SettingsError where a source that is on cannot be used
 */
export async function createSources(
  settings: Settings['kubernetes'],
  paths: Pick<Settings['paths'], 'rootfs'>,
  log: Logger,
): Promise<Sources> {
  const problems: string[] = [];
  const decide = (source: SourceName, found: Decision): boolean => {
    const wanted = isWanted(settings, source);
    if (wanted === 'on' && !found.use) {
      problems.push(`--kubernetes.${source}: on, and ${found.because}`);
    }
    const use = found.use && wanted !== 'off';
    const because = wanted === 'off' ? 'it is turned off' : found.because;
    log.log('info', `Kubernetes source ${source} is ${use ? '' : 'not '}used: ${because}`, { source });
    return use;
  };

  const usePodResources = decide('pod-resources', socketAt(settings.podResourcesSocket));
  const usePodsApi = decide('pods-api', socketAt(settings.podsApiSocket));
  const useApiServer = decide('api-server', apiServer(settings, usePodsApi));
  const onKubernetes =
    usePodResources || usePodsApi || useApiServer || process.env.KUBERNETES_SERVICE_HOST !== undefined;
  const useRuntimeFiles = decide('runtime-files', runtimeFiles(settings, paths.rootfs, onKubernetes));
  const none = !usePodResources && !usePodsApi && !useApiServer && !useRuntimeFiles;
  if (none && settings.enabled === 'on' && problems.length === 0) {
    problems.push('--kubernetes.enabled: on, and no source was found; the lines before this one say why');
  }
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }

  const allocations = usePodResources ? await podResources(settings, log) : undefined;
  const pods = [
    ...(usePodsApi ? [await podsApi(settings, log)] : []),
    ...(useApiServer ? [await apiServerSource(settings, log)] : []),
  ];
  const containers = useRuntimeFiles ? new RuntimeFilesSource(paths.rootfs, log) : undefined;
  return {
    ...(allocations && { allocations }),
    pods,
    ...(containers && { containers }),
    all: [...(allocations ? [allocations] : []), ...pods, ...(containers ? [containers] : [])],
    settled: async (atMost) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, atMost);
      });
      await Promise.race([Promise.all([allocations?.settled, ...pods.map((source) => source.settled)]), late]);
      clearTimeout(timer);
    },
  };
}

function isWanted(settings: Settings['kubernetes'], source: SourceName): Switch {
  return settings.enabled === 'off' ? 'off' : settings.sources[source];
}

function socketAt(path: string): Decision {
  try {
    return statSync(path).isSocket()
      ? { use: true, because: `${path} is there` }
      : { use: false, because: `${path} is not a socket` };
  } catch (error) {
    return { use: false, because: `${path}: ${reason(error)}` };
  }
}

function apiServer(settings: Settings['kubernetes'], usePodsApi: boolean): Decision {
  if (settings.nodeName === undefined) {
    return { use: false, because: 'the name of this node is not known: give --kubernetes.node-name or NODE_NAME' };
  }
  if (settings.kubeconfig === undefined && (process.env.KUBERNETES_SERVICE_HOST === undefined || !existsSync(TOKEN))) {
    return { use: false, because: 'there is no service account and no --kubernetes.kubeconfig' };
  }
  if (usePodsApi && settings.sources['api-server'] === 'auto') {
    return { use: false, because: 'the kubelet says the same' };
  }
  return { use: true, because: settings.kubeconfig ?? 'the pod has a service account' };
}

/** Alone, runtime files do not make a node one of Kubernetes: Docker's are on any machine. */
function runtimeFiles(settings: Settings['kubernetes'], rootfs: string, onKubernetes: boolean): Decision {
  const folders = readableRuntimeFolders(rootfs).map(({ folder }) => folder);
  if (folders.length === 0) {
    const places = RUNTIME_FOLDERS.map(({ folder }) => folder).join(', ');
    return { use: false, because: `below ${rootfs} there is none of ${places}` };
  }
  const asked = settings.enabled === 'on' || settings.sources['runtime-files'] === 'on';
  if (!asked && !onKubernetes) {
    return { use: false, because: 'nothing says that this is a node of Kubernetes' };
  }
  return { use: true, because: `${folders.join(', ')} below ${rootfs}` };
}

async function podResources(settings: Settings['kubernetes'], log: Logger) {
  const { PodResourcesSource } = await import('./pod-resources.js');
  return new PodResourcesSource(settings.podResourcesSocket, log);
}

async function podsApi(settings: Settings['kubernetes'], log: Logger) {
  const { PodsApiSource } = await import('./pods-api.js');
  return new PodsApiSource(settings.podsApiSocket, log);
}

async function apiServerSource(settings: Settings['kubernetes'], log: Logger) {
  const { ApiServerSource } = await import('./api-server.js');
  const { readClusterAccess } = await import('./cluster-access.js');
  try {
    // Read now, so that a wrong file is an error at start; read again by the source when it must.
    readClusterAccess(settings.kubeconfig);
  } catch (error) {
    throw new SettingsError([`--kubernetes.api-server: ${(error as Error).message}`]);
  }
  return new ApiServerSource(settings.nodeName ?? '', () => readClusterAccess(settings.kubeconfig), log);
}
