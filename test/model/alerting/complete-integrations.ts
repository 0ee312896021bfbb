import { Integration } from '../../../lib/model/alerting/integration';
import type { DiscordOptions } from '../../../lib/model/alerting/integrations/discord';
import type { EmailOptions } from '../../../lib/model/alerting/integrations/email';
import type { IncidentioOptions } from '../../../lib/model/alerting/integrations/incidentio';
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
import { SecretKey } from '../../../lib/model/references';

/** A key of the Secret `receivers`. */
export const secret = (key: string) => SecretKey.of('receivers', key);
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
/** Every option. */
export const pagerDuty: Required<PagerDutyOptions> = {
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
/** Every option. */
export const pushover: Required<Omit<PushoverOptions, 'monospace'>> = {
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
/** Every option. */
export const sns: Required<Omit<SnsOptions, 'targetArn' | 'phoneNumber'>> = {
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
/** Every option. */
export const jira: Required<JiraOptions> = {
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

/** Every integration by its name, with every option; of options that exclude each other one. */
export const CASES: readonly (readonly [string, Integration, object])[] = [
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
