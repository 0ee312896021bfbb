import type { SecretKey } from '../../references';
import { type HttpNotifierOptions, type IntegrationType, requireOption, requireText } from './integration-type';

/**
 * Incidents in Splunk On-Call, formerly VictorOps; texts are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#victorops_config
 */
export interface VictorOpsOptions extends HttpNotifierOptions {
  /** @default - the global victoropsApiKey */
  readonly apiKey?: SecretKey;
  /** @default - the global victoropsApiUrl */
  readonly apiUrl?: string;
  /** The team; not a secret. */
  readonly routingKey: string;
  /** CRITICAL, WARNING or INFO. @default CRITICAL */
  readonly messageType?: string;
  /** @default - Alertmanager's template */
  readonly stateMessage?: string;
  /** @default - Alertmanager's template */
  readonly entityDisplayName?: string;
  /** @default - Alertmanager's template */
  readonly monitoringTool?: string;
  /** Further fields. @default - none */
  readonly customFields?: Readonly<Record<string, string>>;
}

const RESERVED = [
  'routing_key',
  'message_type',
  'state_message',
  'entity_display_name',
  'monitoring_tool',
  'entity_id',
  'entity_state',
];

/** How VictorOps is notified. */
export const VICTOROPS: IntegrationType<VictorOpsOptions> = {
  name: 'victorops',
  secrets: ['apiKey'],
  urls: ['apiUrl'],
  verbatim: ['customFields'],
  destination: ({ apiUrl }, global) => apiUrl ?? global.victoropsApiUrl ?? 443,
  check: ({ apiKey, routingKey, customFields = {} }, problems, global) => {
    requireOption('apiKey', apiKey, 'victoropsApiKey', global, problems);
    requireText('routingKey', routingKey, problems);
    for (const name of Object.keys(customFields).filter((each) => RESERVED.includes(each))) {
      problems.add(
        'customFields',
        `"${name}" is a field of VictorOps itself. Allowed: names other than ${RESERVED.join(', ')}.`,
      );
    }
  },
};
