import { Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Images } from '../../lib/core/images';
import { type ProxiedTargetOptions, RbacProxy } from '../../lib/core/rbac-proxy';
import { RbacProxyAuthorization, type ResourceAttributes } from '../../lib/core/rbac-proxy-authorization';
import type {
  ClientCertificateProxyOptions,
  RbacProxyOptions,
  RbacProxyTls,
  TokenProxyOptions,
} from '../../lib/core/rbac-proxy-options';
import { type ProxiedProps, RbacProxySidecar } from '../../lib/core/rbac-proxy-sidecar';
import { SERVICE_ACCOUNT } from '../../lib/core/service-account-files';
import { metadataOf, type WorkloadProps } from '../../lib/core/workload';
import { Problems } from '../../lib/model/problem';
import { ConfigMapKey, SecretKey } from '../../lib/model/references';
import { ScrapeTarget } from '../../lib/model/scrape/scrape-target';
import { StandalonePrometheus } from '../../lib/prometheus/standalone/standalone-prometheus';
import { objectOf, objectsOf } from '../objects';

const cert = SecretKey.of('server', 'tls.crt');
const key = SecretKey.of('server', 'tls.key');
const clientCa = ConfigMapKey.of('clients', 'ca.crt');
const client = {
  ca: ConfigMapKey.of('ca', 'ca.crt'),
  cert: SecretKey.of('me', 'tls.crt'),
  key: SecretKey.of('me', 'tls.key'),
};
const anyCertificate: RbacProxyTls = { client: { insecureSkipVerify: true } };
const ports = [{ name: 'metrics', port: 9400, probePaths: ['/healthz'] }];
const prometheus = 'system:serviceaccount:monitoring:prometheus';

/** The sidecar of a component, and everything that it writes. */
function sidecarOf(rbacProxy: RbacProxy | undefined, props: WorkloadProps = {}, proxied = ports) {
  const chart = new Chart(Testing.app(), 'chart', { namespace: 'gpu', disableResourceNameHashes: true });
  const all: WorkloadProps & ProxiedProps = { ...props, rbacProxy };
  const sidecar = new RbacProxySidecar(chart, 'RbacProxy', metadataOf('exporter', all, chart), all, proxied);
  return { sidecar, chart, container: sidecar.containers[0], args: sidecar.containers[0]?.args ?? [] };
}

function configurationOf(rbacProxy: RbacProxy) {
  const object = objectOf(sidecarOf(rbacProxy).chart, 'ConfigMap gpu/exporter-rbac-proxy');
  return parse(object.data['config.yaml'] ?? '').authorization;
}

function problemsOf(rbacProxy: RbacProxy): readonly string[] {
  const problems = Problems.at('exporter');
  rbacProxy.check('rbacProxy', problems);
  return problems.all.map(({ path, property, message }) => `${path} ${property}: ${message}`);
}

/** Resources by verb, as short as they can be said. */
function accessOf(rbacProxy: RbacProxy): readonly string[] {
  return rbacProxy.access.flatMap(({ namespaces, rules }) =>
    rules.map(({ apiGroups, resources, verbs }) => `${namespaces} ${verbs} ${resources}.${apiGroups}`),
  );
}

describe('without a proxy', () => {
  const { sidecar, chart } = sidecarOf(undefined);

  it('nothing changes', () => {
    expect([sidecar.containers, sidecar.volumes, sidecar.access]).toEqual([[], [], []]);
    expect([sidecar.endpoint, sidecar.probe, sidecar.podAnnotations]).toEqual([{}, {}, {}]);
    expect(sidecar.listenHost('0.0.0.0')).toBe('0.0.0.0');
    expect(objectsOf(chart).size).toBe(0);
  });
});

describe('the container', () => {
  const { sidecar, container } = sidecarOf(RbacProxy.withTokens({ tls: anyCertificate }));

  it('listens on the address of the pod, in front of the same port of the loopback address', () => {
    expect(sidecar.listenHost('0.0.0.0')).toBe('127.0.0.1');
    expect(container?.args).toEqual([
      '--secure-listen-address=[$(POD_IP)]:9400',
      '--upstream=http://127.0.0.1:9400/',
      '--ignore-paths=/healthz',
    ]);
    expect(container?.env).toEqual([{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }]);
    expect(sidecar.probe).toEqual({ scheme: 'HTTPS' });
  });

  it('is hardened, whatever the pod of the program is', () => {
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    const assigned = sidecarOf(RbacProxy.withTokens({ tls: anyCertificate }), { userIds: 'assigned' }).container;
    expect(assigned?.securityContext).not.toHaveProperty('runAsUser');
    expect(assigned?.securityContext).toHaveProperty('runAsNonRoot', true);
  });

  it('has a token of its own, which the program does not see', () => {
    const [volume, ...others] = sidecar.volumes;
    expect(others).toEqual([]);
    expect(volume).toEqual({
      name: 'kube-rbac-proxy-token',
      projected: {
        sources: [
          { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
          { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        ],
      },
    });
    expect(container?.volumeMounts).toEqual([
      { name: 'kube-rbac-proxy-token', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true },
    ]);
  });

  it('comes from the images of the component, pinned by tag', () => {
    expect(container?.image).toMatch(/^quay\.io\/brancz\/kube-rbac-proxy:v\d+\.\d+\.\d+$/);
    const images = Images.of({ mirror: 'registry.example.com/mirror' });
    expect(sidecarOf(RbacProxy.withTokens({ tls: anyCertificate }), { images }).container?.image).toMatch(
      /^registry\.example\.com\/mirror\/brancz\/kube-rbac-proxy:v/,
    );
  });

  it('is there once per port, each with its own name, port and probes', () => {
    const two = [...ports, { name: 'telemetry', port: 9401, probePaths: ['/readyz'] }];
    const { containers, volumes } = sidecarOf(RbacProxy.withTokens({ tls: { cert, key } }), {}, two).sidecar;
    expect(containers.map(({ name }) => name)).toEqual(['kube-rbac-proxy-metrics', 'kube-rbac-proxy-telemetry']);
    expect(containers[1]?.args).toEqual(
      expect.arrayContaining([
        '--secure-listen-address=[$(POD_IP)]:9401',
        '--upstream=http://127.0.0.1:9401/',
        '--ignore-paths=/readyz',
      ]),
    );
    expect(containers[0]?.volumeMounts).toEqual(containers[1]?.volumeMounts);
    expect(volumes.map(({ name }) => name)).toEqual(['kube-rbac-proxy-token', 'secret-server']);
  });
});

describe('authentication', () => {
  it('by tokens asks the API server about the token, and Prometheus sends that of its ServiceAccount', () => {
    const proxy = RbacProxy.withTokens({ tls: { cert, key } });
    expect(accessOf(proxy)).toEqual([
      'cluster create tokenreviews.authentication.k8s.io',
      'cluster create subjectaccessreviews.authorization.k8s.io',
    ]);
    expect(sidecarOf(proxy).sidecar.endpoint).toEqual({
      scheme: 'https',
      authorization: { credentials: SERVICE_ACCOUNT.token },
      tls: { serverName: 'exporter.gpu.svc' },
    });
  });

  it('by client certificates asks nothing about tokens, and Prometheus sends none', () => {
    const proxy = RbacProxy.withClientCertificates({ clientCa, tls: { cert, key, client } });
    expect(accessOf(proxy)).toEqual(['cluster create subjectaccessreviews.authorization.k8s.io']);
    const { sidecar, args } = sidecarOf(proxy);
    expect(args).toContain('--client-ca-file=/etc/kube-rbac-proxy/configmaps/clients/ca.crt');
    expect(sidecar.endpoint).toEqual({ scheme: 'https', tls: { serverName: 'exporter.gpu.svc', ...client } });
  });

  it('needs nothing of the API server with client certificates and static rules', () => {
    const authorization = RbacProxyAuthorization.staticRules([{ user: 'prometheus' }]);
    expect(accessOf(RbacProxy.withClientCertificates({ clientCa, authorization, tls: { cert, key, client } }))).toEqual(
      [],
    );
  });

  it('verifies no name where the certificate is not verified', () => {
    expect(sidecarOf(RbacProxy.withTokens({ tls: anyCertificate })).sidecar.endpoint.tls).toEqual({
      insecureSkipVerify: true,
    });
  });

  it('keeps the name of the server that is given', () => {
    const own = { ...client, serverName: 'exporter.example.com' };
    const proxy = RbacProxy.withClientCertificates({ clientCa, tls: { cert, key, client: own } });
    expect(sidecarOf(proxy).sidecar.endpoint.tls).toEqual(own);
  });
});

describe('authorization', () => {
  const resourceAttributes: Required<ResourceAttributes> = {
    resource: 'services',
    subresource: 'metrics',
    apiGroup: 'example.com',
    apiVersion: 'v1',
    namespace: 'gpu',
    name: 'exporter',
  };

  it('needs no configuration for a review of the path', () => {
    const { sidecar, chart } = sidecarOf(RbacProxy.withTokens({ tls: anyCertificate }));
    expect(sidecar.podAnnotations).toEqual({});
    expect(objectsOf(chart).size).toBe(0);
  });

  it('by static rules names user, verb and path, and needs no review', () => {
    const authorization = RbacProxyAuthorization.staticRules([
      { user: prometheus },
      { user: 'pusher', verb: 'create', path: '/push' },
    ]);
    const proxy = RbacProxy.withTokens({ authorization, tls: anyCertificate });
    expect(accessOf(proxy)).toEqual(['cluster create tokenreviews.authentication.k8s.io']);
    expect(configurationOf(proxy)).toEqual({
      static: [
        { user: { name: prometheus }, verb: 'get', path: '/metrics', resourceRequest: false },
        { user: { name: 'pusher' }, verb: 'create', path: '/push', resourceRequest: false },
      ],
    });
  });

  it('by the right on a resource asks for that in the place of the path', () => {
    const authorization = RbacProxyAuthorization.subjectAccessReview({ resourceAttributes });
    const proxy = RbacProxy.withTokens({ authorization, tls: anyCertificate });
    expect(configurationOf(proxy)).toEqual({ resourceAttributes });
    expect(accessOf(proxy)).toContain('cluster create subjectaccessreviews.authorization.k8s.io');
  });

  it('by static rules on a resource says every attribute, since what is left out matches everything', () => {
    const authorization = RbacProxyAuthorization.staticRules([{ user: prometheus }], { resourceAttributes });
    const { apiVersion: _version, ...attributes } = resourceAttributes;
    expect(configurationOf(RbacProxy.withTokens({ authorization, tls: anyCertificate }))).toEqual({
      resourceAttributes,
      static: [{ user: { name: prometheus }, verb: 'get', ...attributes, resourceRequest: true }],
    });
  });

  it('is mounted, and a change of it starts the pods anew', () => {
    const of = (user: string) =>
      sidecarOf(
        RbacProxy.withTokens({
          authorization: RbacProxyAuthorization.staticRules([{ user }]),
          tls: anyCertificate,
        }),
      );
    const { sidecar, container, args } = of('a');
    expect(args).toContain('--config-file=/etc/kube-rbac-proxy/config/config.yaml');
    expect(sidecar.volumes).toContainEqual({
      name: 'kube-rbac-proxy-config',
      configMap: { name: 'exporter-rbac-proxy' },
    });
    expect(container?.volumeMounts).toContainEqual({
      name: 'kube-rbac-proxy-config',
      mountPath: '/etc/kube-rbac-proxy/config',
      readOnly: true,
    });
    expect(sidecar.podAnnotations).toEqual({ 'checksum/rbac-proxy': expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(sidecar.podAnnotations).not.toEqual(of('b').sidecar.podAnnotations);
  });
});

describe('every option reaches the output', () => {
  const shared: Required<RbacProxyOptions> = {
    authorization: RbacProxyAuthorization.staticRules([{ user: prometheus }]),
    tls: {
      cert,
      key,
      minVersion: 'TLS11',
      cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
      client: { ca: client.ca },
    } satisfies Required<RbacProxyTls>,
    ignorePaths: ['/healthz', '/public/*'],
    http2: { disable: false, maxConcurrentStreams: 50, maxSize: 65536 },
    resources: { requests: { cpu: '20m' }, limits: { memory: '99Mi' } },
    extraArgs: ['--v=4'],
  };
  const tokens: Required<TokenProxyOptions> = {
    ...shared,
    credentials: SecretKey.of('token', 'token'),
    audiences: ['exporter', 'metrics'],
  };
  const certificates: Required<ClientCertificateProxyOptions> = { ...shared, tls: { ...shared.tls, client }, clientCa };

  function output(proxy: RbacProxy): string {
    const { sidecar, chart } = sidecarOf(proxy);
    const { containers, volumes, access, endpoint, podAnnotations } = sidecar;
    return JSON.stringify([containers, volumes, access, endpoint, podAnnotations, [...objectsOf(chart)]]);
  }
  const without = <T extends object>(object: T, name: string): T =>
    Object.fromEntries(Object.entries(object).filter(([each]) => each !== name)) as T;

  it.each(Object.keys(tokens))('%s, with tokens', (name) => {
    expect(output(RbacProxy.withTokens(without(tokens, name)))).not.toBe(output(RbacProxy.withTokens(tokens)));
  });

  it.each(Object.keys(certificates).filter((name) => name !== 'clientCa'))('%s, with certificates', (name) => {
    expect(output(RbacProxy.withClientCertificates(without(certificates, name)))).not.toBe(
      output(RbacProxy.withClientCertificates(certificates)),
    );
  });

  it.each(Object.keys(shared.tls))('tls.%s', (name) => {
    expect(output(RbacProxy.withTokens({ ...tokens, tls: without(shared.tls, name) }))).not.toBe(
      output(RbacProxy.withTokens(tokens)),
    );
  });

  it.each(Object.keys(shared.http2))('http2.%s', (name) => {
    expect(output(RbacProxy.withTokens({ ...tokens, http2: without(shared.http2, name) }))).not.toBe(
      output(RbacProxy.withTokens(tokens)),
    );
  });

  it('without a problem', () => {
    expect(problemsOf(RbacProxy.withTokens(tokens))).toEqual([]);
    expect(problemsOf(RbacProxy.withClientCertificates(certificates))).toEqual([]);
  });

  it('as the flags of the program', () => {
    expect(sidecarOf(RbacProxy.withTokens(tokens)).args).toEqual([
      '--secure-listen-address=[$(POD_IP)]:9400',
      '--upstream=http://127.0.0.1:9400/',
      '--config-file=/etc/kube-rbac-proxy/config/config.yaml',
      '--auth-token-audiences=exporter,metrics',
      '--tls-cert-file=/etc/kube-rbac-proxy/secrets/server/tls.crt',
      '--tls-private-key-file=/etc/kube-rbac-proxy/secrets/server/tls.key',
      '--tls-min-version=VersionTLS11',
      '--tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      '--ignore-paths=/healthz,/public/*',
      '--http2-disable=false',
      '--http2-max-concurrent-streams=50',
      '--http2-max-size=65536',
      '--v=4',
    ]);
    expect(sidecarOf(RbacProxy.withTokens(tokens)).container?.resources).toMatchObject({
      requests: { cpu: { value: '20m' } },
      limits: { memory: { value: '99Mi' } },
    });
  });
});

describe('problems', () => {
  const serverTls: RbacProxyTls = { cert, key };
  const withTls = (tls: RbacProxyTls): RbacProxy => RbacProxy.withTokens({ tls: { ...serverTls, ...tls } });
  const withTokens = (options: TokenProxyOptions): RbacProxy => RbacProxy.withTokens({ tls: serverTls, ...options });
  const withRules = (...args: Parameters<typeof RbacProxyAuthorization.staticRules>): RbacProxy =>
    withTokens({ authorization: RbacProxyAuthorization.staticRules(...args) });
  const literal = 'LITERAL' as unknown as SecretKey;
  const aes256 = 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384';

  it.each<[string, RbacProxy, string]>([
    [
      'a certificate that nobody can verify, unless that is said',
      RbacProxy.withTokens(),
      'rbacProxy tls: Without a certificate kube-rbac-proxy signs one for itself, which Prometheus cannot verify. Set ' +
        'tls: { cert, key }, or say that this is meant: tls: { client: { insecureSkipVerify: true } }.',
    ],
    [
      'a client certificate where tokens count',
      withTls({ client }),
      'rbacProxy tls.client.cert: A client certificate does not count here, where tokens do. Remove it, or use RbacProxy.withClientCertificates.',
    ],
    [
      'an authority of clients where tokens count',
      withTokens({ clientCa } as TokenProxyOptions),
      'rbacProxy clientCa: A client certificate does not count here, where tokens do. Remove it, or use RbacProxy.withClientCertificates.',
    ],
    [
      'a token where client certificates count',
      RbacProxy.withClientCertificates({
        clientCa,
        credentials: key,
        tls: { cert, key, client },
      } as ClientCertificateProxyOptions),
      'rbacProxy credentials: A token does not count here, where client certificates do. Remove it, or use RbacProxy.withTokens.',
    ],
    [
      'client certificates of which Prometheus has none',
      RbacProxy.withClientCertificates({ clientCa, tls: { cert, key, client: { ca: client.ca } } }),
      'rbacProxy tls.client: Prometheus has no certificate to show. Set tls: { client: { cert, key } }, both in the namespace of Prometheus.',
    ],
    [
      'a certificate without its key',
      RbacProxy.withTokens({ tls: { cert } }),
      'rbacProxy tls.key: A certificate needs both cert and key.',
    ],
    [
      'a key without its certificate',
      RbacProxy.withTokens({ tls: { key } }),
      'rbacProxy tls.cert: A certificate needs both cert and key.',
    ],
    [
      'a literal key',
      withTls({ key: literal }),
      'rbacProxy tls.key: Only a reference is allowed: SecretKey.of(secret, key).',
    ],
    [
      'a literal certificate',
      withTls({ cert: literal }),
      'rbacProxy tls.cert: Only a reference is allowed: SecretKey.of(secret, key) or ConfigMapKey.of(configMap, key).',
    ],
    [
      'a literal authority',
      RbacProxy.withClientCertificates({ clientCa: literal, tls: { cert, key, client } }),
      'rbacProxy clientCa: Only a reference is allowed: SecretKey.of(secret, key) or ConfigMapKey.of(configMap, key).',
    ],
    [
      'a key in a ConfigMap',
      withTls({ key: ConfigMapKey.of('a', 'b') as unknown as SecretKey }),
      'rbacProxy tls.key: Only a reference is allowed: SecretKey.of(secret, key).',
    ],
    [
      'a name that no object can have',
      withTls({ cert: SecretKey.of('My Secret', 'tls.crt') }),
      'rbacProxy tls.cert: "My Secret", key "tls.crt", is no Secret reference. Allowed: the name of an object (lower-case ' +
        'letters, digits, - and .), and a key of letters, digits, -, _ and .',
    ],
    [
      'an unknown cipher suite',
      withTls({
        cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA257' as never, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
      }),
      'Did you mean "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"?',
    ],
    [
      'cipher suites where TLS 1.3 alone is spoken',
      withTls({ minVersion: 'TLS13', cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'] }),
      'rbacProxy tls.cipherSuites: The suites of TLS 1.3 cannot be chosen; remove them, or allow TLS12.',
    ],
    [
      'cipher suites that HTTP/2 cannot do with',
      withTls({ cipherSuites: [aes256] }),
      'rbacProxy tls.cipherSuites: HTTP/2 needs one of TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256. Add it, or disable http2.',
    ],
    [
      'no streams',
      withTokens({ http2: { maxConcurrentStreams: 0 } }),
      'rbacProxy http2.maxConcurrentStreams: 0 received. Allowed: a whole number, 1 or more.',
    ],
    [
      'a frame that HTTP/2 does not know',
      withTokens({ http2: { maxSize: 1000 } }),
      'rbacProxy http2.maxSize: 1000 received. Allowed: a whole number of bytes from 16384 to 16777215.',
    ],
    [
      'a window that overflows',
      withTokens({ http2: { maxSize: 2 ** 24 - 1, maxConcurrentStreams: 200 } }),
      'rbacProxy http2: maxConcurrentStreams × maxSize is 3355443000 bytes. Allowed: at most 2147483647.',
    ],
    [
      'a path without a slash',
      withTokens({ ignorePaths: ['healthz'] }),
      'rbacProxy ignorePaths: "healthz" received. Allowed: a path that starts with /, with * and ? for characters other than /.',
    ],
    [
      'metrics that are open to everybody',
      withTokens({ ignorePaths: ['/metrics'] }),
      'rbacProxy ignorePaths: "/metrics" would open /metrics to everybody. Name only paths that hold no metrics.',
    ],
    [
      'a pattern that opens them',
      withTokens({ ignorePaths: ['/m?t*'] }),
      'rbacProxy ignorePaths: "/m?t*" would open /metrics to everybody. Name only paths that hold no metrics.',
    ],
    [
      'an audience that is a list',
      withTokens({ audiences: ['a,b'] }),
      'rbacProxy audiences: "a,b" received. Allowed: a text without spaces and commas.',
    ],
    [
      'no audience',
      withTokens({ audiences: [] }),
      "rbacProxy audiences: The list is empty. Leave it out for the API server's own.",
    ],
    [
      'a limit below the request',
      withTokens({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      'rbacProxy resources.requests.cpu: 2 is more than the limit 1.',
    ],
    [
      'a flag that follows from properties',
      withTokens({ extraArgs: ['--insecure-listen-address=:80'] }),
      'rbacProxy extraArgs: --insecure-listen-address follows from the other properties. Remove it.',
    ],
    [
      'an argument that is no flag',
      withTokens({ extraArgs: ['4'] }),
      'rbacProxy extraArgs: "4" received. Allowed: flags, each complete in one text, such as --v=4.',
    ],
    [
      'rules for nobody',
      withRules([]),
      'rbacProxy/authorization rules: The list is empty, so nobody could read. Name at least one user.',
    ],
    [
      'a rule for everybody',
      withRules([{ user: ' ' }]),
      'rbacProxy/authorization rules[0].user: " " received, which would let everybody in who can authenticate. ' +
        'Allowed: the name of a user, such as system:serviceaccount:monitoring:prometheus.',
    ],
    [
      'an unknown verb',
      withRules([{ user: 'a', verb: 'got' as 'get' }]),
      'rbacProxy/authorization rules[0].verb: "got" received. Allowed: get, create, update, patch, delete. Did you mean "get"?',
    ],
    [
      'a path of a rule without a slash',
      withRules([{ user: 'a', path: 'metrics' }]),
      'rbacProxy/authorization rules[0].path: "metrics" received. Allowed: a path that starts with /.',
    ],
    [
      'a path beside a resource',
      withRules([{ user: 'a', path: '/metrics' }], { resourceAttributes: { resource: 'services' } }),
      'rbacProxy/authorization rules[0].path: It has no effect with resourceAttributes, which take the place of the path.',
    ],
    [
      'a subresource in the resource',
      withTokens({
        authorization: RbacProxyAuthorization.subjectAccessReview({
          resourceAttributes: { resource: 'services/metrics' },
        }),
      }),
      'rbacProxy/authorization resourceAttributes.resource: "services/metrics" received. Allowed: the plural name of a kind, such as services; a subresource has a property of its own.',
    ],
  ])('%s', (_, proxy, message) => {
    const found = problemsOf(proxy);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });

  it('are none where HTTP/2 is off and the suites would not do for it', () => {
    expect(
      problemsOf(RbacProxy.withTokens({ tls: { ...serverTls, cipherSuites: [aes256] }, http2: { disable: true } })),
    ).toEqual([]);
  });
});

describe('a target of others', () => {
  const ca = ConfigMapKey.of('ca', 'ca.crt');

  it("sends the token of Prometheus' own ServiceAccount, and grants it the path", () => {
    const chart = new Chart(Testing.app(), 'chart', { namespace: 'monitoring', disableResourceNameHashes: true });
    const prometheus = new StandalonePrometheus(chart, 'prometheus');
    const matchLabels = { 'app.kubernetes.io/service': 'gpu-operator-metrics-exporter' };
    const options = { namespace: 'kube-amd-gpu', matchLabels, port: 'exporter-port', job: 'amd', external: true };
    prometheus.monitor(
      ScrapeTarget.services({ ...options, ...RbacProxy.target({ tls: { insecureSkipVerify: true } }) }),
    );
    const [config] = parse(
      objectOf(chart, 'ConfigMap monitoring/prometheus-scrape-configs').data['amd.yaml'] ?? '',
    ).scrape_configs;
    expect(config).toMatchObject({
      scheme: 'https',
      authorization: { credentials_file: SERVICE_ACCOUNT.token },
      tls_config: { insecure_skip_verify: true },
    });
    expect(objectOf(chart, 'ClusterRole monitoring-prometheus').rules).toEqual([
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
    ]);
  });

  it('sends a token of a Secret, or shows a certificate in its place', () => {
    const credentials = SecretKey.of('prom-token', 'token');
    expect(RbacProxy.target({ credentials, tls: { ca } })).toEqual({
      scheme: 'https',
      authorization: { credentials },
      tls: { ca },
    });
    expect(RbacProxy.target({ tls: client })).toEqual({ scheme: 'https', tls: client });
    expect(RbacProxy.target({ tls: { serverName: 'gpu.example.com' } }).tls).toEqual({ serverName: 'gpu.example.com' });
  });

  it.each([{}, { tls: {} }, { tls: { insecureSkipVerify: false } }])('must say how it is verified: %j', (options) => {
    expect(() => RbacProxy.target(options as ProxiedTargetOptions)).toThrow(
      'RbacProxy.target: tls does not say how the certificate is verified; by default kube-rbac-proxy signs one for ' +
        'itself. Set ca, or serverName for one of a public authority, or say insecureSkipVerify: true.',
    );
  });

  it('has one way to authenticate', () => {
    expect(() => RbacProxy.target({ tls: client, credentials: SecretKey.of('a', 'b') })).toThrow(
      'RbacProxy.target: both credentials and a client certificate (tls.cert) are set. Remove the one that the proxy does not ask for.',
    );
  });

  it('takes no literal token', () => {
    const problems = Problems.at('app');
    const credentials = 'LITERAL' as unknown as SecretKey;
    ScrapeTarget.hosts(['a:1'], { job: 'a', ...RbacProxy.target({ credentials, tls: { ca } }) }).check(problems);
    expect(problems.all.map(({ property, message }) => `${property}: ${message}`)).toEqual([
      'authorization.credentials: A literal credential is not allowed. Allowed: SecretKey.of(secret, key), or the absolute path of a file in the container.',
    ]);
  });
});
