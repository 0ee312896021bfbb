import { SOURCE_NAMES } from '../kubernetes/source.js';
import { BACKENDS, PROFILES } from './settings.js';
import {
  ABSOLUTE_PATH,
  BOOLEAN,
  duration,
  HOST_NAME,
  integer,
  LISTEN_ADDRESS,
  oneOf,
  PATH,
  RATIO,
  SWITCH,
  text,
  type ValueType,
} from './value-types.js';

/** Headings of the help text, in its order. */
export const GROUPS = ['Serving', 'Logging', 'GPUs', 'Collection', 'Metrics', 'Kubernetes', 'Host', 'Program'] as const;
export type OptionGroup = (typeof GROUPS)[number];

/** One thing that can be set. Its flag, variable and key all come from its name. */
export interface Option<T> {
  readonly group: OptionGroup;
  readonly type: ValueType<T>;
  /** What it does, without a full stop. */
  readonly help: string;
  /** The text that counts where nothing is given. */
  readonly default?: string;
  /** What counts where nothing is given, in words, where that is no fixed text. */
  readonly defaultHelp?: string;
  /** Takes several values: the flag repeated, or commas. */
  readonly many?: boolean;
  /** Variables that others set and that count too. */
  readonly variables?: readonly string[];
  /** Flags without a value that stand for one of this option. */
  readonly shorthands?: Readonly<
    Record<string, { readonly true: string; readonly false: string; readonly help: string }>
  >;
  /** Cannot stand in the configuration file. */
  readonly notInFile?: boolean;
}

const TELEMETRY_PATH = text(
  'path',
  'a path such as /metrics, other than /-/healthy, /-/ready and /snapshot',
  /^\/(?!-\/(?:healthy|ready)$|snapshot$)(?:[\w.~-]+(?:\/[\w.~-]+)*)?$/,
);

const SIMULATED = text(
  'gpus',
  'a number and a model, such as 8xH100 or 4xA100+MIG, several with commas between',
  /^[1-9]\d{0,2}x[A-Za-z0-9][\w-]*(\+MIG)?(,[1-9]\d{0,2}x[A-Za-z0-9][\w-]*(\+MIG)?)*$/,
);

/** Keeps the type of each value while the names stay known. */
function option<const T>(given: Option<T>): Option<T> {
  return given;
}

/** Everything that can be set, by name: `--web.timeout`, `GPU_EXPORTER_WEB_TIMEOUT`, and `timeout` under `web` in the file. */
export const OPTIONS = {
  'web.listen-address': option({
    group: 'Serving',
    type: LISTEN_ADDRESS,
    default: ':9836',
    many: true,
    help: 'Where to listen; without a host on every address',
  }),
  'web.telemetry-path': option({
    group: 'Serving',
    type: TELEMETRY_PATH,
    default: '/metrics',
    help: 'Path of the metrics',
  }),
  'web.config.file': option({
    group: 'Serving',
    type: PATH,
    help: "TLS, client certificates and passwords, in the format of Prometheus' exporter-toolkit",
  }),
  'web.max-requests': option({
    group: 'Serving',
    type: integer(1, 10_000),
    default: '40',
    help: 'Scrapes answered at the same time; more get 503',
  }),
  'web.timeout': option({
    group: 'Serving',
    type: duration('100ms', '10m'),
    default: '10s',
    help: 'A client that takes longer to send or to read is cut off',
  }),
  'log.level': option({
    group: 'Logging',
    type: oneOf(['debug', 'info', 'warn', 'error']),
    default: 'info',
    help: 'Least grave lines that are written',
  }),
  'log.format': option({
    group: 'Logging',
    type: oneOf(['logfmt', 'json']),
    default: 'logfmt',
    help: 'How lines are written',
  }),
  backend: option({
    group: 'GPUs',
    type: oneOf(BACKENDS),
    default: 'auto',
    help: 'Where values come from; auto takes every vendor that is there',
  }),
  gpus: option({
    group: 'GPUs',
    type: SIMULATED,
    default: '8xH100',
    help: 'What the simulated back end shows',
  }),
  'nvml.library': option({
    group: 'GPUs',
    type: PATH,
    defaultHelp: 'searched for',
    help: 'File of the NVIDIA driver library',
  }),
  record: option({
    group: 'GPUs',
    type: PATH,
    help: 'File to record the calls of the driver in, for bug reports',
  }),
  replay: option({
    group: 'GPUs',
    type: PATH,
    help: 'Recording that the replay back end answers from',
  }),
  'collect.interval': option({
    group: 'Collection',
    type: duration('100ms', '1h'),
    default: '5s',
    help: 'Time between collections',
  }),
  'collect.timeout': option({
    group: 'Collection',
    type: duration('100ms', '10m'),
    default: '10s',
    help: 'A collection that takes longer counts as hung, and its process is replaced',
  }),
  'collect.staleness': option({
    group: 'Collection',
    type: duration('1s', '1d'),
    default: '1m',
    help: 'Values that are older are no longer shown; not shorter than the interval',
  }),
  'collect.processes': option({
    group: 'Collection',
    type: BOOLEAN,
    default: 'true',
    help: 'Collect what processes use',
  }),
  'collect.profiling': option({
    group: 'Collection',
    type: BOOLEAN,
    default: 'true',
    help: 'Collect profiling metrics (GPM), where the GPU has them',
  }),
  'collect.pcie-throughput': option({
    group: 'Collection',
    type: BOOLEAN,
    default: 'false',
    help: 'Collect PCIe throughput by the call that blocks for 20 ms per direction and GPU',
  }),
  profile: option({
    group: 'Metrics',
    type: oneOf(PROFILES),
    default: 'native',
    many: true,
    help: 'Spelling of the metrics: in SI units, or as another exporter has them',
  }),
  'dcgm.names': option({
    group: 'Metrics',
    type: oneOf(['4.5', '4.6']),
    default: '4.5',
    help: 'Names of dcgm-exporter up to 4.5, or from 4.6 on',
  }),
  'dcgm.hostname-label': option({
    group: 'Metrics',
    type: oneOf(['Hostname', 'hostname']),
    default: 'Hostname',
    help: 'Label of the host in the dcgm profile',
  }),
  'dcgm.optional': option({
    group: 'Metrics',
    type: BOOLEAN,
    default: 'false',
    help: 'In the dcgm profile, also metrics that dcgm-exporter leaves out by default',
  }),
  'series.limit': option({
    group: 'Metrics',
    type: integer(1, 10_000_000),
    default: '50000',
    help: 'Most series per profile; the rest is dropped, and counted',
  }),
  'series.processes': option({
    group: 'Metrics',
    type: integer(0, 1_000_000),
    default: '1000',
    help: 'Most processes with series of their own, those with the most memory first',
  }),
  'kubernetes.enabled': option({
    group: 'Kubernetes',
    type: SWITCH,
    default: 'auto',
    shorthands: {
      'enable-k8s': { true: 'on', false: 'off', help: 'Same as --kubernetes.enabled=on' },
      'disable-k8s': { true: 'off', false: 'auto', help: 'Same as --kubernetes.enabled=off' },
    },
    help: 'Tell which pod uses a GPU; auto does where a source is found',
  }),
  ...sourceSwitches(),
  'kubernetes.node-name': option({
    group: 'Kubernetes',
    type: HOST_NAME,
    variables: ['NODE_NAME'],
    help: 'Name of this node, to ask the API server for its pods alone',
  }),
  'kubernetes.pod-resources.socket': option({
    group: 'Kubernetes',
    type: ABSOLUTE_PATH,
    default: '/var/lib/kubelet/pod-resources/kubelet.sock',
    help: "Socket of the kubelet's PodResources API",
  }),
  'kubernetes.pods-api.socket': option({
    group: 'Kubernetes',
    type: ABSOLUTE_PATH,
    default: '/var/lib/kubelet/pods-api/pods-api.sock',
    help: "Socket of the kubelet's Pods API",
  }),
  'kubernetes.kubeconfig': option({
    group: 'Kubernetes',
    type: PATH,
    defaultHelp: 'the service account of the pod',
    help: 'How to reach the API server',
  }),
  'idle.threshold': option({
    group: 'Metrics',
    type: RATIO,
    default: '0.01',
    help: 'A GPU that is used less than this counts as idle',
  }),
  hostname: option({
    group: 'Host',
    type: HOST_NAME,
    defaultHelp: 'the name of the node where it is known, else of the host',
    help: 'Name of the host in labels that carry one',
  }),
  'path.procfs': option({ group: 'Host', type: ABSOLUTE_PATH, default: '/proc', help: 'Where procfs is mounted' }),
  'path.sysfs': option({ group: 'Host', type: ABSOLUTE_PATH, default: '/sys', help: 'Where sysfs is mounted' }),
  'path.rootfs': option({
    group: 'Host',
    type: ABSOLUTE_PATH,
    default: '/',
    help: "Where the host's file system is mounted, for files of the container runtime",
  }),
  once: option({
    group: 'Program',
    type: BOOLEAN,
    default: 'false',
    notInFile: true,
    help: 'Print the metrics of one collection and exit',
  }),
  config: option({
    group: 'Program',
    type: PATH,
    notInFile: true,
    help: 'Configuration file in YAML; flags and environment variables come before it',
  }),
} as const;

function sourceSwitches() {
  const help = {
    'pod-resources': "Ask the kubelet's PodResources API which container has which GPU",
    'pods-api': "Ask the kubelet's Pods API about pods",
    'api-server': 'Watch the pods of this node at the API server',
    'runtime-files': 'Look up containers in files of Docker, containerd and CRI-O',
  } as const;
  const entries = SOURCE_NAMES.map((name) => [
    `kubernetes.${name}`,
    option({ group: 'Kubernetes', type: SWITCH, default: 'auto', help: help[name] }),
  ]);
  return Object.fromEntries(entries) as Record<`kubernetes.${keyof typeof help}`, Option<'auto' | 'on' | 'off'>>;
}

/** Name of an option, and what its flag is after the hyphens. */
export type OptionName = keyof typeof OPTIONS;

/** Names of all options. */
export const OPTION_NAMES = Object.keys(OPTIONS) as readonly OptionName[];

/** What all options have in common, whatever the type of their value. */
export function optionOf(name: OptionName): Option<unknown> {
  return OPTIONS[name];
}

/** Begins the names of all environment variables. */
export const PREFIX = 'GPU_EXPORTER_';

/** The environment variable of a flag. */
export function variableOf(flag: string): string {
  return PREFIX + flag.toUpperCase().replaceAll(/[.-]/g, '_');
}
