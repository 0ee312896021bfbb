import { Chart, Size, Testing } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Storage } from '../../lib/core/storage';
import { ConfigMapKey, SecretKey } from '../../lib/model/references';
import { Relabel } from '../../lib/model/relabel';
import { alert } from '../../lib/model/rules';
import { ScrapeTarget } from '../../lib/model/scrape/scrape-target';
import type { PrometheusProps } from '../../lib/prometheus/prometheus-props';
import { StandalonePrometheus } from '../../lib/prometheus/standalone/standalone-prometheus';
import { objectOf, objectsOf, podOf } from '../objects';
import { ALL_WORKLOAD_PROPS, expectAllWorkloadProps } from '../workload-props';

function make(props: PrometheusProps = {}) {
  const chart = new Chart(Testing.app(), 'chart', { namespace: 'monitoring', disableResourceNameHashes: true });
  return { chart, prometheus: new StandalonePrometheus(chart, 'prometheus', props) };
}

function configuration(chart: Chart, name = 'monitoring/prometheus'): Record<string, unknown> {
  return parse(objectOf(chart, `ConfigMap ${name}-config`).data['prometheus.yml'] ?? '');
}

function addService(chart: Chart, namespace: string, name = 'api') {
  const metadata = { name, namespace, labels: { app: name } };
  const selector = { app: name };
  const ports = [{ name: 'metrics', port: 80, targetPort: k8s.IntOrString.fromNumber(9100) }];
  return new k8s.KubeService(chart, name, { metadata, spec: { selector, ports } });
}

describe('by default', () => {
  const { chart } = make();
  const pod = podOf(objectOf(chart, 'StatefulSet monitoring/prometheus'));

  it('is one server and a reloader that watches every folder of the configuration', () => {
    expect(pod.spec.containers.map(({ name }) => name)).toEqual(['prometheus', 'config-reloader']);
    expect(pod.spec.containers[1]?.args).toEqual([
      '--listen-address=:8080',
      '--reload-url=http://127.0.0.1:9090/-/reload',
      '--watched-dir=/etc/prometheus/config',
      '--watched-dir=/etc/prometheus/scrape-configs',
      '--watched-dir=/etc/prometheus/rules',
    ]);
    expect(objectsOf(chart).has('PodDisruptionBudget monitoring/prometheus')).toBe(false);
  });

  it('runs as nobody, with a read-only root and no capability', () => {
    expect(pod.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    for (const container of pod.spec.containers) {
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      });
    }
  });

  it('names the replica in an external label, which alerts lose again', () => {
    const { chart } = make({ alertmanagers: [{ addresses: ['am:9093'] }], externalLabels: { cluster: 'a$b' } });
    expect(configuration(chart)).toMatchObject({
      global: { external_labels: { cluster: 'a$$b', prometheus_replica: '${POD_NAME}' } },
      alerting: { alert_relabel_configs: [{ regex: 'prometheus_replica', action: 'labeldrop' }] },
    });
  });

  it('scrapes itself and its reloader', () => {
    const files = objectOf(chart, 'ConfigMap monitoring/prometheus-scrape-configs').data;
    const { scrape_configs } = parse(files['prometheus.yaml'] ?? '') as { scrape_configs: { job_name: string }[] };
    expect(scrape_configs.map(({ job_name }) => job_name)).toEqual(['prometheus/web', 'prometheus/reloader-web']);
  });
});

describe('access', () => {
  const watch = ['list', 'watch'];

  it('is one Role for each scraped namespace, and no ClusterRole', () => {
    const { chart, prometheus } = make();
    prometheus.monitor(ScrapeTarget.service(addService(chart, 'shop'), { port: 'metrics' }));
    expect(objectOf(chart, 'Role shop/monitoring-prometheus').rules).toEqual([
      { apiGroups: [''], resources: ['pods', 'services'], verbs: watch },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: watch },
    ]);
    expect([...objectsOf(chart).keys()].filter((key) => key.startsWith('ClusterRole'))).toEqual([]);
  });

  it('covers kubelet, paths and nodes only where a target needs them', () => {
    const { chart, prometheus } = make();
    prometheus.monitor(ScrapeTarget.nodes({ job: 'kubelet', scheme: 'https' }));
    prometheus.monitor(ScrapeTarget.nodes({ job: 'proxied', throughApiServer: true, scheme: 'https' }));
    prometheus.monitor(ScrapeTarget.pods({ job: 'pods', matchLabels: { a: 'b' }, attachNodeMetadata: true }));
    expect(objectOf(chart, 'ClusterRole monitoring-prometheus').rules).toEqual([
      { apiGroups: [''], resources: ['nodes/metrics', 'nodes/proxy'], verbs: ['get'] },
      { apiGroups: [''], resources: ['nodes', 'pods'], verbs: watch },
    ]);
  });
});

describe('NetworkPolicy', () => {
  it('opens exactly what targets and remote stores need', () => {
    const { chart, prometheus } = make({
      remoteWrite: [{ url: 'https://10.1.2.3:8443/write' }],
      network: undefined as never,
    });
    prometheus.monitor(ScrapeTarget.service(addService(chart, 'shop'), { port: 'metrics' }));
    prometheus.monitor(ScrapeTarget.hosts(['192.0.2.7:9100', '[2001:db8::1]:9101'], { job: 'switches' }));
    prometheus.monitor(ScrapeTarget.pods({ namespace: 'etl', matchLabels: { app: 'etl' }, port: 9102 }));
    const { egress } = objectOf(chart, 'NetworkPolicy monitoring/prometheus').spec as { egress: unknown[] };
    const inNamespace = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });
    expect(egress).toEqual(
      expect.arrayContaining([
        {
          to: [{ namespaceSelector: inNamespace('shop'), podSelector: { matchLabels: { app: 'api' } } }],
          ports: [{ port: 9100, protocol: 'TCP' }],
        },
        { to: [{ ipBlock: { cidr: '192.0.2.7/32' } }], ports: [{ port: 9100, protocol: 'TCP' }] },
        { to: [{ ipBlock: { cidr: '2001:db8::1/128' } }], ports: [{ port: 9101, protocol: 'TCP' }] },
        { to: [{ ipBlock: { cidr: '10.1.2.3/32' } }], ports: [{ port: 8443, protocol: 'TCP' }] },
        {
          to: [{ namespaceSelector: inNamespace('etl'), podSelector: { matchLabels: { app: 'etl' } } }],
          ports: [{ port: 9102, protocol: 'TCP' }],
        },
      ]),
    );
  });

  it('can be left out', () => {
    expect(
      [...objectsOf(make({ networkPolicy: false }).chart).keys()].some((key) => key.startsWith('NetworkPolicy')),
    ).toBe(false);
  });
});

it('writes the rules of packs, single ones under the name of the pack', () => {
  const { chart, prometheus } = make();
  const rule = alert('QueueStuck', { expr: 'up == 0', severity: 'warning', summary: 'Stuck', for: '10m' });
  prometheus.monitor({ name: 'queue', rules: [rule, { name: 'queue.more', rules: [{ ...rule, name: 'Other' }] }] });
  const { data } = objectOf(chart, 'ConfigMap monitoring/prometheus-rules');
  expect(parse(data['queue.yaml'] ?? '')).toEqual({
    groups: [
      {
        name: 'queue',
        rules: [
          {
            alert: 'QueueStuck',
            expr: 'up == 0',
            for: '10m',
            labels: { severity: 'warning' },
            annotations: { summary: 'Stuck' },
          },
        ],
      },
    ],
  });
  expect(data['queue.more.yaml']).toContain('alert: Other');
});

it('takes 80 % of the volume for blocks unless told otherwise', () => {
  const storage = Storage.claim({ size: Size.gibibytes(10) });
  expect(configuration(make({ storage }).chart)).toMatchObject({
    storage: { tsdb: { retention: { size: '8192MB' } } },
  });
  expect(configuration(make({ storage, retentionSize: '5GB' }).chart)).toMatchObject({
    storage: { tsdb: { retention: { size: '5GB' } } },
  });
});

it('answers under the path of its external URL', () => {
  const { chart, prometheus } = make({ web: { externalUrl: 'https://example.com/prometheus/' } });
  expect(prometheus.url).toBe('http://prometheus.monitoring.svc:9090/prometheus');
  const [server, reloader] = podOf(objectOf(chart, 'StatefulSet monitoring/prometheus')).spec.containers;
  expect(server).toMatchObject({ readinessProbe: { httpGet: { path: '/prometheus/-/ready' } } });
  expect(reloader?.args).toContain('--reload-url=http://127.0.0.1:9090/prometheus/-/reload');
});

it('signs remote writes as a cloud wants it', () => {
  const { chart } = make({
    remoteWrite: [
      {
        url: 'https://a.example.com/',
        sigv4: { region: 'eu-west-1', roleArn: 'arn:x', profile: 'p', externalId: 'e', useFipsStsEndpoint: true },
      },
      {
        url: 'https://b.example.com/',
        azureAd: { cloud: 'AzureChina', workloadIdentity: { clientId: 'c', tenantId: 't', tokenFilePath: '/t' } },
      },
      { url: 'https://c.example.com/', azureAd: { managedIdentity: { clientId: 'c' } } },
      { url: 'https://d.example.com/', azureAd: { sdk: { tenantId: 't' } } },
      { url: 'https://e.example.com/', googleIam: { credentialsFile: '/key.json' } },
    ],
  });
  expect(configuration(chart).remote_write).toMatchObject([
    { sigv4: { region: 'eu-west-1', role_arn: 'arn:x', profile: 'p', external_id: 'e', use_fips_sts_endpoint: true } },
    { azuread: { cloud: 'AzureChina', workload_identity: { client_id: 'c', tenant_id: 't', token_file_path: '/t' } } },
    { azuread: { managed_identity: { client_id: 'c' } } },
    { azuread: { sdk: { tenant_id: 't' } } },
    { google_iam: { credentials_file: '/key.json' } },
  ]);
});

it('passes every prop on', () => {
  const props: Required<PrometheusProps> = {
    ...ALL_WORKLOAD_PROPS,
    replicas: 2,
    retention: '30d',
    retentionSize: '70GB',
    storage: Storage.claim({
      size: Size.gibibytes(100),
      storageClassName: 'fast',
      accessModes: ['ReadWriteOncePod'],
      annotations: { backup: 'yes' },
    }),
    externalLabels: { cluster: 'a' },
    replicaLabel: 'replica',
    scrapeInterval: '20s',
    scrapeTimeout: '8s',
    evaluationInterval: '25s',
    limits: { sampleLimit: 50_000, bodySizeLimit: '20MB' },
    remoteWrite: [
      {
        url: 'https://write.example.com/push',
        name: 'write',
        remoteTimeout: '11s',
        headers: { 'X-Scope-OrgID': 'a' },
        writeRelabelings: [Relabel.drop('__name__', 'debug_.*')],
        sendExemplars: true,
        sendNativeHistograms: true,
        protobufMessage: 'io.prometheus.write.v2.Request',
        roundRobinDns: true,
        basicAuth: { username: 'user', password: SecretKey.of('write', 'password') },
        tls: { ca: ConfigMapKey.of('ca', 'ca.crt') },
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
      },
    ],
    rawScrapeConfigs: [{ job_name: 'raw', static_configs: [{ targets: ['a:1'] }] }],
    alertmanagers: [
      {
        addresses: ['am-1:9093', 'am-0:9093'],
        scheme: 'https',
        pathPrefix: '/am',
        timeout: '15s',
        tls: { serverName: 'am' },
      },
    ],
    autoGomemlimitRatio: 0.8,
    serviceAccountAnnotations: { 'example.com/role': 'prometheus' },
    tsdb: {
      walCompression: 'zstd',
      outOfOrderTimeWindow: '30m',
      maxExemplars: 1000,
      retentionPercentage: 90,
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
    },
    web: {
      externalUrl: 'https://prometheus.example.com',
      routePrefix: '/',
      pageTitle: 'Own title',
      corsOrigin: 'https://.*',
      readTimeout: '4m',
      maxConnections: 100,
      maxNotificationsSubscribers: 5,
      enableAdminApi: true,
      enableRemoteWriteReceiver: true,
      enableOtlpReceiver: true,
      acceptedProtobufMessages: ['prometheus.WriteRequest'],
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
    },
    query: {
      lookbackDelta: '4m',
      timeout: '1m',
      maxConcurrency: 10,
      maxSamples: 1000,
      logFile: '/prometheus/query.log',
    },
    ruleEvaluation: {
      queryOffset: '10s',
      forOutageTolerance: '2h',
      forGracePeriod: '5m',
      resendDelay: '2m',
      maxConcurrentEvals: 8,
      notificationQueueCapacity: 5000,
      notificationBatchSize: 64,
      drainNotificationQueueOnShutdown: false,
      alertRelabelings: [Relabel.labelDrop('pod_template_hash')],
    },
    remoteReadServer: { sampleLimit: 11, concurrentLimit: 12, maxBytesInFrame: 13, flushDeadline: '14s' },
    enableFeatures: ['promql-experimental-functions'],
    logLevel: 'debug',
    logFormat: 'json',
    terminationGracePeriodSeconds: 123,
    reloaderResources: { requests: { cpu: '11m' }, limits: { memory: '99Mi' } },
  };
  const { chart } = make(props);
  const statefulSet = objectOf(chart, 'StatefulSet own-namespace/own-name');
  expectAllWorkloadProps(statefulSet);
  expect(objectsOf(chart).has('NetworkPolicy own-namespace/own-name')).toBe(true);
  expect(objectOf(chart, 'PodDisruptionBudget own-namespace/own-name').spec).toMatchObject({ maxUnavailable: 1 });
  expect(statefulSet.spec).toMatchObject({
    replicas: 2,
    volumeClaimTemplates: [
      {
        metadata: { name: 'data', annotations: { backup: 'yes' } },
        spec: {
          accessModes: ['ReadWriteOncePod'],
          storageClassName: 'fast',
          resources: { requests: { storage: '100Gi' } },
        },
      },
    ],
  });
  const pod = podOf(statefulSet);
  expect(pod.spec.terminationGracePeriodSeconds).toBe(123);
  expect(pod.spec.containers[1]?.resources).toEqual({ requests: { cpu: '11m' }, limits: { memory: '99Mi' } });
  expect(pod.spec.containers[0]?.args).toEqual([
    '--config.file=/etc/prometheus/config/prometheus.yml',
    '--storage.tsdb.path=/prometheus',
    '--storage.tsdb.wal-compression-type=zstd',
    '--storage.tsdb.min-block-duration=2h',
    '--storage.tsdb.max-block-duration=2h',
    '--storage.tsdb.head-chunks-write-queue-size=10',
    '--storage.tsdb.delayed-compaction.max-percent=20',
    '--storage.tsdb.delay-compact-file.path=/prometheus/uploaded.json',
    '--storage.tsdb.block-reload-interval=2m',
    '--storage.tsdb.wal-segment-size=64MB',
    '--storage.tsdb.max-block-chunk-segment-size=256MB',
    '--storage.tsdb.samples-per-chunk=100',
    '--storage.remote.flush-deadline=14s',
    '--storage.remote.read-sample-limit=11',
    '--storage.remote.read-concurrent-limit=12',
    '--storage.remote.read-max-bytes-in-frame=13',
    '--web.external-url=https://prometheus.example.com',
    '--web.route-prefix=/',
    '--web.page-title=Own title',
    '--web.cors.origin=https://.*',
    '--web.read-timeout=4m',
    '--web.max-connections=100',
    '--web.max-notifications-subscribers=5',
    '--web.user-assets=/assets',
    '--web.console.templates=/consoles',
    '--web.console.libraries=/libraries',
    '--web.search.max-limit=99',
    '--web.config.file=/etc/prometheus/config/web.yml',
    '--query.lookback-delta=4m',
    '--query.timeout=1m',
    '--query.max-concurrency=10',
    '--query.max-samples=1000',
    '--rules.alert.for-outage-tolerance=2h',
    '--rules.alert.for-grace-period=5m',
    '--rules.alert.resend-delay=2m',
    '--rules.max-concurrent-evals=8',
    '--alertmanager.notification-queue-capacity=5000',
    '--alertmanager.notification-batch-size=64',
    '--auto-gomemlimit.ratio=0.8',
    '--enable-feature=exemplar-storage,promql-experimental-functions',
    '--log.format=json',
    '--web.enable-lifecycle',
    '--web.enable-admin-api',
    '--web.enable-remote-write-receiver',
    '--web.enable-otlp-receiver',
    '--storage.tsdb.no-lockfile',
    '--no-storage.tsdb.allow-overlapping-compaction',
    '--no-alertmanager.drain-notification-queue-on-shutdown',
    '--web.remote-write-receiver.accepted-protobuf-messages=prometheus.WriteRequest',
    '--extra-flag=1',
  ]);
  expect(configuration(chart, 'own-namespace/own-name')).toEqual({
    global: {
      scrape_interval: '20s',
      scrape_timeout: '8s',
      evaluation_interval: '25s',
      rule_query_offset: '10s',
      query_log_file: '/prometheus/query.log',
      external_labels: { cluster: 'a', replica: '${POD_NAME}' },
      sample_limit: 50_000,
      body_size_limit: '20MB',
    },
    runtime: { log_level: 'debug' },
    rule_files: ['../rules/*.yaml'],
    scrape_config_files: ['../scrape-configs/*.yaml'],
    alerting: {
      alert_relabel_configs: [
        { regex: 'replica', action: 'labeldrop' },
        { regex: 'pod_template_hash', action: 'labeldrop' },
      ],
      alertmanagers: [
        {
          scheme: 'https',
          path_prefix: '/am',
          timeout: '15s',
          tls_config: { server_name: 'am' },
          static_configs: [{ targets: ['am-0:9093', 'am-1:9093'] }],
        },
      ],
    },
    storage: {
      tsdb: {
        retention: { time: '30d', size: '70GB', percentage: 90 },
        out_of_order_time_window: '30m',
        stale_series_compaction_threshold: 0.5,
      },
      exemplars: { max_exemplars: 1000 },
    },
    remote_write: [
      {
        url: 'https://write.example.com/push',
        name: 'write',
        remote_timeout: '11s',
        headers: { 'X-Scope-OrgID': 'a' },
        write_relabel_configs: [{ source_labels: ['__name__'], regex: 'debug_.*', action: 'drop' }],
        send_exemplars: true,
        send_native_histograms: true,
        protobuf_message: 'io.prometheus.write.v2.Request',
        round_robin_dns: true,
        basic_auth: { username: 'user', password_file: '/etc/prometheus/secrets/write/password' },
        tls_config: { ca_file: '/etc/prometheus/configmaps/ca/ca.crt' },
        queue_config: {
          capacity: 1,
          max_shards: 3,
          min_shards: 2,
          max_samples_per_send: 4,
          batch_send_deadline: '5s',
          min_backoff: '6ms',
          max_backoff: '7s',
          retry_on_http_429: true,
          sample_age_limit: '8h',
        },
        metadata_config: { send: true, send_interval: '2m', max_samples_per_send: 9 },
      },
    ],
    remote_read: [
      {
        url: 'https://read.example.com/read',
        name: 'read',
        remote_timeout: '12s',
        headers: { 'X-Scope-OrgID': 'b' },
        required_matchers: { team: 'a' },
        read_recent: true,
        filter_external_labels: false,
      },
    ],
  });
  expect(parse(objectOf(chart, 'ConfigMap own-namespace/own-name-config').data['web.yml'] ?? '')).toEqual({
    tls_server_config: {
      cert_file: '/etc/prometheus/secrets/web/tls.crt',
      key_file: '/etc/prometheus/secrets/web/tls.key',
      min_version: 'TLS13',
      max_version: 'TLS13',
    },
  });
  expect(
    parse(objectOf(chart, 'ConfigMap own-namespace/own-name-scrape-configs').data['prometheus.yaml'] ?? ''),
  ).toMatchObject({
    scrape_configs: [{ scheme: 'https', tls_config: { ca_file: '/etc/prometheus/configmaps/ca/ca.crt' } }, {}],
  });
  expect(objectOf(chart, 'ServiceAccount own-namespace/own-name').metadata.annotations).toEqual({
    owner: 'b',
    'example.com/role': 'prometheus',
  });
  expect(objectOf(chart, 'ConfigMap own-namespace/own-name-scrape-configs').data['raw.yaml']).toBe(
    "scrape_configs:\n  - job_name: raw\n    static_configs:\n      - targets:\n          - 'a:1'\n",
  );
  expect(pod.spec.volumes?.map(({ name }) => name)).toEqual([
    'config',
    'scrape-configs',
    'rules',
    'configmap-ca',
    'secret-web',
    'secret-write',
  ]);
  expect(pod.spec.containers[0]?.volumeMounts?.map(({ mountPath }) => mountPath)).toEqual([
    '/etc/prometheus/config',
    '/etc/prometheus/scrape-configs',
    '/etc/prometheus/rules',
    '/prometheus',
    '/etc/prometheus/configmaps/ca',
    '/etc/prometheus/secrets/web',
    '/etc/prometheus/secrets/write',
  ]);
});
