import type { FileResolver } from '../references';
import type { EventRecorderOptions } from './event-recorder';
import type { GlobalOptions } from './global-options';
import { type InhibitRule, renderInhibitRule } from './inhibit-rule';
import type { Destination } from './integrations/integration-type';
import { renderOptions } from './options';
import { Receiver } from './receiver';
import { referencedIntervals, referencedReceivers, renderRoute, routeTree } from './route-tree';
import type { Routing } from './routing';
import { type NamedTimeInterval, renderTimeInterval, WELL_KNOWN_TIME_INTERVALS } from './time-interval';
import { renderTracing, type TracingOptions } from './tracing';

/**
 * Everything that an Alertmanager is configured with.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export interface AlertmanagerConfiguration {
  /** Who is notified of which alert. */
  readonly routing: Routing;
  /** Receivers that the routing names by text. @default - those that the routing holds */
  readonly receivers?: readonly Receiver[];
  /** Alerts that mute others, beside those of the routing. @default - none */
  readonly inhibitRules?: readonly InhibitRule[];
  /** Times that the routing names by text. @default - those that the routing holds, and `weekends` */
  readonly timeIntervals?: readonly NamedTimeInterval[];
  /** Texts of template files by their names, which end in `.tmpl`. @default - Alertmanager's own templates */
  readonly templates?: Readonly<Record<string, string>>;
  /** Defaults of all receivers. @default - Alertmanager's own */
  readonly global?: GlobalOptions;
  /** Traces of Alertmanager's own work. @default - none */
  readonly tracing?: TracingOptions;
  /** Records of what Alertmanager does; experimental. @default - none */
  readonly eventRecorder?: EventRecorderOptions;
}

/**
 * Renders `alertmanager.yml`.
 *
 * @param files answers where the container finds the keys of Secrets and ConfigMaps.
 * @param templateFolder path in front of the names of template files, with a slash. @default - the configuration's own folder
 */
export function renderAlertmanagerConfig(
  config: AlertmanagerConfiguration,
  files: FileResolver,
  templateFolder = '',
): Record<string, unknown> {
  const inhibitRules = inhibitRulesOf(config);
  const timeIntervals = timeIntervalsOf(config);
  const some = <T>(list: readonly T[]) => (list.length === 0 ? undefined : list);
  return {
    global: config.global && renderOptions(config.global, files),
    route: renderRoute(routeTree(config.routing)),
    inhibit_rules: some(inhibitRules.map(renderInhibitRule)),
    receivers: receiversOf(config).map((receiver) => receiver.render(files)),
    templates: some(
      Object.keys(config.templates ?? {})
        .sort()
        .map((name) => `${templateFolder}${name}`),
    ),
    time_intervals: some(timeIntervals.map(renderTimeInterval)),
    tracing: config.tracing && renderTracing(config.tracing, files),
    event_recorder: config.eventRecorder && renderOptions(config.eventRecorder, files),
  };
}

/** Every receiver, each once, in the order of the routes. */
export function receiversOf({ routing, receivers = [] }: AlertmanagerConfiguration): readonly Receiver[] {
  const held = referencedReceivers(routing).filter((each): each is Receiver => each instanceof Receiver);
  return [...new Set([...held, ...receivers])];
}

/** The inhibitions of the routing, those of nested routings included, and of the configuration. */
export function inhibitRulesOf({ routing, inhibitRules = [] }: AlertmanagerConfiguration): readonly InhibitRule[] {
  return [...new Set([...routing.allInhibitRules(), ...inhibitRules])];
}

/** The time intervals that are defined, and the well-known ones that are used. */
export function timeIntervalsOf({
  routing,
  timeIntervals = [],
}: AlertmanagerConfiguration): readonly NamedTimeInterval[] {
  const references = referencedIntervals(routing);
  const held = references.filter((each): each is NamedTimeInterval => typeof each !== 'string');
  const defined = [...new Set([...timeIntervals, ...held])];
  const known = WELL_KNOWN_TIME_INTERVALS.filter(
    ({ name }) => references.includes(name) && !defined.some((each) => each.name === name),
  );
  return [...defined, ...known];
}

/** Everything that the receivers connect to, tracing and recorded events included. */
export function destinationsOf(config: AlertmanagerConfiguration): readonly Destination[] {
  const { global = {}, tracing, eventRecorder = {} } = config;
  const addresses = [
    ...(tracing === undefined ? [] : [tracing.endpoint]),
    ...(eventRecorder.kafkaOutputs ?? []).flatMap(({ brokers }) => brokers),
  ];
  return [
    ...receiversOf(config).flatMap((receiver) => receiver.destinations(global)),
    ...(eventRecorder.webhookOutputs ?? []).map(({ url }) => url),
    ...addresses.map((address) => `tcp://${address}`),
  ];
}
