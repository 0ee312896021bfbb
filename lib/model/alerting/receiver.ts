import type { Labels } from '../label';
import type { Problems } from '../problem';
import type { FileResolver } from '../references';
import type { GlobalOptions } from './global-options';
import { Integration, type IntegrationContext } from './integration';
import type { DiscordOptions } from './integrations/discord';
import type { EmailOptions } from './integrations/email';
import type { IncidentioOptions } from './integrations/incidentio';
import type { Destination } from './integrations/integration-type';
import type { JiraOptions } from './integrations/jira';
import type { MattermostOptions } from './integrations/mattermost';
import type { MsTeamsOptions, MsTeamsV2Options } from './integrations/ms-teams';
import type { OpsgenieOptions } from './integrations/opsgenie';
import type { PagerDutyOptions } from './integrations/pagerduty';
import type { PushoverOptions } from './integrations/pushover';
import type { RocketchatOptions } from './integrations/rocketchat';
import type { SlackOptions } from './integrations/slack';
import type { SnsOptions } from './integrations/sns';
import type { TelegramOptions } from './integrations/telegram';
import type { VictorOpsOptions } from './integrations/victorops';
import type { WebexOptions } from './integrations/webex';
import type { WebhookOptions } from './integrations/webhook';
import type { WechatOptions } from './integrations/wechat';

/**
 * Who is notified, and how; the name is unique in an Alertmanager.
 *
 * Secrets are given as keys of Secrets, and reach Alertmanager as files; none is written to the output.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#receiver
 * @example
 * Receiver.pagerDuty('oncall', { routingKey: SecretKey.of('pagerduty', 'routing-key') })
 * Receiver.of('team', [Integration.slack({ ... }), Integration.email({ to: 'team@example.com' })])
 */
export class Receiver {
  /** A receiver that is notified in several ways. Labels are shown and filtered by in Alertmanager's API. */
  public static of(name: string, integrations: readonly Integration[], labels?: Labels): Receiver {
    return new Receiver(name, integrations, labels);
  }

  /** Nobody: alerts that are routed here are dropped on purpose. */
  public static none(name = 'none'): Receiver {
    return new Receiver(name, []);
  }

  /** Messages to Slack. */
  public static slack(name: string, options: SlackOptions): Receiver {
    return Receiver.of(name, [Integration.slack(options)]);
  }

  /** Incidents in PagerDuty. */
  public static pagerDuty(name: string, options: PagerDutyOptions): Receiver {
    return Receiver.of(name, [Integration.pagerDuty(options)]);
  }

  /** Alerts in Opsgenie. */
  public static opsgenie(name: string, options: OpsgenieOptions): Receiver {
    return Receiver.of(name, [Integration.opsgenie(options)]);
  }

  /** Mails. */
  public static email(name: string, options: EmailOptions): Receiver {
    return Receiver.of(name, [Integration.email(options)]);
  }

  /** Requests to a service of one's own. */
  public static webhook(name: string, options: WebhookOptions): Receiver {
    return Receiver.of(name, [Integration.webhook(options)]);
  }

  /** Cards in Microsoft Teams, by a workflow. */
  public static msTeamsV2(name: string, options: MsTeamsV2Options): Receiver {
    return Receiver.of(name, [Integration.msTeamsV2(options)]);
  }

  /** Cards in Microsoft Teams, by a connector, which Microsoft has retired. */
  public static msTeams(name: string, options: MsTeamsOptions): Receiver {
    return Receiver.of(name, [Integration.msTeams(options)]);
  }

  /** Messages in Discord. */
  public static discord(name: string, options: DiscordOptions): Receiver {
    return Receiver.of(name, [Integration.discord(options)]);
  }

  /** Messages in Telegram. */
  public static telegram(name: string, options: TelegramOptions): Receiver {
    return Receiver.of(name, [Integration.telegram(options)]);
  }

  /** Incidents in Splunk On-Call, formerly VictorOps. */
  public static victorOps(name: string, options: VictorOpsOptions): Receiver {
    return Receiver.of(name, [Integration.victorOps(options)]);
  }

  /** Push messages by Pushover. */
  public static pushover(name: string, options: PushoverOptions): Receiver {
    return Receiver.of(name, [Integration.pushover(options)]);
  }

  /** Messages by AWS SNS. */
  public static sns(name: string, options: SnsOptions): Receiver {
    return Receiver.of(name, [Integration.sns(options)]);
  }

  /** Messages in Webex. */
  public static webex(name: string, options: WebexOptions): Receiver {
    return Receiver.of(name, [Integration.webex(options)]);
  }

  /** Messages in WeChat. */
  public static wechat(name: string, options: WechatOptions): Receiver {
    return Receiver.of(name, [Integration.wechat(options)]);
  }

  /** Issues in Jira. */
  public static jira(name: string, options: JiraOptions): Receiver {
    return Receiver.of(name, [Integration.jira(options)]);
  }

  /** Messages in Rocket.Chat. */
  public static rocketchat(name: string, options: RocketchatOptions): Receiver {
    return Receiver.of(name, [Integration.rocketchat(options)]);
  }

  /** Alerts in incident.io. */
  public static incidentio(name: string, options: IncidentioOptions): Receiver {
    return Receiver.of(name, [Integration.incidentio(options)]);
  }

  /** Messages in Mattermost. */
  public static mattermost(name: string, options: MattermostOptions): Receiver {
    return Receiver.of(name, [Integration.mattermost(options)]);
  }

  private constructor(
    public readonly name: string,
    /** The ways in which it is notified; none for a receiver that drops alerts. */
    public readonly integrations: readonly Integration[],
    /** Shown and filtered by in Alertmanager's API. */
    public readonly labels?: Labels,
  ) {}

  /** Whether somebody is notified. */
  public get delivers(): boolean {
    return this.integrations.length > 0;
  }

  /** What its integrations connect to. */
  public destinations(global: GlobalOptions): readonly Destination[] {
    return this.integrations.flatMap((integration) => integration.destinations(global));
  }

  /** Renders an entry of `receivers`. */
  public render(files: FileResolver): Record<string, unknown> {
    const configs: Record<string, Record<string, unknown>[]> = {};
    for (const { name, render } of this.integrations) {
      const key = `${name}_configs`;
      configs[key] = [...(configs[key] ?? []), render(files)];
    }
    return { name: this.name, labels: this.labels, ...configs };
  }

  /** Checks the receiver as Alertmanager would when it loads it. */
  public check(problems: Problems, context: IntegrationContext): void {
    if (this.name === '') {
      problems.add('name', 'A receiver needs a name.');
    }
    if (this.labels?.name !== undefined && this.labels.name !== this.name) {
      problems.add(
        'labels',
        `The label "name" is "${this.labels.name}". Allowed: the receiver's name, "${this.name}".`,
      );
    }
    for (const [index, { name, check }] of this.integrations.entries()) {
      check(problems.within(this.integrations.length === 1 ? name : `${name}[${index}]`), context);
    }
  }
}
