import type { SecretKey } from '../../references';
import { type HttpNotifierOptions, type IntegrationType, requireOption } from './integration-type';
import type { MessageField } from './slack';

/**
 * A formatted part of a Mattermost message; texts are templates.
 *
 * @see https://developers.mattermost.com/integrate/reference/message-attachments/
 */
export interface MattermostAttachment {
  /** Plain text for clients without attachments. @default - none */
  readonly fallback?: string;
  /** @default - none */
  readonly color?: string;
  /** @default - none */
  readonly pretext?: string;
  /** @default - none */
  readonly text?: string;
  /** @default - none */
  readonly authorName?: string;
  /** @default - none */
  readonly authorLink?: string;
  /** @default - none */
  readonly authorIcon?: string;
  /** @default - none */
  readonly title?: string;
  /** @default - none */
  readonly titleLink?: string;
  /** @default - none */
  readonly fields?: readonly MessageField[];
  /** @default - none */
  readonly thumbUrl?: string;
  /** @default - none */
  readonly footer?: string;
  /** @default - none */
  readonly footerIcon?: string;
  /** @default - none */
  readonly imageUrl?: string;
}

/**
 * Messages in Mattermost; texts are templates, those that are left out Alertmanager's own.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#mattermost_config
 */
export interface MattermostOptions extends HttpNotifierOptions, MattermostAttachment {
  /** The incoming webhook. @default - the global mattermostWebhookUrl */
  readonly webhookUrl?: SecretKey;
  /** @default - that of the webhook */
  readonly channel?: string;
  /** @default - Alertmanager's template */
  readonly username?: string;
  /** @default - none */
  readonly iconUrl?: string;
  /** @default - none */
  readonly iconEmoji?: string;
  /** Further attachments. @default - none */
  readonly attachments?: readonly MattermostAttachment[];
  /** Type of the post, beginning with `custom_`. @default - none */
  readonly type?: string;
  /** @default - none */
  readonly props?: { readonly card?: string };
  /** @default - none */
  readonly priority?: {
    readonly priority?: string;
    readonly requestedAck?: boolean;
    readonly persistentNotifications?: boolean;
  };
}

/** How Mattermost is notified. */
export const MATTERMOST: IntegrationType<MattermostOptions> = {
  name: 'mattermost',
  secrets: ['webhookUrl'],
  destination: ({ webhookUrl }, global) => webhookUrl ?? global.mattermostWebhookUrl,
  check: ({ webhookUrl }, problems, global) =>
    requireOption('webhookUrl', webhookUrl, 'mattermostWebhookUrl', global, problems),
};
