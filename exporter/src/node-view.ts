import { processCapability } from './attribution/pid-namespace.js';
import { type ProcessInspector, ProcessTable } from './attribution/processes.js';
import type { AttributionSources } from './attribution/sources.js';
import { UserNames } from './attribution/user-names.js';
import type { Settings } from './config/settings.js';
import type { Capability } from './gpu/sample.js';
import { createSources } from './kubernetes/detect.js';
import type { Source } from './kubernetes/source.js';
import type { Logger } from './log.js';

/** What is known of the node beside its GPUs: pods, what they were given, and processes. */
export interface NodeView {
  readonly attribution: AttributionSources;
  /** To start, stop and show. */
  readonly sources: readonly Source[];
  readonly inspector: ProcessInspector;
  readonly processCapability: Capability;
  /** Says that something new uses a GPU, so that the kubelet may know of an allocation that we do not. */
  askAgain(): void;
  /** Resolves when each source has answered or failed once, or after so many milliseconds. */
  settled(atMost: number): Promise<void>;
}

/** The node that the exporter runs on. @throws SettingsError where a source that is on cannot be used */
export async function thisNode(settings: Settings, log: Logger): Promise<NodeView> {
  const { kubernetes, paths } = settings;
  const { allocations, pods, containers, all, settled } = await createSources(kubernetes, paths, log);
  const capability = processCapability(paths.procfs);
  if (!capability.supported && settings.collect.processes) {
    log.log('warn', 'Processes of the node cannot be seen, so there are no metrics by process: the pod needs hostPID');
  }
  return {
    attribution: { pods, allocations: allocations ? [allocations] : [], containers: containers ? [containers] : [] },
    sources: all,
    inspector: new ProcessTable({ procfs: paths.procfs, users: new UserNames(paths.rootfs) }),
    processCapability: capability,
    askAgain: () => allocations?.update(),
    settled,
  };
}

/** The node of the simulation, without what is turned off. */
export async function simulatedNode(
  backend: { readonly gpus: string; readonly seed: number; readonly since: number },
  { kubernetes, collect }: Pick<Settings, 'kubernetes' | 'collect'>,
): Promise<NodeView> {
  const { SimulatedCluster } = await import('./gpu/simulated/cluster.js');
  const cluster = new SimulatedCluster(backend);
  const isOn = ({ name }: Source) => kubernetes.enabled !== 'off' && kubernetes.sources[name] !== 'off';
  const [pods, allocations] = [[cluster.pods].filter(isOn), [cluster.allocations].filter(isOn)];
  return {
    attribution: { pods, allocations, containers: [] },
    sources: [...allocations, ...pods],
    inspector: cluster.processes,
    processCapability: {
      capability: 'process_attribution',
      supported: collect.processes,
      reason: collect.processes ? '' : 'turned_off',
    },
    askAgain: () => undefined,
    settled: () => Promise.resolve(),
  };
}
