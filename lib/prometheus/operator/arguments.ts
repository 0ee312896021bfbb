import type { PrometheusProps } from '../prometheus-props';
import { prometheusArguments } from '../standalone/arguments';

/** A flag as a custom resource takes it. */
export interface Argument {
  readonly name: string;
  readonly value?: string;
}

/** What the operator sets itself, from fields of the custom resource; it refuses flags of the same name. */
const MANAGED = [
  'config.file',
  'storage.tsdb.path',
  'storage.tsdb.wal-compression',
  'web.external-url',
  'web.route-prefix',
  'web.page-title',
  'web.max-connections',
  'web.config.file',
  'web.enable-lifecycle',
  'web.enable-admin-api',
  'web.enable-remote-write-receiver',
  'web.remote-write-receiver.accepted-protobuf-messages',
  'web.enable-otlp-receiver',
  'query.lookback-delta',
  'query.timeout',
  'query.max-concurrency',
  'query.max-samples',
  'rules.alert.for-outage-tolerance',
  'rules.alert.for-grace-period',
  'rules.alert.resend-delay',
  'enable-feature',
  'log.level',
  'log.format',
  'agent',
  'storage.agent.path',
  'storage.agent.wal-compression',
];

const WAL_COMPRESSION = 'storage.tsdb.wal-compression-type';
const AGENT_WAL_COMPRESSION = 'storage.agent.wal-compression-type';

/** The flags that no field of the custom resource stands for. */
export function additionalArguments(props: PrometheusProps, agent: boolean): readonly Argument[] {
  const { extraArgs = [], ...rest } = props;
  return [
    ...prometheusArguments(rest, '')
      .map(toArgument)
      // The one setting of the write-ahead log that an agent shares has a flag of its own there.
      .map(({ name, ...value }) => ({
        name: agent && name === WAL_COMPRESSION ? AGENT_WAL_COMPRESSION : name,
        ...value,
      }))
      .filter(({ name }) => !MANAGED.includes(name) && !MANAGED.includes(name.replace(/^no-/, ''))),
    ...extraArgs.map(toArgument),
  ];
}

/** The flags of the user that the operator would refuse. */
export function managedArguments(extraArgs: readonly string[]): readonly string[] {
  return extraArgs.filter((flag) => MANAGED.includes(toArgument(flag).name.replace(/^no-/, '')));
}

/** Splits a flag into name and value. */
export function toArgument(flag: string): Argument {
  const [, name = '', value] = /^--?([^=]+)(?:=(.*))?$/s.exec(flag) ?? [];
  return value === undefined ? { name } : { name, value };
}
