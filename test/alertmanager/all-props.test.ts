import { Size } from 'cdk8s';
import { describe, expect, it } from 'vitest';
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
import { problemsOf, Synthesized } from './synthesized';

const web: Required<AlertmanagerWebOptions> = {
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
const cluster: Required<AlertmanagerClusterOptions> = {
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
const silences: Required<AlertmanagerSilenceOptions> = { max: 100, maxSizeBytes: 2000, log: true };
const alerts: Required<AlertmanagerAlertOptions> = {
  gcInterval: '10m',
  perAlertnameLimit: 500,
  dispatchMaintenanceInterval: '1m',
  dispatchStartDelay: '1m',
};
const props: Required<AlertmanagerProps> = {
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

/** Everything that an Alertmanager writes and hands on. */
function output(given: AlertmanagerProps): string {
  const { alertmanager, objects } = new Synthesized(given);
  const { url, peerAddresses, monitoring } = alertmanager;
  const endpoints = monitoring.targets?.map((target) => target.endpoints);
  return JSON.stringify({ objects, url, peerAddresses, endpoints, rules: monitoring.rules });
}

function without<T extends object>(object: T, name: string): T {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== name)) as T;
}

/** Other values for what cannot be left out. */
const CHANGED: Partial<AlertmanagerProps> = {
  routing: Routing.none(),
  receivers: [Receiver.none('chat')],
  timeIntervals: [{ name: 'nights', timeIntervals: [] }],
  templates: { 'ml.tmpl': '{{ define "ml" }}y{{ end }}' },
  enableFeatures: ['event-recorder', 'auto-gomemlimit', 'utf8-strict-mode'],
  networkPolicy: false,
};

/** `network` shows only in a NetworkPolicy. */
const complete: AlertmanagerProps = { ...props, networkPolicy: true };

describe('every prop of an Alertmanager reaches the output', () => {
  const all = output(complete);

  it.each(Object.keys(props).filter((name) => !(name in CHANGED)))('%s', (name) => {
    expect(output(without(complete, name))).not.toBe(all);
  });

  it.each(Object.entries(CHANGED))('%s, which others refer to', (name, value) => {
    expect(output({ ...complete, [name]: value })).not.toBe(all);
  });

  it.each(Object.keys(web))('web.%s', (name) => {
    expect(output({ ...complete, web: without(web, name) })).not.toBe(all);
  });

  it.each(['minVersion', 'maxVersion', 'client'])('web.tls.%s', (name) => {
    expect(output({ ...complete, web: { ...web, tls: without(web.tls, name) } })).not.toBe(all);
  });

  it.each(Object.keys(cluster))('cluster.%s', (name) => {
    expect(output({ ...complete, cluster: without(cluster, name) })).not.toBe(all);
  });

  it.each(Object.keys(silences))('silences.%s', (name) => {
    expect(output({ ...complete, silences: without(silences, name) })).not.toBe(all);
  });

  it.each(Object.keys(alerts))('alerts.%s', (name) => {
    expect(output({ ...complete, alerts: without(alerts, name) })).not.toBe(all);
  });

  it('without a problem', () => {
    expect(problemsOf(complete)).toEqual([]);
  });
});

it('writes every flag with the value that was given', () => {
  expect(new Synthesized(props).args).toEqual([
    '--config.file=/etc/alertmanager/config/alertmanager.yml',
    '--storage.path=/alertmanager',
    '--data.retention=168h',
    '--data.maintenance-interval=10m',
    '--silences.max-silences=100',
    '--silences.max-silence-size-bytes=2000',
    '--log.silences',
    '--alerts.gc-interval=10m',
    '--alerts.per-alertname-limit=500',
    '--dispatch.maintenance-interval=1m',
    '--dispatch.start-delay=1m',
    '--web.listen-address=:9093',
    '--web.external-url=https://example.com/am',
    '--web.route-prefix=/alertmanager',
    '--web.get-concurrency=20',
    '--web.timeout=1m',
    '--web.config.file=/etc/alertmanager/config/web.yml',
    '--cluster.listen-address=[$(POD_IP)]:9094',
    '--cluster.advertise-address=10.0.0.1:9094',
    '--cluster.peer=am-0.am-headless.observability.svc:9094',
    '--cluster.peer=am-1.am-headless.observability.svc:9094',
    '--cluster.peer=am.example.com:9194',
    '--cluster.label=mine',
    '--cluster.peer-timeout=20s',
    '--cluster.peers-resolve-timeout=5s',
    '--cluster.gossip-interval=300ms',
    '--cluster.pushpull-interval=2m',
    '--cluster.tcp-timeout=11s',
    '--cluster.probe-timeout=600ms',
    '--cluster.probe-interval=2s',
    '--cluster.settle-timeout=10s',
    '--cluster.reconnect-interval=20s',
    '--cluster.reconnect-timeout=24h',
    '--cluster.tls-config=/etc/alertmanager/config/cluster-tls.yml',
    '--cluster.allow-insecure-public-advertise-address-discovery',
    '--enable-feature=event-recorder,auto-gomemlimit',
    '--auto-gomemlimit.ratio=0.8',
    '--log.level=debug',
    '--log.format=json',
    '--no-web.systemd-socket',
  ]);
});

it('writes the TLS of the cluster for both sides', () => {
  expect(new Synthesized(props).files['cluster-tls.yml']).toBe(
    [
      'tls_server_config:',
      '  cert_file: /etc/alertmanager/secrets/gossip/tls.crt',
      '  key_file: /etc/alertmanager/secrets/gossip/tls.key',
      '  client_ca_file: /etc/alertmanager/secrets/gossip/ca.crt',
      '  client_auth_type: RequireAndVerifyClientCert',
      'tls_client_config:',
      '  ca_file: /etc/alertmanager/secrets/gossip/ca.crt',
      '  cert_file: /etc/alertmanager/secrets/gossip/tls.crt',
      '  key_file: /etc/alertmanager/secrets/gossip/tls.key',
      '  server_name: alertmanager',
      '',
    ].join('\n'),
  );
});
