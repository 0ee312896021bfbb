import { Testing } from 'cdk8s';
import { Service } from 'cdk8s-plus-28';
import { describe, expect, it } from 'vitest';
import type { ManifestSource } from '../../../lib/model/manifest';
import { ConfigMapKey, SecretKey } from '../../../lib/model/references';
import { Relabel } from '../../../lib/model/relabel';
import { renderNative } from '../../../lib/model/scrape/native';
import { type ScrapeOptions, ScrapeTarget } from '../../../lib/model/scrape/scrape-target';

const files = { path: (key: SecretKey | ConfigMapKey) => `/files/${key.kind}/${key.name}/${key.key}` };

const service: ManifestSource = {
  node: { path: 'api' },
  toJson: () => ({
    kind: 'Service',
    metadata: { name: 'api', namespace: 'shop', labels: { app: 'api' } },
    spec: {
      selector: { app: 'api' },
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'metrics', port: 9100 },
      ],
    },
  }),
};

function single(target: ScrapeTarget): Record<string, unknown> {
  const configs = renderNative(target, files);
  expect(configs).toHaveLength(1);
  return configs[0] ?? { job_name: 'none' };
}

function relabelings(target: ScrapeTarget) {
  return single(target).relabel_configs as {
    action: string;
    target_label?: string;
    source_labels?: string[];
    regex?: string;
  }[];
}

describe('a Service object', () => {
  const target = ScrapeTarget.service(service, { port: 'metrics' });

  it('is found by the name and the port name that the Service has', () => {
    expect(single(target)).toMatchObject({
      job_name: 'api',
      kubernetes_sd_configs: [{ role: 'endpointslice', namespaces: { names: ['shop'] } }],
    });
    expect(relabelings(target)).toContainEqual({
      source_labels: ['__meta_kubernetes_service_name', '__meta_kubernetes_endpointslice_port_name'],
      regex: 'api;metrics',
      action: 'keep',
    });
  });

  it('gets the labels that the operator would give it', () => {
    const labels = relabelings(target).flatMap(({ target_label }) => target_label ?? []);
    expect(new Set(labels)).toEqual(new Set(['node', 'pod', 'namespace', 'service', 'container', 'endpoint']));
  });

  it('takes a port by number as well', () => {
    expect(relabelings(ScrapeTarget.service(service, { port: 80 }))).toContainEqual({
      target_label: 'endpoint',
      replacement: 'http',
    });
  });

  it('makes one job per endpoint, with one job label', () => {
    const target = ScrapeTarget.service(service, {
      interval: '15s',
      endpoints: [{ port: 'http' }, { port: 'metrics', path: '/slow', interval: '1m' }],
    });
    const configs = renderNative(target, files);
    expect(configs.map(({ job_name, scrape_interval }) => [job_name, scrape_interval])).toEqual([
      ['api/http', '15s'],
      ['api/metrics', '1m'],
    ]);
    for (const config of configs) {
      expect(config.relabel_configs).toContainEqual({ target_label: 'job', replacement: 'api' });
    }
  });
});

it('takes a Service of cdk8s-plus, which wraps the object', () => {
  const chart = Testing.chart();
  const wrapped = new Service(chart, 'queue', {
    metadata: { name: 'queue' },
    ports: [{ port: 9100, name: 'metrics' }],
  });
  expect(ScrapeTarget.service(wrapped, { port: 'metrics' }).job).toBe('queue');
});

describe('pods', () => {
  it('are matched by every kind of expression', () => {
    const target = ScrapeTarget.pods({
      job: 'x',
      matchLabels: { 'app.kubernetes.io/name': 'a.b' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['a', 'b'] },
        { key: 'stage', operator: 'NotIn', values: ['dev'] },
        { key: 'gpu', operator: 'Exists' },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    });
    const rules = relabelings(target).map(
      ({ action, source_labels, regex }) => `${action} ${source_labels?.[0]} ${regex}`,
    );
    expect(rules).toEqual(
      expect.arrayContaining([
        'keep __meta_kubernetes_pod_label_app_kubernetes_io_name a\\.b',
        'keep __meta_kubernetes_pod_label_tier (a|b);true',
        'drop __meta_kubernetes_pod_label_stage (dev);true',
        'keep __meta_kubernetes_pod_labelpresent_gpu true',
        'drop __meta_kubernetes_pod_labelpresent_old true',
      ]),
    );
    expect(single(target).kubernetes_sd_configs).toEqual([{ role: 'pod' }]);
  });

  it('of the host network need not declare their port', () => {
    const target = ScrapeTarget.pods({ job: 'x', matchLabels: { a: 'b' }, port: 10259, hostNetwork: true });
    expect(relabelings(target)).toContainEqual({
      source_labels: ['__meta_kubernetes_pod_ip'],
      regex: '([^:]+)',
      target_label: '__address__',
      replacement: '$1:10259',
    });
  });
});

describe('other places', () => {
  it('reads annotations of pods and Services under any prefix', () => {
    const keep = relabelings(ScrapeTarget.annotatedPods({ prefix: 'metrics.example.com' }))[0];
    expect(keep).toEqual({
      source_labels: ['__meta_kubernetes_pod_annotation_metrics_example_com_scrape'],
      regex: 'true',
      action: 'keep',
    });
    const excluded = ScrapeTarget.annotatedServices({
      exclude: [{ namespace: 'kube-system', matchLabels: { 'k8s-app': 'kube-dns' } }],
    });
    expect(relabelings(excluded)).toContainEqual({
      source_labels: ['__meta_kubernetes_namespace', '__meta_kubernetes_service_label_k8s_app'],
      regex: 'kube-system;kube-dns',
      action: 'drop',
    });
  });

  it('reaches the kubelet directly or through the API server', () => {
    expect(relabelings(ScrapeTarget.nodes({ job: 'kubelet' }))).toEqual([
      { source_labels: ['__meta_kubernetes_node_name'], target_label: 'node' },
    ]);
    const through = ScrapeTarget.nodes({ job: 'cadvisor', path: '/metrics/cadvisor', throughApiServer: true });
    expect(relabelings(through)).toContainEqual({
      source_labels: ['__meta_kubernetes_node_name'],
      regex: '(.+)',
      target_label: '__metrics_path__',
      replacement: '/api/v1/nodes/$1/proxy/metrics/cadvisor',
    });
    expect(single(through).metrics_path).toBeUndefined();
  });

  it('scrapes fixed addresses', () => {
    expect(single(ScrapeTarget.hosts(['10.0.0.1:9100'], { job: 'switch' }))).toEqual({
      job_name: 'switch',
      static_configs: [{ targets: ['10.0.0.1:9100'] }],
    });
  });
});

it('renders every option', () => {
  // What takes the place of another option, or means nothing to Prometheus, has a test of its own.
  type Rendered = Omit<
    ScrapeOptions,
    'endpoints' | 'external' | 'hostNetwork' | 'basicAuth' | 'oauth2' | 'targetPort' | 'bearerTokenFile' | 'scrapeClass'
  >;
  const options: Required<Rendered> = {
    job: 'all',
    port: 'metrics',
    path: '/m',
    scheme: 'https',
    params: { format: ['a', 'b'] },
    interval: '20s',
    timeout: '5s',
    honorLabels: true,
    honorTimestamps: false,
    filterRunning: false,
    trackTimestampsStaleness: true,
    enableCompression: false,
    relabelings: [Relabel.set('team', 'a')],
    metricRelabelings: [Relabel.drop('__name__', 'go_.*')],
    authorization: { type: 'Token', credentials: SecretKey.of('api', 'token') },
    tls: {
      ca: ConfigMapKey.of('ca', 'ca.crt'),
      cert: SecretKey.of('tls', 'tls.crt'),
      key: SecretKey.of('tls', 'tls.key'),
      serverName: 'api.example.com',
      minVersion: 'TLS12',
      maxVersion: 'TLS13',
      insecureSkipVerify: false,
    },
    proxyUrl: 'http://proxy:3128',
    noProxy: 'localhost',
    proxyFromEnvironment: false,
    followRedirects: false,
    enableHttp2: false,
    sampleLimit: 1,
    targetLimit: 2,
    labelLimit: 3,
    labelNameLengthLimit: 4,
    labelValueLengthLimit: 5,
    bodySizeLimit: '6MB',
    keepDroppedTargets: 7,
    nativeHistogramBucketLimit: 8,
    nativeHistogramMinBucketFactor: 1.1,
    labels: { datacenter: 'a$1' },
    jobLabel: 'job-name',
    targetLabels: ['team.io/name'],
    podTargetLabels: ['version'],
    attachNodeMetadata: true,
    scrapeProtocols: ['PrometheusText0.0.4'],
    fallbackScrapeProtocol: 'PrometheusText0.0.4',
    scrapeClassicHistograms: true,
    scrapeNativeHistograms: true,
    convertClassicHistogramsToNhcb: true,
    selectorMechanism: 'RelabelConfig',
  };
  const config = single(ScrapeTarget.service(service, options));
  expect(config).toMatchObject({
    job_name: 'all',
    metrics_path: '/m',
    scheme: 'https',
    params: { format: ['a', 'b'] },
    scrape_interval: '20s',
    scrape_timeout: '5s',
    honor_labels: true,
    honor_timestamps: false,
    track_timestamps_staleness: true,
    enable_compression: false,
    authorization: { type: 'Token', credentials_file: '/files/Secret/api/token' },
    tls_config: {
      ca_file: '/files/ConfigMap/ca/ca.crt',
      cert_file: '/files/Secret/tls/tls.crt',
      key_file: '/files/Secret/tls/tls.key',
      server_name: 'api.example.com',
      min_version: 'TLS12',
      max_version: 'TLS13',
      insecure_skip_verify: false,
    },
    proxy_url: 'http://proxy:3128',
    no_proxy: 'localhost',
    proxy_from_environment: false,
    follow_redirects: false,
    enable_http2: false,
    sample_limit: 1,
    target_limit: 2,
    label_limit: 3,
    label_name_length_limit: 4,
    label_value_length_limit: 5,
    body_size_limit: '6MB',
    keep_dropped_targets: 7,
    native_histogram_bucket_limit: 8,
    native_histogram_min_bucket_factor: 1.1,
    scrape_protocols: ['PrometheusText0.0.4'],
    fallback_scrape_protocol: 'PrometheusText0.0.4',
    always_scrape_classic_histograms: true,
    scrape_native_histograms: true,
    convert_classic_histograms_to_nhcb: true,
    kubernetes_sd_configs: [{ attach_metadata: { node: true } }],
    metric_relabel_configs: [{ source_labels: ['__name__'], regex: 'go_.*', action: 'drop' }],
  });
  expect(config.relabel_configs).toEqual(
    expect.arrayContaining([
      { target_label: 'team', replacement: 'a' },
      { target_label: 'datacenter', replacement: 'a$$1' },
      expect.objectContaining({ source_labels: ['__meta_kubernetes_service_label_job_name'], target_label: 'job' }),
      expect.objectContaining({
        source_labels: ['__meta_kubernetes_service_label_team_io_name'],
        target_label: 'team_io_name',
      }),
      expect.objectContaining({ source_labels: ['__meta_kubernetes_pod_label_version'], target_label: 'version' }),
    ]),
  );
});

it('authenticates by user and password, or by OAuth 2.0', () => {
  const basic = ScrapeTarget.hosts(['a:1'], {
    job: 'basic',
    scheme: 'https',
    basicAuth: { username: SecretKey.of('u', 'name'), password: SecretKey.of('u', 'password') },
  });
  expect(single(basic).basic_auth).toEqual({
    username_file: '/files/Secret/u/name',
    password_file: '/files/Secret/u/password',
  });
  const oauth2 = ScrapeTarget.hosts(['a:1'], {
    job: 'oauth2',
    scheme: 'https',
    oauth2: {
      clientId: 'id',
      clientSecret: SecretKey.of('o', 'secret'),
      tokenUrl: 'https://login.example.com/token',
      scopes: ['read'],
      endpointParams: { audience: 'x' },
      tls: { ca: '/ca.crt' },
      proxyUrl: 'http://proxy:3128',
      noProxy: 'localhost',
      proxyFromEnvironment: false,
    },
  });
  expect(single(oauth2).oauth2).toEqual({
    client_id: 'id',
    client_secret_file: '/files/Secret/o/secret',
    token_url: 'https://login.example.com/token',
    scopes: ['read'],
    endpoint_params: { audience: 'x' },
    tls_config: { ca_file: '/ca.crt' },
    proxy_url: 'http://proxy:3128',
    no_proxy: 'localhost',
    proxy_from_environment: false,
  });
});

it('takes a bearer token from a file in either spelling', () => {
  const options = { job: 'j', scheme: 'https' } as const;
  const config = single(ScrapeTarget.hosts(['a:1'], { ...options, authorization: { credentials: '/token' } }));
  expect(config.authorization).toEqual({ credentials_file: '/token' });
  expect(single(ScrapeTarget.hosts(['a:1'], { ...options, bearerTokenFile: '/token' }))).toEqual(config);
  const [first, second] = renderNative(
    ScrapeTarget.hosts(['a:1'], { ...options, endpoints: [{ path: '/a', bearerTokenFile: '/a' }, { path: '/b' }] }),
    files,
  );
  expect([first?.authorization, second?.authorization]).toEqual([{ credentials_file: '/a' }, undefined]);
});

describe('a port of the container', () => {
  const matchLabels = { app: 'api' };
  const number = ['__meta_kubernetes_pod_container_port_number', '9102'] as const;
  const name = ['__meta_kubernetes_pod_container_port_name', 'debug'] as const;

  it.each([
    ['a Service', ScrapeTarget.service(service, { targetPort: 9102 }), number],
    ['a Service', ScrapeTarget.service(service, { targetPort: 'debug' }), name],
    ['Services', ScrapeTarget.services({ matchLabels, targetPort: 9102 }), number],
    ['Services', ScrapeTarget.services({ matchLabels, targetPort: 'debug' }), name],
    ['pods', ScrapeTarget.pods({ matchLabels, targetPort: 9102 }), number],
    ['pods', ScrapeTarget.pods({ matchLabels, targetPort: 'debug' }), name],
  ])('of %s is found by number or name, whatever the Service calls it', (_, target, [label, port]) => {
    expect(relabelings(target)).toContainEqual({ source_labels: [label], regex: port, action: 'keep' });
    expect(relabelings(target)).toContainEqual({ target_label: 'endpoint', replacement: port });
    expect(JSON.stringify(relabelings(target))).not.toContain('endpointslice_port');
  });

  it('tells several endpoints apart', () => {
    const target = ScrapeTarget.service(service, { endpoints: [{ targetPort: 9102 }, { targetPort: 'debug' }] });
    expect(renderNative(target, files).map(({ job_name }) => job_name)).toEqual(['api/9102', 'api/debug']);
  });
});

describe('pods that have failed or are done', () => {
  const drop = { source_labels: ['__meta_kubernetes_pod_phase'], regex: '(Failed|Succeeded)', action: 'drop' };
  it.each<[string, (options: ScrapeOptions) => ScrapeTarget]>([
    ['a Service', (options) => ScrapeTarget.service(service, { port: 'metrics', ...options })],
    ['a port behind a Service', (options) => ScrapeTarget.service(service, { targetPort: 9102, ...options })],
    ['Services', (options) => ScrapeTarget.services({ matchLabels: { app: 'api' }, ...options })],
    ['pods', (options) => ScrapeTarget.pods({ matchLabels: { app: 'api' }, ...options })],
  ])('of %s are left out unless they are asked for', (_, target) => {
    expect(relabelings(target({}))).toContainEqual(drop);
    expect(relabelings(target({ filterRunning: true }))).toContainEqual(drop);
    expect(relabelings(target({ filterRunning: false }))).not.toContainEqual(drop);
  });
});

describe('a selector that the API server applies', () => {
  const selectorMechanism = 'RoleSelector';
  const selector = {
    matchLabels: { app: 'api', tier: 'web' },
    matchExpressions: [
      { key: 'stage', operator: 'In', values: ['a', 'b'] },
      { key: 'stage', operator: 'NotIn', values: ['dev'] },
      { key: 'gpu', operator: 'Exists' },
      { key: 'old', operator: 'DoesNotExist' },
    ],
  } as const;
  // In the order in which Kubernetes itself writes a selector.
  const label = 'app=api,gpu,!old,stage in (a,b),stage notin (dev),tier=web';

  it('of pods is a query for pods, and no relabeling', () => {
    const target = ScrapeTarget.pods({ ...selector, selectorMechanism, namespace: 'shop' });
    expect(single(target).kubernetes_sd_configs).toEqual([
      { role: 'pod', namespaces: { names: ['shop'] }, selectors: [{ role: 'pod', label }] },
    ]);
    expect(JSON.stringify(relabelings(target))).not.toContain('_label_');
  });

  it('of Services is a query for all that is watched for them', () => {
    const target = ScrapeTarget.services({ ...selector, selectorMechanism });
    expect(single(target).kubernetes_sd_configs).toEqual([
      {
        role: 'endpointslice',
        selectors: [
          { role: 'endpointslice', label },
          { role: 'service', label },
        ],
      },
    ]);
    expect(JSON.stringify(relabelings(target))).not.toContain('_label_');
  });

  it.each([
    ['a Service of the app', ScrapeTarget.service(service, { port: 'metrics', selectorMechanism })],
    ['a named Service', ScrapeTarget.namedService('default', 'kubernetes', { selectorMechanism })],
    ['annotated pods', ScrapeTarget.annotatedPods({ selectorMechanism })],
  ])('is none for %s, which no selector finds', (_, target) => {
    expect(JSON.stringify(single(target).kubernetes_sd_configs)).not.toContain('selectors');
  });

  it('stays a relabeling where that is said', () => {
    const [relabeled, unsaid] = [{ selectorMechanism: 'RelabelConfig' } as const, {}].map((options) =>
      single(ScrapeTarget.pods({ ...selector, ...options })),
    );
    expect(relabeled).toEqual(unsaid);
  });
});

it('has no place for a scrape class, which only the operator knows', () => {
  const [named, plain] = [{ scrapeClass: 'mesh' }, {}].map((options) =>
    single(ScrapeTarget.hosts(['a:1'], { job: 'j', ...options })),
  );
  expect(named).toEqual(plain);
});

describe('a prober', () => {
  it('is asked about every target, whose address is the instance', () => {
    const target = ScrapeTarget.probe(['https://a.example.com', '10.0.0.1'], {
      prober: 'blackbox:9115',
      module: 'http_2xx',
      params: { debug: ['true'] },
      job: 'websites',
      labels: { team: 'a' },
    });
    expect(single(target)).toEqual({
      job_name: 'websites',
      metrics_path: '/probe',
      params: { debug: ['true'], module: ['http_2xx'] },
      static_configs: [{ targets: ['https://a.example.com', '10.0.0.1'] }],
      relabel_configs: [
        { source_labels: ['__address__'], target_label: '__param_target' },
        { source_labels: ['__param_target'], target_label: 'instance' },
        { target_label: '__address__', replacement: 'blackbox:9115' },
        { target_label: 'team', replacement: 'a' },
      ],
    });
  });

  it('may have another path, and no module', () => {
    const options = { prober: 'json-exporter:7979', job: 'api', path: '/json' };
    const config = single(ScrapeTarget.probe(['https://a.example.com'], options));
    expect(config.metrics_path).toBe('/json');
    expect(config).not.toHaveProperty('params');
  });
});
