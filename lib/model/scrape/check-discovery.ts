import { readService, type ServiceObject } from '../manifest';
import type { Problems } from '../problem';
import { nearest } from '../suggest';
import type { Discovery } from './discovery';
import { portProblem, type ScrapeEndpoint } from './endpoint';
import { findPort } from './service-port';

const HOST_AND_PORT = /^[^\s/:]+:\d+$|^\[[0-9a-fA-F:]+\]:\d+$/;

/** Checks what says where the addresses of a target are found. */
export function checkDiscovery(discovery: Discovery, problems: Problems): void {
  if (discovery.kind === 'probe') {
    if (!HOST_AND_PORT.test(discovery.prober)) {
      problems.add('prober', `"${discovery.prober}" received. Allowed: host:port, without a scheme or path.`);
    }
    if (discovery.targets.length === 0) {
      problems.add('targets', 'The list is empty, so nothing would be probed.');
    }
  }
  if (discovery.kind === 'static') {
    for (const host of discovery.hosts) {
      if (!HOST_AND_PORT.test(host)) {
        problems.add('hosts', `"${host}" received. Allowed: host:port, without a scheme or path.`);
      }
    }
    if (discovery.hosts.length === 0) {
      problems.add('hosts', 'The list is empty, so nothing would be scraped.');
    }
  }
  if (discovery.kind === 'service' || discovery.kind === 'pod') {
    const { matchLabels = {}, matchExpressions = [] } = discovery.selector;
    if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0 && !('name' in discovery)) {
      problems.add('matchLabels', 'An empty selector would scrape everything. Name at least one label.');
    }
    for (const { key, operator, values } of matchExpressions) {
      const needs = operator === 'In' || operator === 'NotIn';
      if (needs !== (values !== undefined && values.length > 0)) {
        problems.add('matchExpressions', `"${key} ${operator}" ${needs ? 'needs' : 'takes no'} values.`);
      }
    }
  }
  for (const name of 'namespaces' in discovery && discovery.namespaces !== 'all' ? discovery.namespaces : []) {
    problems.addIf('namespaces', namespaceProblem(name));
  }
  if ('namespaces' in discovery && discovery.namespaces !== 'all' && discovery.namespaces.length === 0) {
    problems.add('namespaces', 'The list is empty, so nothing would be scraped. Leave it out for all namespaces.');
  }
}

/** Checks that a Service of the app selects pods and has the port. */
export function checkServicePort(
  service: ServiceObject,
  { port, targetPort }: ScrapeEndpoint,
  problems: Problems,
): void {
  const manifest = readService(service);
  if (typeof manifest === 'string') {
    problems.add('service', `A ${manifest} was passed. Allowed: a Service.`);
    return;
  }
  const name = `${manifest.namespace ?? 'default'}/${manifest.name}`;
  if (manifest.external || Object.keys(manifest.selector).length === 0) {
    problems.add('service', `Service ${name} selects no pods. Use ScrapeTarget.hosts, or give it a selector.`);
  }
  if (targetPort !== undefined || (typeof port === 'number' && portProblem(port) !== undefined)) {
    return;
  }
  const listed = manifest.ports.map((each) => `${each.name ?? '(unnamed)'} (${each.port})`).join(', ') || 'none';
  if (port === undefined && manifest.ports.length > 1) {
    problems.add('port', `It is missing, and Service ${name} has several: ${listed}.`);
  } else if (port !== undefined && findPort(manifest, port) === undefined) {
    const names = manifest.ports.flatMap((each) => each.name ?? []);
    const near = typeof port === 'string' ? nearest(port, names) : undefined;
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
    problems.add('port', `Service ${name} has no port ${JSON.stringify(port)}; it has: ${listed}.${hint}`);
  }
}

function namespaceProblem(name: string): string | undefined {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)
    ? undefined
    : `"${name}" is no namespace. Allowed: lower-case letters, digits and -, at most 63 characters.`;
}
