import type { SecretKey } from '../../references';
import { type HttpNotifierOptions, type IntegrationType, requireOption } from './integration-type';

/** Who answers an Opsgenie alert; needs one of `id`, `name` and `username`. */
export interface OpsgenieResponder {
  /** `team`, `teams`, `user`, `escalation`, `schedule`, or a template. */
  readonly type: string;
  /** @default - none */
  readonly id?: string;
  /** @default - none */
  readonly name?: string;
  /** @default - none */
  readonly username?: string;
}

/**
 * Alerts in Opsgenie; texts are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#opsgenie_config
 */
export interface OpsgenieOptions extends HttpNotifierOptions {
  /** @default - the global opsgenieApiKey */
  readonly apiKey?: SecretKey;
  /** @default - the global opsgenieApiUrl */
  readonly apiUrl?: string;
  /** At most 130 characters. @default - Alertmanager's template */
  readonly message?: string;
  /** @default - Alertmanager's template */
  readonly description?: string;
  /** @default - Alertmanager's template */
  readonly source?: string;
  /** Further key-value pairs. @default - the common labels */
  readonly details?: Readonly<Record<string, string>>;
  /** What the alert is about. @default - none */
  readonly entity?: string;
  /** @default - none */
  readonly responders?: readonly OpsgenieResponder[];
  /** Comma separated. @default - none */
  readonly actions?: string;
  /** Comma separated. @default - none */
  readonly tags?: string;
  /** @default - none */
  readonly note?: string;
  /** P1 to P5. @default P3 */
  readonly priority?: string;
  /** Message and description follow the alerts. @default false */
  readonly updateAlerts?: boolean;
}

const RESPONDERS = ['team', 'teams', 'user', 'escalation', 'schedule'];

/** How Opsgenie is notified. */
export const OPSGENIE: IntegrationType<OpsgenieOptions> = {
  name: 'opsgenie',
  secrets: ['apiKey'],
  urls: ['apiUrl'],
  verbatim: ['details'],
  destination: ({ apiUrl }, global) => apiUrl ?? global.opsgenieApiUrl ?? 443,
  check: ({ apiKey, responders = [] }, problems, global) => {
    requireOption('apiKey', apiKey, 'opsgenieApiKey', global, problems);
    for (const [index, { type, id, name, username }] of responders.entries()) {
      if (id === undefined && name === undefined && username === undefined) {
        problems.add(`responders[${index}]`, 'A responder needs one of id, name and username.');
      }
      if (!type.includes('{{') && !RESPONDERS.includes(type.toLowerCase())) {
        problems.add(
          `responders[${index}].type`,
          `"${type}" received. Allowed: ${RESPONDERS.join(', ')}, or a template.`,
        );
      }
    }
  },
};
