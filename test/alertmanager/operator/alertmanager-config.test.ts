import { Chart, Testing } from 'cdk8s';
import { describe, expect, it, vi } from 'vitest';
import {
  AlertmanagerConfig,
  type AlertmanagerConfigProps,
} from '../../../lib/alertmanager/operator/alertmanager-config';
import { SynthesisError } from '../../../lib/core/synthesis';
import { Receiver } from '../../../lib/model/alerting/receiver';
import { Routing } from '../../../lib/model/alerting/routing';
import { SecretKey } from '../../../lib/model/references';
import { expectValidCustomResources } from '../../crd-schema';
import { objectOf, objectsOf } from '../../objects';

const chat = Receiver.slack('chat', { apiUrl: SecretKey.of('slack', 'url') });
const oncall = Receiver.pagerDuty('oncall', { routingKey: SecretKey.of('pagerduty', 'routing-key') });
const routing = Routing.to(chat).when({ severity: 'critical' }, oncall);

const all: Required<AlertmanagerConfigProps> = {
  name: 'ml',
  namespace: 'training',
  labels: { release: 'kube-prometheus-stack' },
  annotations: { owner: 'ml' },
  matcherStrategy: 'OnNamespaceExceptForAlertmanagerNamespace',
  alertmanagerNamespace: 'monitoring',
  knownTemplates: ['company.title'],
  routing: Routing.to('chat').muteDuring('nights'),
  receivers: [
    Receiver.slack('chat', { apiUrl: SecretKey.of('slack', 'url'), title: '{{ template "company.title" . }}' }),
  ],
  inhibitRules: [{ sourceMatchers: 'a="b"', targetMatchers: 'c="d"' }],
  timeIntervals: [{ name: 'nights', timeIntervals: [{ times: [{ startTime: '00:00', endTime: '06:00' }] }] }],
  templates: {},
  global: {},
  tracing: { endpoint: 'otel:4317' },
  eventRecorder: {},
};
const { tracing: _tracing, ...valid } = all;

function make(props: AlertmanagerConfigProps) {
  const chart = new Chart(Testing.app(), 'chart', { namespace: 'team' });
  return { chart, config: new AlertmanagerConfig(chart, 'config', props) };
}

function problemsOf(props: AlertmanagerConfigProps): readonly string[] {
  const app = Testing.app();
  const silent = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  new AlertmanagerConfig(new Chart(app, 'chart'), 'config', props);
  try {
    app.synth();
  } catch (error) {
    if (error instanceof SynthesisError) {
      return error.problems.map(({ path, property, message }) => `${path} ${property}: ${message}`);
    }
    throw error;
  } finally {
    silent.mockRestore();
  }
  return [];
}

describe('the object', () => {
  it('holds receivers and routes in the spelling of the custom resource', () => {
    const { chart } = make({ routing });
    expect(objectOf(chart, 'AlertmanagerConfig team/alertmanager-config')).toMatchObject({
      apiVersion: 'monitoring.coreos.com/v1alpha1',
      spec: {
        route: {
          receiver: 'chat',
          routes: [{ receiver: 'oncall', matchers: [{ name: 'severity', value: 'critical', matchType: '=' }] }],
        },
        receivers: [
          { name: 'chat', slackConfigs: [{ apiURL: { name: 'slack', key: 'url' } }] },
          { name: 'oncall', pagerdutyConfigs: [{ routingKey: { name: 'pagerduty', key: 'routing-key' } }] },
        ],
      },
    });
    expect(expectValidCustomResources(objectsOf(chart).values())).toBe(1);
  });

  it('has everything that it is told', () => {
    const { chart } = make(valid);
    const { metadata, spec } = objectOf(chart, 'AlertmanagerConfig training/ml');
    expect(metadata).toMatchObject({
      labels: { release: 'kube-prometheus-stack', 'app.kubernetes.io/instance': 'ml' },
      annotations: { owner: 'ml' },
    });
    expect(spec).toMatchObject({
      route: { receiver: 'chat', routes: [{ muteTimeIntervals: ['nights'] }] },
      receivers: [{ name: 'chat', slackConfigs: [{ title: '{{ template "company.title" . }}' }] }],
      inhibitRules: [{ sourceMatch: [{ name: 'a' }], targetMatch: [{ name: 'c' }] }],
      muteTimeIntervals: [{ name: 'nights' }],
    });
    expect(expectValidCustomResources(objectsOf(chart).values())).toBe(1);
    expect(problemsOf(valid)).toEqual([]);
  });

  it('takes up what is added later', () => {
    const { chart, config } = make({ routing });
    config.addReceiver(Receiver.webhook('team', { url: 'https://a.example.com' }));
    config.addRoute({ team: 'ml' }, 'team');
    config.addInhibitRule({ sourceMatchers: 'a="b"', targetMatchers: 'c="d"' });
    const { spec } = objectOf(chart, 'AlertmanagerConfig team/alertmanager-config');
    expect(spec).toMatchObject({
      route: { routes: [{ receiver: 'oncall' }, { receiver: 'team' }] },
      receivers: [{ name: 'chat' }, { name: 'oncall' }, { name: 'team' }],
      inhibitRules: [{}],
    });
  });

  it('stands beside a ConfigMap of OAuth 2.0 clients, where there are any', () => {
    const oauth2 = { clientId: 'me', clientSecret: SecretKey.of('o', 's'), tokenUrl: 'https://login.example.com' };
    const { chart } = make({
      routing: Routing.to(Receiver.webhook('w', { url: 'https://a.example.com', http: { oauth2 } })),
    });
    expect(objectOf(chart, 'ConfigMap team/alertmanager-config-oauth2-clients').data).toEqual({ me: 'me' });
    expect(objectOf(chart, 'AlertmanagerConfig team/alertmanager-config').spec).toMatchObject({
      receivers: [
        {
          webhookConfigs: [
            {
              httpConfig: {
                oauth2: { clientId: { configMap: { name: 'alertmanager-config-oauth2-clients', key: 'me' } } },
              },
            },
          ],
        },
      ],
    });
  });
});

describe('where alerts go', () => {
  const critical = { severity: 'critical', namespace: 'team' };

  it('is decided below the matcher of the namespace, which the operator adds', () => {
    const { config } = make({ routing });
    expect(config.routeOf(critical)).toMatchObject([
      {
        receiver: 'oncall',
        path: '{}/{namespace="team"}/{severity="critical"}',
        groupBy: ['alertname', 'cluster', 'namespace'],
        groupWait: '30s',
        delivers: true,
      },
    ]);
    expect(config.routeOf({ severity: 'critical', namespace: 'other' })).toEqual([]);
    expect(config.routeOf({ severity: 'critical' })).toEqual([]);
  });

  it('is not narrowed where the Alertmanager does not', () => {
    const { config } = make({ routing, matcherStrategy: 'None' });
    expect(config.routeOf({ severity: 'critical' })).toMatchObject([
      { receiver: 'oncall', path: '{}/{}/{severity="critical"}' },
    ]);
    expect(config.warnings).toEqual([]);
  });

  it.each([
    ['team', 1, 0],
    ['monitoring', 0, 1],
  ])('is narrowed but beside an Alertmanager in %s', (alertmanagerNamespace, routes, warnings) => {
    const matcherStrategy = 'OnNamespaceExceptForAlertmanagerNamespace';
    const { config } = make({ routing, matcherStrategy, alertmanagerNamespace });
    expect(config.routeOf({ severity: 'critical', namespace: 'other' })).toHaveLength(routes);
    expect(config.warnings).toHaveLength(warnings);
  });

  it('is warned of at synth', () => {
    const app = Testing.app();
    const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    new AlertmanagerConfig(new Chart(app, 'chart', { namespace: 'team' }), 'config', { routing });
    app.synth();
    const lines = written.mock.calls.map(([line]) => line);
    written.mockRestore();
    expect(lines).toEqual([
      'warning: chart/config: route matcherStrategy: With OnNamespace the operator adds namespace="team": alerts of other namespaces, and those without a namespace, do not get here. Set None where the Alertmanager has that.\n',
    ]);
  });

  it('is warned of for routes of other namespaces, however deep', () => {
    const deep = Routing.to(chat).when({ a: 'b' }, Routing.to(chat).when({ namespace: 'other' }, oncall));
    expect(make({ routing: deep }).config.warnings.slice(1)).toEqual([
      {
        path: 'route',
        property: 'matchers',
        message: 'No alert gets to {namespace="other"}: it is for another namespace than "team".',
      },
    ]);
    const same = Routing.to(chat).when({ namespace: 'team' }, oncall).when('namespace=~"t.*"', oncall);
    expect(make({ routing: same }).config.warnings).toHaveLength(1);
  });
});

describe('the check', () => {
  it.each<[string, Partial<AlertmanagerConfigProps>, string]>([
    [
      'what is wrong anywhere',
      { routing: Routing.to('nobody') },
      'config/route receiver: No receiver is named "nobody"',
    ],
    [
      'what the custom resource lacks',
      { tracing: all.tracing },
      'config tracing: It belongs to the Alertmanager itself.',
    ],
    [
      'an integration that it lacks',
      { routing: Routing.to(Receiver.jira('j', { apiUrl: 'https://a.example.com', project: 'p', issueType: 'Bug' })) },
      'config/receivers/j jira: An AlertmanagerConfig has no such integration; it has: ',
    ],
    [
      'a template that nobody has',
      { routing: Routing.to(Receiver.slack('s', { apiUrl: SecretKey.of('s', 'u'), title: '{{ template "x" . }}' })) },
      'config/receivers/s/slack title: The template "x" is not defined.',
    ],
    ['a name that is none', { name: 'A' }, 'config name: "A" received. Allowed: lower-case letters'],
    [
      'a strategy that depends on a namespace',
      { matcherStrategy: 'OnNamespaceExceptForAlertmanagerNamespace' },
      'config alertmanagerNamespace: It is missing. OnNamespaceExceptForAlertmanagerNamespace depends on it.',
    ],
  ])('finds %s', (_, props, expected) => {
    expect(problemsOf({ routing, ...props })).toEqual([expect.stringContaining(`chart/${expected}`)]);
  });
});
