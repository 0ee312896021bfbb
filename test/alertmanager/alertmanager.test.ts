import { Chart, Size, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Alertmanager, type AlertmanagerProps } from '../../lib/alertmanager/alertmanager';
import { Storage } from '../../lib/core/storage';
import { Receiver } from '../../lib/model/alerting/receiver';
import { Routing } from '../../lib/model/alerting/routing';
import { Problems } from '../../lib/model/problem';
import { ConfigMapKey, SecretKey } from '../../lib/model/references';
import { problemsOf, Synthesized } from './synthesized';

const chat = Receiver.slack('chat', { apiUrl: SecretKey.of('slack', 'url'), channel: '#ml' });
const routing = Routing.to(chat);

describe('the pod of an Alertmanager', () => {
  const { template, get, container } = (() => {
    const synthesized = new Synthesized({ routing });
    return {
      template: synthesized.template,
      get: synthesized.get.bind(synthesized),
      container: synthesized.container.bind(synthesized),
    };
  })();

  it('runs as nobody, read-only, without capabilities and without a token', () => {
    expect(template.spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65534 });
    expect(template.spec.automountServiceAccountToken).toBe(false);
    expect(get('ServiceAccount').automountServiceAccountToken).toBe(false);
    for (const name of ['alertmanager', 'config-reloader']) {
      expect(container(name).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      });
    }
  });

  it('mounts exactly the keys that the configuration refers to', () => {
    expect(template.spec.volumes).toEqual([
      { name: 'config', configMap: { name: 'alertmanager-config' } },
      { name: 'data', emptyDir: {} },
      { name: 'secret-slack', secret: { secretName: 'slack', items: [{ key: 'url', path: 'url' }] } },
    ]);
    expect(container().volumeMounts).toEqual([
      { name: 'config', mountPath: '/etc/alertmanager/config', readOnly: true },
      { name: 'data', mountPath: '/alertmanager' },
      { name: 'secret-slack', mountPath: '/etc/alertmanager/secrets/slack', readOnly: true },
    ]);
  });

  it('is probed, and reloaded by a sidecar that watches the ConfigMap', () => {
    expect(container().readinessProbe).toMatchObject({ httpGet: { path: '/-/ready', port: 'web', scheme: 'HTTP' } });
    expect(container().livenessProbe).toMatchObject({ httpGet: { path: '/-/healthy', port: 'web' } });
    expect(container('config-reloader').args).toEqual([
      '--listen-address=:8080',
      '--reload-url=http://127.0.0.1:9093/-/reload',
      '--watched-dir=/etc/alertmanager/config',
    ]);
  });

  it('asks for resources', () => {
    expect(container().resources).toEqual({
      requests: { cpu: '10m', memory: '64Mi' },
      limits: { memory: '256Mi' },
    });
  });
});

describe('the configuration of an Alertmanager', () => {
  it('lies in a ConfigMap, without secrets', () => {
    const { files, config } = new Synthesized({ routing });
    expect(Object.keys(files)).toEqual(['alertmanager.yml']);
    expect(config.receivers).toEqual([
      { name: 'chat', slack_configs: [{ api_url_file: '/etc/alertmanager/secrets/slack/url', channel: '#ml' }] },
    ]);
  });

  it('brings templates along, beside it', () => {
    const templates = { 'ml.tmpl': '{{ define "ml" }}x{{ end }}' };
    const { files, config } = new Synthesized({ routing, templates });
    expect(config.templates).toEqual(['ml.tmpl']);
    expect(files['ml.tmpl']).toBe(templates['ml.tmpl']);
  });

  it('takes what is added after it was made', () => {
    const synthesized = new Synthesized({ routing }, (alertmanager) => {
      alertmanager.addReceiver(Receiver.pagerDuty('oncall', { routingKey: SecretKey.of('pagerduty', 'key') }));
      alertmanager.addRoute({ severity: 'critical' }, 'oncall', { groupWait: '0s' });
      alertmanager.addInhibitRule({ sourceMatchers: 'a="b"', targetMatchers: 'c="d"' });
    });
    expect(synthesized.config).toMatchObject({
      route: { routes: [{ receiver: 'oncall', matchers: ['severity="critical"'], group_wait: '0s' }] },
      receivers: [{ name: 'chat' }, { name: 'oncall' }],
      inhibit_rules: [{ source_matchers: ['a="b"'] }],
    });
    expect(JSON.stringify(synthesized.template.spec.volumes)).toContain('"secretName":"pagerduty"');
    expect(synthesized.alertmanager.routeOf({ severity: 'critical' })).toMatchObject([{ receiver: 'oncall' }]);
  });

  it('is byte-identical for identical input', () => {
    const texts = [1, 2].map(() => JSON.stringify(new Synthesized({ routing, replicas: 3 }).objects));
    expect(texts[0]).toBe(texts[1]);
  });
});

describe('the addresses of an Alertmanager', () => {
  it('are those of its Service and of each replica', () => {
    const { alertmanager } = new Synthesized({ routing, replicas: 2 });
    expect(alertmanager.url).toBe('http://alertmanager.monitoring.svc:9093');
    expect(alertmanager.peerAddresses).toEqual([
      'alertmanager-0.alertmanager-headless.monitoring.svc:9093',
      'alertmanager-1.alertmanager-headless.monitoring.svc:9093',
    ]);
  });

  it('follow name, namespace and prefix', () => {
    const synthesized = new Synthesized({
      routing,
      name: 'am',
      namespace: 'obs',
      web: { externalUrl: 'https://example.com/alertmanager/' },
    });
    expect(synthesized.alertmanager.url).toBe('http://am.obs.svc:9093/alertmanager');
    expect(synthesized.alertmanager.peerAddresses).toEqual(['am-0.am-headless.obs.svc:9093']);
    expect(synthesized.container().readinessProbe).toMatchObject({ httpGet: { path: '/alertmanager/-/ready' } });
    expect(synthesized.container('config-reloader').args).toContain(
      '--reload-url=http://127.0.0.1:9093/alertmanager/-/reload',
    );
    expect(synthesized.alertmanager.monitoring.targets?.[0]?.endpoints[0]).toMatchObject({
      path: '/alertmanager/metrics',
    });
  });
});

describe('a single Alertmanager', () => {
  const synthesized = new Synthesized({ routing });

  it('has no cluster, and no disruption budget that would block a drain', () => {
    expect(synthesized.args).toContain('--cluster.listen-address=');
    expect(synthesized.args.filter((arg) => arg.startsWith('--cluster.'))).toHaveLength(1);
    expect(synthesized.find('PodDisruptionBudget')).toBeUndefined();
    expect(JSON.stringify(synthesized.policy)).not.toContain('9094');
    expect(synthesized.get('Service', 'alertmanager-headless').spec.ports).toHaveLength(1);
  });
});

describe('a cluster of Alertmanagers', () => {
  const synthesized = new Synthesized({ routing, replicas: 3 });

  it('finds its members by stable names', () => {
    expect(synthesized.args.filter((arg) => arg.startsWith('--cluster.'))).toEqual([
      '--cluster.listen-address=[$(POD_IP)]:9094',
      '--cluster.advertise-address=[$(POD_IP)]:9094',
      '--cluster.peer=alertmanager-0.alertmanager-headless.monitoring.svc:9094',
      '--cluster.peer=alertmanager-1.alertmanager-headless.monitoring.svc:9094',
      '--cluster.peer=alertmanager-2.alertmanager-headless.monitoring.svc:9094',
      '--cluster.label=monitoring/alertmanager',
    ]);
    expect(synthesized.get('StatefulSet').spec).toMatchObject({
      replicas: 3,
      serviceName: 'alertmanager-headless',
      podManagementPolicy: 'Parallel',
    });
    expect(synthesized.get('Service', 'alertmanager-headless').spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [
        { name: 'web', port: 9093 },
        { name: 'cluster-tcp', port: 9094 },
        { name: 'cluster-udp', port: 9094, protocol: 'UDP' },
      ],
    });
  });

  it('keeps replicas apart, and lets go of one at a time', () => {
    expect(synthesized.get('PodDisruptionBudget').spec).toMatchObject({ maxUnavailable: 1 });
    expect(JSON.stringify(synthesized.template.spec.affinity)).toContain('kubernetes.io/hostname');
  });

  it('lets members talk to each other in both directions, by TCP and UDP', () => {
    const peer = [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
        podSelector: {
          matchLabels: { 'app.kubernetes.io/name': 'alertmanager', 'app.kubernetes.io/instance': 'alertmanager' },
        },
      },
    ];
    const ports = [
      { port: 9094, protocol: 'TCP' },
      { port: 9094, protocol: 'UDP' },
    ];
    expect(synthesized.policy.ingress).toContainEqual({ from: peer, ports });
    expect(synthesized.policy.egress).toContainEqual({ to: peer, ports });
  });

  it('has members elsewhere', () => {
    const other = new Synthesized({ routing, cluster: { additionalPeers: ['am.example.com:9194'] } });
    expect(other.args).toContain('--cluster.peer=am.example.com:9194');
    expect(other.egress).toContainEqual({
      ports: [
        { port: 9194, protocol: 'TCP' },
        { port: 9194, protocol: 'UDP' },
        { port: 443, protocol: 'TCP' },
      ],
    });
  });
});

describe('what an Alertmanager may connect to', () => {
  const egressOf = (receiver: Receiver) => new Synthesized({ routing: Routing.to(receiver) }).egress;
  const url = SecretKey.of('hook', 'url');

  it.each<[string, Receiver, unknown[]]>([
    ['nothing for nobody', Receiver.none(), []],
    ['HTTPS anywhere for a service', chat, [{ ports: [{ port: 443, protocol: 'TCP' }] }]],
    [
      'the port of the mail server',
      Receiver.email('m', { to: 'a', from: 'b', smarthost: 'smtp.example.com:587' }),
      [{ ports: [{ port: 587, protocol: 'TCP' }] }],
    ],
    [
      'the port of a URL',
      Receiver.webhook('w', { url: 'https://hooks.example.com:8443/x' }),
      [{ ports: [{ port: 8443, protocol: 'TCP' }] }],
    ],
    [
      'the port of the scheme',
      Receiver.webhook('w', { url: 'http://hooks.example.com/x' }),
      [{ ports: [{ port: 80, protocol: 'TCP' }] }],
    ],
    [
      'an address alone',
      Receiver.webhook('w', { url: 'http://10.1.2.3:8080/x' }),
      [{ to: [{ ipBlock: { cidr: '10.1.2.3/32' } }], ports: [{ port: 8080, protocol: 'TCP' }] }],
    ],
    [
      'an address of IPv6 alone',
      Receiver.webhook('w', { url: 'http://[2001:db8::1]:8080/x' }),
      [{ to: [{ ipBlock: { cidr: '2001:db8::1/128' } }], ports: [{ port: 8080, protocol: 'TCP' }] }],
    ],
    [
      'the namespace of a Service, at every port, as policies see the port of the pod',
      Receiver.webhook('w', { url: 'http://bridge.chatops.svc.cluster.local/x' }),
      [{ to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'chatops' } } }] }],
    ],
    [
      'its own namespace for a Service without one',
      Receiver.webhook('w', { url: 'http://bridge/x' }),
      [{ to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }] }],
    ],
    ['anything, where only a Secret knows the URL', Receiver.webhook('w', { url }), [{}]],
    [
      'anything, where the URL is a template',
      Receiver.webhook('w', { url: 'http://{{ .GroupLabels.team }}.x/' }),
      [{}],
    ],
  ])('%s', (_, receiver, expected) => {
    expect(egressOf(receiver)).toEqual(expected);
  });

  it('has no NetworkPolicy where none is wanted', () => {
    expect(new Synthesized({ routing, networkPolicy: false }).find('NetworkPolicy')).toBeUndefined();
  });
});

describe('TLS of an Alertmanager', () => {
  it('is spoken by the web server, its probes, the reloader and the scrape', () => {
    const client = { ca: ConfigMapKey.of('ca', 'ca.crt') };
    const tls = { cert: SecretKey.of('am-tls', 'tls.crt'), key: SecretKey.of('am-tls', 'tls.key'), client };
    const synthesized = new Synthesized({ routing, web: { tls } });
    expect(synthesized.args).toContain('--web.config.file=/etc/alertmanager/config/web.yml');
    expect(synthesized.files['web.yml']).toBe(
      'tls_server_config:\n' +
        '  cert_file: /etc/alertmanager/secrets/am-tls/tls.crt\n' +
        '  key_file: /etc/alertmanager/secrets/am-tls/tls.key\n',
    );
    expect(synthesized.alertmanager.url).toBe('https://alertmanager.monitoring.svc:9093');
    expect(synthesized.container().livenessProbe).toMatchObject({ httpGet: { scheme: 'HTTPS' } });
    expect(synthesized.container('config-reloader').args).toContain('--reload-url=https://127.0.0.1:9093/-/reload');
    expect(synthesized.alertmanager.monitoring.targets?.[0]?.endpoints[0]).toMatchObject({
      scheme: 'https',
      tls: client,
    });
    expect(JSON.stringify(synthesized.template.spec.volumes)).toContain('"secretName":"am-tls"');
  });
});

it('keeps its state on a claim where one is wanted', () => {
  const synthesized = new Synthesized({ routing, storage: Storage.claim({ size: Size.gibibytes(1) }) });
  expect(synthesized.get('StatefulSet').spec.volumeClaimTemplates).toMatchObject([{ metadata: { name: 'data' } }]);
  expect(JSON.stringify(synthesized.template.spec.volumes)).not.toContain('emptyDir');
});

describe('the check of an Alertmanager', () => {
  it.each<[Partial<AlertmanagerProps>, string]>([
    [{ replicas: 0 }, 'replicas: 0 received. Allowed: a whole number, 1 or more.'],
    [{ replicas: 1.5 }, 'replicas: 1.5 received. Allowed: a whole number, 1 or more.'],
    [{ retention: '5 days' }, 'retention: "5 days" is not a duration.'],
    [{ retention: '0s' }, 'retention: "0s" received. Allowed: more than 0.'],
    [{ maintenanceInterval: 'x' }, 'maintenanceInterval: "x" is not a duration.'],
    [{ web: { timeout: 'x' } }, 'web.timeout: "x" is not a duration.'],
    [{ web: { externalUrl: 'example.com' } }, 'web.externalUrl: "example.com" is not a URL.'],
    [{ web: { routePrefix: 'am' } }, 'web.routePrefix: "am" received. Allowed: a path that starts with /.'],
    [{ web: { getConcurrency: -1 } }, 'web.getConcurrency: -1 received. Allowed: a whole number, 0 or more.'],
    [
      { web: { tls: { cert: SecretKey.of('a', 'b'), key: SecretKey.of('a', 'c'), client: { cert: '/x' } } } },
      'tls.key: A client certificate needs both cert and key.',
    ],
    [{ alerts: { gcInterval: 'x' } }, 'alerts.gcInterval: "x" is not a duration.'],
    [{ alerts: { perAlertnameLimit: 0.5 } }, 'alerts.perAlertnameLimit: 0.5 received.'],
    [{ silences: { max: -1 } }, 'silences.max: -1 received.'],
    [{ silences: { maxSizeBytes: -1 } }, 'silences.maxSizeBytes: -1 received.'],
    [{ terminationGracePeriodSeconds: -1 }, 'terminationGracePeriodSeconds: -1 received.'],
    [{ replicas: 2, cluster: { gossipInterval: 'x' } }, 'cluster.gossipInterval: "x" is not a duration.'],
    [
      { replicas: 2, cluster: { additionalPeers: ['am.example.com'] } },
      'cluster.additionalPeers: "am.example.com" received. Allowed: host:port.',
    ],
    [
      { replicas: 2, cluster: { advertiseAddress: '10.0.0.1' } },
      'cluster.advertiseAddress: "10.0.0.1" received. Allowed: host:port.',
    ],
    [{ cluster: { label: 'x' } }, 'cluster: It has no effect with one replica.'],
    [{ enableFeatures: ['utf8-strict'] }, 'enableFeatures: "utf8-strict" received. Allowed: alert-names-in-metrics'],
    [{ autoGomemlimitRatio: 0.5 }, 'autoGomemlimitRatio: It has no effect without the feature "auto-gomemlimit"'],
    [
      { autoGomemlimitRatio: 2, enableFeatures: ['auto-gomemlimit'] },
      'autoGomemlimitRatio: 2 received. Allowed: above 0, up to 1.',
    ],
    [
      { eventRecorder: { stdoutOutputs: [{}] } },
      'eventRecorder: It has no effect without the feature "event-recorder" in enableFeatures.',
    ],
    [{ reloaderResources: { limits: { memory: 'x' } } }, 'reloaderResources.limits.memory: "x" is not a quantity.'],
    [{ storage: Storage.claim({ size: Size.gibibytes(0) }) }, 'storage: The size is 0.'],
    [{ name: 'Alert_Manager' }, 'name: "Alert_Manager" received.'],
    [{ routing: Routing.to('nobody') }, '/route receiver: No receiver is named "nobody"'],
  ])('reports %#', (props, message) => {
    const found = problemsOf({ routing, ...props });
    expect(found).toEqual([expect.stringContaining('chart/alertmanager')]);
    expect(found[0]).toContain(message);
  });

  it('warns of what Alertmanager would only write into its log', () => {
    const chart = new Chart(Testing.app(), 'chart');
    const props = { routing: Routing.to(chat, { repeatInterval: '7d' }) };
    expect(new Alertmanager(chart, 'a', props).warnings).toEqual([
      {
        path: 'route/{}',
        property: 'repeatInterval',
        message: '7d is longer than the retention 120h, after which notifications are forgotten and repeated.',
      },
    ]);
    expect(problemsOf(props)).toEqual([]);
  });

  it('finds nothing wrong with what it scrapes about itself', () => {
    const problems = Problems.at('');
    for (const target of new Synthesized({ routing }).alertmanager.monitoring.targets ?? []) {
      target.check(problems);
    }
    expect(problems.all).toEqual([]);
  });

  it('watches the Alertmanager of its own name and namespace', () => {
    const { monitoring } = new Synthesized({ routing, name: 'am', namespace: 'obs' }).alertmanager;
    expect(monitoring.targets?.map(({ job }) => job)).toEqual(['am']);
    expect(JSON.stringify(monitoring.rules)).toContain('job=\\"am\\",namespace=\\"obs\\"');
  });
});
