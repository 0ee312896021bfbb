import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { App, Chart, JsonPatch } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import {
  ConfigMapKey,
  ForeignPrometheus,
  Images,
  OperatorPrometheus,
  PrometheusOperator,
  Relabel,
  ScrapeTarget,
  SERVICE_ACCOUNT,
  SecretKey,
  StandalonePrometheus,
} from '../../lib';
import { type NativeScrapeConfig, renderNative } from '../../lib/model/scrape/native';
import { renderMonitors } from '../../lib/prometheus/operator/monitor';
import { type IPrometheus, toPack } from '../../lib/prometheus/prometheus';
import { relabel } from '../relabel-evaluator';
import { applyFiles } from './harness/apply-files';
import { applyOperatorDefinitions } from './harness/custom-resource-definitions';
import { discoverable } from './harness/discovered-labels';
import { eventually } from './harness/eventually';
import { testCluster } from './harness/test-cluster';
import { TestPki } from './harness/test-pki';

const NAMESPACE = 'configurations';
const PROMETHEUS = 'prometheus';
const SECRET = 'credentials';
/** Namespaces in which the apps' targets are looked for. */
const FOREIGN = ['a', 'b', 'etl', 'gpu-demo', 'gpu-operator', 'monitoring', 'monitoring-node-agents', 'shop'];

/** Which classes take part in the apps; what they monitor is written down. */
const PROMETHEUSES = [StandalonePrometheus, OperatorPrometheus, ForeignPrometheus];

/** Runs an app, and gives the targets of every Prometheus in it. */
async function targetsOf(app: string): Promise<readonly ScrapeTarget[]> {
  const outdir = await mkdtemp(join(tmpdir(), `${app}-`));
  const targets: ScrapeTarget[] = [];
  const owners = new Set<IPrometheus & { readonly monitoring?: unknown }>();
  const spies = PROMETHEUSES.map((type) => {
    const monitor = type.prototype.monitor;
    return vi.spyOn(type.prototype, 'monitor').mockImplementation(function (this: never, what) {
      owners.add(this);
      targets.push(...(toPack(what).targets ?? []));
      monitor.call(this, what);
    });
  });
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.stubEnv('CDK8S_OUTDIR', outdir);
  try {
    await import(`../../apps/${app}.ts`);
    for (const owner of owners) {
      targets.push(...('monitoring' in owner ? (toPack(owner as never).targets ?? []) : []));
    }
    return targets;
  } finally {
    vi.unstubAllEnvs();
    said.mockRestore();
    for (const spy of spies) {
      spy.mockRestore();
    }
    await rm(outdir, { recursive: true });
  }
}

/** A target for every way to discover, and every option that the two spell differently. */
function everyKindOfTarget(chart: Chart): readonly ScrapeTarget[] {
  const selector = { app: 'shop' };
  const service = (name: string, ports: k8s.ServicePort[]) =>
    new k8s.KubeService(chart, name, {
      metadata: { name, labels: { team: 'a', ...selector } },
      spec: { selector, ports },
    });
  const named = service('named', [
    { name: 'metrics', port: 80, targetPort: k8s.IntOrString.fromString('http') },
    { name: 'admin', port: 81, targetPort: k8s.IntOrString.fromNumber(8081) },
  ]);
  const unnamed = service('unnamed', [{ port: 9100 }]);
  const unnamedTarget = service('unnamed-target', [{ port: 80, targetPort: k8s.IntOrString.fromString('http') }]);
  const external = true;
  const https = { scheme: 'https' as const, external };
  const secret = (key: string) => SecretKey.of(SECRET, key);
  const expressions = [
    { key: 'tier', operator: 'In' as const, values: ['a', 'b.c'] },
    { key: 'stage', operator: 'NotIn' as const, values: ['dev'] },
    { key: 'team', operator: 'Exists' as const },
    { key: 'legacy', operator: 'DoesNotExist' as const },
  ];
  return [
    ScrapeTarget.service(named, {
      job: 'both-ports',
      external,
      endpoints: [{ port: 'metrics' }, { port: 81, path: '/a' }],
    }),
    ScrapeTarget.service(named, {
      job: 'two-paths',
      external,
      port: 'metrics',
      endpoints: [{ path: '/a' }, { path: '/b' }],
    }),
    ScrapeTarget.service(named, { external, port: 'metrics' }),
    ScrapeTarget.service(unnamed, { external }),
    ScrapeTarget.service(unnamedTarget, { external }),
    ScrapeTarget.service(named, { job: 'target-port', external, targetPort: 'sidecar' }),
    ScrapeTarget.service(named, { job: 'target-port-number', external, targetPort: 9102 }),
    ScrapeTarget.services({
      job: 'expressions',
      namespace: 'shop',
      matchExpressions: expressions,
      port: 'web',
      external,
    }),
    ScrapeTarget.services({ job: 'everywhere', matchLabels: { app: 'x' }, port: 9102, external }),
    ScrapeTarget.services({
      job: 'every-port',
      namespaces: ['a', 'b'],
      matchLabels: { app: 'x', empty: '' },
      external,
    }),
    ScrapeTarget.services({
      job: 'labels',
      namespace: 'shop',
      matchLabels: { app: 'x' },
      port: 'web',
      jobLabel: 'example.com/job',
      targetLabels: ['example.com/team'],
      podTargetLabels: ['zone'],
      labels: { static: 'a$1' },
      attachNodeMetadata: true,
      external,
    }),
    ScrapeTarget.namedService('default', 'kubernetes', {
      job: 'by-name',
      port: 'https',
      ...https,
      tls: { insecureSkipVerify: true },
    }),
    ScrapeTarget.pods({ job: 'pods', namespace: 'etl', matchLabels: { app: 'etl' }, port: 'metrics', external }),
    ScrapeTarget.pods({ job: 'pods-number', namespace: 'etl', matchExpressions: expressions, port: 9102, external }),
    ScrapeTarget.pods({ job: 'pods-job-label', matchLabels: { app: 'etl' }, port: 'm', jobLabel: 'job', external }),
    ScrapeTarget.pods({ job: 'done-pods', matchLabels: { app: 'etl' }, port: 'm', filterRunning: false, external }),
    ScrapeTarget.pods({ job: 'host-network', matchLabels: { app: 'e' }, port: 9400, hostNetwork: true, external }),
    ScrapeTarget.nodes({
      job: 'nodes',
      ...https,
      authorization: { credentials: SERVICE_ACCOUNT.token },
      tls: { ca: SERVICE_ACCOUNT.ca },
    }),
    ScrapeTarget.nodes({
      job: 'proxied-nodes',
      throughApiServer: true,
      path: '/metrics/cadvisor',
      ...https,
      tls: { insecureSkipVerify: true },
    }),
    ScrapeTarget.hosts(['10.0.0.1:2381', 'db.example.com:9187'], { job: 'hosts', labels: { rack: 'r1' } }),
    ScrapeTarget.probe(['https://example.com', '10.0.0.9'], {
      job: 'probe',
      prober: 'blackbox.monitoring.svc:9115',
      module: 'http_2xx',
      labels: { site: 'a' },
    }),
    ScrapeTarget.probe(['a'], {
      job: 'probe-honoring',
      prober: 'b.c.svc:9115',
      honorLabels: true,
      params: { debug: ['true'] },
    }),
    ScrapeTarget.annotatedPods({ job: 'annotated-pods', prefix: 'example.com' }),
    ScrapeTarget.annotatedServices({
      job: 'annotated-services',
      namespaces: ['a'],
      exclude: [{ namespace: 'a', matchLabels: { app: 'x' } }],
    }),
    ScrapeTarget.services({
      job: 'limits',
      namespace: 'shop',
      matchLabels: { app: 'x' },
      port: 'web',
      interval: '15s',
      timeout: '5s',
      path: '/own',
      params: { format: ['prometheus'], match: ['a', 'b'] },
      honorLabels: true,
      honorTimestamps: false,
      trackTimestampsStaleness: true,
      sampleLimit: 1000,
      targetLimit: 10,
      labelLimit: 30,
      labelNameLengthLimit: 100,
      labelValueLengthLimit: 200,
      bodySizeLimit: '10MB',
      keepDroppedTargets: 5,
      nativeHistogramBucketLimit: 100,
      nativeHistogramMinBucketFactor: 1.1,
      scrapeProtocols: ['OpenMetricsText1.0.0', 'PrometheusText0.0.4'],
      fallbackScrapeProtocol: 'PrometheusText0.0.4',
      scrapeNativeHistograms: true,
      scrapeClassicHistograms: true,
      convertClassicHistogramsToNhcb: true,
      followRedirects: false,
      enableHttp2: false,
      proxyUrl: 'http://proxy.example.com:3128',
      noProxy: 'localhost',
      relabelings: [Relabel.set('added', 'yes'), Relabel.replace(['pod', 'node'], '(.*);(.*)', 'both', '$2/$1')],
      metricRelabelings: [Relabel.drop('__name__', 'go_.*'), Relabel.labelDrop('uid')],
      external,
    }),
    ScrapeTarget.pods({
      job: 'uncompressed',
      matchLabels: { app: 'x' },
      port: 'm',
      enableCompression: false,
      external,
    }),
    ScrapeTarget.pods({
      job: 'by-role',
      namespace: 'a',
      matchLabels: { app: 'x' },
      port: 'm',
      selectorMechanism: 'RoleSelector',
      external,
    }),
    ScrapeTarget.services({
      job: 'services-by-role',
      namespace: 'a',
      matchExpressions: expressions,
      port: 'm',
      selectorMechanism: 'RoleSelector',
      external,
    }),
    ...(['services', 'pods'] as const).flatMap((kind) =>
      Object.entries({
        token: { authorization: { type: 'Token', credentials: secret('token') } },
        'token-file': { bearerTokenFile: '/var/run/token' },
        basic: { basicAuth: { username: secret('user'), password: secret('password') } },
        oauth2: {
          oauth2: {
            clientId: 'client 1',
            clientSecret: secret('password'),
            tokenUrl: 'https://login.example.com/token',
            scopes: ['metrics'],
            endpointParams: { audience: 'x' },
          },
        },
        tls: {
          tls: {
            ca: ConfigMapKey.of(SECRET, 'ca.crt'),
            cert: secret('tls.crt'),
            key: secret('tls.key'),
            serverName: 'exporter.example.com',
            minVersion: 'TLS13' as const,
          },
        },
        'tls-files': { tls: { ca: '/a/ca.crt', cert: '/a/tls.crt', key: '/a/tls.key', serverName: 'x' } },
      }).map(([name, client]) =>
        ScrapeTarget[kind]({
          job: `${kind}-${name}`,
          namespace: 'a',
          matchLabels: { app: 'x' },
          port: 'm',
          ...https,
          ...client,
        }),
      ),
    ),
  ];
}

/** Where a secret comes from differs by design; that there is one, and all else, must not. */
function clientOf(config: NativeScrapeConfig): object {
  const tls = (config.tls_config ?? {}) as Record<string, unknown>;
  const authorization = (config.authorization ?? {}) as Record<string, unknown>;
  const basic = (config.basic_auth ?? {}) as Record<string, unknown>;
  const oauth2 = (config.oauth2 ?? {}) as Record<string, unknown>;
  const has = (block: Record<string, unknown>, field: string) =>
    block[field] !== undefined || block[`${field}_file`] !== undefined;
  const byFile = (path: unknown) =>
    typeof path === 'string' && /^\/(?!etc\/prometheus\/)/.test(path) ? path : typeof path;
  return {
    tls: {
      ca: byFile(tls.ca_file ?? tls.ca),
      cert: byFile(tls.cert_file ?? tls.cert),
      key: byFile(tls.key_file ?? tls.key),
      serverName: tls.server_name,
      minVersion: tls.min_version,
      insecureSkipVerify: tls.insecure_skip_verify ?? false,
    },
    authorization: has(authorization, 'credentials') && {
      type: authorization.type ?? 'Bearer',
      // The operator writes a secret into the configuration, which is a Secret; we refer to a mounted file.
      from: byFile(authorization.credentials_file ?? authorization.credentials),
    },
    basicAuth: has(basic, 'username') && has(basic, 'password'),
    oauth2: has(oauth2, 'client_secret') && {
      id: oauth2.client_id,
      url: oauth2.token_url,
      scopes: oauth2.scopes,
      parameters: oauth2.endpoint_params,
    },
  };
}

/** Prometheus' defaults, which one configuration may write and the other leave out. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  scheme: 'http',
  metrics_path: '/metrics',
  honor_labels: false,
  honor_timestamps: true,
  track_timestamps_staleness: false,
};

/** Settings that are compared in another form. */
const APART = [
  'job_name',
  'relabel_configs',
  'tls_config',
  'authorization',
  'basic_auth',
  'oauth2',
  'metric_relabel_configs',
];

interface Comparable {
  /** What tells the endpoints of a target apart. */
  readonly key: string;
  readonly settings: object;
  readonly client: object;
  readonly metricRelabelings: readonly object[] | undefined;
  readonly targets: readonly (object | undefined)[];
}

function comparable(config: NativeScrapeConfig, found: readonly Readonly<Record<string, string>>[]): Comparable {
  const settings = Object.entries({ ...DEFAULTS, ...config }).filter(([name]) => !APART.includes(name));
  const { static_configs: _, ...rest } = Object.fromEntries(settings) as Record<string, unknown>;
  const targets = found.map((discovered) => {
    const parameters = Object.entries((config.params ?? {}) as Record<string, readonly string[]>);
    const labels = relabel(
      {
        job: config.job_name,
        __scheme__: (config.scheme as string | undefined) ?? 'http',
        __metrics_path__: (config.metrics_path as string | undefined) ?? '/metrics',
        ...Object.fromEntries(parameters.map(([name, [value = '']]) => [`__param_${name}`, value])),
        ...discovered,
        ...staticLabelsOf(config),
      },
      config.relabel_configs as never,
    );
    return (
      labels &&
      Object.fromEntries(
        Object.entries(labels)
          .filter(([name]) => !/^__(meta|tmp)_/.test(name))
          .sort(),
      )
    );
  });
  return {
    key: JSON.stringify([rest.metrics_path, targets.find((labels) => labels !== undefined)?.endpoint]),
    settings: rest,
    client: clientOf(config),
    metricRelabelings: (config.metric_relabel_configs as readonly object[] | undefined)?.map((step) => ({
      action: 'replace',
      ...step,
    })),
    targets,
  };
}

function staticLabelsOf({ static_configs }: NativeScrapeConfig): Readonly<Record<string, string>> {
  return (static_configs as readonly { readonly labels?: Record<string, string> }[] | undefined)?.[0]?.labels ?? {};
}

/** Images that are assembled here have no digest. */
const images = Images.of({ digests: false });

describe('the configuration that the operator generates', () => {
  const cluster = testCluster();
  let folder: string;

  const synthesize = async (name: string, build: (chart: Chart) => void): Promise<readonly string[]> => {
    const outdir = join(folder, name);
    const app = new App({ outdir });
    build(new Chart(app, 'chart', { namespace: NAMESPACE, disableResourceNameHashes: true }));
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    app.synth();
    said.mockRestore();
    return (await readdir(outdir)).map((file) => join(outdir, file));
  };

  /** The scrape configurations that the operator makes of these targets. */
  const generatedFor = async (name: string, targets: readonly ScrapeTarget[], jobs: number) => {
    const files = await synthesize(name, (chart) => {
      const prometheus = new OperatorPrometheus(chart, 'prometheus', { name: PROMETHEUS, networkPolicy: false });
      for (const target of targets) {
        prometheus.monitor(target);
      }
      // Only its configuration is wanted.
      prometheus.resource.addJsonPatch(JsonPatch.replace('/spec/replicas', 0));
    });
    await applyFiles(cluster, files);
    const configuration = await eventually(
      `the configuration for ${name}`,
      async () => {
        const { data } = await cluster.get<{ data: Record<string, string> }>([
          'secret',
          '-n',
          NAMESPACE,
          `prometheus-${PROMETHEUS}`,
        ]);
        const text = gunzipSync(Buffer.from(data['prometheus.yaml.gz'] ?? '', 'base64')).toString();
        // The pod replaces what stands for its shard, which is the only one.
        const plain = JSON.stringify(parse(text)).replaceAll('$(SHARD)', '0');
        const configs = (JSON.parse(plain) as { scrape_configs: NativeScrapeConfig[] }).scrape_configs;
        // Two are those of the Prometheus itself.
        expect(configs.length - 2, configs.map(({ job_name }) => job_name).join()).toBe(jobs);
        return configs;
      },
      { timeoutMilliseconds: 90_000, everyMilliseconds: 1_000 },
    );
    await cluster.kubectl(['delete', '--wait=true', ...files.flatMap((file) => ['-f', file])]);
    return configuration;
  };

  const compare = async (name: string, all: readonly ScrapeTarget[]) => {
    // The Prometheus that is made for the comparison has a target of its own, of the same name.
    const targets = distinctJobs(all).filter(({ job }) => job !== 'prometheus');
    const jobs = targets.flatMap(({ endpoints }) => endpoints).length;
    const generated = await generatedFor(name, targets, jobs);
    const files = { path: (key: SecretKey | ConfigMapKey) => `/etc/prometheus/${key.name}/${key.key}` };
    for (const target of targets) {
      const found = discoverable(target);
      const texts = { reference: () => ({}) };
      const monitors = renderMonitors(target, { texts, ownsScrapeClasses: true });
      const mine = generated.filter(({ job_name }) =>
        monitors.some(
          ({ name: monitor }) => job_name.split('/')[2] === monitor && job_name.split('/')[1] === NAMESPACE,
        ),
      );
      const native = renderNative(target, files);
      const [ours, theirs] = [native, mine].map((configs) =>
        configs.map((each) => comparable(each, found)).sort((a, b) => (a.key < b.key ? -1 : 1)),
      );
      for (const [index, expected] of (ours ?? []).entries()) {
        const at = `${name}: ${target.job}, endpoint ${index}`;
        const { targets: made = [], ...others } = theirs?.[index] ?? {};
        const { targets: wanted, ...settings } = expected;
        expect(others, at).toEqual(settings);
        const different = found.flatMap((discovered, place) =>
          JSON.stringify(made[place]) === JSON.stringify(wanted[place])
            ? []
            : [{ discovered, standalone: wanted[place], operator: made[place] }],
        );
        expect(different.slice(0, 1), `${at}: ${different.length} differ`).toEqual([]);
        expect(wanted.filter((each) => each !== undefined).length, `${at} keeps something`).toBeGreaterThan(0);
      }
      expect(theirs?.length, `${name}: ${target.job}`).toBe(ours?.length);
    }
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'operator-configuration-'));
    await applyOperatorDefinitions(cluster);
    await cluster.apply(
      [NAMESPACE, ...FOREIGN].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    );
    const pki = await TestPki.create();
    // The operator refuses a monitor whose certificates are none.
    const client = await pki.client('prometheus');
    await cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: SECRET, namespace: NAMESPACE },
        stringData: {
          ...Object.fromEntries(['token', 'user', 'password'].map((key) => [key, key])),
          'tls.crt': client.certificate,
          'tls.key': client.key,
        },
      },
      pki.authorityConfigMap({ namespace: NAMESPACE, name: SECRET }),
    ]);
    await pki.remove();
    const files = await synthesize('operator', (chart) => {
      new PrometheusOperator(chart, 'operator', { images, networkPolicy: false });
    });
    await cluster.images.loadFor([images.reference('prometheus-operator')]);
    await applyFiles(cluster, files);
  });

  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', NAMESPACE, ...FOREIGN, '--wait=true'], {
      timeoutMilliseconds: 300_000,
    });
    await cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/managed-by=cdk8s']);
    await rm(folder, { recursive: true });
  });

  it.each(['main', 'minimal', 'production', 'environments', 'operator', 'existing-operator', 'gpu-demo'])(
    'is that of the standalone back end for every target of apps/%s.ts',
    async (app) => compare(app, await targetsOf(app)),
  );

  it('is that of the standalone back end for every kind of target and every option', async () => {
    const chart = new Chart(new App(), 'targets', { namespace: 'shop', disableResourceNameHashes: true });
    await compare('every-kind', everyKindOfTarget(chart));
  });
});

/** The first target of each job: apps of several stacks have each job several times. */
function distinctJobs(targets: readonly ScrapeTarget[]): readonly ScrapeTarget[] {
  return targets.filter(({ job }, index) => targets.findIndex((other) => other.job === job) === index);
}
