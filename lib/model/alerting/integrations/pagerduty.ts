import type { SecretKey } from '../../references';
import type { HttpNotifierOptions, IntegrationType } from './integration-type';

/**
 * Incidents in PagerDuty, by the Events API v2 (`routingKey`) or v1 (`serviceKey`); texts are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#pagerduty_config
 */
export interface PagerDutyOptions extends HttpNotifierOptions {
  /** Integration key of the Events API v2. @default - serviceKey is used */
  readonly routingKey?: SecretKey;
  /** Integration key of the type "Prometheus". @default - routingKey is used */
  readonly serviceKey?: SecretKey;
  /** @default - the global pagerdutyUrl */
  readonly url?: string;
  /** @default - Alertmanager's template */
  readonly client?: string;
  /** @default - Alertmanager's template */
  readonly clientUrl?: string;
  /** @default - Alertmanager's template */
  readonly description?: string;
  /** critical, error, warning or info. @default error */
  readonly severity?: string;
  /** Key-value pairs, or trees of them, beside the numbers of alerts. @default - none */
  readonly details?: Readonly<Record<string, unknown>>;
  /** @default - none */
  readonly images?: readonly { readonly src: string; readonly alt?: string; readonly href?: string }[];
  /** @default - none */
  readonly links?: readonly { readonly href: string; readonly text?: string }[];
  /** What is affected. @default - the client */
  readonly source?: string;
  /** Part of the source that is at fault. @default - none */
  readonly component?: string;
  /** Cluster or group of sources. @default - none */
  readonly group?: string;
  /** Class of the event. @default - none */
  readonly class?: string;
  /** Time that a request may take. @default - no limit */
  readonly timeout?: string;
}

/** How PagerDuty is notified. */
export const PAGERDUTY: IntegrationType<PagerDutyOptions> = {
  name: 'pagerduty',
  secrets: ['routingKey', 'serviceKey'],
  urls: ['url'],
  verbatim: ['details'],
  goDurations: ['timeout'],
  destination: ({ url }, global) => url ?? global.pagerdutyUrl ?? 443,
  check: ({ routingKey, serviceKey }, problems) => {
    if (routingKey === undefined && serviceKey === undefined) {
      problems.add(
        'routingKey',
        'It is missing. Set routingKey, or serviceKey for an integration of the type Prometheus.',
      );
    }
  },
};
