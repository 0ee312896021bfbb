import type { ConfigMapTexts } from '../../operator-http-client';
import type { Problems } from '../../problem';
import { type AlertmanagerConfiguration, inhibitRulesOf, receiversOf, timeIntervalsOf } from '../configuration';
import type { Integration } from '../integration';
import type { Receiver } from '../receiver';
import { INTEGRATION_FIELDS } from './integration-fields';
import type { FieldContext, OptionField } from './option-field';
import { renderInhibitRuleField, renderRouteField } from './routes';
import { renderTimeIntervalField } from './time-intervals';

/**
 * Renders the specification of an AlertmanagerConfig; what it cannot say is reported.
 *
 * @param texts takes what is no secret, but what the custom resource has only by reference.
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1alpha1.AlertmanagerConfigSpec
 */
export function renderAlertmanagerConfigSpec(
  config: AlertmanagerConfiguration,
  texts: ConfigMapTexts,
  problems: Problems,
): Record<string, unknown> {
  reportForeign(config, problems);
  const some = <T>(list: readonly T[]) => (list.length === 0 ? undefined : list);
  return {
    route: renderRouteField(config.routing, problems),
    receivers: receiversOf(config).map((receiver) =>
      renderReceiver(receiver, { texts, problems: problems.within(`receivers/${receiver.name}`) }),
    ),
    inhibitRules: some(
      inhibitRulesOf(config).map((rule, index) =>
        renderInhibitRuleField(rule, problems.within(`inhibitRules/${rule.name ?? index}`)),
      ),
    ),
    muteTimeIntervals: some(
      timeIntervalsOf(config).map((interval) =>
        renderTimeIntervalField(interval, problems.within(`timeIntervals/${interval.name}`)),
      ),
    ),
  };
}

/** What belongs to the Alertmanager itself, and so to whoever runs it. */
const FOREIGN = {
  templates:
    'An AlertmanagerConfig has none. Write the texts into the receivers, or let the owner of the Alertmanager add the templates, and name them in knownTemplates.',
  global: 'An AlertmanagerConfig has no global options. Set them at each receiver.',
  tracing: 'It belongs to the Alertmanager itself. Leave it out.',
  eventRecorder: 'It belongs to the Alertmanager itself. Leave it out.',
} as const;

function reportForeign(config: AlertmanagerConfiguration, problems: Problems): void {
  for (const [property, message] of Object.entries(FOREIGN)) {
    const value = config[property as keyof typeof FOREIGN];
    if (value !== undefined && Object.keys(value).length > 0) {
      problems.add(property, message);
    }
  }
}

function renderReceiver({ name, labels = {}, integrations }: Receiver, context: FieldContext): Record<string, unknown> {
  if (Object.keys(labels).length > 0) {
    context.problems.add('labels', 'The receivers of an AlertmanagerConfig have none. Leave them out.');
  }
  const lists: Record<string, Record<string, unknown>[]> = {};
  for (const [index, integration] of integrations.entries()) {
    const known = INTEGRATION_FIELDS.get(integration.name);
    if (known === undefined) {
      const have = [...INTEGRATION_FIELDS.keys()].sort().join(', ');
      context.problems.add(
        integration.name,
        `An AlertmanagerConfig has no such integration; it has: ${have}. Use one of them, or run an Alertmanager of your own.`,
      );
    } else {
      const part = integrations.length === 1 ? integration.name : `${integration.name}[${index}]`;
      const here = { ...context, problems: context.problems.within(part) };
      lists[known.list] = [...(lists[known.list] ?? []), renderIntegration(integration, known.fields, here)];
    }
  }
  return { name, ...lists };
}

function renderIntegration(
  { options }: Integration,
  fields: Readonly<Record<string, OptionField<never>>>,
  context: FieldContext,
): Record<string, unknown> {
  return Object.assign(
    {},
    ...Object.entries(options).map(([option, value]) =>
      value === undefined ? {} : fields[option]?.(value as never, option, context),
    ),
  );
}
