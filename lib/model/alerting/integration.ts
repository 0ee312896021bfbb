import { checkDuration } from '../duration';
import { checkHttpClient, checkTls, type HttpClientConfig, type TlsConfig, urlProblem } from '../http-client';
import type { Problems } from '../problem';
import type { FileResolver } from '../references';
import type { GlobalOptions } from './global-options';
import { DISCORD, type DiscordOptions } from './integrations/discord';
import { EMAIL, type EmailOptions } from './integrations/email';
import { INCIDENTIO, type IncidentioOptions } from './integrations/incidentio';
import {
  ANYWHERE,
  type Destination,
  type IntegrationType,
  literalSecretProblem,
  type NotifierOptions,
} from './integrations/integration-type';
import { JIRA, type JiraOptions } from './integrations/jira';
import { MATTERMOST, type MattermostOptions } from './integrations/mattermost';
import { MSTEAMS, MSTEAMS_V2, type MsTeamsOptions, type MsTeamsV2Options } from './integrations/ms-teams';
import { OPSGENIE, type OpsgenieOptions } from './integrations/opsgenie';
import { PAGERDUTY, type PagerDutyOptions } from './integrations/pagerduty';
import { PUSHOVER, type PushoverOptions } from './integrations/pushover';
import { ROCKETCHAT, type RocketchatOptions } from './integrations/rocketchat';
import { SLACK, type SlackOptions } from './integrations/slack';
import { SNS, type SnsOptions } from './integrations/sns';
import { TELEGRAM, type TelegramOptions } from './integrations/telegram';
import { VICTOROPS, type VictorOpsOptions } from './integrations/victorops';
import { WEBEX, type WebexOptions } from './integrations/webex';
import { WEBHOOK, type WebhookOptions } from './integrations/webhook';
import { WECHAT, type WechatOptions } from './integrations/wechat';
import { checkNotificationTemplate } from './notification-template';
import { renderOptions, textsOf } from './options';

/** What an integration is checked against. */
export interface IntegrationContext {
  readonly global: GlobalOptions;
  /** Names of the templates that texts can call. */
  readonly templates: ReadonlySet<string>;
}

/**
 * One way in which a receiver notifies; a receiver may have several.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings
 */
export class Integration {
  /** Messages to Slack. */
  public static readonly slack = (options: SlackOptions): Integration => Integration.make(SLACK, options);
  /** Incidents in PagerDuty. */
  public static readonly pagerDuty = (options: PagerDutyOptions): Integration => Integration.make(PAGERDUTY, options);
  /** Alerts in Opsgenie. */
  public static readonly opsgenie = (options: OpsgenieOptions): Integration => Integration.make(OPSGENIE, options);
  /** Mails. */
  public static readonly email = (options: EmailOptions): Integration => Integration.make(EMAIL, options);
  /** Requests to a service of one's own. */
  public static readonly webhook = (options: WebhookOptions): Integration => Integration.make(WEBHOOK, options);
  /** Cards in Microsoft Teams, by a workflow. */
  public static readonly msTeamsV2 = (options: MsTeamsV2Options): Integration => Integration.make(MSTEAMS_V2, options);
  /** Cards in Microsoft Teams, by a connector, which Microsoft has retired. */
  public static readonly msTeams = (options: MsTeamsOptions): Integration => Integration.make(MSTEAMS, options);
  /** Messages in Discord. */
  public static readonly discord = (options: DiscordOptions): Integration => Integration.make(DISCORD, options);
  /** Messages in Telegram. */
  public static readonly telegram = (options: TelegramOptions): Integration => Integration.make(TELEGRAM, options);
  /** Incidents in Splunk On-Call, formerly VictorOps. */
  public static readonly victorOps = (options: VictorOpsOptions): Integration => Integration.make(VICTOROPS, options);
  /** Push messages by Pushover. */
  public static readonly pushover = (options: PushoverOptions): Integration => Integration.make(PUSHOVER, options);
  /** Messages by AWS SNS. */
  public static readonly sns = (options: SnsOptions): Integration => Integration.make(SNS, options);
  /** Messages in Webex. */
  public static readonly webex = (options: WebexOptions): Integration => Integration.make(WEBEX, options);
  /** Messages in WeChat. */
  public static readonly wechat = (options: WechatOptions): Integration => Integration.make(WECHAT, options);
  /** Issues in Jira. */
  public static readonly jira = (options: JiraOptions): Integration => Integration.make(JIRA, options);
  /** Messages in Rocket.Chat. */
  public static readonly rocketchat = (options: RocketchatOptions): Integration =>
    Integration.make(ROCKETCHAT, options);
  /** Alerts in incident.io. */
  public static readonly incidentio = (options: IncidentioOptions): Integration =>
    Integration.make(INCIDENTIO, options);
  /** Messages in Mattermost. */
  public static readonly mattermost = (options: MattermostOptions): Integration =>
    Integration.make(MATTERMOST, options);

  private static make<O extends NotifierOptions>(type: IntegrationType<O>, options: O): Integration {
    return new Integration(
      type.name,
      options,
      (files) => renderOptions(options, files, type),
      (global) => destinationsOf(type, options, global),
      (problems, context) => {
        checkOptions(type, options, problems, context);
        type.check?.(options, problems, context.global);
      },
    );
  }

  private constructor(
    /** Name in Alertmanager's configuration and metrics, such as `slack`. */
    public readonly name: string,
    /** What it was told. */
    public readonly options: object,
    /** Renders an entry of `<name>_configs`. */
    public readonly render: (files: FileResolver) => Record<string, unknown>,
    /** What it connects to, proxies and token endpoints included. */
    public readonly destinations: (global: GlobalOptions) => readonly Destination[],
    /** Checks the options as Alertmanager would when it loads them. */
    public readonly check: (problems: Problems, context: IntegrationContext) => void,
  ) {}
}

function httpOf(options: object): HttpClientConfig | undefined {
  return 'http' in options ? (options.http as HttpClientConfig | undefined) : undefined;
}

function destinationsOf<O extends NotifierOptions>(
  type: IntegrationType<O>,
  options: O,
  global: GlobalOptions,
): readonly Destination[] {
  const target = type.destination(options, global);
  const http = type.name === 'email' ? {} : (httpOf(options) ?? global.http ?? {});
  const found: Destination[] = [];
  if (target !== undefined && (http.proxyUrl === undefined || http.noProxy !== undefined)) {
    found.push(target);
  }
  if (http.proxyFromEnvironment) {
    found.push(ANYWHERE);
  }
  for (const url of [http.proxyUrl, http.oauth2?.tokenUrl]) {
    found.push(...(url === undefined ? [] : [url]));
  }
  return found;
}

function checkOptions<O extends NotifierOptions>(
  type: IntegrationType<O>,
  options: O,
  problems: Problems,
  { global, templates }: IntegrationContext,
): void {
  for (const property of type.secrets ?? []) {
    problems.addIf(property, literalSecretProblem(options[property]));
  }
  for (const property of type.urls ?? []) {
    const url = options[property];
    problems.addIf(property, typeof url !== 'string' || url.includes('{{') ? undefined : urlProblem(url));
  }
  const target = type.destination(options, global);
  const http = httpOf(options);
  if (http !== undefined) {
    const plain = typeof target === 'string' && target.startsWith('http:');
    checkHttpClient(http, plain ? 'http' : 'https', problems.within('http'));
  }
  if ('tls' in options && options.tls !== undefined) {
    checkTls(options.tls as TlsConfig, problems);
  }
  for (const name of type.goDurations ?? []) {
    const duration = name in options ? options[name as keyof O] : undefined;
    problems.addIf(name, typeof duration === 'string' ? checkDuration(duration) : undefined);
  }
  for (const { property, text } of textsOf(options)) {
    for (const fault of checkNotificationTemplate(text, templates)) {
      problems.add(property, fault);
    }
  }
}
