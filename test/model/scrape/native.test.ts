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
  const options: Required<Omit<ScrapeOptions, 'endpoints' | 'external' | 'hostNetwork' | 'basicAuth' | 'oauth2'>> = {
    job: 'all',
    port: 'metrics',
    path: '/m',
    scheme: 'https',
    params: { format: ['a', 'b'] },
    interval: '20s',
    timeout: '5s',
    honorLabels: true,
    honorTimestamps: false,
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
    labels: { datacenter: 'a$1' },
    jobLabel: 'job-name',
    targetLabels: ['team.io/name'],
    podTargetLabels: ['version'],
    attachNodeMetadata: true,
    scrapeProtocols: ['PrometheusText0.0.4'],
    fallbackScrapeProtocol: 'PrometheusText0.0.4',
    scrapeClassicHistograms: true,
    convertClassicHistogramsToNhcb: true,
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
    scrape_protocols: ['PrometheusText0.0.4'],
    fallback_scrape_protocol: 'PrometheusText0.0.4',
    always_scrape_classic_histograms: true,
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
    },
  });
  expect(single(oauth2).oauth2).toEqual({
    client_id: 'id',
    client_secret_file: '/files/Secret/o/secret',
    token_url: 'https://login.example.com/token',
    scopes: ['read'],
    endpoint_params: { audience: 'x' },
    tls_config: { ca_file: '/ca.crt' },
  });
});
