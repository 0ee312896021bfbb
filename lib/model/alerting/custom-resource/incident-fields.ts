import type { Sigv4Options } from '../../cloud-auth';
import { goDuration } from '../go-duration';
import type { OpsgenieOptions, OpsgenieResponder } from '../integrations/opsgenie';
import type { PagerDutyOptions } from '../integrations/pagerduty';
import type { PushoverOptions } from '../integrations/pushover';
import type { SnsOptions } from '../integrations/sns';
import type { VictorOpsOptions } from '../integrations/victorops';
import {
  address,
  duration,
  exact,
  type FieldContext,
  keyValues,
  link,
  linkProblem,
  notifier,
  type OptionField,
  type OptionFields,
  same,
  secret,
  unusable,
} from './option-field';

/** Incidents in PagerDuty. */
export const pagerduty: OptionFields<PagerDutyOptions> = {
  ...notifier,
  routingKey: secret('routingKey'),
  serviceKey: secret('serviceKey'),
  url: address('url'),
  client: same('client'),
  clientUrl: link('clientURL'),
  description: same('description'),
  severity: same('severity'),
  details: keyValues('details'),
  images: links('pagerDutyImageConfigs', ({ src, alt, href }) => ({ src, alt, href })),
  // The text of a link stands under this name in the custom resource.
  links: links('pagerDutyLinkConfigs', ({ href, text }) => ({ href, alt: text })),
  source: same('source'),
  component: same('component'),
  group: same('group'),
  class: same('class'),
  timeout: duration('timeout'),
};

/** A list of things with an address each. */
function links<T extends { readonly href?: string }>(
  name: string,
  write: (each: T) => Record<string, unknown>,
): OptionField<readonly T[]> {
  return (list, property, context) => {
    for (const [index, { href = '' }] of list.entries()) {
      context.problems.addIf(`${property}[${index}].href`, linkProblem(href));
    }
    return same<unknown>(name)(list.map(write), property, context);
  };
}

/** Alerts in Opsgenie. */
export const opsgenie: OptionFields<OpsgenieOptions> = {
  ...notifier,
  apiKey: secret('apiKey'),
  apiUrl: address('apiURL'),
  message: same('message'),
  description: same('description'),
  source: same('source'),
  details: keyValues('details'),
  entity: same('entity'),
  responders,
  actions: same('actions'),
  tags: same('tags'),
  note: same('note'),
  priority: same('priority'),
  updateAlerts: same('updateAlerts'),
};

function responders(
  list: readonly OpsgenieResponder[],
  property: string,
  context: FieldContext,
): Record<string, unknown> {
  for (const [index, { type }] of list.entries()) {
    if (type.includes('{{')) {
      context.problems.add(
        `${property}[${index}].type`,
        `"${type}" received. Allowed in an AlertmanagerConfig: team, teams, user, escalation or schedule, no template.`,
      );
    }
  }
  return same<unknown>('responders')(
    list.map((each) => ({ ...each, type: each.type.toLowerCase() })),
    property,
    context,
  );
}

/** Incidents in Splunk On-Call, formerly VictorOps. */
export const victorops: OptionFields<VictorOpsOptions> = {
  ...notifier,
  apiKey: secret('apiKey'),
  apiUrl: address('apiUrl'),
  routingKey: same('routingKey'),
  messageType: same('messageType'),
  stateMessage: same('stateMessage'),
  entityDisplayName: same('entityDisplayName'),
  monitoringTool: same('monitoringTool'),
  customFields: keyValues('customFields'),
};

/** Push messages by Pushover. */
export const pushover: OptionFields<PushoverOptions> = {
  ...notifier,
  userKey: secret('userKey'),
  token: secret('token'),
  title: same('title'),
  message: same('message'),
  url: link('url'),
  urlTitle: same('urlTitle'),
  device: same('device'),
  sound: unusable('The operator does not hand it on. Leave it out.'),
  priority: same('priority'),
  retry: duration('retry'),
  expire: duration('expire'),
  // The operator hands on this one as it is.
  ttl: (ttl) => ({ ttl: goDuration(ttl) }),
  html: same('html'),
  monospace: same('monospace'),
};

/** Messages by AWS SNS. */
export const sns: OptionFields<SnsOptions> = {
  ...notifier,
  apiUrl: link('apiURL'),
  sigv4,
  topicArn: same('topicARN'),
  targetArn: same('targetARN'),
  phoneNumber: same('phoneNumber'),
  subject: same('subject'),
  message: same('message'),
  attributes: exact('attributes'),
  useAwsHttpClient: same('useAWSHTTPClient'),
};

function sigv4(
  { useFipsStsEndpoint, ...options }: Sigv4Options,
  property: string,
  context: FieldContext,
): Record<string, unknown> {
  if (useFipsStsEndpoint) {
    context.problems.add(
      `${property}.useFipsStsEndpoint`,
      'The operator does not hand it on. Leave it out, or set AWS_USE_FIPS_ENDPOINT for that Alertmanager.',
    );
  }
  return same<unknown>('sigv4')(options, property, context);
}
