import type { HttpClientConfig, TlsConfig } from '../http-client';
import type { SecretKey } from '../references';

/**
 * Defaults of all receivers; what a receiver sets itself wins.
 *
 * Secrets are given only by reference, and reach Alertmanager as files.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#file-layout-and-global-settings
 */
export interface GlobalOptions {
  /** Time after which an alert without an end is resolved; alerts of Prometheus have one. @default 5m */
  readonly resolveTimeout?: string;
  /** How receivers make their requests. @default - TLS verified by the authorities of the image, no proxy */
  readonly http?: HttpClientConfig;
  /** Mail server as `host:port`. @default - each e-mail receiver names one */
  readonly smtpSmarthost?: string;
  /** Sender of mails. @default - each e-mail receiver names one */
  readonly smtpFrom?: string;
  /** Name by which Alertmanager greets the mail server. @default localhost */
  readonly smtpHello?: string;
  /** @default - no authentication */
  readonly smtpAuthUsername?: string;
  /** Password for LOGIN and PLAIN. @default - none */
  readonly smtpAuthPassword?: SecretKey;
  /** Secret for CRAM-MD5. @default - none */
  readonly smtpAuthSecret?: SecretKey;
  /** Identity for PLAIN. @default - none */
  readonly smtpAuthIdentity?: string;
  /** Refuses to send without TLS. @default true */
  readonly smtpRequireTls?: boolean;
  /** TLS from the first byte, or STARTTLS. @default - by port: from the first byte on 465 */
  readonly smtpForceImplicitTls?: boolean;
  /** TLS towards the mail server. @default - the authorities of the image */
  readonly smtpTls?: TlsConfig;
  /** Incoming webhook of Slack. @default - each Slack receiver names one */
  readonly slackApiUrl?: SecretKey;
  /** Token of a Slack app, instead of a webhook. @default - none */
  readonly slackAppToken?: SecretKey;
  /** Where messages of a Slack app go. @default https://slack.com/api/chat.postMessage */
  readonly slackAppUrl?: string;
  /** @default https://events.pagerduty.com/v2/enqueue */
  readonly pagerdutyUrl?: string;
  /** @default https://api.opsgenie.com/ */
  readonly opsgenieApiUrl?: string;
  /** @default - each Opsgenie receiver names one */
  readonly opsgenieApiKey?: SecretKey;
  /** @default https://alert.victorops.com/integrations/generic/20131114/alert/ */
  readonly victoropsApiUrl?: string;
  /** @default - each VictorOps receiver names one */
  readonly victoropsApiKey?: SecretKey;
  /** @default https://api.telegram.org */
  readonly telegramApiUrl?: string;
  /** @default - each Telegram receiver names one */
  readonly telegramBotToken?: SecretKey;
  /** @default https://webexapis.com/v1/messages */
  readonly webexApiUrl?: string;
  /** @default https://qyapi.weixin.qq.com/cgi-bin/ */
  readonly wechatApiUrl?: string;
  /** @default - each WeChat receiver names one */
  readonly wechatApiSecret?: SecretKey;
  /** @default - each WeChat receiver names one */
  readonly wechatApiCorpId?: string;
  /** @default - each Jira receiver names one */
  readonly jiraApiUrl?: string;
  /** @default https://open.rocket.chat/ */
  readonly rocketchatApiUrl?: string;
  /** @default - each Rocket.Chat receiver names one */
  readonly rocketchatToken?: SecretKey;
  /** @default - each Rocket.Chat receiver names one */
  readonly rocketchatTokenId?: SecretKey;
  /** Incoming webhook of Mattermost. @default - each Mattermost receiver names one */
  readonly mattermostWebhookUrl?: SecretKey;
}
