import { Size } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import type { AlertmanagerProps } from '../../../lib/alertmanager/alertmanager-props';
import { Storage } from '../../../lib/core/storage';
import { Integration } from '../../../lib/model/alerting/integration';
import { Receiver } from '../../../lib/model/alerting/receiver';
import { Routing } from '../../../lib/model/alerting/routing';
import { ConfigMapKey, SecretKey } from '../../../lib/model/references';
import { expectValidCustomResources } from '../../crd-schema';
import { Synthesized } from '../synthesized';
import { OperatorSynthesized, operatorProblemsOf } from './synthesized';

const chat = Receiver.slack('chat', {
  apiUrl: SecretKey.of('slack', 'url'),
  http: { tls: { ca: ConfigMapKey.of('company-ca', 'ca.crt') } },
});
const oncall = Receiver.pagerDuty('oncall', { routingKey: SecretKey.of('pagerduty', 'routing-key') });
const minimal: AlertmanagerProps = { routing: Routing.to(chat).when({ severity: 'critical' }, oncall) };
const web: AlertmanagerProps = {
  ...minimal,
  web: {
    tls: {
      cert: SecretKey.of('web-tls', 'tls.crt'),
      key: SecretKey.of('web-tls', 'tls.key'),
      client: { ca: ConfigMapKey.of('company-ca', 'ca.crt') },
    },
  },
};

describe('the configuration', () => {
  it('is that of the standalone back end', () => {
    expect(new OperatorSynthesized(minimal).config).toEqual(new Synthesized(minimal).config);
  });

  it('differs only in the paths of templates, which the operator leaves in another folder', () => {
    const props = { ...minimal, templates: { 'ml.tmpl': '{{ define "ml" }}x{{ end }}' } };
    const { config, files } = new OperatorSynthesized(props);
    expect(config.templates).toEqual(['/etc/alertmanager/config/ml.tmpl']);
    expect({ ...config, templates: ['ml.tmpl'] }).toEqual(new Synthesized(props).config);
    expect(files['ml.tmpl']).toBe(props.templates['ml.tmpl']);
  });

  it('is the same text each time, and holds only paths of secrets, which the operator mounts', () => {
    const { files, spec } = new OperatorSynthesized(minimal);
    expect(files).toEqual(new OperatorSynthesized(minimal).files);
    expect(files['alertmanager.yaml']).toContain('api_url_file: /etc/alertmanager/secrets/slack/url');
    expect(files['alertmanager.yaml']).toContain('ca_file: /etc/alertmanager/configmaps/company-ca/ca.crt');
    expect(spec).toMatchObject({ secrets: ['pagerduty', 'slack'], configMaps: ['company-ca'] });
  });

  it('takes up what is added later', () => {
    const { config, alertmanager } = new OperatorSynthesized(minimal, (am) => {
      am.addReceiver(Receiver.email('team', { to: 'a@example.com', from: 'b@example.com', smarthost: 'smtp:25' }));
      am.addRoute({ team: 'ml' }, 'team');
      am.addInhibitRule({ sourceMatchers: 'a="b"', targetMatchers: 'c="d"' });
    });
    expect(config.receivers.map(({ name }: { name: string }) => name)).toEqual(['chat', 'oncall', 'team']);
    expect(config.inhibit_rules).toHaveLength(1);
    expect(alertmanager.routeOf({ team: 'ml' })).toMatchObject([{ receiver: 'team' }]);
  });

  it('reaches the pods as it is, as no AlertmanagerConfig is selected', () => {
    const { spec } = new OperatorSynthesized(minimal);
    expect(Object.keys(spec).filter((name) => name.startsWith('alertmanagerConfig'))).toEqual([]);
  });
});

it.each<[string, Partial<AlertmanagerProps>]>([
  ['nothing but a routing', {}],
  ['several replicas', { replicas: 3 }],
  ['a claim', { storage: Storage.claim({ size: Size.gibibytes(1), annotations: { a: 'b' } }) }],
  ['a bounded emptyDir in memory', { storage: Storage.emptyDir({ sizeLimit: Size.mebibytes(64), memory: true }) }],
  ['TLS', { web: web.web ?? {} }],
])('is valid with %s', (_, props) => {
  expect(expectValidCustomResources(new OperatorSynthesized({ ...minimal, ...props }).objects)).toBe(1);
});

describe('the pods', () => {
  it('run as nobody, and without the API server', () => {
    expect(new OperatorSynthesized(minimal).spec).toMatchObject({
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      automountServiceAccountToken: false,
      serviceAccountName: 'alertmanager',
    });
  });

  it('run as whom the platform says', () => {
    const { securityContext } = new OperatorSynthesized({ ...minimal, userIds: 'assigned' }).spec;
    expect(securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  });

  it('keep labels that the operator sets out of the custom resource', () => {
    expect(new OperatorSynthesized(minimal).spec.podMetadata).toEqual({
      labels: { 'app.kubernetes.io/part-of': 'cdk8s-gpu-monitoring' },
    });
  });

  it.each<[string, AlertmanagerProps['resources'], object]>([
    ['its limit', { limits: { memory: '100Mi' } }, { requests: { memory: '100Mi' }, limits: { memory: '100Mi' } }],
    ['nothing', { requests: { cpu: '1' } }, { requests: { cpu: '1', memory: '0' } }],
    ['what is given', { requests: { memory: '1Gi' } }, { requests: { memory: '1Gi' } }],
  ])('request %s of memory rather than the 200Mi of the operator', (_, resources, expected) => {
    expect(new OperatorSynthesized({ ...minimal, resources: resources ?? {} }).spec.resources).toEqual(expected);
  });

  it('give the reloader requests that its limits allow, whatever the defaults of the operator', () => {
    const reloaderResources = { requests: { cpu: '50m' }, limits: { memory: '20Mi' } };
    expect(new OperatorSynthesized({ ...minimal, reloaderResources }).spec.containers).toEqual([
      {
        name: 'config-reloader',
        resources: { requests: { cpu: '50m', memory: '20Mi' }, limits: { cpu: '50m', memory: '20Mi' } },
      },
    ]);
  });

  it('keep their data in a claim, or with the pod', () => {
    const annotations = { 'example.com/backup': 'yes' };
    const claim = Storage.claim({ size: Size.gibibytes(1), storageClassName: 'fast', annotations });
    expect(new OperatorSynthesized({ ...minimal, storage: claim }).spec.storage).toEqual({
      volumeClaimTemplate: {
        metadata: { annotations },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: 'fast',
          resources: { requests: { storage: '1Gi' } },
        },
      },
    });
    expect(new OperatorSynthesized(minimal).spec.storage).toEqual({ emptyDir: {} });
  });

  it('share their state only where there are several, or members elsewhere', () => {
    const fields = (props: Partial<AlertmanagerProps>) => new OperatorSynthesized({ ...minimal, ...props }).spec;
    expect(fields({})).not.toHaveProperty('clusterAdvertiseAddress');
    expect(fields({ replicas: 3 })).toMatchObject({ replicas: 3, clusterAdvertiseAddress: '[$(POD_IP)]:9094' });
    expect(fields({ replicas: 3 })).not.toHaveProperty('forceEnableClusterMode');
    expect(fields({ cluster: { additionalPeers: ['other.example.com:9094'] } })).toMatchObject({
      forceEnableClusterMode: true,
      additionalPeers: ['other.example.com:9094'],
    });
  });

  it('answer under the path of the external URL', () => {
    const { spec } = new OperatorSynthesized({ ...minimal, web: { externalUrl: 'https://example.com/am/' } });
    expect(spec).toMatchObject({ externalUrl: 'https://example.com/am/', routePrefix: '/am' });
    expect(new OperatorSynthesized(minimal).spec).toMatchObject({
      externalUrl: 'http://alertmanager.monitoring.svc:9093',
    });
  });
});

describe('the objects around it', () => {
  it('are those of the standalone back end', () => {
    const props = { ...minimal, replicas: 2 };
    const kinds = ['Service', 'ServiceAccount', 'NetworkPolicy', 'PodDisruptionBudget'];
    const around = (objects: readonly { readonly kind: string; readonly metadata: { readonly name: string } }[]) =>
      objects.filter(({ kind, metadata }) => kinds.includes(kind) && metadata.name !== 'alertmanager-headless');
    expect(around(new OperatorSynthesized(props).objects)).toEqual(around(new Synthesized(props).objects));
  });

  it('name the gossip ports as the operator does', () => {
    const { spec } = new OperatorSynthesized({ ...minimal, replicas: 2 }).get('Service', 'alertmanager-headless');
    expect(spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [
        { name: 'web', port: 9093, targetPort: 'web' },
        { name: 'mesh-tcp', port: 9094, targetPort: 'mesh-tcp' },
        { name: 'mesh-udp', port: 9094, targetPort: 'mesh-udp', protocol: 'UDP' },
      ],
    });
  });

  it('let Prometheus find the replicas by address and by Service', () => {
    const { alertmanager } = new OperatorSynthesized({ ...web, replicas: 2 });
    expect(alertmanager.url).toBe('https://alertmanager.monitoring.svc:9093');
    expect(alertmanager.endpoint).toEqual({
      addresses: [
        'alertmanager-alertmanager-0.alertmanager-headless.monitoring.svc:9093',
        'alertmanager-alertmanager-1.alertmanager-headless.monitoring.svc:9093',
      ],
      service: { namespace: 'monitoring', name: 'alertmanager', port: 'web' },
      scheme: 'https',
      tls: { ca: ConfigMapKey.of('company-ca', 'ca.crt') },
    });
  });

  it('give both back ends the same Service', () => {
    expect(new OperatorSynthesized(web).alertmanager.endpoint.service).toEqual(
      new Synthesized(web).alertmanager.endpoint.service,
    );
  });

  it('scrape the reloader by TLS, which it shares with Alertmanager here', () => {
    const endpoints = (synthesized: {
      alertmanager: OperatorSynthesized['alertmanager'] | Synthesized['alertmanager'];
    }) => synthesized.alertmanager.monitoring.targets?.[0]?.endpoints.map(({ port, scheme }) => [port, scheme]);
    expect(endpoints(new OperatorSynthesized(web))).toEqual([
      ['web', 'https'],
      ['reloader-web', 'https'],
    ]);
    expect(endpoints(new Synthesized(web))).toEqual([
      ['web', 'https'],
      ['reloader-web', undefined],
    ]);
  });
});

describe('the check', () => {
  it('is that of the standalone back end', () => {
    expect(operatorProblemsOf({ ...minimal, replicas: 0, retention: 'long' })).toEqual([
      expect.stringContaining('chart/alertmanager retention: "long" is not a duration.'),
      'chart/alertmanager replicas: 0 received. Allowed: a whole number, 1 or more.',
    ]);
  });

  it.each<[string, Partial<AlertmanagerProps>, string]>([
    [
      'a name that is too long for the StatefulSet of the operator',
      { name: 'a'.repeat(40) },
      `name: "${'a'.repeat(40)}" has 40 characters. Allowed: at most 39, as the operator names the StatefulSet alertmanager-${'a'.repeat(40)}.`,
    ],
    [
      'a flag that the operator sets',
      { extraArgs: ['--web.route-prefix=/x'] },
      'extraArgs: The operator sets --web.route-prefix itself and refuses it here. Use the prop that stands for it.',
    ],
    [
      'the negation of a flag that the operator sets',
      { extraArgs: ['--no-log.level'] },
      'extraArgs: The operator sets --log.level itself and refuses it here. Use the prop that stands for it.',
    ],
    [
      'a time that the operator always sets',
      { replicas: 2, cluster: { reconnectTimeout: '1h' } },
      'cluster.reconnectTimeout: "1h" received, but the operator always sets 5m. Leave it out.',
    ],
    [
      'Secrets whose volumes would have one name',
      {
        routing: Routing.to(
          Receiver.of('r', [
            Integration.slack({ apiUrl: SecretKey.of('a.b', 'url') }),
            Integration.slack({ apiUrl: SecretKey.of('a-b', 'url') }),
          ]),
        ),
      },
      'routing: The operator mounts the Secrets "a-b" and "a.b" under one volume name, "secret-a-b". Rename one of them.',
    ],
    [
      'templates that no Secret can hold',
      { templates: { 'big.tmpl': `{{ define "big" }}${'x'.repeat(1024 * 1024)}{{ end }}` } },
      'templates: The configuration and its templates have ',
    ],
  ])('finds %s', (_, props, expected) => {
    expect(operatorProblemsOf({ ...minimal, ...props })).toEqual([
      expect.stringContaining(`chart/alertmanager ${expected}`),
    ]);
  });

  it('lets the time of the operator itself pass', () => {
    expect(operatorProblemsOf({ ...minimal, replicas: 2, cluster: { reconnectTimeout: '300s' } })).toEqual([]);
  });

  it('warns of what the config reloader may fill in', () => {
    const routing = Routing.to(
      Receiver.slack('chat', { apiUrl: SecretKey.of('slack', 'url'), text: 'on $(HOSTNAME)' }),
    );
    expect(new OperatorSynthesized({ routing }).alertmanager.warnings).toEqual([
      {
        path: 'configuration',
        property: '$(HOSTNAME)',
        message: expect.stringContaining('Write [$] in a regular expression, or {{ "$" }} in a template.'),
      },
    ]);
  });
});
