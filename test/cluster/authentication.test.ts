import { JsonPatch } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Backend,
  ClusterProfile,
  ConfigMapKey,
  MonitoringStack,
  type MonitoringStackProps,
  RbacProxy,
  RbacProxyAuthorization,
  type ScrapeOptions,
  ScrapeTarget,
  SERVICE_ACCOUNT,
  SecretKey,
  type TlsConfig,
} from '../../lib';
import { applyFiles, difference } from './harness/apply-files';
import { readAuditLog, summarizeByServiceAccount } from './harness/audit-log';
import { applyOperatorDefinitions } from './harness/custom-resource-definitions';
import { eventually } from './harness/eventually';
import { ExporterPod } from './harness/exporter-pod';
import { PrometheusApi, type Target } from './harness/prometheus-api';
import {
  CLIENT,
  EXPORTERS,
  host,
  KINDS,
  type Kind,
  protectedExporter,
  protectedExporterImages,
  scrapingAccounts,
} from './harness/protected-exporters';
import { synthesizeHere } from './harness/synthesize-here';
import { type Output, removeOutput } from './harness/synthesized';
import { testCluster } from './harness/test-cluster';
import { TestPki } from './harness/test-pki';

const STANDALONE = 'auth-by-hand';
const OPERATOR = 'auth-by-operator';
const STACKS = [STANDALONE, OPERATOR];
/** Where a patch of the StatefulSet, and of the custom resource, mounts files. */
const FILES = '/etc/scrape-files';

const identity = (key: string) => SecretKey.of('scrape-identity', key);
const credential = (key: string) => SecretKey.of('credentials', key);
const caSecret = { ca: identity('ca.crt') };
const ca = { ca: ConfigMapKey.of('exporter-ca', 'ca.crt') };
const caFile = { ca: `${FILES}/ca.crt` };
const clientFromSecret = { cert: identity('tls.crt'), key: identity('tls.key') };
const clientFromFiles = { cert: `${FILES}/tls.crt`, key: `${FILES}/tls.key` };
const oauth2 = (tls: TlsConfig) => ({
  clientId: 'scraper',
  clientSecret: credential('client-secret'),
  tokenUrl: `https://${host('oauth2')}:9443/token`,
  scopes: ['metrics'],
  endpointParams: { audience: 'exporters' },
  tls,
});

/** Every protection, with what it asks for from every source that there is. */
const WITH: Readonly<Record<Kind, Readonly<Record<string, ScrapeOptions>>>> = {
  tls: {
    'ca-secret': { tls: caSecret },
    'ca-configmap': { tls: ca },
    'ca-file': { tls: caFile },
    unverified: { tls: { insecureSkipVerify: true } },
  },
  mtls: {
    secret: { tls: { ...caSecret, ...clientFromSecret } },
    configmap: { tls: { ...ca, cert: ConfigMapKey.of('client-certificate', 'tls.crt'), key: identity('tls.key') } },
    file: { tls: { ...caFile, ...clientFromFiles } },
    'secret-ca-file': { tls: { ...caFile, ...clientFromSecret } },
  },
  bearer: {
    secret: { authorization: { credentials: credential('token') }, tls: ca },
    file: { authorization: { credentials: `${FILES}/token` }, tls: ca },
    'file-ca-file': { authorization: { credentials: `${FILES}/token` }, tls: caFile },
    'secret-ca-file': { authorization: { credentials: credential('token') }, tls: caFile },
    'token-file': { bearerTokenFile: `${FILES}/token`, tls: ca },
  },
  basic: {
    secret: { basicAuth: { username: credential('username'), password: credential('password') }, tls: ca },
    'secret-ca-file': {
      basicAuth: { username: credential('username'), password: credential('password') },
      tls: caFile,
    },
  },
  oauth2: {
    'ca-secret': { oauth2: oauth2(caSecret), tls: caSecret },
    'ca-configmap': { oauth2: oauth2(ca), tls: ca },
    'ca-file': { oauth2: oauth2(ca), tls: caFile },
  },
  'rbac-proxy': {
    'service-account': RbacProxy.target({ tls: ca }),
    secret: RbacProxy.target({ tls: ca, credentials: credential('scraper-token') }),
    file: { authorization: { credentials: `${FILES}/scraper-token` }, tls: caFile },
  },
  'rbac-proxy-mtls': {
    secret: RbacProxy.target({ tls: { ...caSecret, ...clientFromSecret } }),
    file: RbacProxy.target({ tls: { ...caFile, ...clientFromFiles } }),
  },
};

/** The same without, or with the wrong one, and what Prometheus then says. */
const WITHOUT: readonly (readonly [kind: Kind, what: string, options: ScrapeOptions, said: RegExp])[] = [
  ['tls', 'without-ca', {}, /certificate signed by unknown authority/],
  [
    'tls',
    'wrong-name',
    { tls: { ...ca, serverName: 'another.example.com' } },
    /certificate is valid for .*, not another/,
  ],
  ['mtls', 'without', { tls: ca }, /certificate required/],
  ['bearer', 'without', { tls: ca }, /HTTP status 401/],
  ['bearer', 'wrong', { authorization: { credentials: credential('password') }, tls: ca }, /HTTP status 401/],
  ['basic', 'without', { tls: ca }, /HTTP status 401/],
  ['oauth2', 'without', { tls: ca }, /HTTP status 401/],
  ['rbac-proxy', 'without', { tls: ca }, /HTTP status 401/],
  [
    'rbac-proxy',
    'stranger',
    RbacProxy.target({ tls: ca, credentials: credential('stranger-token') }),
    /HTTP status 403/,
  ],
  ['rbac-proxy-mtls', 'without', { tls: ca }, /HTTP status 401/],
];

/** Each becomes a custom resource of another kind, with fields of its own. */
const FORMS = {
  service: (kind: Kind, options: ScrapeOptions) =>
    ScrapeTarget.services({ ...options, namespace: EXPORTERS, matchLabels: { app: kind }, port: 'metrics' }),
  pod: (kind: Kind, options: ScrapeOptions) =>
    ScrapeTarget.pods({ ...options, namespace: EXPORTERS, matchLabels: { app: kind }, port: 'metrics' }),
  host: (kind: Kind, options: ScrapeOptions & { readonly job: string }) =>
    ScrapeTarget.hosts([`${host(kind)}:8443`], options),
  probe: (kind: Kind, options: ScrapeOptions & { readonly job: string }) =>
    ScrapeTarget.probe(['anything'], { ...options, prober: `${host(kind)}:8443` }),
} as const;
type Form = keyof typeof FORMS;

function target(kind: Kind, what: string, options: ScrapeOptions, form: Form): ScrapeTarget {
  const tls = { ...(options.tls?.insecureSkipVerify !== true && { serverName: host(kind) }), ...options.tls };
  return FORMS[form](kind, { ...options, job: `${kind}-${what}-${form}`, scheme: 'https', tls, external: true });
}

const SCRAPED: readonly ScrapeTarget[] = [
  ...KINDS.flatMap((kind) =>
    Object.entries(WITH[kind]).flatMap(([source, options]) =>
      (Object.keys(FORMS) as Form[]).map((form) => target(kind, source, options, form)),
    ),
  ),
  ScrapeTarget.namedService('default', 'kubernetes', {
    job: 'api-server',
    port: 'https',
    scheme: 'https',
    authorization: { credentials: SERVICE_ACCOUNT.token },
    tls: { ca: SERVICE_ACCOUNT.ca },
  }),
];
const REFUSED: ReadonlyMap<string, RegExp> = new Map(
  WITHOUT.map(([kind, what, , said]) => [`${kind}-${what}-service`, said]),
);

/** kube-state-metrics behind the proxy of this package: by token in one stack, by client certificate in the other. */
function proxyOf(namespace: string): RbacProxy {
  const server = (key: string) => SecretKey.of('server-tls', key);
  const tls = { cert: server('tls.crt'), key: server('tls.key') };
  const allowed = (user: string) => ({ authorization: RbacProxyAuthorization.staticRules([{ user }]) });
  return namespace === STANDALONE
    ? RbacProxy.withTokens({ ...allowed(`system:serviceaccount:${namespace}:prometheus`), tls: { ...tls, client: ca } })
    : RbacProxy.withClientCertificates({
        ...allowed(CLIENT),
        clientCa: ConfigMapKey.of('exporter-ca', 'ca.crt'),
        tls: { ...tls, client: { ...ca, ...clientFromSecret } },
      });
}

function synthesize(namespace: string): Promise<Output> {
  const sources = ['scrape-identity', 'credentials'].map((name) => ({ secret: { name } }));
  const volume = { name: 'scrape-files', projected: { sources } };
  const mount = { name: 'scrape-files', mountPath: FILES, readOnly: true };
  const common: Omit<MonitoringStackProps, 'backend'> = {
    cluster: ClusterProfile.kubeadm('authentication'),
    namespace,
    prometheus: { scrapeInterval: '5s', scrapeTimeout: '5s', resources: { requests: { cpu: '20m', memory: '64Mi' } } },
    alertmanager: false,
    grafana: false,
    nodeExporter: false,
    kubeStateMetrics: { rbacProxy: proxyOf(namespace) },
    kubernetes: false,
  };
  const targets = [...SCRAPED, ...WITHOUT.map(([kind, what, options]) => target(kind, what, options, 'service'))];
  return synthesizeHere(namespace, (app) => {
    if (namespace === STANDALONE) {
      const stack = new MonitoringStack(app, 'stack', common);
      stack.prometheus.statefulSet.addJsonPatch(
        JsonPatch.add('/spec/template/spec/volumes/-', volume),
        JsonPatch.add('/spec/template/spec/containers/0/volumeMounts/-', mount),
      );
      stack.monitor({ name: 'exporters', targets });
    } else {
      const stack = new MonitoringStack(app, 'stack', { ...common, backend: Backend.operator() });
      stack.prometheus.resource.addJsonPatch(
        JsonPatch.add('/spec/volumes', [volume]),
        JsonPatch.add('/spec/volumeMounts', [mount]),
      );
      stack.monitor({ name: 'exporters', targets });
    }
  });
}

describe('TLS and authentication for real', () => {
  const cluster = testCluster();
  const standalone = new PrometheusApi(cluster, STANDALONE, 'prometheus-0');
  const operator = new PrometheusApi(cluster, OPERATOR, 'prometheus-prometheus-0');
  const outputs: Output[] = [];
  const counts = (kind: Kind) => new ExporterPod(cluster, EXPORTERS, kind).counts();
  const targetsOf = (stack: string): Promise<readonly Target[]> =>
    (stack === STANDALONE ? standalone : operator).targets();

  beforeAll(async () => {
    await applyOperatorDefinitions(cluster);
    for (const name of STACKS) {
      outputs.push(await synthesize(name));
    }
    await cluster.images.loadFor([
      ...outputs.flatMap(({ images }) => images),
      ...Object.values(protectedExporterImages),
    ]);
    await cluster.apply([EXPORTERS].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
    await cluster.apply(scrapingAccounts());
    const pki = await TestPki.create();
    const own = STACKS.map((name) => `kube-state-metrics.${name}.svc`);
    const [server, client] = [await pki.server('server', [...KINDS.map(host), ...own]), await pki.client(CLIENT)];
    const token = async (name: string) =>
      (await cluster.kubectl(['create', 'token', name, '-n', EXPORTERS, '--duration=1h'])).trim();
    const credentials = {
      token: 'a-bearer-token',
      username: 'scraper',
      password: 'a-password',
      'client-id': 'scraper',
      'client-secret': 'a-client-secret',
      'scraper-token': await token('scraper'),
      'stranger-token': await token('stranger'),
    };
    const secret = (namespace: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'credentials', namespace },
      stringData: credentials,
    });
    await cluster.apply([pki.secret({ namespace: EXPORTERS, name: 'server-tls' }, server), secret(EXPORTERS)]);
    await cluster.apply(KINDS.flatMap(protectedExporter));
    for (const { name: namespace, files } of outputs) {
      await applyFiles(
        cluster,
        files.filter((file) => file.endsWith('-namespaces.k8s.yaml')),
      );
      await cluster.apply([
        secret(namespace),
        pki.secret({ namespace, name: 'scrape-identity' }, client),
        pki.secret({ namespace, name: 'server-tls' }, server),
        pki.authorityConfigMap({ namespace, name: 'exporter-ca' }),
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'client-certificate', namespace },
          data: { 'tls.crt': client.certificate },
        },
      ]);
      expect((await applyFiles(cluster, files)).stderr).toBe('');
    }
    await pki.remove();
    await cluster.kubectl(['wait', '-n', EXPORTERS, '--for=condition=Ready', 'pod', '--all', '--timeout=120s']);
  });

  afterAll(async () => {
    await cluster.kubectl(['delete', 'namespace', EXPORTERS, ...STACKS, '--wait=true'], {
      timeoutMilliseconds: 300_000,
    });
    const bindings = ['clusterrolebinding/auth-test-proxy', 'clusterrolebinding/auth-test-scraper'];
    await cluster.kubectl(['delete', 'clusterrole/auth-test-scraper', ...bindings]);
    await cluster.kubectl(['delete', 'clusterrole,clusterrolebinding', '-l', 'app.kubernetes.io/managed-by=cdk8s']);
    await removeOutput(outputs);
  });

  it.each(STACKS)('scrapes every protected exporter from %s, with credentials from every source', async (stack) => {
    const jobs = SCRAPED.map(({ job }) => job).sort();
    await eventually(
      'every target up',
      async () => {
        const found = (await targetsOf(stack)).filter(({ labels }) => jobs.includes(labels.job ?? ''));
        expect(
          found.filter(({ health }) => health !== 'up').map(({ labels, lastError }) => [labels.job, lastError]),
        ).toEqual([]);
        expect(found.map(({ labels }) => labels.job).sort()).toEqual(jobs);
      },
      { timeoutMilliseconds: 180_000, everyMilliseconds: 2_000 },
    );
  });

  it.each(STACKS)('is refused from %s without the right credentials', async (stack) => {
    await eventually('every control down', async () => {
      const found = (await targetsOf(stack)).filter(({ labels }) => REFUSED.has(labels.job ?? ''));
      expect(found.map(({ labels }) => labels.job).sort()).toEqual([...REFUSED.keys()].sort());
      for (const { labels, health, lastError } of found) {
        expect(health, labels.job).toBe('down');
        expect(lastError, labels.job).toMatch(REFUSED.get(labels.job ?? '') as RegExp);
      }
    });
  });

  it.each(STACKS)('scrapes kube-state-metrics behind its own proxy in %s', async (stack) => {
    await eventually(
      'kube-state-metrics up',
      async () => {
        const found = (await targetsOf(stack)).filter(({ labels }) => labels.job?.startsWith('kube-state-metrics'));
        expect(found.map(({ scrapeUrl, health, lastError }) => [scrapeUrl.slice(0, 6), health, lastError])).toEqual([
          ['https:', 'up', ''],
          ['https:', 'up', ''],
        ]);
      },
      { timeoutMilliseconds: 90_000, everyMilliseconds: 2_000 },
    );
  });

  it('is seen by the exporters with what they asked for, and without nobody came in', async () => {
    for (const kind of ['bearer', 'basic', 'oauth2'] as const) {
      const { accepted, refused, lastAccepted } = await counts(kind);
      expect(accepted, kind).toBeGreaterThan(0);
      expect(Object.keys(refused), kind).toEqual(['401']);
      expect(lastAccepted, kind).toMatchObject({
        authorization: kind === 'basic' ? 'Basic' : 'Bearer',
        serverName: host(kind),
        clientCertificate: '',
      });
    }
    for (const kind of ['tls', 'mtls'] as const) {
      const { accepted, handshakesRefused, lastAccepted } = await counts(kind);
      expect(accepted, kind).toBeGreaterThan(0);
      expect(handshakesRefused, kind).toBeGreaterThan(0);
      expect(lastAccepted, kind).toMatchObject({
        authorization: '',
        clientCertificate: kind === 'mtls' ? `CN=${CLIENT}` : '',
      });
    }
  });

  it('renews its OAuth 2.0 tokens, and asks for them as it was told', async () => {
    const before = await counts('oauth2');
    expect(before).toMatchObject({
      tokensRefused: 0,
      lastTokenRequest: { scope: 'metrics', parameters: { audience: ['exporters'] } },
    });
    await eventually('more tokens', async () => {
      expect((await counts('oauth2')).tokensIssued).toBeGreaterThan(before.tokensIssued);
    });
  });

  it('asks the API server who it is and what it may, and is not forbidden anything itself', async () => {
    const summary = summarizeByServiceAccount(await readAuditLog(cluster.path('log/audit.log')));
    const asked = (summary.get(`${EXPORTERS}/proxy`) ?? []).filter(({ allowed }) => allowed > 0);
    expect(asked.map(({ target: what }) => what).sort()).toEqual([
      'authentication.k8s.io/tokenreviews',
      'authorization.k8s.io/subjectaccessreviews',
    ]);
    for (const account of STACKS.flatMap((stack) => [`${stack}/prometheus`, `${stack}/prometheus-operator`])) {
      expect(
        (summary.get(account) ?? []).filter(({ forbidden }) => forbidden > 0),
        account,
      ).toEqual([]);
    }
  });

  it('shows no difference to what was applied', async () => {
    for (const { files } of outputs) {
      expect(await difference(cluster, files)).toBe('');
    }
  });
});
