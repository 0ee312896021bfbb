import type { Auth } from './auth';
import type { GrafanaProps } from './grafana-props';

/** Ports at which Grafana reaches what its props name, beside data sources: identity providers, database, mail, plugins. */
export function outgoingPorts(props: GrafanaProps, auth: readonly Auth[]): readonly number[] {
  const ports = [
    ...auth.flatMap((each) => each.ports),
    hostPort(props.database?.host),
    hostPort(props.smtp?.host),
    (props.plugins ?? []).length > 0 ? 443 : undefined,
  ];
  const valid = ports.filter((port): port is number => port !== undefined && Number.isInteger(port) && port > 0);
  return [...new Set(valid)].sort((a, b) => a - b);
}

/** The port of `host:port`; undefined where the text is none. */
export function hostPort(address: string | undefined): number | undefined {
  const port =
    address === undefined ? undefined : /^(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(address)?.[1];
  return port !== undefined && Number(port) > 0 && Number(port) < 65536 ? Number(port) : undefined;
}
