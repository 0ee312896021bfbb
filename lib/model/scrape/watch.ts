import { readService } from '../manifest';
import type { Discovery, Namespaces } from './discovery';
import type { ScrapeTarget } from './scrape-target';

/** What Prometheus watches at the API server for a discovery. */
export function discoveryRole(
  discovery: Exclude<Discovery, { readonly kind: 'static' | 'probe' }>,
): 'pod' | 'endpointslice' | 'node' {
  switch (discovery.kind) {
    case 'pod':
    case 'node':
      return discovery.kind;
    case 'annotation':
      return discovery.role === 'pod' ? 'pod' : 'endpointslice';
    default:
      return 'endpointslice';
  }
}

/** The selector as the API server applies it, for each kind of object that is watched; undefined where relabeling applies it. */
export function roleSelectors({
  discovery,
  options,
}: ScrapeTarget):
  | readonly { readonly role: 'pod' | 'endpointslice' | 'service'; readonly label: string }[]
  | undefined {
  const label = options.selectorMechanism === 'RoleSelector' ? roleSelector(discovery) : undefined;
  const roles = discovery.kind === 'pod' ? (['pod'] as const) : (['endpointslice', 'service'] as const);
  return label === undefined || label === '' ? undefined : roles.map((role) => ({ role, label }));
}

/** A selector as the API server reads it in a query. */
function roleSelector(discovery: Discovery): string | undefined {
  if (discovery.kind !== 'pod' && discovery.kind !== 'service') {
    return undefined;
  }
  const { matchLabels = {}, matchExpressions = [] } = discovery.selector;
  const equal = Object.entries(matchLabels).map(([key, value]): [string, string] => [key, `${key}=${value}`]);
  const expressed = matchExpressions.map(({ key, operator, values = [] }): [string, string] => [
    key,
    {
      In: `${key} in (${[...values].sort().join(',')})`,
      NotIn: `${key} notin (${[...values].sort().join(',')})`,
      Exists: key,
      DoesNotExist: `!${key}`,
    }[operator],
  ]);
  // In the order in which Kubernetes itself writes a selector.
  return [...equal, ...expressed]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, requirement]) => requirement)
    .join(',');
}

/** The namespaces that a discovery watches; nodes and static hosts need none. */
export function namespacesOf(discovery: Discovery): Namespaces {
  switch (discovery.kind) {
    case 'serviceObject': {
      const service = readService(discovery.service);
      return [typeof service === 'string' ? 'default' : (service.namespace ?? 'default')];
    }
    case 'service':
    case 'pod':
    case 'annotation':
      return discovery.namespaces;
    default:
      return 'all';
  }
}
