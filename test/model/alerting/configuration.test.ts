import { describe, expect, it } from 'vitest';
import { type AlertmanagerConfiguration, destinationsOf, receiversOf } from '../../../lib/model/alerting/configuration';
import type { EventRecorderOptions } from '../../../lib/model/alerting/event-recorder';
import type { GlobalOptions } from '../../../lib/model/alerting/global-options';
import type { InhibitRule } from '../../../lib/model/alerting/inhibit-rule';
import { Integration } from '../../../lib/model/alerting/integration';
import { Receiver } from '../../../lib/model/alerting/receiver';
import { Routing } from '../../../lib/model/alerting/routing';
import type { TracingOptions } from '../../../lib/model/alerting/tracing';
import { ConfigMapKey, SecretKey } from '../../../lib/model/references';
import { tool } from '../../tool';
import { amtool, writeFiles } from './amtool';
import { problemsOf, rendered, text, webhook } from './settings';

const secret = (key: string) => SecretKey.of('global', key);

const GLOBAL: Required<Omit<GlobalOptions, 'slackApiUrl'>> = {
  resolveTimeout: '10m',
  http: { proxyUrl: 'http://proxy.example.com:3128' },
  smtpSmarthost: 'smtp.example.com:587',
  smtpFrom: 'alerts@example.com',
  smtpHello: 'h',
  smtpAuthUsername: 'u',
  smtpAuthPassword: secret('smtp'),
  smtpAuthSecret: secret('cram'),
  smtpAuthIdentity: 'i',
  smtpRequireTls: false,
  smtpForceImplicitTls: true,
  smtpTls: { ca: ConfigMapKey.of('ca', 'ca.crt') },
  slackAppToken: secret('slack'),
  slackAppUrl: 'https://slack.example.com',
  pagerdutyUrl: 'https://pd.example.com',
  opsgenieApiUrl: 'https://og.example.com',
  opsgenieApiKey: secret('opsgenie'),
  victoropsApiUrl: 'https://vo.example.com',
  victoropsApiKey: secret('victorops'),
  telegramApiUrl: 'https://tg.example.com',
  telegramBotToken: secret('telegram'),
  webexApiUrl: 'https://webex.example.com',
  wechatApiUrl: 'https://wechat.example.com',
  wechatApiSecret: secret('wechat'),
  wechatApiCorpId: 'c',
  jiraApiUrl: 'https://jira.example.com',
  rocketchatApiUrl: 'https://rc.example.com',
  rocketchatToken: secret('rc-token'),
  rocketchatTokenId: secret('rc-id'),
  mattermostWebhookUrl: secret('mattermost'),
};
const INHIBIT: Required<InhibitRule> = {
  name: 'node-down',
  sourceMatchers: { alertname: 'NodeDown' },
  targetMatchers: 'severity=~"warning|info"',
  equal: ['instance'],
};
const TRACING: Required<TracingOptions> = {
  endpoint: 'otel.example.com:4317',
  clientType: 'http',
  samplingFraction: 0.5,
  insecure: false,
  tls: { serverName: 'otel' },
  headers: { 'X-Team': 'ml', Authorization: secret('otel') },
  compression: 'gzip',
  timeout: '10s',
};
const EVENTS: Required<EventRecorderOptions> = {
  fileOutputs: [{ path: '/alertmanager/events.jsonl' }],
  stdoutOutputs: [{}],
  webhookOutputs: [
    {
      url: 'https://events.example.com/',
      http: { authorization: { credentials: secret('events') } },
      timeout: '10s',
      workers: 2,
      maxRetries: 3,
      retryBackoff: '1s',
      batch: true,
      batchMaxEvents: 10,
      batchMaxBytes: 1000,
      batchFlushInterval: '5s',
    },
  ],
  kafkaOutputs: [{ brokers: ['kafka.example.com:9092'], topic: 't', clientId: 'c', bufferSize: 10, tls: {} }],
};
const COMPLETE: Required<AlertmanagerConfiguration> = {
  routing: Routing.to('team', { groupBy: [], labels: { a: 'b' } })
    .when({ severity: 'critical' }, Receiver.none(), {
      groupBy: ['...'],
      groupWait: '10s',
      groupInterval: '1m',
      repeatInterval: '1h',
      continue: true,
      muteTimeIntervals: ['nights'],
      activeTimeIntervals: ['weekends'],
      labels: { a: 'c' },
    })
    .inhibit({ sourceMatchers: 'a="b"', targetMatchers: 'c!="d"' }),
  receivers: [Receiver.of('team', [Integration.email({ to: 'team@example.com' })], { tier: '1' })],
  inhibitRules: [INHIBIT],
  timeIntervals: [
    {
      name: 'nights',
      timeIntervals: [
        {
          times: [{ startTime: '00:00', endTime: '06:00' }],
          daysOfMonth: ['1:5', '-3:-1'],
          months: ['may:august', 1],
          years: ['2026:2028', 2030],
          location: 'Europe/Berlin',
        },
      ],
    },
  ],
  templates: { 'ml.tmpl': '{{ define "ml.title" }}{{ .Status }}{{ end }}' },
  global: GLOBAL,
  tracing: TRACING,
  eventRecorder: EVENTS,
};

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

describe('renderAlertmanagerConfig', () => {
  it('writes every global option in the spelling of Alertmanager', () => {
    const keys = Object.entries(GLOBAL).map(([name, value]) => {
      const suffix = value instanceof SecretKey ? '_file' : name === 'http' || name === 'smtpTls' ? '_config' : '';
      return `${snake(name)}${suffix}`;
    });
    expect(Object.keys(rendered(COMPLETE).global as object).sort()).toEqual(keys.sort());
    expect(rendered({ routing: Routing.none(), global: { slackApiUrl: secret('url') } }).global).toEqual({
      slack_api_url_file: '/Secret/global/url',
    });
  });

  it('writes everything else', () => {
    expect(rendered(COMPLETE)).toMatchObject({
      route: {
        receiver: 'team',
        group_by: [],
        labels: { a: 'b' },
        routes: [
          {
            receiver: 'none',
            matchers: ['severity="critical"'],
            continue: true,
            group_by: ['...'],
            group_wait: '10s',
            group_interval: '1m',
            repeat_interval: '1h',
            mute_time_intervals: ['nights'],
            active_time_intervals: ['weekends'],
            labels: { a: 'c' },
          },
        ],
      },
      inhibit_rules: [
        { source_matchers: ['a="b"'], target_matchers: ['c!="d"'] },
        {
          name: 'node-down',
          source_matchers: ['alertname="NodeDown"'],
          target_matchers: ['severity=~"warning|info"'],
          equal: ['instance'],
        },
      ],
      receivers: [
        { name: 'none' },
        { name: 'team', labels: { tier: '1' }, email_configs: [{ to: 'team@example.com' }] },
      ],
      templates: ['ml.tmpl'],
      time_intervals: [{ name: 'nights' }, { name: 'weekends' }],
      tracing: {
        client_type: 'http',
        endpoint: 'otel.example.com:4317',
        sampling_fraction: 0.5,
        insecure: false,
        tls_config: { server_name: 'otel' },
        headers: { 'X-Team': { values: ['ml'] }, Authorization: { files: ['/Secret/global/otel'] } },
        compression: 'gzip',
        timeout: '10s',
      },
      event_recorder: {
        file_outputs: [{ path: '/alertmanager/events.jsonl' }],
        stdout_outputs: [{}],
        webhook_outputs: [{ batch_flush_interval: '5s', http_config: { authorization: {} } }],
        kafka_outputs: [{ client_id: 'c', buffer_size: 10, tls_config: {} }],
      },
    });
  });

  it('has no problem, and amtool has none either', (context) => {
    expect(problemsOf(COMPLETE)).toEqual([]);
    const program = tool('amtool', context);
    const folder = writeFiles({ 'alertmanager.yml': text(COMPLETE), ...COMPLETE.templates });
    expect(amtool(program, 'check-config', `${folder}/alertmanager.yml`)).toMatch(/SUCCESS[\s\S]*SUCCESS/);
  });

  it('is the same text for the same input, without anchors, however often parts are used', () => {
    const shared = ['a', 'b'];
    const routing = () =>
      Routing.to(webhook('chat'), { groupBy: shared })
        .when({ a: '1' }, webhook('x'), { groupBy: shared })
        .when({ a: '2' }, { groupBy: shared })
        .muteDuring('weekends', { b: '1' });
    expect(text({ routing: routing() })).toBe(text({ routing: routing() }));
    expect(text({ routing: routing() })).not.toMatch(/[&*]\w+/);
  });

  it('writes no secret: the names of files alone', () => {
    const routing = Routing.to(Receiver.slack('chat', { apiUrl: SecretKey.of('slack', 'url') }));
    expect(rendered({ routing }).receivers).toEqual([
      { name: 'chat', slack_configs: [{ api_url_file: '/Secret/slack/url' }] },
    ]);
  });

  it('writes several integrations of one kind, in their order', () => {
    const mail = (to: string) => Integration.email({ to });
    const receiver = Receiver.of('r', [mail('a'), Integration.webhook({ url: 'http://x.example.com' }), mail('b')]);
    expect(rendered({ routing: Routing.to(receiver) }).receivers).toEqual([
      { name: 'r', email_configs: [{ to: 'a' }, { to: 'b' }], webhook_configs: [{ url: 'http://x.example.com' }] },
    ]);
  });
});

it('takes each receiver once, in the order of the routes', () => {
  const [a, b] = [webhook('a'), webhook('b')];
  const routing = Routing.to(a).when({ x: '1' }, Routing.to(b)).when({ x: '2' }, a);
  expect(receiversOf({ routing, receivers: [b, webhook('c')] }).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

it('knows everything that it connects to', () => {
  expect(destinationsOf(COMPLETE)).toEqual([
    587,
    'https://events.example.com/',
    'tcp://otel.example.com:4317',
    'tcp://kafka.example.com:9092',
  ]);
});

describe('the check of a configuration', () => {
  const routing = Routing.to(webhook('chat'));

  it.each<[Partial<AlertmanagerConfiguration>, string]>([
    [{ receivers: [webhook('chat')] }, 'am/receivers name: "chat" is the name of two receivers.'],
    [{ receivers: [Receiver.of('', [])] }, 'name: A receiver needs a name.'],
    [
      { receivers: [Receiver.of('a', [], { name: 'b' })] },
      'am/receivers/a labels: The label "name" is "b". Allowed: the receiver\'s name, "a".',
    ],
    [
      {
        receivers: [
          Receiver.of('a', [
            Integration.email({ to: 'x', from: 'y' }),
            Integration.pushover({ userKey: secret('u'), token: secret('t') }),
          ]),
        ],
      },
      'am/receivers/a/email[0] smarthost: It is missing.',
    ],
    [
      {
        timeIntervals: [
          { name: 'n', timeIntervals: [] },
          { name: 'n', timeIntervals: [] },
        ],
      },
      'am/timeIntervals name: "n" is the name of two time intervals.',
    ],
    [
      { timeIntervals: [{ name: 'n', timeIntervals: [{ months: ['jan'] }] }] },
      'am/timeIntervals/n timeIntervals[0].months: "jan" received.',
    ],
    [
      { inhibitRules: [{ sourceMatchers: {}, targetMatchers: 'a="b"' }] },
      'am/inhibitRules/0 sourceMatchers: It is empty, so it would match every alert.',
    ],
    [
      { inhibitRules: [{ name: 'x', sourceMatchers: 'a="b"', targetMatchers: 'a' }] },
      'am/inhibitRules/x targetMatchers: "a" is not a matcher',
    ],
    [
      { inhibitRules: [{ sourceMatchers: 'a="b"', targetMatchers: 'c="d"', equal: ['a-b'] }] },
      'am/inhibitRules/0 equal: "a-b" is not a label name.',
    ],
    [
      { templates: { 'a.txt': '{{ define "a" }}{{ end }}' } },
      'am/templates a.txt: "a.txt" is not a name for a template',
    ],
    [{ templates: { 'a.tmpl': '{{ define "a" }}' } }, 'am/templates a.tmpl: The template has a {{ define }} without'],
    [{ templates: { 'a.tmpl': 'text' } }, 'am/templates a.tmpl: It defines no template, so nothing can use it.'],
    [{ global: { resolveTimeout: 'x' } }, 'am/global resolveTimeout: "x" is not a duration.'],
    [{ global: { smtpSmarthost: 'smtp' } }, 'am/global smtpSmarthost: "smtp" received. Allowed: host:port'],
    [
      { global: { jiraApiUrl: 'https://u:p@a.example.com' } },
      'am/global jiraApiUrl: The URL to a.example.com holds a password.',
    ],
    [
      { global: { slackApiUrl: secret('a'), slackAppToken: secret('b') } },
      'am/global slackAppToken: Only one of slackApiUrl and slackAppToken is possible',
    ],
    [{ global: { http: { noProxy: 'a' } } }, 'am/global/http noProxy: It has no effect without proxyUrl.'],
    [
      { global: { smtpTls: { cert: '/a' } } },
      'am/global/smtpTls tls.key: A client certificate needs both cert and key.',
    ],
    [
      { tracing: { endpoint: 'http://otel:4317' } },
      'am/tracing endpoint: "http://otel:4317" received. Allowed: host:port',
    ],
    [
      { tracing: { endpoint: 'otel:1', samplingFraction: 2 } },
      'am/tracing samplingFraction: 2 received. Allowed: 0 to 1.',
    ],
    [{ tracing: { endpoint: 'otel:1', timeout: 'x' } }, 'am/tracing timeout: "x" is not a duration.'],
    [{ tracing: { endpoint: 'otel:1', tls: { cert: '/a' } } }, 'am/tracing tls.key: A client certificate needs both'],
    [
      { eventRecorder: { webhookOutputs: [{ url: 'x' }] } },
      'am/eventRecorder/webhookOutputs[0] url: "x" is not a URL.',
    ],
    [
      { eventRecorder: { webhookOutputs: [{ url: 'https://x.example.com', timeout: 'x' }] } },
      'am/eventRecorder/webhookOutputs[0] timeout: "x" is not a duration.',
    ],
    [
      { eventRecorder: { kafkaOutputs: [{ brokers: [], topic: 't' }] } },
      'am/eventRecorder kafkaOutputs[0]: Kafka needs at least one broker, and a topic.',
    ],
  ])('reports %#', (config, message) => {
    const found = problemsOf({ routing, ...config });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(message);
  });
});
