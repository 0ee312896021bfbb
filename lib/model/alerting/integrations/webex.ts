import type { Authorization, HttpClientConfig } from '../../http-client';
import { type HttpNotifierOptions, type IntegrationType, requireText } from './integration-type';

/**
 * Messages in Webex; the message is a template.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webex_config
 */
export interface WebexOptions extends HttpNotifierOptions {
  /** Must authorize: the token of the bot. */
  readonly http: HttpClientConfig & { readonly authorization: Authorization };
  readonly roomId: string;
  /** @default - the global webexApiUrl */
  readonly apiUrl?: string;
  /** @default - Alertmanager's template */
  readonly message?: string;
}

/** How Webex is notified. */
export const WEBEX: IntegrationType<WebexOptions> = {
  name: 'webex',
  urls: ['apiUrl'],
  destination: ({ apiUrl }, global) => apiUrl ?? global.webexApiUrl ?? 443,
  check: ({ roomId }, problems) => requireText('roomId', roomId, problems),
};
