import type { SecretKey } from '../../references';
import type { HttpNotifierOptions, IntegrationType } from './integration-type';

/**
 * A POST request with the alerts as JSON, to a service of one's own.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export interface WebhookOptions extends HttpNotifierOptions {
  /** A URL without a password, which may be a template; or a key of a Secret that holds the URL. */
  readonly url: string | SecretKey;
  /** Alerts per request; further ones are left out. @default - all */
  readonly maxAlerts?: number;
  /** Time that a request may take. @default - no limit */
  readonly timeout?: string;
  /** Body of the request; texts in it are templates. @default - Alertmanager's own format */
  readonly payload?: unknown;
}

/** How a web service is notified. */
export const WEBHOOK: IntegrationType<WebhookOptions> = {
  name: 'webhook',
  urls: ['url'],
  verbatim: ['payload'],
  goDurations: ['timeout'],
  destination: ({ url }) => url,
};
