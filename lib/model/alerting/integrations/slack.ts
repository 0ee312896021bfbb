import type { SecretKey } from '../../references';
import { type HttpNotifierOptions, type IntegrationType, requireOption } from './integration-type';

/** One field of a message, shown as a title and a value. */
export interface MessageField {
  readonly title: string;
  readonly value: string;
  /** May stand beside another field. @default - the message's shortFields */
  readonly short?: boolean;
}

/** A button of a Slack message; needs `url` or `name`. */
export interface SlackAction {
  readonly type: string;
  readonly text: string;
  /** @default - none */
  readonly url?: string;
  /** `primary` or `danger`. @default - neutral */
  readonly style?: string;
  /** @default - none */
  readonly name?: string;
  /** @default - none */
  readonly value?: string;
  /** Asks before it acts. @default - acts at once */
  readonly confirm?: {
    readonly text: string;
    /** @default - none */
    readonly title?: string;
    /** @default Okay */
    readonly okText?: string;
    /** @default Cancel */
    readonly dismissText?: string;
  };
}

/**
 * Messages to Slack, by an incoming webhook (`apiUrl`) or by an app (`appToken`); texts are templates.
 *
 * `updateMessage` is not offered: Alertmanager allows it only together with an `api_url` in clear text.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#slack_config
 */
export interface SlackOptions extends HttpNotifierOptions {
  /** The incoming webhook. @default - the global slackApiUrl */
  readonly apiUrl?: SecretKey;
  /** Token of an app, instead of a webhook. @default - the global slackAppToken */
  readonly appToken?: SecretKey;
  /** Where an app's messages go. @default - the global slackAppUrl */
  readonly appUrl?: string;
  /** Channel or user, such as `#ml-infra`. @default - that of the webhook */
  readonly channel?: string;
  /** @default - Alertmanager's template */
  readonly username?: string;
  /** @default - red while firing, green when resolved */
  readonly color?: string;
  /** @default - Alertmanager's template */
  readonly title?: string;
  /** @default - Alertmanager's template */
  readonly titleLink?: string;
  /** @default - Alertmanager's template */
  readonly pretext?: string;
  /** @default - Alertmanager's template */
  readonly text?: string;
  /** Text outside of the attachment. @default - none */
  readonly messageText?: string;
  /** @default - none */
  readonly fields?: readonly MessageField[];
  /** Fields stand beside each other. @default false */
  readonly shortFields?: boolean;
  /** @default - Alertmanager's template */
  readonly footer?: string;
  /** Plain text for clients without attachments. @default - Alertmanager's template */
  readonly fallback?: string;
  /** @default - Alertmanager's template */
  readonly callbackId?: string;
  /** @default - Alertmanager's template */
  readonly iconEmoji?: string;
  /** @default - Alertmanager's template */
  readonly iconUrl?: string;
  /** @default - none */
  readonly imageUrl?: string;
  /** @default - none */
  readonly thumbUrl?: string;
  /** Finds and links channels and users in the text. @default false */
  readonly linkNames?: boolean;
  /** Parts that are read as markdown. @default - fallback, pretext and text */
  readonly mrkdwnIn?: readonly string[];
  /** Buttons. @default - none */
  readonly actions?: readonly SlackAction[];
  /** Time that a request may take. @default - no limit */
  readonly timeout?: string;
}

/** How Slack is notified. */
export const SLACK: IntegrationType<SlackOptions> = {
  name: 'slack',
  secrets: ['apiUrl', 'appToken'],
  urls: ['appUrl'],
  goDurations: ['timeout'],
  destination: ({ apiUrl, appUrl }, global) => (apiUrl === undefined ? (appUrl ?? global.slackAppUrl ?? 443) : 443),
  check: (options, problems, global) => {
    if (options.apiUrl !== undefined && options.appToken !== undefined) {
      problems.add('appToken', 'Only one of apiUrl and appToken is possible; remove one.');
    }
    if (options.appToken === undefined && global.slackAppToken === undefined) {
      requireOption('apiUrl', options.apiUrl, 'slackApiUrl', global, problems);
    }
    if (options.appToken !== undefined && options.http?.authorization !== undefined) {
      problems.add('http.authorization', 'It is the app token already; remove one of them.');
    }
    for (const [index, { url, name }] of (options.actions ?? []).entries()) {
      if (url === undefined && name === undefined) {
        problems.add(`actions[${index}]`, 'An action needs url or name.');
      }
    }
  },
};
