import { describe, expect, it } from 'vitest';
import { Integration } from '../../../lib/model/alerting/integration';
import type { DiscordOptions } from '../../../lib/model/alerting/integrations/discord';
import type { EmailOptions } from '../../../lib/model/alerting/integrations/email';
import type { IncidentioOptions } from '../../../lib/model/alerting/integrations/incidentio';
import { ANYWHERE } from '../../../lib/model/alerting/integrations/integration-type';
import type { JiraOptions } from '../../../lib/model/alerting/integrations/jira';
import type { MattermostOptions } from '../../../lib/model/alerting/integrations/mattermost';
import type { MsTeamsOptions, MsTeamsV2Options } from '../../../lib/model/alerting/integrations/ms-teams';
import type { OpsgenieOptions } from '../../../lib/model/alerting/integrations/opsgenie';
import type { PagerDutyOptions } from '../../../lib/model/alerting/integrations/pagerduty';
import type { PushoverOptions } from '../../../lib/model/alerting/integrations/pushover';
import type { RocketchatOptions } from '../../../lib/model/alerting/integrations/rocketchat';
import type { SlackOptions } from '../../../lib/model/alerting/integrations/slack';
import type { SnsOptions } from '../../../lib/model/alerting/integrations/sns';
import type { TelegramOptions } from '../../../lib/model/alerting/integrations/telegram';
import type { VictorOpsOptions } from '../../../lib/model/alerting/integrations/victorops';
import type { WebexOptions } from '../../../lib/model/alerting/integrations/webex';
import type { WebhookOptions } from '../../../lib/model/alerting/integrations/webhook';
import type { WechatOptions } from '../../../lib/model/alerting/integrations/wechat';
import { Receiver } from '../../../lib/model/alerting/receiver';
import { Routing } from '../../../lib/model/alerting/routing';
import { SecretKey } from '../../../lib/model/references';
import { tool } from '../../tool';
import { amtool, writeFiles } from './amtool';
import { FILES, problemsOf, text } from './settings';

const secret = (key: string) => SecretKey.of('receivers', key);
const http = { proxyUrl: 'http://proxy.example.com:3128', followRedirects: false };
const field = { title: 't', value: 'v', short: true };

const slack: Required<Omit<SlackOptions, 'appToken'>> = {
  sendResolved: true,
  http,
  apiUrl: secret('slack'),
  appUrl: 'https://slack.example.com/api',
  channel: '#a',
  username: 'u',
  color: 'good',
  title: 't',
  titleLink: 'https://a.example.com',
  pretext: 'p',
  text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}',
  messageText: 'm',
  fields: [field],
  shortFields: true,
  footer: 'f',
  fallback: 'f',
  callbackId: 'c',
  iconEmoji: ':fire:',
  iconUrl: 'https://a.example.com/i.png',
  imageUrl: 'https://a.example.com/i.png',
  thumbUrl: 'https://a.example.com/t.png',
  linkNames: true,
  mrkdwnIn: ['text'],
  actions: [
    { type: 'button', text: 'ok', url: 'https://a.example.com', style: 'primary' },
    {
      type: 'button',
      text: 'ok',
      name: 'n',
      value: 'v',
      confirm: { text: 'sure?', title: 't', okText: 'y', dismissText: 'n' },
    },
  ],
  timeout: '1m30s',
};
const pagerDuty: Required<PagerDutyOptions> = {
  sendResolved: true,
  http,
  routingKey: secret('routing-key'),
  serviceKey: secret('service-key'),
  url: 'https://pd.example.com/v2/enqueue',
  client: 'c',
  clientUrl: 'https://a.example.com',
  description: 'd',
  severity: 'critical',
  details: { camelCase: '{{ .Status }}', tree: { deep: ['x'] } },
  images: [{ src: 'https://a.example.com/i.png', alt: 'a', href: 'https://a.example.com' }],
  links: [{ href: 'https://a.example.com', text: 't' }],
  source: 's',
  component: 'c',
  group: 'g',
  class: 'k',
  timeout: '10s',
};
const opsgenie: Required<OpsgenieOptions> = {
  sendResolved: false,
  http,
  apiKey: secret('opsgenie'),
  apiUrl: 'https://api.eu.opsgenie.com/',
  message: 'm',
  description: 'd',
  source: 's',
  details: { camelCase: 'v' },
  entity: 'e',
  responders: [
    { type: 'team', id: 'i' },
    { type: 'schedule', name: 'n' },
    { type: 'user', username: 'u' },
  ],
  actions: 'a',
  tags: 't',
  note: 'n',
  priority: 'P1',
  updateAlerts: true,
};
const email: Required<EmailOptions> = {
  sendResolved: true,
  to: 'team@example.com',
  from: 'alerts@example.com',
  smarthost: 'smtp.example.com:587',
  hello: 'h',
  authUsername: 'u',
  authPassword: secret('smtp'),
  authSecret: secret('cram'),
  authIdentity: 'i',
  requireTls: false,
  forceImplicitTls: true,
  tls: { serverName: 'smtp.example.com' },
  html: '',
  text: 't',
  headers: { Subject: '{{ template "email.default.subject" . }}', 'X-Team': 'ml' },
  threading: { enabled: true, threadByDate: 'daily' },
};
const webhookOptions: Required<WebhookOptions> = {
  sendResolved: false,
  http: { basicAuth: { username: 'u', password: secret('p') } },
  url: 'https://hooks.example.com:8443/a',
  maxAlerts: 10,
  timeout: '10s',
  payload: { camelCase: '{{ .Status }}' },
};
const msTeamsV2: Required<MsTeamsV2Options> = {
  sendResolved: true,
  http,
  webhookUrl: secret('t'),
  title: 't',
  text: 'x',
};
const msTeams: Required<MsTeamsOptions> = { ...msTeamsV2, summary: 's' };
const discord: Required<DiscordOptions> = {
  sendResolved: true,
  http,
  webhookUrl: secret('discord'),
  title: 't',
  message: 'm',
  content: 'c',
  username: 'u',
  avatarUrl: 'https://a.example.com/i.png',
};
const telegram: Required<TelegramOptions> = {
  sendResolved: true,
  http,
  botToken: secret('bot'),
  chatId: -100123456789,
  messageThreadId: 7,
  apiUrl: 'https://telegram.example.com',
  message: 'm',
  disableNotifications: true,
  parseMode: 'MarkdownV2',
};
const victorOps: Required<VictorOpsOptions> = {
  sendResolved: true,
  http,
  apiKey: secret('victorops'),
  apiUrl: 'https://vo.example.com/',
  routingKey: 'team',
  messageType: 'WARNING',
  stateMessage: 's',
  entityDisplayName: 'e',
  monitoringTool: 'm',
  customFields: { camelCase: 'v' },
};
const pushover: Required<Omit<PushoverOptions, 'monospace'>> = {
  sendResolved: true,
  http,
  userKey: secret('user'),
  token: secret('token'),
  title: 't',
  message: 'm',
  url: 'https://a.example.com',
  urlTitle: 'u',
  device: 'd',
  sound: 's',
  priority: '1',
  retry: '1m',
  expire: '1d',
  ttl: '1h',
  html: true,
};
const sns: Required<Omit<SnsOptions, 'targetArn' | 'phoneNumber'>> = {
  sendResolved: true,
  http,
  apiUrl: 'https://sns.eu-west-1.amazonaws.com',
  sigv4: {
    region: 'eu-west-1',
    profile: 'p',
    roleArn: 'arn:aws:iam::1:role/r',
    externalId: 'e',
    useFipsStsEndpoint: true,
  },
  topicArn: 'arn:aws:sns:eu-west-1:1:t',
  subject: 's',
  message: 'm',
  attributes: { camelCase: 'v' },
  useAwsHttpClient: true,
};
const webex: Required<WebexOptions> = {
  sendResolved: true,
  http: { authorization: { credentials: secret('webex') } },
  roomId: 'r',
  apiUrl: 'https://webex.example.com/v1',
  message: 'm',
};
const wechat: Required<WechatOptions> = {
  sendResolved: true,
  http,
  apiSecret: secret('wechat'),
  apiUrl: 'https://wechat.example.com/',
  corpId: 'c',
  message: 'm',
  messageType: 'markdown',
  agentId: 'a',
  toUser: 'u',
  toParty: 'p',
  toTag: 't',
};
const jira: Required<JiraOptions> = {
  sendResolved: true,
  http: { basicAuth: { username: 'u', password: secret('jira') } },
  apiUrl: 'https://example.atlassian.net/rest/api/3/',
  apiType: 'cloud',
  project: 'P',
  issueType: 'Bug',
  summary: '{{ template "jira.default.summary" . }}',
  description: { template: 'd', enableUpdate: false },
  labels: ['l'],
  priority: 'High',
  reopenTransition: 'r',
  resolveTransition: 'r',
  wontFixResolution: 'w',
  reopenDuration: '1d',
  fields: { customfield_10001: { camelCase: 'v' } },
};
const rocketchat: Required<RocketchatOptions> = {
  sendResolved: true,
  http,
  apiUrl: 'https://chat.example.com/',
  token: secret('token'),
  tokenId: secret('token-id'),
  channel: '#a',
  color: 'red',
  title: 't',
  titleLink: 'https://a.example.com',
  text: 't',
  fields: [field],
  shortFields: true,
  emoji: ':fire:',
  iconUrl: 'https://a.example.com/i.png',
  imageUrl: 'https://a.example.com/i.png',
  thumbUrl: 'https://a.example.com/i.png',
  linkNames: true,
  actions: [{ type: 'button', text: 't', url: 'https://a.example.com', msg: 'm' }],
};
const incidentio: Required<IncidentioOptions> = {
  sendResolved: true,
  http,
  url: 'https://api.incident.io/v2/alert_events/alertmanager/1',
  alertSourceToken: secret('incidentio'),
  maxAlerts: 5,
  timeout: '10s',
};
const mattermost: Required<MattermostOptions> = {
  sendResolved: true,
  http,
  webhookUrl: secret('mattermost'),
  channel: 'c',
  username: 'u',
  iconUrl: 'https://a.example.com/i.png',
  iconEmoji: ':fire:',
  fallback: 'f',
  color: 'c',
  pretext: 'p',
  text: 't',
  authorName: 'n',
  authorLink: 'https://a.example.com',
  authorIcon: 'https://a.example.com/i.png',
  title: 't',
  titleLink: 'https://a.example.com',
  fields: [field],
  thumbUrl: 'https://a.example.com/i.png',
  footer: 'f',
  footerIcon: 'https://a.example.com/i.png',
  imageUrl: 'https://a.example.com/i.png',
  attachments: [{ authorName: 'a' }],
  type: 'custom_x',
  props: { card: 'c' },
  priority: { priority: 'urgent', requestedAck: true, persistentNotifications: true },
};

const CASES: readonly (readonly [string, Integration, object])[] = [
  ['slack', Integration.slack(slack), slack],
  ['pagerduty', Integration.pagerDuty(pagerDuty), pagerDuty],
  ['opsgenie', Integration.opsgenie(opsgenie), opsgenie],
  ['email', Integration.email(email), email],
  ['webhook', Integration.webhook(webhookOptions), webhookOptions],
  ['msteamsv2', Integration.msTeamsV2(msTeamsV2), msTeamsV2],
  ['msteams', Integration.msTeams(msTeams), msTeams],
  ['discord', Integration.discord(discord), discord],
  ['telegram', Integration.telegram(telegram), telegram],
  ['victorops', Integration.victorOps(victorOps), victorOps],
  ['pushover', Integration.pushover(pushover), pushover],
  ['sns', Integration.sns(sns), sns],
  ['webex', Integration.webex(webex), webex],
  ['wechat', Integration.wechat(wechat), wechat],
  ['jira', Integration.jira(jira), jira],
  ['rocketchat', Integration.rocketchat(rocketchat), rocketchat],
  ['incidentio', Integration.incidentio(incidentio), incidentio],
  ['mattermost', Integration.mattermost(mattermost), mattermost],
];

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function keyOf(name: string, value: unknown): string {
  const suffix = value instanceof SecretKey ? '_file' : name === 'http' || name === 'tls' ? '_config' : '';
  return `${snake(name)}${suffix}`;
}

describe('every integration', () => {
  it.each(CASES)('%s writes every option in the spelling of Alertmanager', (name, integration, options) => {
    const written = integration.render(FILES);
    expect(integration.name).toBe(name);
    expect(Object.keys(written).sort()).toEqual(
      Object.entries(options)
        .map(([option, value]) => keyOf(option, value))
        .sort(),
    );
    for (const [option, value] of Object.entries(options)) {
      if (value instanceof SecretKey) {
        expect(written[`${snake(option)}_file`]).toBe(`/Secret/receivers/${value.key}`);
      }
    }
  });

  it.each(CASES)('%s has no problem with all of its options', (name, integration) => {
    expect(problemsOf({ routing: Routing.to(Receiver.of(name, [integration])) })).toEqual([]);
  });

  it('is accepted by amtool with all of its options', (context) => {
    const program = tool('amtool', context);
    for (const [name, integration] of CASES) {
      const config = text({ routing: Routing.to(Receiver.of(name, [integration])) });
      const folder = writeFiles({ 'alertmanager.yml': config });
      expect(amtool(program, 'check-config', `${folder}/alertmanager.yml`)).toContain('SUCCESS');
    }
  });

  it('keeps the keys of maps of the user', () => {
    expect(Integration.pagerDuty(pagerDuty).render(FILES).details).toEqual(pagerDuty.details);
    expect(Integration.jira(jira).render(FILES).fields).toEqual(jira.fields);
    expect(Integration.sns(sns).render(FILES)).toMatchObject({
      attributes: sns.attributes,
      sigv4: { use_fips_sts_endpoint: true },
    });
  });

  it('writes durations for Go, which knows no days', () => {
    expect(Integration.pushover(pushover).render(FILES)).toMatchObject({ retry: '1m', expire: '24h', ttl: '1h' });
    expect(Integration.jira(jira).render(FILES)).toMatchObject({ reopen_duration: '1d' });
  });
});

describe('the check of an integration', () => {
  const found = (integration: Integration) => problemsOf({ routing: Routing.to(Receiver.of('r', [integration])) });

  it.each<[string, Integration, string]>([
    ['slack', Integration.slack({}), 'apiUrl: It is missing. Set it here, or slackApiUrl in the global options.'],
    [
      'slack',
      Integration.slack({ apiUrl: secret('a'), appToken: secret('b') }),
      'appToken: Only one of apiUrl and appToken is possible',
    ],
    [
      'slack',
      Integration.slack({ appToken: secret('b'), http: { authorization: { credentials: secret('c') } } }),
      'http.authorization: It is the app token already',
    ],
    [
      'slack',
      Integration.slack({ apiUrl: secret('a'), actions: [{ type: 'button', text: 't' }] }),
      'actions[0]: An action needs url or name.',
    ],
    ['slack', Integration.slack({ apiUrl: secret('a'), timeout: '5 min' }), 'timeout: "5 min" is not a duration.'],
    [
      'slack',
      Integration.slack({ apiUrl: secret('a'), text: '{{ .Status' }),
      'text: The template is not valid: the action is not closed',
    ],
    [
      'slack',
      Integration.slack({ apiUrl: secret('a'), title: '{{ template "slack.defualt.title" . }}' }),
      'title: The template "slack.defualt.title" is not defined. Did you mean "slack.default.title"?',
    ],
    ['pagerduty', Integration.pagerDuty({}), 'routingKey: It is missing. Set routingKey, or serviceKey'],
    ['opsgenie', Integration.opsgenie({}), 'apiKey: It is missing.'],
    [
      'opsgenie',
      Integration.opsgenie({ apiKey: secret('a'), responders: [{ type: 'team' }] }),
      'responders[0]: A responder needs one of id, name and username.',
    ],
    [
      'opsgenie',
      Integration.opsgenie({ apiKey: secret('a'), responders: [{ type: 'squad', name: 'n' }] }),
      'responders[0].type: "squad" received. Allowed: team, teams, user, escalation, schedule, or a template.',
    ],
    ['email', Integration.email({ to: 'a@example.com', from: 'b@example.com' }), 'smarthost: It is missing.'],
    ['email', Integration.email({ to: 'a@example.com', smarthost: 'smtp:25' }), 'from: It is missing.'],
    [
      'email',
      Integration.email({ to: '', from: 'b@example.com', smarthost: 'smtp:25' }),
      'to: "" received. Allowed: a text that is not empty.',
    ],
    [
      'email',
      Integration.email({ to: 'a@example.com', from: 'b@example.com', smarthost: 'smtp.example.com' }),
      'smarthost: "smtp.example.com" received. Allowed: host:port',
    ],
    [
      'email',
      Integration.email({ to: 'a', from: 'b', smarthost: 's:25', headers: { subject: 'a', Subject: 'b' } }),
      'headers: "subject" is there twice',
    ],
    [
      'email',
      Integration.email({
        to: 'a',
        from: 'b',
        smarthost: 's:25',
        headers: { References: 'x' },
        threading: { enabled: true, threadByDate: 'none' },
      }),
      'headers: "references" is set by threading',
    ],
    [
      'webhook',
      Integration.webhook({ url: 'https://user:hunter2@example.com/' }),
      'url: The URL to example.com holds a password. Refer to a Secret instead.',
    ],
    ['webhook', Integration.webhook({ url: 'example.com' }), 'url: "example.com" is not a URL.'],
    [
      'webhook',
      Integration.webhook({
        url: 'http://example.com/',
        http: { basicAuth: { username: 'u', password: secret('p') } },
      }),
      'http basicAuth: Credentials would travel over plain http',
    ],
    ['telegram', Integration.telegram({ chatId: 0, botToken: secret('t') }), 'chatId: 0 received.'],
    ['telegram', Integration.telegram({ chatId: 1 }), 'botToken: It is missing.'],
    ['victorops', Integration.victorOps({ routingKey: '', apiKey: secret('a') }), 'routingKey: "" received.'],
    [
      'victorops',
      Integration.victorOps({ routingKey: 'r', apiKey: secret('a'), customFields: { entity_id: 'x' } }),
      'customFields: "entity_id" is a field of VictorOps itself.',
    ],
    [
      'pushover',
      Integration.pushover({ userKey: secret('u'), token: secret('t'), html: true, monospace: true }),
      'monospace: Only one of html and monospace is possible',
    ],
    ['sns', Integration.sns({}), 'topicArn: 0 of topicArn, targetArn and phoneNumber received. Allowed: exactly one.'],
    [
      'sns',
      Integration.sns({ topicArn: 'a', sigv4: { externalId: 'e' } }),
      'sigv4.externalId: It has a meaning only together with sigv4.roleArn.',
    ],
    ['wechat', Integration.wechat({ apiSecret: secret('a') }), 'corpId: It is missing.'],
    [
      'jira',
      Integration.jira({ project: '', issueType: 'Bug', apiUrl: 'https://a.example.com' }),
      'project: "" received.',
    ],
    ['jira', Integration.jira({ project: 'P', issueType: 'Bug' }), 'apiUrl: It is missing.'],
    ['rocketchat', Integration.rocketchat({ token: secret('a') }), 'tokenId: It is missing.'],
    [
      'incidentio',
      Integration.incidentio({ url: 'https://a.example.com' }),
      'alertSourceToken: None of alertSourceToken and http.authorization received. Allowed: one.',
    ],
    ['mattermost', Integration.mattermost({}), 'webhookUrl: It is missing.'],
  ])('%s: %#', (name, integration, message) => {
    expect(found(integration)).toEqual([expect.stringContaining(`am/receivers/r/${name}`)]);
    expect(found(integration)[0]).toContain(message);
  });

  it('finds a secret in the code, and does not repeat it', () => {
    const literal = 'https://hooks.slack.com/services/T/B/hunter2' as unknown as SecretKey;
    const message = 'A literal secret would be written to the output. Allowed: SecretKey.of(secret, key).';
    expect(found(Integration.slack({ apiUrl: literal }))).toEqual([`am/receivers/r/slack apiUrl: ${message}`]);
    expect(problemsOf({ routing: Routing.none(), global: { smtpAuthPassword: literal } })).toEqual([
      `am/global smtpAuthPassword: ${message}`,
    ]);
  });

  it.each(CASES)('%s knows all of its secrets', (name, _, options) => {
    const factory = { pagerduty: 'pagerDuty', victorops: 'victorOps', msteams: 'msTeams', msteamsv2: 'msTeamsV2' };
    const make = Integration[(factory[name as 'msteams'] ?? name) as 'slack'];
    for (const option of Object.keys(options).filter(
      (key) => (options[key as never] as unknown) instanceof SecretKey,
    )) {
      const integration = make({ ...options, [option]: 'hunter2' } as SlackOptions);
      expect(found(integration).join()).toContain(`${option}: A literal secret would be written`);
    }
  });

  it('takes from the global options what a receiver leaves out', () => {
    const routing = Routing.to(
      Receiver.of('all', [
        Integration.slack({}),
        Integration.opsgenie({}),
        Integration.email({ to: 'a@example.com' }),
        Integration.telegram({ chatId: 1 }),
        Integration.victorOps({ routingKey: 'r' }),
        Integration.wechat({}),
        Integration.jira({ project: 'P', issueType: 'Bug' }),
        Integration.rocketchat({}),
        Integration.mattermost({}),
      ]),
    );
    const global = {
      slackApiUrl: secret('a'),
      opsgenieApiKey: secret('b'),
      smtpSmarthost: 'smtp.example.com:25',
      smtpFrom: 'b@example.com',
      telegramBotToken: secret('c'),
      victoropsApiKey: secret('d'),
      wechatApiSecret: secret('e'),
      wechatApiCorpId: 'f',
      jiraApiUrl: 'https://jira.example.com',
      rocketchatToken: secret('g'),
      rocketchatTokenId: secret('h'),
      mattermostWebhookUrl: secret('i'),
    };
    expect(problemsOf({ routing, global })).toEqual([]);
  });
});

describe('the destinations of an integration', () => {
  const url = secret('url');

  it.each<[string, Integration, unknown[]]>([
    ['a service behind a webhook in a Secret', Integration.slack({ apiUrl: url }), [443]],
    [
      'a Slack app',
      Integration.slack({ appToken: url, appUrl: 'https://a.example.com:8443' }),
      ['https://a.example.com:8443'],
    ],
    ['a mail server', Integration.email({ to: 'a', from: 'b', smarthost: 'smtp.example.com:587' }), [587]],
    ['a literal URL', Integration.webhook({ url: 'http://a.example.com:9000' }), ['http://a.example.com:9000']],
    ['a URL that only a Secret knows', Integration.webhook({ url }), [url]],
    [
      'a proxy instead of the target',
      Integration.discord({ webhookUrl: url, http: { proxyUrl: 'http://proxy:3128' } }),
      ['http://proxy:3128'],
    ],
    [
      'a proxy and the target, where some hosts need none',
      Integration.discord({ webhookUrl: url, http: { proxyUrl: 'http://proxy:3128', noProxy: '.example.com' } }),
      [443, 'http://proxy:3128'],
    ],
    [
      'anywhere, where only the environment knows the proxy',
      Integration.discord({ webhookUrl: url, http: { proxyFromEnvironment: true } }),
      [443, ANYWHERE],
    ],
    [
      'a token endpoint',
      Integration.discord({
        webhookUrl: url,
        http: { oauth2: { clientId: 'c', clientSecret: url, tokenUrl: 'https://login.example.com:8443/token' } },
      }),
      [443, 'https://login.example.com:8443/token'],
    ],
  ])('%s', (_, integration, expected) => {
    expect(integration.destinations({})).toEqual(expected);
  });

  it('are those of the global options where the integration has none', () => {
    expect(Integration.email({ to: 'a' }).destinations({ smtpSmarthost: 'smtp:25' })).toEqual([25]);
    expect(Integration.pagerDuty({ routingKey: url }).destinations({ http: { proxyUrl: 'http://p:1' } })).toEqual([
      'http://p:1',
    ]);
  });
});
