import { describe, expect, it } from 'vitest';
import { ConfigMapTexts } from '../../../lib/core/config-map-texts';
import type { ManifestSource } from '../../../lib/model/manifest';
import { SecretKey } from '../../../lib/model/references';
import { Relabel, type RelabelConfig, renderRelabel } from '../../../lib/model/relabel';
import { renderNative } from '../../../lib/model/scrape/native';
import { ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import { type Monitor, monitorName, renderMonitors } from '../../../lib/prometheus/operator/monitor';
import {
  files,
  monitorProblemsOf,
  monitorsOf,
  type Options,
  RELABELINGS,
  SHAPES,
  type Shape,
  single,
  TARGETS,
} from './monitors';

/** The relabelings of the one endpoint of a monitor. */
function relabelingsOf({ kind, spec }: Monitor): readonly RelabelConfig[] {
  const [first = ''] = RELABELINGS[kind].split('.');
  const own = spec[first];
  return kind === 'ScrapeConfig'
    ? (own as RelabelConfig[])
    : ((own as { relabelings: RelabelConfig[] }[])[0]?.relabelings ?? []);
}

/** A Service as the app has it. */
function service(ports: readonly object[], labels: object = { app: 'api' }): ManifestSource {
  return {
    node: { path: 'api' },
    toJson: () => ({
      kind: 'Service',
      metadata: { name: 'api', namespace: 'shop', labels },
      spec: { selector: { app: 'api' }, ports },
    }),
  };
}

const named = service([{ name: 'metrics', port: 80, targetPort: 9100 }]);

describe('a ServiceMonitor', () => {
  it('selects a Service of the app by its labels, its name and its namespace', () => {
    const { kind, name, spec } = single(ScrapeTarget.service(named));
    expect([kind, name]).toEqual(['ServiceMonitor', 'api']);
    expect(spec).toEqual({
      selector: { matchLabels: { app: 'api' } },
      namespaceSelector: { matchNames: ['shop'] },
      endpoints: [{ port: 'metrics', relabelings: [Relabel.keep('__meta_kubernetes_service_name', 'api')] }],
    });
  });

  it('names a port by its name, even where it was given by number', () => {
    expect(single(ScrapeTarget.service(named, { port: 80 })).spec).toHaveProperty('endpoints.0.port', 'metrics');
  });

  it.each([
    [{ port: 80, targetPort: 9100 }, ['__meta_kubernetes_endpointslice_port', '9100'], '9100'],
    [{ port: 80 }, ['__meta_kubernetes_endpointslice_port', '80'], '80'],
    [{ port: 80, targetPort: 'web' }, undefined, 'web'],
  ])('tells the unnamed port of %j from others, and labels it', (port, number, label) => {
    const monitor = single(ScrapeTarget.service(service([port])));
    expect(monitor.spec).not.toHaveProperty('endpoints.0.port');
    expect(relabelingsOf(monitor)).toEqual([
      Relabel.keep('__meta_kubernetes_service_name', 'api'),
      ...(number === undefined ? [] : [Relabel.keep(number[0] ?? '', number[1] ?? '')]),
      // The operator would drop an empty regex, and then keep everything.
      Relabel.keep('__meta_kubernetes_endpointslice_port_name', '^$'),
      Relabel.set('endpoint', label),
    ]);
  });

  it('sets the job unless it is the name of the Service', () => {
    expect(relabelingsOf(single(ScrapeTarget.service(named)))).not.toContainEqual(Relabel.set('job', 'api'));
    expect(relabelingsOf(single(ScrapeTarget.service(named, { job: 'x' })))).toContainEqual(Relabel.set('job', 'x'));
  });

  it.each([
    ['service', ScrapeTarget.service(named, { jobLabel: 'team.io/job' })],
    ['service', ScrapeTarget.services({ job: 'api', matchLabels: { app: 'api' }, jobLabel: 'team.io/job' })],
    ['pod', ScrapeTarget.pods({ job: 'api', matchLabels: { app: 'api' }, jobLabel: 'team.io/job' })],
  ])('leaves the job to a label of the %s, and falls back where that is empty', (of, target) => {
    const monitor = single(target);
    expect(monitor.spec.jobLabel).toBe('team.io/job');
    expect(relabelingsOf(monitor)).toContainEqual(
      Relabel.replace(`__meta_kubernetes_${of}_label_team_io_job`, '^$', 'job', 'api'),
    );
    expect(relabelingsOf(monitor)).not.toContainEqual(Relabel.set('job', 'api'));
  });

  it('selects a Service by name where no labels are known', () => {
    const target = ScrapeTarget.namedService('default', 'kubernetes', { port: 'https', scheme: 'https' });
    expect(single(target).spec).toEqual({
      selector: {},
      namespaceSelector: { matchNames: ['default'] },
      endpoints: [
        { port: 'https', scheme: 'https', relabelings: [Relabel.keep('__meta_kubernetes_service_name', 'kubernetes')] },
      ],
    });
  });

  it('finds what a selector matches, in every namespace or in several', () => {
    const matchExpressions = [{ key: 'tier', operator: 'In', values: ['a', 'b'] }] as const;
    const options = { job: 'j', matchLabels: { app: 'api' }, matchExpressions };
    expect(single(ScrapeTarget.services(options)).spec).toMatchObject({
      selector: { matchLabels: { app: 'api' }, matchExpressions },
      namespaceSelector: { any: true },
    });
    expect(single(ScrapeTarget.services({ ...options, namespaces: ['a', 'b'] })).spec).toMatchObject({
      namespaceSelector: { matchNames: ['a', 'b'] },
    });
  });

  it('knows a port of the pods by number or by name', () => {
    const endpointOf = (options: Options) =>
      single(TARGETS.service(options)).spec.endpoints as readonly Record<string, unknown>[];
    expect(endpointOf({ port: 9102 })).toMatchObject([{ targetPort: 9102 }]);
    expect(endpointOf({ targetPort: 'web' })).toMatchObject([{ targetPort: 'web' }]);
    expect(single(ScrapeTarget.service(named, { targetPort: 'debug' })).spec).toMatchObject({
      endpoints: [{ targetPort: 'debug' }],
    });
  });

  it('has every endpoint of the target', () => {
    const target = ScrapeTarget.services({
      job: 'j',
      matchLabels: { app: 'api' },
      interval: '15s',
      endpoints: [{ port: 'a' }, { port: 'b', path: '/slow', interval: '1m' }],
    });
    expect(single(target).spec).toMatchObject({
      endpoints: [
        { port: 'a', interval: '15s' },
        { port: 'b', path: '/slow', interval: '1m' },
      ],
    });
  });
});

describe('a PodMonitor', () => {
  it('selects pods, and labels what the operator would not', () => {
    const target = ScrapeTarget.pods({ namespace: 'etl', matchLabels: { app: 'etl' }, port: 9102 });
    expect(single(target)).toMatchObject({
      kind: 'PodMonitor',
      name: 'etl',
      spec: {
        selector: { matchLabels: { app: 'etl' } },
        namespaceSelector: { matchNames: ['etl'] },
        podMetricsEndpoints: [
          { portNumber: 9102, relabelings: [Relabel.set('endpoint', '9102'), Relabel.set('job', 'etl')] },
        ],
      },
    });
  });

  it('of the host network needs no declared port', () => {
    const { spec } = single(TARGETS.pod({ port: 10259, hostNetwork: true }));
    expect(spec).not.toHaveProperty('podMetricsEndpoints.0.portNumber');
    expect(spec).toHaveProperty('podMetricsEndpoints.0.relabelings', [
      Relabel.replace('__meta_kubernetes_pod_ip', '([^:]+)', '__address__', '$1:10259'),
      Relabel.replace('__meta_kubernetes_pod_ip', '(.*:.*)', '__address__', '[$1]:10259'),
      Relabel.set('endpoint', '10259'),
      Relabel.set('job', 'j'),
    ]);
  });

  it('names a target port of the container', () => {
    expect(single(TARGETS.pod({ targetPort: 'web' })).spec).toMatchObject({ podMetricsEndpoints: [{ port: 'web' }] });
  });
});

describe('a Probe', () => {
  it('asks the prober about every target, and drops the namespace that says nothing of it', () => {
    const target = ScrapeTarget.probe(['https://a.example.com', '10.0.0.1'], {
      prober: 'blackbox.monitoring.svc:9115',
      module: 'http_2xx',
      job: 'websites',
      labels: { team: 'a' },
    });
    expect(single(target)).toMatchObject({
      kind: 'Probe',
      name: 'websites',
      spec: {
        jobName: 'websites',
        prober: { url: 'blackbox.monitoring.svc:9115', path: '/probe' },
        params: [{ name: 'module', values: ['http_2xx'] }],
        targets: {
          staticConfig: {
            static: ['https://a.example.com', '10.0.0.1'],
            relabelingConfigs: [Relabel.labelDrop('namespace'), Relabel.set('team', 'a')],
          },
        },
      },
    });
  });

  it.each<[string, Options]>([
    ['several endpoints', { endpoints: [{ params: { module: ['a'] } }, { params: { module: ['b'] } }] }],
    ['no compression', { enableCompression: false }],
  ])('becomes a ScrapeConfig with %s', (_, options) => {
    const monitors = monitorsOf(TARGETS.probe(options));
    expect(new Set(monitors.map(({ kind }) => kind))).toEqual(new Set(['ScrapeConfig']));
    for (const { spec } of monitors) {
      expect(spec).toMatchObject({
        metricsPath: '/probe',
        staticConfigs: [{ targets: ['https://example.com'] }],
        relabelings: [
          Relabel.copy('__address__', '__param_target'),
          Relabel.copy('__param_target', 'instance'),
          Relabel.set('__address__', 'blackbox:9115'),
        ],
      });
    }
  });
});

describe('a ScrapeConfig', () => {
  const uncompressed = { job: 'j', enableCompression: false };
  const matchLabels = { app: 'api' };

  it.each<[string, ScrapeTarget, object]>([
    ['nodes', ScrapeTarget.nodes({ job: 'j' }), { kubernetesSDConfigs: [{ role: 'Node' }] }],
    [
      'nodes through the API server',
      ScrapeTarget.nodes({ job: 'j', throughApiServer: true, path: '/metrics/cadvisor' }),
      { kubernetesSDConfigs: [{ role: 'Node' }] },
    ],
    [
      'fixed addresses',
      ScrapeTarget.hosts(['a:1', 'b:2'], { job: 'j' }),
      { staticConfigs: [{ targets: ['a:1', 'b:2'] }] },
    ],
    [
      'annotated pods',
      ScrapeTarget.annotatedPods({ namespaces: ['a'], job: 'j' }),
      { kubernetesSDConfigs: [{ role: 'Pod', namespaces: { names: ['a'] } }] },
    ],
    [
      'annotated Services',
      ScrapeTarget.annotatedServices({ attachNodeMetadata: true, job: 'j' }),
      { kubernetesSDConfigs: [{ role: 'EndpointSlice', attachMetadata: { node: true } }] },
    ],
    [
      'pods whose answers are not compressed',
      ScrapeTarget.pods({ ...uncompressed, matchLabels, filterRunning: false }),
      { kubernetesSDConfigs: [{ role: 'Pod' }] },
    ],
    [
      'a Service whose answers are not compressed',
      ScrapeTarget.service(named, uncompressed),
      { kubernetesSDConfigs: [{ role: 'EndpointSlice', namespaces: { names: ['shop'] } }] },
    ],
    [
      'pods that the API server selects',
      ScrapeTarget.pods({ ...uncompressed, matchLabels, selectorMechanism: 'RoleSelector' }),
      { kubernetesSDConfigs: [{ role: 'Pod', selectors: [{ role: 'Pod', label: 'app=api' }] }] },
    ],
    [
      'Services that the API server selects',
      ScrapeTarget.services({ ...uncompressed, matchLabels, selectorMechanism: 'RoleSelector' }),
      {
        kubernetesSDConfigs: [
          {
            role: 'EndpointSlice',
            selectors: [
              { role: 'EndpointSlice', label: 'app=api' },
              { role: 'Service', label: 'app=api' },
            ],
          },
        ],
      },
    ],
    [
      'a named Service, which no label selects',
      ScrapeTarget.namedService('default', 'kubernetes', { ...uncompressed, selectorMechanism: 'RoleSelector' }),
      { kubernetesSDConfigs: [{ role: 'EndpointSlice', namespaces: { names: ['default'] } }] },
    ],
  ])('finds %s as the native configuration does', (_, target, expected) => {
    const monitor = single(target);
    const [config] = renderNative(target, files);
    const { kubernetesSDConfigs, staticConfigs } = monitor.spec;
    expect([monitor.kind, { ...(kubernetesSDConfigs ? { kubernetesSDConfigs } : { staticConfigs }) }]).toEqual([
      'ScrapeConfig',
      expected,
    ]);
    expect(monitor.spec.metricsPath).toBe(config?.metrics_path);
    expect((relabelingsOf(monitor) ?? []).map((each) => JSON.parse(JSON.stringify(renderRelabel(each))))).toEqual(
      config?.relabel_configs ?? [],
    );
  });

  it('has one endpoint, so several become several, of one job', () => {
    const target = ScrapeTarget.hosts(['a:1'], {
      job: 'j',
      endpoints: [{ path: '/a' }, { path: '/b', timeout: '3s' }],
    });
    expect(
      monitorsOf(target).map(({ name, spec }) => [name, spec.jobName, spec.metricsPath, spec.scrapeTimeout]),
    ).toEqual([
      ['j-1', 'j', '/a', undefined],
      ['j-2', 'j', '/b', '3s'],
    ]);
  });
});

describe('files of the container', () => {
  const fromFiles: Options = {
    scheme: 'https',
    authorization: { credentials: '/token' },
    tls: { ca: '/ca.crt', serverName: 'api' },
  };
  const scrapeClass = {
    authorization: { credentialsFile: '/token' },
    tlsConfig: { caFile: '/ca.crt', serverName: 'api' },
  };

  it.each(SHAPES)('go to a scrape class of the monitor for a %s', (shape) => {
    const monitor = single(TARGETS[shape](fromFiles));
    expect(monitor.scrapeClass).toEqual({ name: 'j', ...scrapeClass });
    expect(monitor.spec.scrapeClass).toBe('j');
    expect(JSON.stringify(monitor.spec)).not.toMatch(/tlsConfig|authorization|bearerToken/);
  });

  describe('go to a class that also says what the default class does', () => {
    const defaultScrapeClass = {
      name: 'mesh',
      default: true,
      authorization: { credentials: SecretKey.of('mesh', 'token') },
      tls: { cert: '/mesh.crt', key: '/mesh.key' },
      relabelings: [Relabel.set('mesh', 'yes')],
      metricRelabelings: [Relabel.drop('a', '')],
      attachNodeMetadata: true,
      fallbackScrapeProtocol: 'PrometheusText0.0.4',
    } as const;
    const everywhere = {
      name: 'j',
      relabelings: [{ action: 'replace', targetLabel: 'mesh', replacement: 'yes' }],
      metricRelabelings: [{ action: 'drop', sourceLabels: ['a'], regex: '^$' }],
      attachMetadata: { node: true },
      fallbackScrapeProtocol: 'PrometheusText0.0.4',
    };
    const authorization = { credentials: { name: 'mesh', key: 'token' } };
    const tlsConfig = { certFile: '/mesh.crt', keyFile: '/mesh.key' };
    const classesOf = (options: Options) =>
      renderMonitors(TARGETS.host(options), {
        texts: new ConfigMapTexts('texts'),
        ownsScrapeClasses: true,
        defaultScrapeClass,
      }).map((monitor) => monitor.scrapeClass);

    it.each<[string, Options, object]>([
      ['its own files win', fromFiles, scrapeClass],
      ['TLS is added', { authorization: { credentials: '/token' } }, { ...scrapeClass, tlsConfig }],
      ['authorization is added', { tls: { ca: '/ca.crt' } }, { authorization, tlsConfig: { caFile: '/ca.crt' } }],
      [
        'no second way to authenticate is added',
        { tls: { ca: '/ca.crt' }, basicAuth: { username: SecretKey.of('a', 'u'), password: SecretKey.of('a', 'p') } },
        { tlsConfig: { caFile: '/ca.crt' } },
      ],
    ])('%s', (_, options, expected) => {
      expect(classesOf({ scheme: 'https', ...options })).toEqual([{ ...everywhere, ...expected }]);
    });

    it('but not where there are no files, as it holds by itself', () => {
      expect(classesOf({ scheme: 'https', tls: { serverName: 'api' } })).toEqual([undefined]);
    });
  });

  it('leave Secrets with the monitor', () => {
    const { scrapeClass, spec } = single(
      TARGETS.service({ ...fromFiles, authorization: { credentials: SecretKey.of('api', 'token') } }),
    );
    expect(scrapeClass).toEqual({ name: 'j', tlsConfig: { caFile: '/ca.crt', serverName: 'api' } });
    expect(spec).toHaveProperty('endpoints.0.authorization', { credentials: { name: 'api', key: 'token' } });
  });

  it('separate the endpoints that need different ones', () => {
    const target = ScrapeTarget.services({
      job: 'j',
      matchLabels: { app: 'api' },
      endpoints: [{ port: 'a', ...fromFiles }, { port: 'b' }, { port: 'c', ...fromFiles }],
    });
    expect(
      monitorsOf(target).map(({ name, spec, scrapeClass }) => [
        name,
        spec.scrapeClass,
        scrapeClass?.name,
        (spec.endpoints as { port: string }[]).map(({ port }) => port),
      ]),
    ).toEqual([
      ['j-1', 'j-1', 'j-1', ['a', 'c']],
      ['j-2', undefined, undefined, ['b']],
    ]);
  });

  it('stand in a ServiceMonitor where the Prometheus is somebody else’s', () => {
    const monitor = single(
      TARGETS.service({ ...fromFiles, tls: { ca: '/ca.crt', cert: '/tls.crt', key: '/tls.key' } }),
      false,
    );
    expect(monitor.scrapeClass).toBeUndefined();
    expect(monitor.spec).toMatchObject({
      endpoints: [
        { bearerTokenFile: '/token', tlsConfig: { caFile: '/ca.crt', certFile: '/tls.crt', keyFile: '/tls.key' } },
      ],
    });
    expect(monitor.spec).not.toHaveProperty('endpoints.0.authorization');
  });
});

describe('what no monitor can say is refused', () => {
  const own = 'here/ScrapeTarget j';
  const oauth2 = {
    clientId: 'client',
    clientSecret: SecretKey.of('oauth2', 'secret'),
    tokenUrl: 'https://login.example.com/token',
    tls: { ca: '/ca.crt' },
  };
  const https: Options = { scheme: 'https' };
  const file: Options = { ...https, tls: { ca: '/ca.crt' } };
  const basic: Options = { ...https, basicAuth: { username: 'user', password: SecretKey.of('a', 'b') } };

  it.each(SHAPES)('a literal user of a %s', (shape) => {
    expect(monitorProblemsOf(TARGETS[shape](basic))).toEqual([
      `${own} basicAuth.username: "user" received, but the operator reads the user from a Secret only. Allowed: SecretKey.of(secret, key).`,
    ]);
  });

  it.each(SHAPES)('a file for the token requests of a %s', (shape) => {
    expect(monitorProblemsOf(TARGETS[shape]({ ...https, oauth2 }))).toEqual([
      `${own} oauth2.tls: The operator has no field for files of the container here. Refer to Secrets or ConfigMaps.`,
    ]);
  });

  it.each(SHAPES)('files beside a named scrape class, of a %s', (shape) => {
    const target = TARGETS[shape]({ ...file, scrapeClass: 'own' });
    expect(monitorProblemsOf(target)).toEqual([
      `${own} scrapeClass: Files of the container need a scrape class of their own, so "own" cannot be named too. Set the files there, or refer to Secrets here.`,
    ]);
  });

  it.each<[Shape, string]>([
    ['pod', 'PodMonitor'],
    ['probe', 'Probe'],
    ['host', 'ScrapeConfig'],
  ])('files of a %s where the Prometheus is somebody else’s', (shape, kind) => {
    const message = `${own} tls, authorization: A ${kind} cannot name files of the container, and the Prometheus is somebody else's. Refer to Secrets, or name a scrapeClass that it has.`;
    expect(monitorProblemsOf(TARGETS[shape](file), false)).toEqual([message]);
    expect(monitorProblemsOf(TARGETS[shape]({ ...https, authorization: { credentials: '/token' } }), false)).toEqual([
      message,
    ]);
    expect(monitorProblemsOf(TARGETS[shape](file), true)).toEqual([]);
  });

  it('a file that holds no bearer token, where the Prometheus is somebody else’s', () => {
    const target = TARGETS.service({ ...https, authorization: { type: 'Token', credentials: '/token' } });
    expect(monitorProblemsOf(target, false)).toEqual([
      `${own} authorization.type: "Token" received, but without a scrape class a file can only hold a bearer token. Refer to a Secret, or name a scrapeClass that the Prometheus has.`,
    ]);
    expect(monitorProblemsOf(target, true)).toEqual([]);
    const bearer = TARGETS.service({ ...https, authorization: { type: 'Bearer', credentials: '/token' } });
    expect(monitorProblemsOf(bearer, false)).toEqual([]);
  });
});

it('names a monitor like its job, as Kubernetes allows', () => {
  expect(monitorName('Kube_State/Metrics.')).toBe('kube-state-metrics');
});

it('gives the operator no empty regex, which it would drop', () => {
  const target = TARGETS.service({
    relabelings: [Relabel.drop('team', '')],
    metricRelabelings: [Relabel.keep('a', '')],
  });
  expect(single(target).spec).toMatchObject({
    endpoints: [
      {
        relabelings: expect.arrayContaining([Relabel.drop('team', '^$')]),
        metricRelabelings: [Relabel.keep('a', '^$')],
      },
    ],
  });
});
