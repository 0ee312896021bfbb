import { type Chart, Size } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Storage } from '../../../lib/core/storage';
import { ConfigMapKey, SecretKey } from '../../../lib/model/references';
import { Relabel } from '../../../lib/model/relabel';
import type { RemoteWrite } from '../../../lib/model/remote-storage';
import { alert } from '../../../lib/model/rules';
import { ScrapeTarget } from '../../../lib/model/scrape/scrape-target';
import { OperatorPrometheus, type OperatorPrometheusProps } from '../../../lib/prometheus/operator/operator-prometheus';
import { StandalonePrometheus } from '../../../lib/prometheus/standalone/standalone-prometheus';
import { expectValidCustomResources } from '../../crd-schema';
import { objectOf, objectsOf } from '../../objects';
import { ALL_OPTIONS, ALL_PROPS, THANOS } from './complete-props';
import { addService, keysOf, make, newChart, problemsOf, specOf, warningsOf, without } from './synthesized';

const rule = alert('QueueStuck', { expr: 'up == 0', severity: 'warning', summary: 'Stuck' });

/** One target for each kind of monitor. */
function monitorEveryKind(chart: Chart, prometheus: OperatorPrometheus | StandalonePrometheus) {
  prometheus.monitor(ScrapeTarget.service(addService(chart, 'shop'), { port: 'metrics', attachNodeMetadata: true }));
  prometheus.monitor(ScrapeTarget.pods({ namespace: 'etl', matchLabels: { app: 'etl' }, port: 9102 }));
  prometheus.monitor(ScrapeTarget.probe(['https://example.com'], { prober: 'blackbox:9115', job: 'websites' }));
  prometheus.monitor(ScrapeTarget.nodes({ job: 'kubelet', scheme: 'https', throughApiServer: true }));
  prometheus.monitor(ScrapeTarget.hosts(['192.0.2.7:9100'], { job: 'switches' }));
  prometheus.monitor({ name: 'queue', rules: [rule] });
}

/** The files of the Secret with additional configurations. */
function additional(chart: Chart): Readonly<Record<string, unknown>> {
  const { data } = objectOf(chart, 'Secret monitoring/prometheus-additional');
  return Object.fromEntries(
    Object.entries(data).map(([name, text]) => [name, parse(Buffer.from(text, 'base64').toString())]),
  );
}

describe('by default', () => {
  const { chart, prometheus } = make();
  const spec = specOf(chart);

  it('is a Prometheus with its Services, and no configuration of its own', () => {
    expect(keysOf(chart, 'Prometheus', 'Service', 'ConfigMap', 'Secret', 'StatefulSet', 'PodDisruptionBudget')).toEqual(
      ['Service monitoring/prometheus', 'Service monitoring/prometheus-headless', 'Prometheus monitoring/prometheus'],
    );
    expect(prometheus.url).toBe('http://prometheus.monitoring.svc:9090');
    expect(expectValidCustomResources(objectsOf(chart).values())).toBeGreaterThan(1);
  });

  it('says what the standalone back end defaults to', () => {
    expect(spec).toMatchObject({
      replicas: 1,
      retention: '15d',
      scrapeInterval: '30s',
      scrapeTimeout: '10s',
      evaluationInterval: '30s',
      externalUrl: 'http://prometheus.monitoring.svc:9090',
      replicaExternalLabelName: 'prometheus_replica',
      prometheusExternalLabelName: '',
      storage: { emptyDir: {} },
      resources: { requests: { cpu: '200m', memory: '1Gi' } },
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      terminationGracePeriodSeconds: 600,
      containers: [{ name: 'prometheus', startupProbe: { periodSeconds: 5, failureThreshold: 720 } }],
    });
    expect(Object.keys(spec)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(additional|alerting|scrapeClasses|thanos|tsdb|web)/)]),
    );
  });

  it('lets no monitor read files of the pod', () => {
    expect(spec.arbitraryFSAccessThroughSMs).toEqual({ deny: true });
  });

  it('keeps labels that the operator sets out of the pods', () => {
    expect(spec.podMetadata).toEqual({ labels: { 'app.kubernetes.io/part-of': 'cdk8s-gpu-monitoring' } });
  });

  it('scrapes itself and its reloader, whose pods the operator makes', () => {
    const app = newChart();
    new OperatorPrometheus(app, 'prometheus');
    new StandalonePrometheus(app, 'other', { name: 'other' });
    expect(problemsOf(app)).toEqual([]);
    expect(specOf(chart, 'ServiceMonitor monitoring/prometheus')).toMatchObject({
      namespaceSelector: { matchNames: ['monitoring'] },
      endpoints: [{ port: 'web', path: '/metrics', scheme: 'http' }, { port: 'reloader-web' }],
    });
  });

  it('scrapes its reloader by TLS too, which it shares with the server here', () => {
    const client = { ca: ConfigMapKey.of('ca', 'ca.crt') };
    const tls = { cert: SecretKey.of('web', 'tls.crt'), key: SecretKey.of('web', 'tls.key') };
    const tlsConfig = { ca: { configMap: { name: 'ca', key: 'ca.crt' } } };
    const endpointsOf = (web: OperatorPrometheusProps['web']) =>
      specOf(make({ ...(web && { web }) }).chart, 'ServiceMonitor monitoring/prometheus').endpoints;
    expect(endpointsOf({ tls: { ...tls, client } })).toMatchObject([
      { port: 'web', scheme: 'https', tlsConfig },
      { port: 'reloader-web', scheme: 'https', tlsConfig },
    ]);
    expect(endpointsOf({ tls })).toMatchObject([
      { port: 'web', scheme: 'https' },
      { port: 'reloader-web', scheme: 'https' },
    ]);
  });
});

it('is the same object each time', () => {
  const synthesized = () => {
    const { chart, prometheus } = make({ ...ALL_PROPS, ...ALL_OPTIONS });
    monitorEveryKind(chart, prometheus);
    return [...objectsOf(chart)];
  };
  expect(synthesized()).toEqual(synthesized());
});

describe('monitors and rules', () => {
  const KINDS = ['ServiceMonitor', 'PodMonitor', 'Probe', 'ScrapeConfig', 'PrometheusRule'];

  it.each([undefined, { team: 'platform', stage: 'prod' }])(
    'bear the labels that select them: %j',
    (selectorLabels) => {
      const { chart, prometheus } = make(selectorLabels && { selectorLabels });
      monitorEveryKind(chart, prometheus);
      const spec = specOf(chart);
      const objects = objectsOf(chart);
      expect(expectValidCustomResources(objects.values())).toBeGreaterThan(6);
      for (const kind of KINDS) {
        const field = kind === 'PrometheusRule' ? 'rule' : kind.charAt(0).toLowerCase() + kind.slice(1);
        const { matchLabels } = spec[`${field}Selector`] as { matchLabels: Record<string, string> };
        expect(matchLabels).toEqual(selectorLabels ?? { prometheus: 'prometheus' });
        const made = keysOf(chart, kind);
        expect(made).not.toEqual([]);
        for (const key of made) {
          expect(objects.get(key)?.metadata).toMatchObject({ namespace: 'monitoring', labels: matchLabels });
        }
        expect(spec[`${field}NamespaceSelector`]).toEqual({
          matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['monitoring'] }],
        });
      }
    },
  );

  it('can be those of others too, in namespaces that are admitted', () => {
    const { chart, prometheus } = make({ foreignMonitors: { namespaces: ['team-b', 'team-a'] } });
    prometheus.monitorSelection.admit('gpu-operator');
    const namespaces = ['gpu-operator', 'monitoring', 'team-a', 'team-b'];
    expect(prometheus.monitorNamespaces).toEqual(namespaces);
    expect(prometheus.monitorSelection.labels).toEqual({ prometheus: 'prometheus' });
    expect(prometheus.monitorSelection.reaches('anywhere')).toBe(true);
    for (const kind of ['serviceMonitor', 'podMonitor', 'probe', 'scrapeConfig', 'rule']) {
      expect(specOf(chart)[`${kind}NamespaceSelector`]).toMatchObject({ matchExpressions: [{ values: namespaces }] });
    }
  });

  it('are one PrometheusRule for each group', () => {
    const { chart, prometheus } = make();
    prometheus.monitor({ name: 'queue', rules: [rule, { name: 'queue.more', rules: [{ ...rule, name: 'Other' }] }] });
    expect(specOf(chart, 'PrometheusRule monitoring/queue').groups).toMatchObject([
      { name: 'queue', rules: [{ alert: 'QueueStuck', expr: 'up == 0', labels: { severity: 'warning' } }] },
    ]);
    expect(specOf(chart, 'PrometheusRule monitoring/queue-more').groups).toMatchObject([{ name: 'queue.more' }]);
  });

  it('name a scrape class of the Prometheus where they need files', () => {
    const { chart, prometheus } = make({ scrapeClasses: [{ name: 'own' }] });
    const options = { job: 'kubelet', scheme: 'https', authorization: { credentials: '/token' } } as const;
    prometheus.monitor(ScrapeTarget.nodes({ ...options, tls: { ca: '/ca.crt' } }));
    expect(problemsOf(chart)).toEqual([]);
    expect(specOf(chart, 'ScrapeConfig monitoring/kubelet').scrapeClass).toBe('kubelet');
    expect(specOf(chart).scrapeClasses).toEqual([
      { name: 'own' },
      { name: 'kubelet', authorization: { credentialsFile: '/token' }, tlsConfig: { caFile: '/ca.crt' } },
    ]);
  });

  it('name one that also says what the default class does', () => {
    const { chart, prometheus } = make({
      scrapeClasses: [{ name: 'mesh', default: true, attachNodeMetadata: true }, { name: 'own' }],
    });
    prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'a', scheme: 'https', tls: { ca: '/ca.crt' } }));
    expect(problemsOf(chart)).toEqual([]);
    expectValidCustomResources(objectsOf(chart).values());
    expect(specOf(chart).scrapeClasses).toEqual([
      { name: 'mesh', default: true, attachMetadata: { node: true } },
      { name: 'own' },
      { name: 'a', tlsConfig: { caFile: '/ca.crt' }, attachMetadata: { node: true } },
    ]);
  });

  it('take the client of OAuth 2.0 out of a ConfigMap, as it is no secret', () => {
    const { chart, prometheus } = make();
    const oauth2 = {
      clientId: 'my client',
      clientSecret: SecretKey.of('oauth2', 'secret'),
      tokenUrl: 'https://login.example.com/token',
    };
    prometheus.monitor(ScrapeTarget.hosts(['a:1'], { job: 'a', scheme: 'https', oauth2 }));
    const { data } = objectOf(chart, 'ConfigMap monitoring/prometheus-oauth2-clients');
    const [key = ''] = Object.keys(data);
    expect(data).toEqual({ [key]: 'my client' });
    expect(specOf(chart, 'ScrapeConfig monitoring/a').oauth2).toMatchObject({
      clientId: { configMap: { name: 'prometheus-oauth2-clients', key } },
      clientSecret: { name: 'oauth2', key: 'secret' },
    });
  });
});

describe('access', () => {
  const rolesOf = (chart: Chart, instance: string) =>
    [...objectsOf(chart).values()]
      .filter(({ kind, metadata }) => /Role/.test(kind) && metadata.labels?.['app.kubernetes.io/instance'] === instance)
      .map((object) => JSON.stringify(object).replaceAll(instance, 'it'));

  it('is what the standalone back end derives for the same targets', () => {
    const operator = make({ name: 'one' });
    monitorEveryKind(operator.chart, operator.prometheus);
    const chart = newChart();
    monitorEveryKind(chart, new StandalonePrometheus(chart, 'prometheus', { name: 'one' }));
    expect(rolesOf(operator.chart, 'one').length).toBeGreaterThan(4);
    expect(rolesOf(operator.chart, 'one')).toEqual(rolesOf(chart, 'one'));
  });

  it('also finds Alertmanagers by their Service, and what monitors of others select', () => {
    const { chart, prometheus } = make({ foreignMonitors: { namespaces: ['team-a'] } });
    prometheus.monitorSelection.admit('gpu-operator');
    const service = { namespace: 'alerting', name: 'am', port: 'web' };
    prometheus.sendAlertsTo({ addresses: ['am-0.am.alerting.svc:9093'], service });
    for (const namespace of ['alerting', 'team-a', 'gpu-operator']) {
      expect(objectOf(chart, `Role ${namespace}/monitoring-prometheus`).rules).toEqual([
        { apiGroups: [''], resources: ['pods', 'services'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ]);
    }
    expect(keysOf(chart, 'ClusterRole')).toEqual([]);
  });

  it('is not asked for where Alertmanagers are known by address', () => {
    const { chart } = make({ alertmanagers: [{ addresses: ['am.example.com:9093'] }] });
    expect(keysOf(chart, 'Role')).toEqual(['Role monitoring/prometheus']);
  });
});

describe('NetworkPolicy', () => {
  it('opens what targets, Alertmanagers and monitors of others need', () => {
    const { chart, prometheus } = make({ alertmanagers: [{ addresses: ['192.0.2.9:9093'] }] });
    prometheus.monitorSelection.admit('gpu-operator');
    monitorEveryKind(chart, prometheus);
    const inNamespace = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });
    expect(specOf(chart, 'NetworkPolicy monitoring/prometheus').egress).toEqual(
      expect.arrayContaining([
        {
          to: [{ namespaceSelector: inNamespace('shop'), podSelector: { matchLabels: { app: 'api' } } }],
          ports: [{ port: 9100, protocol: 'TCP' }],
        },
        { to: [{ ipBlock: { cidr: '192.0.2.7/32' } }], ports: [{ port: 9100, protocol: 'TCP' }] },
        { to: [{ ipBlock: { cidr: '192.0.2.9/32' } }], ports: [{ port: 9093, protocol: 'TCP' }] },
        { to: [{ namespaceSelector: inNamespace('gpu-operator') }] },
      ]),
    );
  });

  it('can be left out', () => {
    expect(keysOf(make({ networkPolicy: false }).chart, 'NetworkPolicy')).toEqual([]);
  });
});

describe('what the custom resource takes only in the spelling of Prometheus', () => {
  it('lies in a Secret that only then exists', () => {
    expect(keysOf(make().chart, 'Secret')).toEqual([]);
    const { chart } = make({ rawScrapeConfigs: [{ job_name: 'raw', static_configs: [{ targets: ['a:1'] }] }] });
    expect(specOf(chart).additionalScrapeConfigs).toEqual({
      name: 'prometheus-additional',
      key: 'scrape-configs.yaml',
    });
    expect(additional(chart)).toEqual({
      'scrape-configs.yaml': [{ job_name: 'raw', static_configs: [{ targets: ['a:1'] }] }],
    });
  });

  it('holds Alertmanagers that are known by address, with paths of files that the operator mounts', () => {
    const { chart, prometheus } = make({ ruleEvaluation: { alertRelabelings: [Relabel.labelDrop('pod')] } });
    prometheus.sendAlertsTo({
      addresses: ['am.example.com:9093'],
      scheme: 'https',
      tls: { ca: ConfigMapKey.of('ca', 'ca.crt') },
      authorization: { credentials: SecretKey.of('am', 'token') },
    });
    expect(specOf(chart)).toMatchObject({
      additionalAlertManagerConfigs: { name: 'prometheus-additional', key: 'alertmanagers.yaml' },
      secrets: ['am'],
      configMaps: ['ca'],
    });
    expect(specOf(chart)).not.toHaveProperty('alerting');
    expect(additional(chart)).toEqual({
      'alertmanagers.yaml': [
        {
          scheme: 'https',
          authorization: { credentials_file: '/etc/prometheus/secrets/am/token' },
          tls_config: { ca_file: '/etc/prometheus/configmaps/ca/ca.crt' },
          static_configs: [{ targets: ['am.example.com:9093'] }],
          alert_relabel_configs: [{ regex: 'pod', action: 'labeldrop' }],
        },
      ],
    });
  });

  const password = SecretKey.of('am', 'password');
  const oauth2 = { clientId: 'c', clientSecret: password, tokenUrl: 'https://login.example.com/token' };
  it.each<[string, object, object]>([
    ['OAuth 2.0', { oauth2 }, { oauth2: { client_id: 'c' } }],
    ['redirects', { followRedirects: false }, { follow_redirects: false }],
    ['a literal user', { basicAuth: { username: 'user', password } }, { basic_auth: { username: 'user' } }],
    ['a file', { authorization: { credentials: '/token' } }, { authorization: { credentials_file: '/token' } }],
  ])('holds Alertmanagers that need %s, though they stand behind a Service', (_, http, expected) => {
    const service = { namespace: 'alerting', name: 'am', port: 'web' };
    const endpoint = { addresses: ['am-0.am:9093'], scheme: 'https' as const, service };
    const { chart } = make({ alertmanagers: [endpoint, { ...endpoint, addresses: ['am-1.am:9093'], ...http }] });
    expect(specOf(chart).alerting).toEqual({ alertmanagers: [{ ...service, scheme: 'https' }] });
    expect(additional(chart)).toMatchObject({
      'alertmanagers.yaml': [{ ...expected, static_configs: [{ targets: ['am-1.am:9093'] }] }],
    });
    expect(expectValidCustomResources(objectsOf(chart).values())).toBeGreaterThan(1);
  });
});

it('takes 80 % of the volume for blocks unless told otherwise', () => {
  const storage = Storage.claim({ size: Size.gibibytes(10) });
  expect(specOf(make({ storage }).chart).retentionSize).toBe('8192MB');
  expect(specOf(make({ storage, retentionSize: '5GB' }).chart).retentionSize).toBe('5GB');
});

it('answers under the path of its external URL', () => {
  const { chart, prometheus } = make({ web: { externalUrl: 'https://example.com/prometheus/' } });
  expect(prometheus.url).toBe('http://prometheus.monitoring.svc:9090/prometheus');
  expect(specOf(chart)).toMatchObject({
    externalUrl: 'https://example.com/prometheus/',
    routePrefix: '/prometheus',
  });
});

it.each([
  ['none', false, []],
  ['snappy', true, [{ name: 'storage.tsdb.wal-compression-type', value: 'snappy' }]],
] as const)('compresses the write-ahead log by %s', (walCompression, field, flags) => {
  const spec = specOf(make({ tsdb: { walCompression } }).chart);
  expect(spec.walCompression).toBe(field);
  expect(spec.additionalArgs ?? []).toEqual(flags);
});

it('authenticates to remote stores in every way that the operator knows', () => {
  const url = 'https://a.example.com/';
  const secret = SecretKey.of('a', 'b');
  const remoteWrite: readonly RemoteWrite[] = [
    {
      url,
      sigv4: { region: 'eu-west-1', roleArn: 'arn:x', profile: 'p', externalId: 'e', useFipsStsEndpoint: true },
    },
    { url, azureAd: { cloud: 'AzureChina', workloadIdentity: { clientId: 'c', tenantId: 't' } } },
    { url, azureAd: { managedIdentity: { clientId: 'c' } } },
    { url, azureAd: { sdk: { tenantId: 't' } } },
    { url, basicAuth: { username: secret, password: secret } },
    { url, authorization: { type: 'Token', credentials: '/token' } },
    { url, authorization: { credentials: secret }, protobufMessage: 'prometheus.WriteRequest' },
  ];
  const { chart } = make({
    remoteWrite,
    remoteRead: [
      { url, authorization: { credentials: secret } },
      { url, basicAuth: { username: secret, password: secret } },
    ],
  });
  expect(problemsOf(chart)).toEqual([]);
  const selector = { name: 'a', key: 'b' };
  expect(specOf(chart).remoteWrite).toEqual([
    {
      url,
      sigv4: { region: 'eu-west-1', roleArn: 'arn:x', profile: 'p', externalId: 'e', useFIPSSTSEndpoint: true },
    },
    { url, azureAd: { cloud: 'AzureChina', workloadIdentity: { clientId: 'c', tenantId: 't' } } },
    { url, azureAd: { managedIdentity: { clientId: 'c' } } },
    { url, azureAd: { sdk: { tenantId: 't' } } },
    { url, basicAuth: { username: selector, password: selector } },
    { url, authorization: { type: 'Token', credentialsFile: '/token' } },
    { url, authorization: { credentials: selector }, messageVersion: 'V1.0' },
  ]);
  expect(specOf(chart).remoteRead).toEqual([
    { url, authorization: { credentials: selector } },
    { url, basicAuth: { username: selector, password: selector } },
  ]);
  expectValidCustomResources(objectsOf(chart).values());
});

it('leaves the address of the cluster network and the user to the platform where asked', () => {
  const dns = { ...ALL_PROPS.network, nodeCidrs: ['10.0.0.0/8'] };
  const { chart, prometheus } = make({ network: dns, userIds: 'assigned' });
  prometheus.monitor(ScrapeTarget.nodes({ job: 'kubelet' }));
  expect(specOf(chart).securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  expect(specOf(chart, 'NetworkPolicy monitoring/prometheus').egress).toContainEqual({
    to: [{ ipBlock: { cidr: '10.0.0.0/8' } }],
    ports: [{ port: 10250, protocol: 'TCP' }],
  });
});

describe('a Thanos sidecar', () => {
  it('gets every option', () => {
    const { chart } = make({ thanos: THANOS });
    expect(problemsOf(chart)).toEqual([]);
    expect(specOf(chart).thanos).toEqual({
      image: expect.stringMatching(/^quay\.io\/thanos\/thanos:v/),
      version: expect.stringMatching(/^v\d+\.\d+\.\d+$/),
      objectStorageConfig: { name: 'thanos', key: 'bucket.yaml' },
      resources: { requests: { cpu: '12m' }, limits: { memory: '98Mi' } },
      logLevel: 'warn',
      logFormat: 'json',
      minTime: '-2h',
      readyTimeout: '5m',
      additionalArgs: [{ name: 'shipper.upload-compacted' }, { name: 'reloader.watch-interval', value: '1m' }],
    });
    expectValidCustomResources(objectsOf(chart).values());
  });

  it('needs no option', () => {
    expect(specOf(make({ thanos: {} }).chart).thanos).toMatchObject({
      resources: { requests: { cpu: '10m', memory: '64Mi' } },
    });
  });
});

describe('an agent', () => {
  const agent: OperatorPrometheusProps = { agent: true, remoteWrite: [{ url: 'https://store.example.com/' }] };
  const KEY = 'PrometheusAgent monitoring/prometheus-agent';

  const SERVER_ONLY = [
    'alertmanagers',
    'remoteRead',
    'query',
    'ruleEvaluation',
    'remoteReadServer',
    'retention',
    'retentionSize',
    'evaluationInterval',
  ] as const;

  it('scrapes and forwards what a server would, and has nothing else', () => {
    const { chart, prometheus } = make(agent);
    monitorEveryKind(chart, prometheus);
    const spec = specOf(chart, KEY);
    expect(problemsOf(chart)).toEqual([]);
    expect(spec).toMatchObject({
      mode: 'StatefulSet',
      remoteWrite: [{ url: 'https://store.example.com/' }],
      serviceMonitorSelector: { matchLabels: { prometheus: 'prometheus-agent' } },
      scrapeInterval: '30s',
    });
    expect(Object.keys(spec).filter((field) => /rule|retention|evaluation|query|alert|thanos/i.test(field))).toEqual(
      [],
    );
    expect(keysOf(chart, 'ServiceMonitor', 'PodMonitor', 'Probe', 'ScrapeConfig', 'PrometheusRule')).toEqual([
      'ServiceMonitor monitoring/prometheus',
      'ServiceMonitor monitoring/api',
      'PodMonitor monitoring/etl',
      'Probe monitoring/websites',
      'ScrapeConfig monitoring/kubelet',
      'ScrapeConfig monitoring/switches',
    ]);
    expect(expectValidCustomResources(objectsOf(chart).values())).toBe(7);
  });

  it('is selected by the labels that the operator gives its pods', () => {
    const { chart } = make(agent);
    expect(specOf(chart, 'Service monitoring/prometheus-agent').selector).toEqual({
      'app.kubernetes.io/name': 'prometheus-agent',
      'app.kubernetes.io/instance': 'prometheus-agent',
    });
  });

  it('gets every setting that it shares with a server', () => {
    const props = without(ALL_PROPS, ...SERVER_ONLY);
    const web = without(ALL_PROPS.web, 'enableAdminApi', 'searchMaxLimit');
    const tsdb = { outOfOrderTimeWindow: '30m', walCompression: 'zstd' } as const;
    const { chart } = make({ ...props, ...ALL_OPTIONS, web, tsdb, agent: true });
    expect(problemsOf(chart)).toEqual([]);
    const given = specOf(chart, 'PrometheusAgent own-namespace/own-name');
    const server = specOf(make({ ...ALL_PROPS, ...ALL_OPTIONS }).chart, 'Prometheus own-namespace/own-name');
    const fields = /^(rule|retention|evaluation|query|alerting|exemplars|enableAdminAPI|remoteRead)/;
    expect(Object.keys(given).sort()).toEqual(
      [...Object.keys(server).filter((field) => !fields.test(field)), 'mode'].sort(),
    );
    expect(given).toMatchObject({ walCompression: true, tsdb: { outOfOrderTimeWindow: '30m' }, shards: 3 });
    expect(given.additionalArgs).toContainEqual({ name: 'storage.agent.wal-compression-type', value: 'zstd' });
    expect(JSON.stringify(given.additionalArgs)).not.toContain('storage.tsdb');
    expectValidCustomResources(objectsOf(chart).values());
  });

  it('warns of rules and Alertmanagers that nobody hears of', () => {
    const { chart, prometheus } = make(agent);
    prometheus.monitor({ name: 'queue', rules: [rule, { ...rule, name: 'Other' }] });
    prometheus.sendAlertsTo({ addresses: ['am:9093'] });
    const warnings = warningsOf(chart);
    expect(warnings).toContain(
      'warning: chart/prometheus: an agent evaluates no rules, so 2 are not written. Evaluate them where the samples go.\n',
    );
    expect(warnings).toContain(
      'warning: chart/prometheus: an agent sends no alerts, so no Alertmanager hears of it. Send them from where the samples go.\n',
    );
    expect(warningsOf(make(agent).chart)).toBe('');
  });
});

it('warns of what the packs do', () => {
  const { chart, prometheus } = make({ scrapeInterval: '1m' });
  prometheus.monitor({ name: 'q', rules: [{ ...rule, expr: 'rate(a_total[1m]) > 0' }] });
  expect(warningsOf(chart)).toContain('warning: chart/prometheus: QueueStuck: rate(a_total[1m]) looks at less than 4');
});

it.each<[string, (prometheus: OperatorPrometheus) => void]>([
  ['monitor', (prometheus) => prometheus.monitor({ name: 'late' })],
  ['sendAlertsTo', (prometheus) => prometheus.sendAlertsTo({ addresses: ['am:9093'] })],
  ['admit', (prometheus) => prometheus.monitorSelection.admit('late')],
])('refuses %s after synthesis', (method, call) => {
  const { chart, prometheus } = make();
  call(prometheus);
  objectsOf(chart);
  expect(() => call(prometheus)).toThrow(
    `chart/prometheus: ${method} was called after the app was synthesized. Call it before app.synth().`,
  );
});

it('hands its external labels to those who route alerts', () => {
  expect(make({ externalLabels: { cluster: 'a' } }).prometheus.alertLabels).toEqual({ cluster: 'a' });
  expect(make().prometheus.alertLabels).toEqual({});
});
