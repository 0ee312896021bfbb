import { describe, expect, it } from 'vitest';
import type { Authorization, BasicAuth, OAuth2, TlsConfig } from '../../../lib/model/http-client';
import { ConfigMapKey, SecretKey } from '../../../lib/model/references';
import { Relabel, type RelabelConfig } from '../../../lib/model/relabel';
import { renderNative } from '../../../lib/model/scrape/native';
import type { ScrapeOptions } from '../../../lib/model/scrape/scrape-target';
import { files, monitorProblemsOf, type Options, RELABELINGS, SHAPES, type Shape, single, TARGETS } from './monitors';

/** What becomes of an option in the monitor of one shape. */
type Landing =
  /** The value, or another spelling of it, stands in a field. */
  | { readonly field: string; readonly is?: unknown }
  /** A relabeling says it. */
  | { readonly relabeling: RelabelConfig }
  /** The monitor of the shape has no field for it; a ScrapeConfig has. */
  | { readonly scrapeConfig: string }
  /** An error says that it is impossible. */
  | { readonly refused: string }
  /** It means nothing here, natively neither. */
  | 'nothing';

interface Row<T> extends Readonly<Record<Shape, Landing>> {
  readonly value: T;
  /** What the option needs beside it. */
  readonly beside?: Options;
}

/** A field of an endpoint, which a Probe and a ScrapeConfig have themselves. */
function endpoint(field: string, is?: unknown): Readonly<Record<Shape, Landing>> {
  const spelling = is === undefined ? {} : { is };
  return {
    service: { field: `endpoints.0.${field}`, ...spelling },
    pod: { field: `podMetricsEndpoints.0.${field}`, ...spelling },
    probe: { field, ...spelling },
    host: { field, ...spelling },
  };
}

/** A field of the monitor as a whole. */
function whole(field: string, is?: unknown): Readonly<Record<Shape, Landing>> {
  const landing = is === undefined ? { field } : { field, is };
  return { service: landing, pod: landing, probe: landing, host: landing };
}

function everywhere(landing: Landing): Readonly<Record<Shape, Landing>> {
  return { service: landing, pod: landing, probe: landing, host: landing };
}

/** Copies a label that no fixed address has, as the native configuration does. */
function absent(of: 'service' | 'pod', label: string, to: string): RelabelConfig {
  return Relabel.replace(`__meta_kubernetes_${of}_label_${label}`, '(.+)', to, '$1');
}

const tls: Required<TlsConfig> = {
  ca: ConfigMapKey.of('ca', 'ca.crt'),
  cert: SecretKey.of('tls', 'tls.crt'),
  key: SecretKey.of('tls', 'tls.key'),
  serverName: 'api',
  minVersion: 'TLS12',
  maxVersion: 'TLS13',
  insecureSkipVerify: true,
};
const tlsConfig = {
  ca: { configMap: { name: 'ca', key: 'ca.crt' } },
  cert: { secret: { name: 'tls', key: 'tls.crt' } },
  keySecret: { name: 'tls', key: 'tls.key' },
  serverName: 'api',
  minVersion: 'TLS12',
  maxVersion: 'TLS13',
  insecureSkipVerify: true,
};
const authorization: Required<Authorization> = { type: 'Token', credentials: SecretKey.of('api', 'token') };
const basicAuth: Required<BasicAuth> = {
  username: SecretKey.of('api', 'user'),
  password: SecretKey.of('api', 'password'),
};
const oauth2: Required<OAuth2> = {
  clientId: 'client',
  clientSecret: SecretKey.of('oauth2', 'secret'),
  tokenUrl: 'https://login.example.com/token',
  scopes: ['read'],
  endpointParams: { audience: 'x' },
  tls,
  proxyUrl: 'http://proxy:3128',
  noProxy: 'localhost',
  proxyFromEnvironment: false,
};
const https: Options = { scheme: 'https' };
const step = Relabel.drop('a', 'b');

/** Every option that a target has; one that is missing here does not compile. */
const OPTIONS: { readonly [Name in keyof Required<ScrapeOptions>]: Row<Required<ScrapeOptions>[Name]> } = {
  job: {
    value: 'other',
    service: { field: 'endpoints.0.relabelings', is: [Relabel.set('job', 'other')] },
    pod: { field: 'podMetricsEndpoints.0.relabelings', is: [Relabel.set('job', 'other')] },
    probe: { field: 'jobName' },
    host: { field: 'jobName' },
  },
  endpoints: {
    value: [{ path: '/a' }],
    ...endpoint('path', '/a'),
    probe: { field: 'prober.path', is: '/a' },
    host: { field: 'metricsPath', is: '/a' },
  },
  port: { value: 'web', ...endpoint('port'), probe: 'nothing', host: 'nothing' },
  targetPort: {
    value: 9102,
    service: { field: 'endpoints.0.targetPort' },
    pod: { field: 'podMetricsEndpoints.0.portNumber' },
    probe: 'nothing',
    host: 'nothing',
  },
  path: { value: '/m', ...endpoint('path'), probe: { field: 'prober.path' }, host: { field: 'metricsPath' } },
  scheme: { value: 'https', ...endpoint('scheme'), probe: { field: 'prober.scheme' } },
  params: {
    value: { format: ['a', 'b'] },
    ...endpoint('params'),
    probe: { field: 'params.0', is: { name: 'format', values: ['a', 'b'] } },
  },
  interval: { value: '20s', ...endpoint('interval'), host: { field: 'scrapeInterval' } },
  timeout: { value: '5s', ...endpoint('scrapeTimeout') },
  honorLabels: { value: true, ...endpoint('honorLabels'), probe: { scrapeConfig: 'honorLabels' } },
  honorTimestamps: { value: false, ...endpoint('honorTimestamps'), probe: { scrapeConfig: 'honorTimestamps' } },
  trackTimestampsStaleness: {
    value: true,
    ...endpoint('trackTimestampsStaleness'),
    probe: { scrapeConfig: 'trackTimestampsStaleness' },
  },
  filterRunning: { value: false, ...endpoint('filterRunning'), probe: 'nothing', host: 'nothing' },
  enableCompression: {
    value: false,
    ...everywhere({ scrapeConfig: 'enableCompression' }),
  },
  relabelings: {
    value: [step],
    ...everywhere({ relabeling: step }),
  },
  metricRelabelings: { value: [step], ...endpoint('metricRelabelings') },
  authorization: {
    value: authorization,
    beside: https,
    ...endpoint('authorization', { type: 'Token', credentials: { name: 'api', key: 'token' } }),
  },
  bearerTokenFile: { value: '/token', beside: https, ...whole('scrapeClass', 'j') },
  basicAuth: {
    value: basicAuth,
    beside: https,
    ...endpoint('basicAuth', {
      username: { name: 'api', key: 'user' },
      password: { name: 'api', key: 'password' },
    }),
  },
  oauth2: {
    value: oauth2,
    beside: https,
    ...endpoint('oauth2', {
      clientId: { configMap: { name: 'texts', key: 'client' } },
      clientSecret: { name: 'oauth2', key: 'secret' },
      tokenUrl: 'https://login.example.com/token',
      scopes: ['read'],
      endpointParams: { audience: 'x' },
      tlsConfig,
      proxyUrl: 'http://proxy:3128',
      noProxy: 'localhost',
      proxyFromEnvironment: false,
    }),
  },
  tls: { value: tls, beside: https, ...endpoint('tlsConfig', tlsConfig) },
  proxyUrl: { value: 'http://proxy:3128', ...endpoint('proxyUrl'), probe: { field: 'prober.proxyUrl' } },
  noProxy: {
    value: 'localhost',
    beside: { proxyUrl: 'http://proxy:3128' },
    ...endpoint('noProxy'),
    probe: { field: 'prober.noProxy' },
  },
  proxyFromEnvironment: {
    value: true,
    ...endpoint('proxyFromEnvironment'),
    probe: { field: 'prober.proxyFromEnvironment' },
  },
  followRedirects: {
    value: false,
    ...endpoint('followRedirects'),
    host: {
      refused:
        'here/ScrapeTarget j followRedirects: This target becomes a ScrapeConfig, which has no such field. Leave it out.',
    },
  },
  enableHttp2: { value: false, ...endpoint('enableHttp2'), host: { field: 'enableHTTP2' } },
  sampleLimit: { value: 1, ...whole('sampleLimit') },
  targetLimit: { value: 2, ...whole('targetLimit') },
  labelLimit: { value: 3, ...whole('labelLimit') },
  labelNameLengthLimit: { value: 4, ...whole('labelNameLengthLimit') },
  labelValueLengthLimit: { value: 5, ...whole('labelValueLengthLimit') },
  bodySizeLimit: { value: '6MB', ...whole('bodySizeLimit'), probe: { scrapeConfig: 'bodySizeLimit' } },
  keepDroppedTargets: { value: 7, ...whole('keepDroppedTargets') },
  nativeHistogramBucketLimit: { value: 8, ...whole('nativeHistogramBucketLimit') },
  nativeHistogramMinBucketFactor: { value: 1.1, ...whole('nativeHistogramMinBucketFactor', '1.1') },
  labels: { value: { team: 'a' }, ...everywhere({ relabeling: Relabel.set('team', 'a') }) },
  jobLabel: {
    value: 'app',
    ...whole('jobLabel'),
    probe: 'nothing',
    host: { relabeling: absent('service', 'app', 'job') },
  },
  targetLabels: {
    value: ['team'],
    service: { field: 'targetLabels' },
    pod: 'nothing',
    probe: 'nothing',
    host: { relabeling: absent('service', 'team', 'team') },
  },
  podTargetLabels: {
    value: ['team'],
    ...whole('podTargetLabels'),
    probe: 'nothing',
    host: { relabeling: absent('pod', 'team', 'team') },
  },
  attachNodeMetadata: { value: true, ...whole('attachMetadata.node', true), probe: 'nothing', host: 'nothing' },
  scrapeProtocols: { value: ['PrometheusText1.0.0'], ...whole('scrapeProtocols') },
  fallbackScrapeProtocol: { value: 'PrometheusText0.0.4', ...whole('fallbackScrapeProtocol') },
  scrapeClassicHistograms: { value: true, ...whole('scrapeClassicHistograms') },
  scrapeNativeHistograms: { value: true, ...whole('scrapeNativeHistograms') },
  convertClassicHistogramsToNhcb: { value: true, ...whole('convertClassicHistogramsToNHCB') },
  selectorMechanism: { value: 'RoleSelector', ...whole('selectorMechanism'), probe: 'nothing', host: 'nothing' },
  scrapeClass: { value: 'own', ...whole('scrapeClass') },
  hostNetwork: {
    value: true,
    beside: { port: 9102 },
    // Services and addresses need it for the NetworkPolicy alone.
    ...everywhere('nothing'),
    pod: {
      relabeling: Relabel.replace('__meta_kubernetes_pod_ip', '([^:]+)', '__address__', '$1:9102'),
    },
  },
  // It silences a check.
  external: { value: true, ...everywhere('nothing') },
};

const KINDS = { service: 'ServiceMonitor', pod: 'PodMonitor', probe: 'Probe', host: 'ScrapeConfig' } as const;

/** The native configuration, without the copies of labels that what is discovered cannot have. */
function native(shape: Shape, options: Options): unknown {
  const foreign = { service: /^$/, pod: /_service_label_/, probe: /_(service|pod)_label_/, host: /^$/ }[shape];
  return renderNative(TARGETS[shape](options), files).map(({ relabel_configs, ...config }) => ({
    ...config,
    relabel_configs: ((relabel_configs ?? []) as { source_labels?: string[] }[]).filter(
      ({ source_labels = [] }) => !source_labels.some((label) => foreign.test(label)),
    ),
  }));
}

describe.each(SHAPES)('of a target by %s every option of a scrape has its place', (shape) => {
  it.each(Object.entries<Row<unknown>>(OPTIONS))('%s', (name, row) => {
    const { value, beside = {}, [shape]: landing } = row;
    const target = TARGETS[shape]({ ...beside, [name]: value });
    const [base, given] = [single(TARGETS[shape](beside)), single(target)];
    if (landing === 'nothing') {
      expect(given.spec).toEqual(base.spec);
      expect(native(shape, { ...beside, [name]: value })).toEqual(native(shape, beside));
      return;
    }
    if ('refused' in landing) {
      expect(monitorProblemsOf(target)).toEqual([landing.refused]);
      return;
    }
    expect(monitorProblemsOf(target)).toEqual([]);
    expect(given.kind).toBe('scrapeConfig' in landing ? 'ScrapeConfig' : KINDS[shape]);
    if ('relabeling' in landing) {
      const path = RELABELINGS[given.kind];
      expect(given.spec).toHaveProperty(path, expect.arrayContaining([landing.relabeling]));
      expect(base.spec).not.toHaveProperty(path, expect.arrayContaining([landing.relabeling]));
      return;
    }
    const path = 'scrapeConfig' in landing ? landing.scrapeConfig : landing.field;
    const is = 'is' in landing ? landing.is : value;
    expect(given.spec).toHaveProperty(path, is);
    expect(base.spec).not.toHaveProperty(path, is);
  });
});
