import { Size } from 'cdk8s';
import type { AlertmanagerProps } from '../../lib/alertmanager/alertmanager';
import type {
  AlertmanagerAlertOptions,
  AlertmanagerClusterOptions,
  AlertmanagerSilenceOptions,
  AlertmanagerWebOptions,
} from '../../lib/alertmanager/alertmanager-props';
import { DEFAULT_CLUSTER_NETWORK } from '../../lib/core/cluster-network';
import { Images } from '../../lib/core/images';
import { Peer } from '../../lib/core/peer';
import { Storage } from '../../lib/core/storage';
import { Receiver } from '../../lib/model/alerting/receiver';
import { Routing } from '../../lib/model/alerting/routing';
import { ConfigMapKey, SecretKey } from '../../lib/model/references';

/** Every option, with a value that no default has. */
export const web: Required<AlertmanagerWebOptions> = {
  externalUrl: 'https://example.com/am',
  routePrefix: '/alertmanager',
  getConcurrency: 20,
  timeout: '1m',
  tls: {
    cert: SecretKey.of('web-tls', 'tls.crt'),
    key: SecretKey.of('web-tls', 'tls.key'),
    minVersion: 'TLS13',
    maxVersion: 'TLS13',
    client: { ca: ConfigMapKey.of('ca', 'ca.crt') },
  },
};
/** Every option, with a value that no default has. */
export const cluster: Required<AlertmanagerClusterOptions> = {
  additionalPeers: ['am.example.com:9194'],
  advertiseAddress: '10.0.0.1:9094',
  peerTimeout: '20s',
  peersResolveTimeout: '5s',
  gossipInterval: '300ms',
  pushpullInterval: '2m',
  tcpTimeout: '11s',
  probeTimeout: '600ms',
  probeInterval: '2s',
  settleTimeout: '10s',
  reconnectInterval: '20s',
  reconnectTimeout: '1d',
  label: 'mine',
  tls: {
    cert: SecretKey.of('gossip', 'tls.crt'),
    key: SecretKey.of('gossip', 'tls.key'),
    ca: SecretKey.of('gossip', 'ca.crt'),
    serverName: 'alertmanager',
  },
  allowInsecurePublicAdvertiseAddressDiscovery: true,
};
/** Every option, with a value that no default has. */
export const silences: Required<AlertmanagerSilenceOptions> = { max: 100, maxSizeBytes: 2000, log: true };
/** Every option, with a value that no default has. */
export const alerts: Required<AlertmanagerAlertOptions> = {
  gcInterval: '10m',
  perAlertnameLimit: 500,
  dispatchMaintenanceInterval: '1m',
  dispatchStartDelay: '1m',
};
/** Every option, with a value that no default has. */
export const props: Required<AlertmanagerProps> = {
  name: 'am',
  namespace: 'observability',
  labels: { team: 'platform' },
  annotations: { 'example.com/owner': 'platform' },
  podLabels: { tier: 'alerting' },
  podAnnotations: { 'example.com/pod': 'yes' },
  images: Images.of({ mirror: 'registry.example.com/mirror' }),
  imagePullSecrets: ['pull'],
  resources: { requests: { cpu: '250m' }, limits: { memory: '2Gi' } },
  nodeSelector: { pool: 'infra' },
  tolerations: [{ key: 'infra', operator: 'Exists' }],
  affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
  topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
  priorityClassName: 'high',
  extraArgs: ['--no-web.systemd-socket'],
  extraEnv: [{ name: 'TZ', value: 'UTC' }],
  networkPolicy: false,
  userIds: 'assigned',
  network: {
    ...DEFAULT_CLUSTER_NETWORK,
    dns: { peer: Peer.cidrs('169.254.20.10/32'), ports: [{ port: 53, protocol: 'UDP' }] },
  },
  routing: Routing.to('chat').muteDuring('nights'),
  receivers: [Receiver.slack('chat', { apiUrl: SecretKey.of('slack', 'url'), title: '{{ template "ml" . }}' })],
  inhibitRules: [{ sourceMatchers: 'a="b"', targetMatchers: 'c="d"' }],
  timeIntervals: [{ name: 'nights', timeIntervals: [{ times: [{ startTime: '00:00', endTime: '06:00' }] }] }],
  templates: { 'ml.tmpl': '{{ define "ml" }}x{{ end }}' },
  global: { resolveTimeout: '10m' },
  tracing: { endpoint: 'otel.example.com:4317' },
  eventRecorder: { stdoutOutputs: [{}] },
  replicas: 2,
  retention: '7d',
  maintenanceInterval: '10m',
  storage: Storage.claim({ size: Size.gibibytes(2) }),
  web,
  cluster,
  silences,
  alerts,
  enableFeatures: ['event-recorder', 'auto-gomemlimit'],
  autoGomemlimitRatio: 0.8,
  logLevel: 'debug',
  logFormat: 'json',
  terminationGracePeriodSeconds: 60,
  reloaderResources: { limits: { memory: '99Mi' } },
};

/** The object but for one property. */
export function without<T extends object>(object: T, name: string): T {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name)) as T;
}

/** Other values for what cannot be left out. */
export const CHANGED: Partial<AlertmanagerProps> = {
  routing: Routing.none(),
  receivers: [Receiver.none('chat')],
  timeIntervals: [{ name: 'nights', timeIntervals: [] }],
  templates: { 'ml.tmpl': '{{ define "ml" }}y{{ end }}' },
  enableFeatures: ['event-recorder', 'auto-gomemlimit', 'utf8-strict-mode'],
  networkPolicy: false,
};

/** `network` shows only in a NetworkPolicy. */
export const complete: AlertmanagerProps = { ...props, networkPolicy: true };
