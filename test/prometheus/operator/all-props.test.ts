import { describe, expect, it } from 'vitest';
import { Images } from '../../../lib/core/images';
import { Peer } from '../../../lib/core/peer';
import { Relabel } from '../../../lib/model/relabel';
import { ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import type { ServerTls } from '../../../lib/model/server-tls';
import type { OperatorPrometheusProps } from '../../../lib/prometheus/operator/operator-prometheus';
import { expectValidCustomResources } from '../../crd-schema';
import { objectOf, objectsOf } from '../../objects';
import { ALL_OPTIONS, ALL_PROPS, THANOS } from './complete-props';
import { keysOf, make, problemsOf, specOf, without } from './synthesized';

it('passes every prop and every option on', () => {
  const { chart } = make({ ...ALL_PROPS, ...ALL_OPTIONS });
  expect(problemsOf(chart)).toEqual([]);
  const own = 'own-namespace/own-name';
  expect(expectValidCustomResources(objectsOf(chart).values())).toBeGreaterThan(5);
  expect(objectOf(chart, `ServiceAccount ${own}`).metadata.annotations).toEqual({
    owner: 'b',
    'example.com/role': 'prometheus',
  });
  expect(specOf(chart, `PodDisruptionBudget ${own}`)).toMatchObject({ maxUnavailable: 1 });
  expect(keysOf(chart, 'NetworkPolicy')).toEqual([`NetworkPolicy ${own}`]);
  expect(objectOf(chart, `Secret ${own}-additional`).data).toEqual({
    'scrape-configs.yaml': Buffer.from(
      "- job_name: raw\n  static_configs:\n    - targets:\n        - 'a:1'\n",
    ).toString('base64'),
  });
  expect(objectOf(chart, `ConfigMap ${own}-prometheus-oauth2-clients`).data).toEqual({ client: 'client' });
  expect(specOf(chart, 'ServiceMonitor own-namespace/own-name-prometheus')).toMatchObject({
    endpoints: [{ path: '/p/metrics', scheme: 'https', tlsConfig: { ca: { configMap: { name: 'ca' } } } }, {}],
  });
  const resource = objectOf(chart, `Prometheus ${own}`);
  expect(resource.metadata).toMatchObject({ labels: { team: 'a' }, annotations: { owner: 'b' } });
  const selector = { matchLabels: { team: 'a' } };
  const namespaces = {
    matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['foreign', 'own-namespace'] }],
  };
  const http = {
    oauth2: {
      clientId: { configMap: { name: 'own-name-prometheus-oauth2-clients', key: 'client' } },
      clientSecret: { name: 'oauth2', key: 'secret' },
      tokenUrl: 'https://login.example.com/token',
    },
    tlsConfig: { caFile: '/ca.crt' },
    proxyUrl: 'http://proxy.example.com:3128',
    noProxy: 'localhost',
    proxyFromEnvironment: false,
    followRedirects: false,
  };
  expect(resource.spec).toEqual({
    image: expect.stringMatching(/^registry\.example\.com\/prometheus\/prometheus:v/),
    version: expect.stringMatching(/^v\d+\.\d+\.\d+$/),
    replicas: 2,
    shards: 3,
    podMetadata: {
      labels: { 'pod-label': 'c', team: 'a', 'app.kubernetes.io/part-of': 'cdk8s-gpu-monitoring' },
      annotations: { owner: 'b', 'pod-annotation': 'd' },
    },
    imagePullSecrets: [{ name: 'pull' }],
    nodeSelector: { pool: 'infra' },
    tolerations: [{ key: 'dedicated', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' }],
    priorityClassName: 'high',
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65534,
      runAsGroup: 65534,
      fsGroup: 65534,
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    resources: { requests: { cpu: '1', memory: '2Gi' }, limits: { memory: '3Gi' } },
    containers: [
      {
        name: 'prometheus',
        startupProbe: { periodSeconds: 5, failureThreshold: 720 },
        env: [{ name: 'EXTRA', value: '2' }],
      },
      {
        name: 'config-reloader',
        resources: { requests: { cpu: '11m', memory: '99Mi' }, limits: { cpu: '11m', memory: '99Mi' } },
      },
    ],
    serviceAccountName: 'own-name',
    serviceName: 'own-name-headless',
    serviceDiscoveryRole: 'EndpointSlice',
    terminationGracePeriodSeconds: 123,
    storage: {
      volumeClaimTemplate: {
        metadata: { annotations: { backup: 'yes' } },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'fast',
          resources: { requests: { storage: '100Gi' } },
        },
      },
    },
    retention: '30d',
    retentionSize: '70GB',
    serviceMonitorSelector: selector,
    serviceMonitorNamespaceSelector: namespaces,
    podMonitorSelector: selector,
    podMonitorNamespaceSelector: namespaces,
    probeSelector: selector,
    probeNamespaceSelector: namespaces,
    scrapeConfigSelector: selector,
    scrapeConfigNamespaceSelector: namespaces,
    ruleSelector: selector,
    ruleNamespaceSelector: namespaces,
    externalLabels: { cluster: 'a' },
    replicaExternalLabelName: 'replica',
    prometheusExternalLabelName: '',
    scrapeInterval: '20s',
    scrapeTimeout: '8s',
    evaluationInterval: '25s',
    sampleLimit: 1,
    targetLimit: 2,
    labelLimit: 3,
    labelNameLengthLimit: 4,
    labelValueLengthLimit: 5,
    bodySizeLimit: '6MB',
    keepDroppedTargets: 7,
    enforcedSampleLimit: 11,
    enforcedTargetLimit: 12,
    enforcedLabelLimit: 13,
    enforcedLabelNameLengthLimit: 14,
    enforcedLabelValueLengthLimit: 15,
    enforcedBodySizeLimit: '16MB',
    enforcedKeepDroppedTargets: 17,
    enforcedNamespaceLabel: 'namespace',
    arbitraryFSAccessThroughSMs: { deny: false },
    scrapeClasses: [
      {
        name: 'own',
        default: true,
        authorization: { type: 'Token', credentialsFile: '/class/token' },
        tlsConfig: { caFile: '/ca.crt' },
        relabelings: [Relabel.drop('a', '^$')],
        metricRelabelings: [Relabel.drop('b', '^$')],
        attachMetadata: { node: true },
        fallbackScrapeProtocol: 'PrometheusText0.0.4',
      },
    ],
    additionalScrapeConfigs: { name: 'own-name-additional', key: 'scrape-configs.yaml' },
    alerting: {
      alertmanagers: [
        {
          namespace: 'alerting',
          name: 'am',
          port: 'web',
          scheme: 'https',
          pathPrefix: '/am',
          timeout: '15s',
          tlsConfig: { serverName: 'am' },
          enableHttp2: false,
          alertRelabelings: [Relabel.labelDrop('pod_template_hash')],
        },
      ],
    },
    remoteWrite: [
      {
        url: 'https://write.example.com/push',
        name: 'write',
        remoteTimeout: '11s',
        headers: { 'X-Scope-OrgID': 'a' },
        writeRelabelConfigs: [Relabel.drop('__name__', 'debug_.*'), Relabel.drop('team', '^$')],
        sendExemplars: true,
        sendNativeHistograms: true,
        messageVersion: 'V2.0',
        roundRobinDNS: true,
        enableHTTP2: false,
        ...http,
        queueConfig: {
          capacity: 1,
          maxShards: 3,
          minShards: 2,
          maxSamplesPerSend: 4,
          batchSendDeadline: '5s',
          minBackoff: '6ms',
          maxBackoff: '7s',
          retryOnRateLimit: true,
          sampleAgeLimit: '8h',
        },
        metadataConfig: { send: true, sendInterval: '2m', maxSamplesPerSend: 9 },
      },
    ],
    remoteRead: [
      {
        url: 'https://read.example.com/read',
        name: 'read',
        remoteTimeout: '12s',
        headers: { 'X-Scope-OrgID': 'b' },
        requiredMatchers: { team: 'a' },
        readRecent: true,
        filterExternalLabels: false,
        ...http,
      },
    ],
    walCompression: true,
    tsdb: { outOfOrderTimeWindow: '30m', staleSeriesCompactionThreshold: '0.5' },
    exemplars: { maxSize: 1000 },
    enableFeatures: ['exemplar-storage', 'promql-experimental-functions'],
    externalUrl: 'https://prometheus.example.com',
    routePrefix: '/p',
    enableAdminAPI: true,
    enableRemoteWriteReceiver: true,
    remoteWriteReceiverMessageVersions: ['V1.0', 'V2.0'],
    enableOTLPReceiver: true,
    web: {
      pageTitle: 'Own title',
      maxConnections: 100,
      tlsConfig: {
        cert: { secret: { name: 'web', key: 'tls.crt' } },
        keySecret: { name: 'web', key: 'tls.key' },
        minVersion: 'TLS13',
        maxVersion: 'TLS13',
      },
    },
    query: { lookbackDelta: '4m', timeout: '1m', maxConcurrency: 10, maxSamples: 1000 },
    queryLogFile: '/prometheus/query.log',
    ruleQueryOffset: '10s',
    rules: { alert: { forOutageTolerance: '2h', forGracePeriod: '5m', resendDelay: '2m' } },
    logLevel: 'debug',
    logFormat: 'json',
    additionalArgs: [
      { name: 'storage.tsdb.wal-compression-type', value: 'zstd' },
      { name: 'storage.tsdb.min-block-duration', value: '2h' },
      { name: 'storage.tsdb.max-block-duration', value: '2h' },
      { name: 'storage.tsdb.head-chunks-write-queue-size', value: '10' },
      { name: 'storage.tsdb.delayed-compaction.max-percent', value: '20' },
      { name: 'storage.tsdb.delay-compact-file.path', value: '/prometheus/uploaded.json' },
      { name: 'storage.tsdb.block-reload-interval', value: '2m' },
      { name: 'storage.tsdb.wal-segment-size', value: '64MB' },
      { name: 'storage.tsdb.max-block-chunk-segment-size', value: '256MB' },
      { name: 'storage.tsdb.samples-per-chunk', value: '100' },
      { name: 'storage.remote.flush-deadline', value: '14s' },
      { name: 'storage.remote.read-sample-limit', value: '11' },
      { name: 'storage.remote.read-concurrent-limit', value: '12' },
      { name: 'storage.remote.read-max-bytes-in-frame', value: '13' },
      { name: 'web.cors.origin', value: 'https://.*' },
      { name: 'web.read-timeout', value: '4m' },
      { name: 'web.max-notifications-subscribers', value: '5' },
      { name: 'web.user-assets', value: '/assets' },
      { name: 'web.console.templates', value: '/consoles' },
      { name: 'web.console.libraries', value: '/libraries' },
      { name: 'web.search.max-limit', value: '99' },
      { name: 'rules.max-concurrent-evals', value: '8' },
      { name: 'alertmanager.notification-queue-capacity', value: '5000' },
      { name: 'alertmanager.notification-batch-size', value: '64' },
      { name: 'auto-gomemlimit.ratio', value: '0.8' },
      { name: 'storage.tsdb.no-lockfile' },
      { name: 'no-storage.tsdb.allow-overlapping-compaction' },
      { name: 'no-alertmanager.drain-notification-queue-on-shutdown' },
      { name: 'extra-flag', value: '1' },
    ],
  });
});

/** Everything that a Prometheus writes and hands on. */
function output(props: OperatorPrometheusProps): string {
  const { chart, prometheus } = make(props);
  prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'a' }));
  const { url, alertLabels, monitorSelection } = prometheus;
  return JSON.stringify([[...objectsOf(chart).values()], url, alertLabels, monitorSelection.labels]);
}

const complete = { ...ALL_PROPS, ...ALL_OPTIONS };

/** Other values for what has its default in the complete props. */
const CHANGED: OperatorPrometheusProps = {
  images: Images.of({ mirror: 'other.example.com' }),
  userIds: 'assigned',
  networkPolicy: false,
  network: {
    ...ALL_PROPS.network,
    dns: { peer: Peer.cidrs('169.254.20.10/32'), ports: [{ port: 53, protocol: 'UDP' }] },
  },
};

const GROUPS = [
  'tsdb',
  'web',
  'query',
  'ruleEvaluation',
  'remoteReadServer',
  'limits',
  'enforcedLimits',
  'reloaderResources',
] as const;
const LISTS = ['remoteWrite', 'remoteRead', 'alertmanagers', 'scrapeClasses'] as const;

/** Other values for what an entry of a list cannot do without. */
const NEEDED: Readonly<Record<string, unknown>> = {
  url: 'https://other.example.com/',
  proxyUrl: 'http://other.example.com:3128',
  addresses: ['192.0.2.1:9093'],
  name: 'other',
};

describe('every prop and every option reaches the output', () => {
  const all = output(complete);

  it.each(Object.keys(complete).filter((name) => !(name in CHANGED)) as (keyof typeof complete)[])('%s', (name) => {
    expect(output(without(complete, name))).not.toBe(all);
  });

  it.each(Object.entries(CHANGED))('%s', (name, value) => {
    expect(output({ ...complete, [name]: value })).not.toBe(all);
  });

  it.each(GROUPS.flatMap((group) => Object.keys(complete[group]).map((name) => [group, name] as const)))(
    '%s.%s',
    (group, name) => {
      const rest = without<Record<string, unknown>, string>(complete[group] as Record<string, unknown>, name);
      expect(output({ ...complete, [group]: rest })).not.toBe(all);
    },
  );

  it.each(LISTS.flatMap((list) => Object.keys(complete[list][0] ?? {}).map((name) => [list, name] as const)))(
    '%s[0].%s',
    (list, name) => {
      const [first = {}] = complete[list] as readonly object[] as readonly Record<string, unknown>[];
      const given = name in NEEDED ? { ...first, [name]: NEEDED[name] } : without(first, name);
      expect(output({ ...complete, [list]: [given] })).not.toBe(all);
    },
  );

  it.each(['minVersion', 'maxVersion', 'client'])('web.tls.%s', (name) => {
    const tls = without<object, never>(complete.web.tls ?? {}, name as never) as ServerTls;
    expect(output({ ...complete, web: { ...complete.web, tls } })).not.toBe(all);
  });

  it.each(Object.keys(THANOS) as (keyof typeof THANOS)[])('thanos.%s', (name) => {
    expect(output({ thanos: without(THANOS, name) })).not.toBe(output({ thanos: THANOS }));
  });
});
