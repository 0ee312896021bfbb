import { Size } from 'cdk8s';
import { Storage } from '../../../lib/core/storage';
import { ConfigMapKey, SecretKey } from '../../../lib/model/references';
import { Relabel } from '../../../lib/model/relabel';
import type { RemoteRead, RemoteWrite } from '../../../lib/model/remote-storage';
import type { ScrapeLimits } from '../../../lib/model/scrape/endpoint';
import type {
  EnforcedLimits,
  OperatorOptions,
  ScrapeClassOptions,
  ThanosSidecarOptions,
} from '../../../lib/prometheus/operator/operator-props';
import type {
  PrometheusProps,
  QueryOptions,
  RemoteReadServerOptions,
  RuleOptions,
  TsdbOptions,
  WebOptions,
} from '../../../lib/prometheus/prometheus-props';
import { ALL_WORKLOAD_PROPS } from '../../workload-props';

/** Every option, with a value that no default has; but for what the operator cannot say, which is refused. */
const tsdb: Required<Omit<TsdbOptions, 'retentionPercentage'>> = {
  walCompression: 'zstd',
  outOfOrderTimeWindow: '30m',
  maxExemplars: 1000,
  staleSeriesCompactionThreshold: 0.5,
  maxBlockDuration: '2h',
  minBlockDuration: '2h',
  noLockfile: true,
  headChunksWriteQueueSize: 10,
  delayedCompactionMaxPercent: 20,
  delayCompactFilePath: '/prometheus/uploaded.json',
  allowOverlappingCompaction: false,
  blockReloadInterval: '2m',
  walSegmentSize: '64MB',
  maxBlockChunkSegmentSize: '256MB',
  samplesPerChunk: 100,
};
const web: Required<WebOptions> = {
  externalUrl: 'https://prometheus.example.com',
  routePrefix: '/p',
  pageTitle: 'Own title',
  corsOrigin: 'https://.*',
  readTimeout: '4m',
  maxConnections: 100,
  maxNotificationsSubscribers: 5,
  enableAdminApi: true,
  enableRemoteWriteReceiver: true,
  enableOtlpReceiver: true,
  acceptedProtobufMessages: ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'],
  userAssets: '/assets',
  consoleTemplates: '/consoles',
  consoleLibraries: '/libraries',
  searchMaxLimit: 99,
  tls: {
    cert: SecretKey.of('web', 'tls.crt'),
    key: SecretKey.of('web', 'tls.key'),
    minVersion: 'TLS13',
    maxVersion: 'TLS13',
    client: { ca: ConfigMapKey.of('ca', 'ca.crt') },
  },
};
const query: Required<QueryOptions> = {
  lookbackDelta: '4m',
  timeout: '1m',
  maxConcurrency: 10,
  maxSamples: 1000,
  logFile: '/prometheus/query.log',
};
const ruleEvaluation: Required<RuleOptions> = {
  queryOffset: '10s',
  forOutageTolerance: '2h',
  forGracePeriod: '5m',
  resendDelay: '2m',
  maxConcurrentEvals: 8,
  notificationQueueCapacity: 5000,
  notificationBatchSize: 64,
  drainNotificationQueueOnShutdown: false,
  alertRelabelings: [Relabel.labelDrop('pod_template_hash')],
};
const remoteReadServer: Required<RemoteReadServerOptions> = {
  sampleLimit: 11,
  concurrentLimit: 12,
  maxBytesInFrame: 13,
  flushDeadline: '14s',
};
/** A scrape alone has the two others. */
const limits: Required<Omit<ScrapeLimits, 'nativeHistogramBucketLimit' | 'nativeHistogramMinBucketFactor'>> = {
  sampleLimit: 1,
  targetLimit: 2,
  labelLimit: 3,
  labelNameLengthLimit: 4,
  labelValueLengthLimit: 5,
  bodySizeLimit: '6MB',
  keepDroppedTargets: 7,
};
const http = {
  oauth2: {
    clientId: 'client',
    clientSecret: SecretKey.of('oauth2', 'secret'),
    tokenUrl: 'https://login.example.com/token',
  },
  tls: { ca: '/ca.crt' },
  proxyUrl: 'http://proxy.example.com:3128',
  noProxy: 'localhost',
  proxyFromEnvironment: false,
  followRedirects: false,
};

/** Every field, one way to authenticate each. */
type WriteFields = Required<Omit<RemoteWrite, 'authorization' | 'basicAuth' | 'sigv4' | 'azureAd' | 'googleIam'>>;
const remoteWrite: WriteFields = {
  url: 'https://write.example.com/push',
  name: 'write',
  remoteTimeout: '11s',
  headers: { 'X-Scope-OrgID': 'a' },
  writeRelabelings: [Relabel.drop('__name__', 'debug_.*'), Relabel.drop('team', '')],
  sendExemplars: true,
  sendNativeHistograms: true,
  protobufMessage: 'io.prometheus.write.v2.Request',
  roundRobinDns: true,
  enableHttp2: false,
  ...http,
  queue: {
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
  metadata: { send: true, sendInterval: '2m', maxSamplesPerSend: 9 },
};
type ReadFields = Required<Omit<RemoteRead, 'authorization' | 'basicAuth' | 'enableHttp2'>>;
const remoteRead: ReadFields = {
  url: 'https://read.example.com/read',
  name: 'read',
  remoteTimeout: '12s',
  headers: { 'X-Scope-OrgID': 'b' },
  requiredMatchers: { team: 'a' },
  readRecent: true,
  filterExternalLabels: false,
  ...http,
};

/** Every prop of every back end. */
export const ALL_PROPS: Required<PrometheusProps> = {
  ...ALL_WORKLOAD_PROPS,
  replicas: 2,
  retention: '30d',
  retentionSize: '70GB',
  storage: Storage.claim({ size: Size.gibibytes(100), storageClassName: 'fast', annotations: { backup: 'yes' } }),
  externalLabels: { cluster: 'a' },
  replicaLabel: 'replica',
  scrapeInterval: '20s',
  scrapeTimeout: '8s',
  evaluationInterval: '25s',
  limits,
  remoteWrite: [remoteWrite],
  remoteRead: [remoteRead],
  rawScrapeConfigs: [{ job_name: 'raw', static_configs: [{ targets: ['a:1'] }] }],
  alertmanagers: [
    {
      addresses: ['am-0.am:9093'],
      service: { namespace: 'alerting', name: 'am', port: 'web' },
      scheme: 'https',
      pathPrefix: '/am',
      timeout: '15s',
      tls: { serverName: 'am' },
      enableHttp2: false,
    },
  ],
  tsdb,
  web,
  query,
  ruleEvaluation,
  remoteReadServer,
  enableFeatures: ['promql-experimental-functions'],
  logLevel: 'debug',
  logFormat: 'json',
  autoGomemlimitRatio: 0.8,
  serviceAccountAnnotations: { 'example.com/role': 'prometheus' },
  terminationGracePeriodSeconds: 123,
  reloaderResources: { requests: { cpu: '11m' }, limits: { memory: '99Mi' } },
};

const scrapeClass: Required<ScrapeClassOptions> = {
  name: 'own',
  default: true,
  authorization: { type: 'Token', credentials: '/class/token' },
  tls: { ca: '/ca.crt' },
  relabelings: [Relabel.drop('a', '')],
  metricRelabelings: [Relabel.drop('b', '')],
  attachNodeMetadata: true,
  fallbackScrapeProtocol: 'PrometheusText0.0.4',
};
const enforcedLimits: Required<EnforcedLimits> = {
  sampleLimit: 11,
  targetLimit: 12,
  labelLimit: 13,
  labelNameLengthLimit: 14,
  labelValueLengthLimit: 15,
  bodySizeLimit: '16MB',
  keepDroppedTargets: 17,
  namespaceLabel: 'namespace',
};
export const THANOS: Required<ThanosSidecarOptions> = {
  objectStorageConfig: SecretKey.of('thanos', 'bucket.yaml'),
  resources: { requests: { cpu: '12m' }, limits: { memory: '98Mi' } },
  logLevel: 'warn',
  logFormat: 'json',
  minTime: '-2h',
  readyTimeout: '5m',
  extraArgs: ['--shipper.upload-compacted', '--reloader.watch-interval=1m'],
};

/** Every option of the operator, but for those that exclude others: an agent and a Thanos sidecar. */
export const ALL_OPTIONS: Required<Omit<OperatorOptions, 'agent' | 'thanos'>> = {
  shards: 3,
  scrapeClasses: [scrapeClass],
  enforcedLimits,
  denyFileAccess: false,
  selectorLabels: { team: 'a' },
  foreignMonitors: { namespaces: ['foreign'] },
};
