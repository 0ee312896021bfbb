import type { Labels } from '../../model/label';
import { readService } from '../../model/manifest';
import { literal, Relabel, type RelabelConfig } from '../../model/relabel';
import type { Discovery, LabelSelector } from '../../model/scrape/discovery';
import type { ScrapeEndpoint } from '../../model/scrape/endpoint';
import { findPort } from '../../model/scrape/service-port';
import { staticLabels } from '../../model/scrape/target-relabelings';
import { namespacesOf } from '../../model/scrape/watch';
import { jobRelabeling } from './job-label';
import type { MonitorPart } from './monitor';
import { endpointFields, monitorLimits, namespaceSelector, selectorField } from './monitor-fields';

/**
 * Renders the specification of a ServiceMonitor.
 *
 * A Service that is known by object or by name is selected by its name as well: labels alone could match another one.
 *
 * @see https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitorSpec
 */
export function renderServiceMonitor(part: MonitorPart): Record<string, unknown> {
  const { target, endpoints, scrapeClass } = part;
  const { discovery, options } = target;
  const { selector, name } = selectionOf(discovery);
  return {
    selector: selectorField(selector),
    selectorMechanism: options.selectorMechanism,
    namespaceSelector: namespaceSelector(namespacesOf(discovery)),
    jobLabel: options.jobLabel,
    targetLabels: options.targetLabels,
    podTargetLabels: options.podTargetLabels,
    attachMetadata: options.attachNodeMetadata === undefined ? undefined : { node: options.attachNodeMetadata },
    scrapeClass,
    bodySizeLimit: options.bodySizeLimit,
    ...monitorLimits(options),
    endpoints: endpoints.map((endpoint) => {
      const port = portOf(discovery, endpoint);
      const relabelings = [
        ...(name === undefined ? [] : [Relabel.keep('__meta_kubernetes_service_name', literal(name))]),
        ...port.relabelings,
        // The name of the Service is the job already.
        ...(name === target.job && options.jobLabel === undefined ? [] : [jobRelabeling(target, 'service')]),
        ...staticLabels(target),
        ...(endpoint.relabelings ?? []),
      ];
      const { bearerTokenFile, ...fields } = serviceEndpoint(endpoint, relabelings, part);
      return { ...port.field, bearerTokenFile, ...fields };
    }),
  };
}

/** Without scrape classes a file with a token has only the deprecated field. */
function serviceEndpoint(
  endpoint: ScrapeEndpoint,
  relabelings: readonly RelabelConfig[],
  part: MonitorPart,
): Record<string, unknown> {
  const credentials = endpoint.authorization?.credentials;
  if (part.scrapeClass !== undefined || typeof credentials !== 'string') {
    return endpointFields(endpoint, relabelings, part);
  }
  const { authorization: _, ...rest } = endpoint;
  return { ...endpointFields(rest, relabelings, part), bearerTokenFile: credentials };
}

function selectionOf(discovery: Discovery): { readonly selector: LabelSelector; readonly name: string | undefined } {
  if (discovery.kind === 'serviceObject') {
    const service = readService(discovery.service);
    return typeof service === 'string'
      ? { selector: {}, name: undefined }
      : { selector: { matchLabels: lastingLabels(service.labels) }, name: service.name };
  }
  return discovery.kind === 'service'
    ? { selector: discovery.selector, name: discovery.name }
    : { selector: {}, name: undefined };
}

/** Labels that the tools which apply manifests rewrite, or that change with a release. */
const REWRITTEN = [
  'app.kubernetes.io/instance',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/version',
  'helm.sh/chart',
];

/** The labels of a Service by which it can be selected in every cluster; its name tells it from others. */
function lastingLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !REWRITTEN.includes(key)));
}

interface PortSelection {
  readonly field: Record<string, unknown>;
  readonly relabelings: readonly RelabelConfig[];
}

function portOf(discovery: Discovery, { port, targetPort }: ScrapeEndpoint): PortSelection {
  if (targetPort !== undefined) {
    return { field: { targetPort }, relabelings: [] };
  }
  if (discovery.kind !== 'serviceObject') {
    return { field: typeof port === 'number' ? { targetPort: port } : { port }, relabelings: [] };
  }
  const service = readService(discovery.service);
  const found = typeof service === 'string' ? undefined : findPort(service, port);
  if (found?.name !== undefined) {
    return { field: { port: found.name }, relabelings: [] };
  }
  const target = found?.targetPort ?? found?.port ?? '';
  return {
    field: {},
    relabelings: [
      ...(typeof target === 'string' ? [] : [Relabel.keep('__meta_kubernetes_endpointslice_port', String(target))]),
      Relabel.keep('__meta_kubernetes_endpointslice_port_name', ''),
      Relabel.set('endpoint', String(target)),
    ],
  };
}
