import type { SecretKey } from '../../references';
import type { HttpNotifierOptions, IntegrationType } from './integration-type';

/**
 * Cards in Microsoft Teams, by a workflow ("Power Automate"); texts are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#msteamsv2_config
 */
export interface MsTeamsV2Options extends HttpNotifierOptions {
  /** URL of the workflow. */
  readonly webhookUrl: SecretKey;
  /** @default - Alertmanager's template */
  readonly title?: string;
  /** @default - Alertmanager's template */
  readonly text?: string;
}

/**
 * Cards in Microsoft Teams, by a connector, which Microsoft has retired; texts are templates.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#msteams_config
 */
export interface MsTeamsOptions extends MsTeamsV2Options {
  /** @default - Alertmanager's template */
  readonly summary?: string;
}

/** How Microsoft Teams is notified by a workflow. */
export const MSTEAMS_V2: IntegrationType<MsTeamsV2Options> = {
  name: 'msteamsv2',
  secrets: ['webhookUrl'],
  destination: () => 443,
};

/** How Microsoft Teams is notified by a connector. */
export const MSTEAMS: IntegrationType<MsTeamsOptions> = {
  name: 'msteams',
  secrets: ['webhookUrl'],
  destination: () => 443,
};
