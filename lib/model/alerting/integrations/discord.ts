import type { SecretKey } from '../../references';
import type { HttpNotifierOptions, IntegrationType } from './integration-type';

/**
 * Messages in Discord; texts are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#discord_config
 */
export interface DiscordOptions extends HttpNotifierOptions {
  readonly webhookUrl: SecretKey;
  /** @default - Alertmanager's template */
  readonly title?: string;
  /** @default - Alertmanager's template */
  readonly message?: string;
  /** Text outside of the embed, at most 2000 characters. @default - none */
  readonly content?: string;
  /** @default - that of the webhook */
  readonly username?: string;
  /** @default - that of the webhook */
  readonly avatarUrl?: string;
}

/** How Discord is notified. */
export const DISCORD: IntegrationType<DiscordOptions> = {
  name: 'discord',
  secrets: ['webhookUrl'],
  destination: () => 443,
};
