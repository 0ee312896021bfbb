import type { SecretKey } from '../../references';
import { type HttpNotifierOptions, type IntegrationType, requireOption } from './integration-type';
import type { MessageField } from './slack';

/** A button of a Rocket.Chat message. */
export interface RocketchatAction {
  /** @default button */
  readonly type?: string;
  /** @default - none */
  readonly text?: string;
  /** @default - none */
  readonly url?: string;
  /** Text that is sent when the button is pressed. @default - none */
  readonly msg?: string;
}

/**
 * Messages in Rocket.Chat; texts are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#rocketchat_config
 */
export interface RocketchatOptions extends HttpNotifierOptions {
  /** @default - the global rocketchatApiUrl */
  readonly apiUrl?: string;
  /** @default - the global rocketchatToken */
  readonly token?: SecretKey;
  /** @default - the global rocketchatTokenId */
  readonly tokenId?: SecretKey;
  /** Channel or user. @default - none */
  readonly channel?: string;
  /** @default - red while firing, green when resolved */
  readonly color?: string;
  /** @default - Alertmanager's template */
  readonly title?: string;
  /** @default - Alertmanager's template */
  readonly titleLink?: string;
  /** @default - Alertmanager's template */
  readonly text?: string;
  /** @default - none */
  readonly fields?: readonly MessageField[];
  /** Fields stand beside each other. @default false */
  readonly shortFields?: boolean;
  /** @default - Alertmanager's template */
  readonly emoji?: string;
  /** @default - Alertmanager's template */
  readonly iconUrl?: string;
  /** @default - none */
  readonly imageUrl?: string;
  /** @default - none */
  readonly thumbUrl?: string;
  /** @default false */
  readonly linkNames?: boolean;
  /** Buttons. @default - none */
  readonly actions?: readonly RocketchatAction[];
}

/** How Rocket.Chat is notified. */
export const ROCKETCHAT: IntegrationType<RocketchatOptions> = {
  name: 'rocketchat',
  secrets: ['token', 'tokenId'],
  urls: ['apiUrl'],
  destination: ({ apiUrl }, global) => apiUrl ?? global.rocketchatApiUrl ?? 443,
  check: ({ token, tokenId }, problems, global) => {
    requireOption('token', token, 'rocketchatToken', global, problems);
    requireOption('tokenId', tokenId, 'rocketchatTokenId', global, problems);
  },
};
