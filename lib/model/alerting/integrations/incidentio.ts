import type { SecretKey } from '../../references';
import type { HttpNotifierOptions, IntegrationType } from './integration-type';

/**
 * Alerts in incident.io.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#incidentio_config
 */
export interface IncidentioOptions extends HttpNotifierOptions {
  /** URL of the alert source, literally or as a key of a Secret. */
  readonly url: string | SecretKey;
  /** @default - http.authorization is used */
  readonly alertSourceToken?: SecretKey;
  /** Alerts per request; further ones are left out. @default - all */
  readonly maxAlerts?: number;
  /** Time that a request may take. @default - no limit */
  readonly timeout?: string;
}

/** How incident.io is notified. */
export const INCIDENTIO: IntegrationType<IncidentioOptions> = {
  name: 'incidentio',
  secrets: ['alertSourceToken'],
  urls: ['url'],
  goDurations: ['timeout'],
  destination: ({ url }) => (typeof url === 'string' ? url : 443),
  check: ({ alertSourceToken, http }, problems) => {
    const authorized = http?.authorization !== undefined;
    if (authorized === (alertSourceToken !== undefined)) {
      problems.add(
        'alertSourceToken',
        `${authorized ? 'Both' : 'None'} of alertSourceToken and http.authorization received. Allowed: one.`,
      );
    }
  },
};
