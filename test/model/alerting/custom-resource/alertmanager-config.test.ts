import { describe, expect, it } from 'vitest';
import type { AlertmanagerConfiguration } from '../../../../lib/model/alerting/configuration';
import { renderAlertmanagerConfigSpec } from '../../../../lib/model/alerting/custom-resource/alertmanager-config';
import { INTEGRATION_FIELDS } from '../../../../lib/model/alerting/custom-resource/integration-fields';
import { Integration } from '../../../../lib/model/alerting/integration';
import { Matcher } from '../../../../lib/model/alerting/matcher';
import { Receiver } from '../../../../lib/model/alerting/receiver';
import { Routing } from '../../../../lib/model/alerting/routing';
import type { TimeInterval } from '../../../../lib/model/alerting/time-interval';
import type { ConfigMapTexts } from '../../../../lib/model/operator-http-client';
import { Problems } from '../../../../lib/model/problem';
import { ConfigMapKey, SecretKey } from '../../../../lib/model/references';
import { expectValidCustomResources } from '../../../crd-schema';
import { CASES, secret } from '../complete-integrations';
import { webhook } from '../settings';

const TEXTS: ConfigMapTexts = { reference: (text) => ({ configMap: { name: 'texts', key: text } }) };

interface Rendered {
  readonly spec: Readonly<Record<string, unknown>>;
  /** Each `path property: message`. */
  readonly problems: readonly string[];
}

/** The specification without undefined values, as it is written, and what it cannot say. */
function render(config: AlertmanagerConfiguration): Rendered {
  const problems = Problems.at('amc');
  const spec = JSON.parse(JSON.stringify(renderAlertmanagerConfigSpec(config, TEXTS, problems)));
  return { spec, problems: problems.all.map(({ path, property, message }) => `${path} ${property}: ${message}`) };
}

/** The same of one integration alone, and its entry. */
function renderOne(integration: Integration) {
  const { spec, problems } = render({ routing: Routing.to(Receiver.of('r', [integration])) });
  const [receiver] = spec.receivers as readonly Readonly<Record<string, readonly Record<string, unknown>[]>>[];
  const entry = receiver?.[INTEGRATION_FIELDS.get(integration.name)?.list ?? '']?.[0];
  return { spec, problems, entry };
}

function expectValid(spec: Readonly<Record<string, unknown>>): void {
  const metadata = { name: 'a', namespace: 'b' };
  const object = { apiVersion: 'monitoring.coreos.com/v1alpha1', kind: 'AlertmanagerConfig', metadata, spec };
  expect(expectValidCustomResources([object])).toBe(1);
}

/** Integrations whose factory is not called as they are in Alertmanager's configuration. */
const FACTORIES: Readonly<Record<string, string>> = {
  pagerduty: 'pagerDuty',
  msteamsv2: 'msTeamsV2',
  msteams: 'msTeams',
  victorops: 'victorOps',
};

function without({ name, options }: Integration, option: string): Integration {
  const rest = Object.fromEntries(Object.entries(options).filter(([each]) => each !== option));
  const make = Reflect.get(Integration, FACTORIES[name] ?? name) as (options: object) => Integration;
  return make(rest);
}

const MAPPED = CASES.filter(([name]) => INTEGRATION_FIELDS.has(name));
const UNKNOWN = CASES.filter(([name]) => !INTEGRATION_FIELDS.has(name));

/** Every option of the complete integrations that the custom resource lacks. */
const LACKING = [
  'slack appUrl',
  'pagerduty details',
  'webhook http.basicAuth.username',
  'webhook payload',
  'pushover sound',
  'pushover expire',
  'sns sigv4.useFipsStsEndpoint',
  'rocketchat actions',
];

describe('every integration as an AlertmanagerConfig has it', () => {
  it('is one of those that exist, or none of them', () => {
    expect(MAPPED.map(([name]) => name).sort()).toEqual([...INTEGRATION_FIELDS.keys()].sort());
    expect(UNKNOWN.map(([name]) => name)).toEqual(['jira', 'incidentio', 'mattermost']);
  });

  it.each(UNKNOWN)('%s is an error that says which there are', (name, integration) => {
    expect(renderOne(integration).problems).toEqual([
      `amc/receivers/r ${name}: An AlertmanagerConfig has no such integration; it has: ${[...INTEGRATION_FIELDS.keys()].sort().join(', ')}. Use one of them, or run an Alertmanager of your own.`,
    ]);
  });

  it.each(MAPPED)('%s is valid with all of its options', (_name, integration) => {
    expectValid(renderOne(integration).spec);
  });

  it.each(
    MAPPED.flatMap(([name, integration, options]) =>
      Object.keys(options).map((option): [string, string, Integration] => [name, option, integration]),
    ),
  )('%s: %s is written, or reported', (name, option, integration) => {
    const all = renderOne(integration);
    const rest = renderOne(without(integration, option));
    const reported = all.problems.filter((problem) => !rest.problems.includes(problem));
    const lacks = LACKING.some((each) => each === `${name} ${option}` || each.startsWith(`${name} ${option}.`));
    expect(reported.length > 0).toBe(lacks);
    for (const problem of reported) {
      expect(problem).toMatch(new RegExp(`^amc/receivers/r/${name} ${option}\\b`));
    }
    if (!lacks) {
      expect(all.entry).not.toEqual(rest.entry);
    }
  });

  it('reports all that its options lack', () => {
    const reported = MAPPED.flatMap(([name, integration]) =>
      renderOne(integration).problems.map((problem) => `${name} ${problem.split(' ')[1]?.replace(/:$/, '')}`),
    );
    expect(reported).toEqual(LACKING);
  });
});

describe('the fields of an integration', () => {
  it('refer to Secrets', () => {
    expect(renderOne(Integration.slack({ apiUrl: secret('slack'), channel: '#a' })).entry).toEqual({
      apiURL: { name: 'receivers', key: 'slack' },
      channel: '#a',
    });
    expect(renderOne(Integration.webhook({ url: secret('url') })).entry).toEqual({
      urlSecret: { name: 'receivers', key: 'url' },
    });
  });

  it('refer to what is no secret by a ConfigMap, where a literal is not possible', () => {
    const http = {
      enableHttp2: false,
      oauth2: { clientId: 'me', clientSecret: secret('oauth2'), tokenUrl: 'https://login.example.com/token' },
      tls: { ca: ConfigMapKey.of('ca', 'ca.crt') },
    };
    const { entry, spec, problems } = renderOne(Integration.webhook({ url: 'https://a.example.com', http }));
    expect(entry?.httpConfig).toEqual({
      enableHttp2: false,
      oauth2: {
        clientId: { configMap: { name: 'texts', key: 'me' } },
        clientSecret: { name: 'receivers', key: 'oauth2' },
        tokenUrl: 'https://login.example.com/token',
      },
      tlsConfig: { ca: { configMap: { name: 'ca', key: 'ca.crt' } } },
    });
    expect(problems).toEqual([]);
    expectValid(spec);
  });

  it('write maps as lists, and links and times as the custom resource spells them', () => {
    const routingKey = secret('k');
    const links = [{ href: 'https://a.example.com', text: 'a' }];
    expect(renderOne(Integration.pagerDuty({ routingKey, details: { Team: 'ml' }, links })).entry).toMatchObject({
      details: [{ key: 'Team', value: 'ml' }],
      pagerDutyLinkConfigs: [{ href: 'https://a.example.com', alt: 'a' }],
    });
    const push = { userKey: secret('u'), token: secret('t'), ttl: '1d', retry: '1m30s' };
    expect(renderOne(Integration.pushover(push)).entry).toMatchObject({ ttl: '24h', retry: '1m30s' });
    const responders = [{ type: 'Team', name: 'ml' }];
    expect(renderOne(Integration.opsgenie({ apiKey: secret('o'), responders })).entry).toMatchObject({
      responders: [{ type: 'team', name: 'ml' }],
    });
  });

  it('leave out what is the default anyway', () => {
    const mail = { to: 'a@example.com', threading: { enabled: false, threadByDate: 'none' as const } };
    expect(renderOne(Integration.email(mail)).entry).toEqual({ to: 'a@example.com' });
    expect(renderOne(Integration.slack({ apiUrl: secret('s'), fields: [] })).entry).not.toHaveProperty('fields');
  });

  it('keep an empty HTML body, which means text only', () => {
    const { entry, problems } = renderOne(Integration.email({ to: 'a@example.com', html: '' }));
    expect(entry).toEqual({ to: 'a@example.com', html: '' });
    expect(problems).toEqual([]);
  });

  it.each<[Integration, string]>([
    [
      Integration.slack({ appToken: secret('a') }),
      'slack appToken: An AlertmanagerConfig has no field for it. Use apiUrl, an incoming webhook.',
    ],
    [
      Integration.slack({ apiUrl: secret('a'), title: '' }),
      'slack title: "" received, which an AlertmanagerConfig cannot hand on. Leave it out, or write {{ "" }}.',
    ],
    [
      Integration.slack({ apiUrl: secret('a'), fields: [{ title: 't', value: '' }] }),
      'slack fields[0].value: "" received, which an AlertmanagerConfig cannot hand on.',
    ],
    [
      Integration.slack({ apiUrl: secret('a'), timeout: '25h' }),
      'slack timeout: "25h" received, which the operator would write in days, and Alertmanager could not read it. Allowed: less than a day.',
    ],
    [
      Integration.webhook({ url: 'https://a.example.com', payload: { a: 1 } }),
      'webhook payload: An AlertmanagerConfig has no field for it. Only a text fits: write the payload as one template.',
    ],
    [
      Integration.webhook({
        url: 'https://a.example.com',
        http: { basicAuth: { username: 'me', password: secret('p') } },
      }),
      'webhook http.basicAuth.username: "me" received, but the operator reads the user from a Secret only. Allowed: SecretKey.of(secret, key).',
    ],
    [
      Integration.webhook({ url: 'https://a.example.com', http: { tls: { ca: '/etc/ssl/ca.crt' } } }),
      'webhook http: A file of the container was received, which an AlertmanagerConfig cannot refer to. Allowed: SecretKey.of(secret, key), or ConfigMapKey.of(configMap, key) for certificates.',
    ],
    [
      Integration.webhook({
        url: 'https://a.example.com',
        http: {
          oauth2: {
            clientId: 'me',
            clientSecret: secret('s'),
            tokenUrl: 'https://a.example.com',
            tls: { serverName: 'a' },
          },
        },
      }),
      'webhook http.oauth2.tls: The operator does not hand it on. Leave it out.',
    ],
    [
      Integration.webhook({
        url: 'https://a.example.com',
        http: { proxyFromEnvironment: true, proxyUrl: 'http://proxy.example.com' },
      }),
      'webhook http.proxyUrl: The operator refuses it beside proxyFromEnvironment. Leave one of them out.',
    ],
    [
      Integration.email({ to: 'a@example.com', tls: { ca: '/etc/ssl/ca.crt' } }),
      'email tls: A file of the container was received',
    ],
    [
      Integration.email({ to: 'a@example.com', headers: { '': 'x' } }),
      'email headers: ": "x"" received. Allowed in an AlertmanagerConfig: a key that is not empty, and a text.',
    ],
    [
      Integration.opsgenie({ apiKey: secret('a'), apiUrl: '{{ .ExternalURL }}' }),
      'opsgenie apiUrl: "{{ .ExternalURL }}" received. Allowed in an AlertmanagerConfig: an http or https URL.',
    ],
    [
      Integration.opsgenie({ apiKey: secret('a'), responders: [{ type: '{{ .Status }}', name: 'n' }] }),
      'opsgenie responders[0].type: "{{ .Status }}" received. Allowed in an AlertmanagerConfig: team, teams, user, escalation or schedule, no template.',
    ],
    [
      Integration.pagerDuty({ routingKey: secret('a'), clientUrl: 'alertmanager' }),
      'pagerduty clientUrl: "alertmanager" is not a URL.',
    ],
    [
      Integration.pagerDuty({ routingKey: secret('a'), links: [{ href: 'here' }] }),
      'pagerduty links[0].href: "here" is not a URL.',
    ],
    [
      Integration.pagerDuty({ routingKey: secret('a'), details: { n: 1 } }),
      'pagerduty details: "n: 1" received. Allowed in an AlertmanagerConfig: a key that is not empty, and a text.',
    ],
    [
      Integration.telegram({ chatId: secret('chat') }),
      'telegram chatId: An AlertmanagerConfig has no field for it. Write the number of the chat; it is no secret without the token.',
    ],
    [
      Integration.telegram({ chatId: 1, parseMode: '' }),
      'telegram parseMode: An AlertmanagerConfig has no field for it. Plain text is not offered: use HTML, Markdown or MarkdownV2.',
    ],
    [
      Integration.sns({ topicArn: 'a', sigv4: { useFipsStsEndpoint: true } }),
      'sns sigv4.useFipsStsEndpoint: The operator does not hand it on. Leave it out, or set AWS_USE_FIPS_ENDPOINT for that Alertmanager.',
    ],
    [
      Integration.rocketchat({ actions: [{ text: 'Silence', url: 'https://a.example.com' }] }),
      'rocketchat actions: Alertmanager cannot read what the operator makes of it. Leave it out, and write links into the text.',
    ],
    [
      Integration.pushover({ userKey: secret('u'), token: secret('t'), sound: 'siren' }),
      'pushover sound: The operator does not hand it on. Leave it out.',
    ],
  ])('report what the custom resource or the operator refuses: %#', (integration, expected) => {
    expect(renderOne(integration).problems[0]).toContain(`amc/receivers/r/${expected}`);
  });

  it('say which of several integrations is meant', () => {
    const receiver = Receiver.of('r', [
      Integration.slack({ apiUrl: secret('a') }),
      Integration.slack({ apiUrl: secret('b'), title: '' }),
    ]);
    const { problems, spec } = render({ routing: Routing.to(receiver) });
    expect(problems).toEqual([expect.stringContaining('amc/receivers/r/slack[1] title: ')]);
    expect(spec.receivers).toMatchObject([{ slackConfigs: [{}, {}] }]);
  });
});

describe('routes and inhibitions', () => {
  it('are written in full', () => {
    const nights = { name: 'nights', timeIntervals: [{ times: [{ startTime: '00:00', endTime: '06:00' }] }] };
    const { spec, problems } = render({
      routing: Routing.to(webhook('all'), { groupBy: ['job'], repeatInterval: '1h' })
        .when([Matcher.regex('severity', 'critical|page'), 'team!=""'], webhook('oncall'), {
          continue: true,
          groupWait: '0s',
          activeTimeIntervals: ['nights'],
        })
        .when({ team: 'ml' }, Routing.to(webhook('ml')).when('owner!~"a.*"', { groupBy: ['...'] }), {
          muteTimeIntervals: ['weekends'],
        }),
      timeIntervals: [nights],
      inhibitRules: [{ sourceMatchers: { alertname: 'Down' }, targetMatchers: 'severity="info"', equal: ['node'] }],
    });
    expect(spec.route).toEqual({
      receiver: 'all',
      groupBy: ['job'],
      groupWait: '30s',
      groupInterval: '5m',
      repeatInterval: '1h',
      routes: [
        {
          receiver: 'oncall',
          matchers: [
            { name: 'severity', value: 'critical|page', matchType: '=~' },
            { name: 'team', value: '', matchType: '!=' },
          ],
          continue: true,
          groupWait: '0s',
          activeTimeIntervals: ['nights'],
        },
        {
          receiver: 'ml',
          matchers: [{ name: 'team', value: 'ml', matchType: '=' }],
          muteTimeIntervals: ['weekends'],
          routes: [{ matchers: [{ name: 'owner', value: 'a.*', matchType: '!~' }], groupBy: ['...'] }],
        },
      ],
    });
    expect(spec.inhibitRules).toEqual([
      {
        sourceMatch: [{ name: 'alertname', value: 'Down', matchType: '=' }],
        targetMatch: [{ name: 'severity', value: 'info', matchType: '=' }],
        equal: ['node'],
      },
    ]);
    expect(spec.muteTimeIntervals).toEqual([
      nights,
      { name: 'weekends', timeIntervals: [{ weekdays: ['saturday', 'sunday'] }] },
    ]);
    expect(problems).toEqual([]);
    expectValid(spec);
  });

  it('leave out lists that are empty', () => {
    const { spec } = render({ routing: Routing.none() });
    expect(spec).toEqual({
      route: {
        receiver: 'none',
        groupBy: ['alertname', 'cluster', 'namespace'],
        groupWait: '30s',
        groupInterval: '5m',
        repeatInterval: '4h',
      },
      receivers: [{ name: 'none' }],
    });
    expectValid(spec);
  });

  it('report what the custom resource lacks', () => {
    const receiver = Receiver.of('r', [], { team: 'ml' });
    const { problems } = render({
      routing: Routing.to(receiver, { groupBy: [] }).when({ a: 'b' }, { labels: { c: 'd' } }),
      inhibitRules: [{ name: 'i', sourceMatchers: 'a="b"', targetMatchers: 'c="d"' }],
      templates: { 'a.tmpl': '{{ define "a" }}{{ end }}' },
      global: { resolveTimeout: '1m' },
      tracing: { endpoint: 'otel:4317' },
      eventRecorder: { stdoutOutputs: [{}] },
    });
    expect(problems).toEqual([
      'amc templates: An AlertmanagerConfig has none. Write the texts into the receivers, or let the owner of the Alertmanager add the templates, and name them in knownTemplates.',
      'amc global: An AlertmanagerConfig has no global options. Set them at each receiver.',
      'amc tracing: It belongs to the Alertmanager itself. Leave it out.',
      'amc eventRecorder: It belongs to the Alertmanager itself. Leave it out.',
      'amc/route groupBy: [] received, which an AlertmanagerConfig cannot tell from nothing. Name a label that all of these alerts share.',
      'amc/route/{a="b"} labels: The routes of an AlertmanagerConfig have none. Leave them out, and write them into the texts.',
      'amc/receivers/r labels: The receivers of an AlertmanagerConfig have none. Leave them out.',
      'amc/inhibitRules/i name: The inhibitions of an AlertmanagerConfig have none. Leave it out.',
    ]);
  });

  it('have nothing to say of options that are there, but empty', () => {
    expect(render({ routing: Routing.none(), templates: {}, global: {}, eventRecorder: {} }).problems).toEqual([]);
  });
});

describe('time intervals', () => {
  const interval = (each: TimeInterval) => {
    const timeIntervals = [{ name: 'i', timeIntervals: [each] }];
    const { spec, problems } = render({ routing: Routing.none(), timeIntervals });
    const [written] = spec.muteTimeIntervals as readonly { readonly timeIntervals: readonly unknown[] }[];
    return { written: written?.timeIntervals[0], problems, spec };
  };

  it('are written with spans as the custom resource has them', () => {
    const { written, problems, spec } = interval({
      weekdays: ['monday:friday'],
      daysOfMonth: [1, '5:10', '-3:-1'],
      months: ['May:August', 1, '02'],
      years: [2026, '2027:2030'],
      location: 'UTC',
    });
    expect(written).toEqual({
      weekdays: ['monday:friday'],
      daysOfMonth: [
        { start: 1, end: 1 },
        { start: 5, end: 10 },
        { start: -3, end: -1 },
      ],
      months: ['may:august', '1', '2'],
      years: ['2026', '2027:2030'],
    });
    expect(problems).toEqual([]);
    expectValid(spec);
  });

  it('report time zones and years that the custom resource does not know', () => {
    expect(interval({ location: 'Europe/Berlin', years: [1999] }).problems).toEqual([
      'amc/timeIntervals/i timeIntervals[0].location: "Europe/Berlin" received, but an AlertmanagerConfig knows UTC only. Write the times in UTC, and leave it out.',
      'amc/timeIntervals/i timeIntervals[0].years: "1999" received. Allowed in an AlertmanagerConfig: 2000 to 2999, and spans of them.',
    ]);
  });
});

it('refers to every Secret by name and key', () => {
  const { spec } = render({ routing: Routing.to(Receiver.slack('s', { apiUrl: SecretKey.of('chat', 'url') })) });
  expect(spec.receivers).toEqual([{ name: 's', slackConfigs: [{ apiURL: { name: 'chat', key: 'url' } }] }]);
});
