import { SecretKey } from '../../references';
import type { EmailOptions } from '../integrations/email';
import type { WebhookOptions } from '../integrations/webhook';
import { opsgenie, pagerduty, pushover, sns, victorops } from './incident-fields';
import { discord, msteams, msteamsv2, rocketchat, slack, telegram, webex, wechat } from './message-fields';
import {
  duration,
  exact,
  keyValues,
  link,
  missing,
  notifier,
  type OptionField,
  type OptionFields,
  same,
  secret,
  tls,
} from './option-field';

const email: OptionFields<EmailOptions> = {
  sendResolved: notifier.sendResolved,
  to: same('to'),
  from: same('from'),
  smarthost: same('smarthost'),
  hello: same('hello'),
  authUsername: same('authUsername'),
  authPassword: secret('authPassword'),
  authSecret: secret('authSecret'),
  authIdentity: same('authIdentity'),
  requireTls: same('requireTLS'),
  forceImplicitTls: same('forceImplicitTLS'),
  tls,
  // An empty one means that the mail has no HTML.
  html: exact('html'),
  text: same('text'),
  headers: keyValues('headers'),
  threading: ({ enabled, threadByDate }) =>
    enabled ? { threading: { threadByDate: threadByDate === 'daily' ? 'Daily' : 'None' } } : {},
};

const webhook: OptionFields<WebhookOptions> = {
  ...notifier,
  url: (url, property, context) =>
    url instanceof SecretKey ? secret('urlSecret')(url, property, context) : link('url')(url, property, context),
  maxAlerts: same('maxAlerts'),
  timeout: duration('timeout'),
  payload: (payload, property, context) =>
    typeof payload === 'string'
      ? same('payload')(payload, property, context)
      : missing('Only a text fits: write the payload as one template.')(payload, property, context),
};

/** How an integration stands in the custom resource. */
export interface IntegrationFields {
  /** Name of its list in a receiver. */
  readonly list: string;
  readonly fields: Readonly<Record<string, OptionField<never>>>;
}

/**
 * Every integration that an AlertmanagerConfig knows, by its name in Alertmanager's configuration.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1alpha1.Receiver
 */
export const INTEGRATION_FIELDS: ReadonlyMap<string, IntegrationFields> = new Map(
  Object.entries({
    slack,
    pagerduty,
    opsgenie,
    email,
    webhook,
    msteamsv2,
    msteams,
    discord,
    telegram,
    victorops,
    pushover,
    sns,
    webex,
    wechat,
    rocketchat,
  }).map(([name, fields]) => [name, { list: `${name}Configs`, fields }]),
);
