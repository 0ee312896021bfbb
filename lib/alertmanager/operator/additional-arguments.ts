import type { Metadata } from '../../core/workload';
import type { AlertmanagerProps } from '../alertmanager-props';
import { alertmanagerArguments } from '../arguments';

/** A flag as the custom resource takes it. */
export interface Argument {
  readonly name: string;
  readonly value?: string;
}

/**
 * Flags that the operator sets itself; it refuses an Alertmanager that brings one of them along.
 *
 * The time limit of requests and the size of a silence are not among them, although the custom resource has fields for
 * both: up to version 0.94 the operator turns these into flags that no Alertmanager accepts.
 */
const MANAGED: ReadonlySet<string> = new Set([
  'config.file',
  'storage.path',
  'data.retention',
  'silences.max-silences',
  'web.listen-address',
  'web.external-url',
  'web.route-prefix',
  'web.get-concurrency',
  'web.config.file',
  'cluster.listen-address',
  'cluster.advertise-address',
  'cluster.peer',
  'cluster.peer-name',
  'cluster.peer-timeout',
  'cluster.label',
  'cluster.gossip-interval',
  'cluster.pushpull-interval',
  'cluster.reconnect-timeout',
  'cluster.tls-config',
  'enable-feature',
  'log.level',
  'log.format',
]);

/** The flags that no field of the custom resource stands for. */
export function additionalArguments(props: AlertmanagerProps, metadata: Metadata, replicas: number): Argument[] {
  const { extraArgs = [], ...own } = props;
  const flags = alertmanagerArguments(own, metadata, replicas).map(toArgument);
  return [...flags.filter(({ name }) => !MANAGED.has(name)), ...extraArgs.map(toArgument)];
}

/** Names of the user's flags that the operator would refuse. */
export function refusedArguments(extraArgs: readonly string[]): readonly string[] {
  return extraArgs.map((flag) => toArgument(flag).name.replace(/^no-/, '')).filter((name) => MANAGED.has(name));
}

function toArgument(flag: string): Argument {
  const [, name = '', value = ''] = /^-*([^=]*)=?(.*)$/s.exec(flag) ?? [];
  return value === '' ? { name } : { name, value };
}
