import type { SecretKey } from '../../references';
import type { HttpNotifierOptions, IntegrationType } from './integration-type';

/**
 * Push messages by Pushover; texts are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#pushover_config
 */
export interface PushoverOptions extends HttpNotifierOptions {
  /** Key of the user or group. */
  readonly userKey: SecretKey;
  /** Token of the application. */
  readonly token: SecretKey;
  /** @default - Alertmanager's template */
  readonly title?: string;
  /** @default - Alertmanager's template */
  readonly message?: string;
  /** @default - Alertmanager's template */
  readonly url?: string;
  /** @default - none */
  readonly urlTitle?: string;
  /** One device of the user. @default - all */
  readonly device?: string;
  /** @default - that of the user */
  readonly sound?: string;
  /** -2 to 2. @default - 2 while firing, 0 when resolved */
  readonly priority?: string;
  /** Time between repetitions of an emergency; at least 30s. @default 1m */
  readonly retry?: string;
  /** Time after which an emergency is given up. @default 1h */
  readonly expire?: string;
  /** Time after which the message is deleted. @default - never */
  readonly ttl?: string;
  /** The message is HTML. @default false */
  readonly html?: boolean;
  /** The message is shown in a fixed-width font. @default false */
  readonly monospace?: boolean;
}

/** How Pushover is notified. */
export const PUSHOVER: IntegrationType<PushoverOptions> = {
  name: 'pushover',
  secrets: ['userKey', 'token'],
  goDurations: ['retry', 'expire', 'ttl'],
  destination: () => 443,
  check: ({ html, monospace }, problems) => {
    if (html && monospace) {
      problems.add('monospace', 'Only one of html and monospace is possible; remove one.');
    }
  },
};
