import { metaName } from '../label';
import { readService } from '../manifest';
import { literal, Relabel, type RelabelConfig } from '../relabel';
import type { AnnotationDiscovery, Discovery, LabelExpression, LabelSelector } from './discovery';
import type { ScrapeEndpoint } from './endpoint';
import { oneOf, type ScrapeOptions, type ScrapeTarget } from './scrape-target';
import { findPort } from './service-port';

const SERVICE_META = '__meta_kubernetes_service_';
const POD_META = '__meta_kubernetes_pod_';
const SLICE_META = '__meta_kubernetes_endpointslice_';
/**
 * Everything that makes the final labels of a target out of what was discovered.
 *
 * @param setsJob where the job label is not that of the scrape configuration already
 */
export function nativeRelabelings(
  target: ScrapeTarget,
  endpoint: ScrapeEndpoint,
  setsJob: boolean,
): readonly RelabelConfig[] {
  const { options, discovery, job } = target;
  return [
    ...discoveryRelabelings(discovery, endpoint, options),
    ...(setsJob ? [Relabel.set('job', job)] : []),
    ...copiedLabels(target),
    ...staticLabels(target),
    ...(endpoint.relabelings ?? []),
  ];
}

/** The labels that every series of a target gets. */
export function staticLabels({ options }: ScrapeTarget): readonly RelabelConfig[] {
  return Object.entries(options.labels ?? {}).map(([label, value]) => Relabel.set(label, escapeDollar(value)));
}

function escapeDollar(value: string): string {
  return value.replaceAll('$', '$$$$');
}

function discoveryRelabelings(
  discovery: Discovery,
  endpoint: ScrapeEndpoint,
  options: ScrapeOptions,
): readonly RelabelConfig[] {
  const { hostNetwork = false, selectorMechanism } = options;
  const selectorOf = (meta: string, selector: LabelSelector) =>
    selectorMechanism === 'RoleSelector' ? [] : selectorRelabelings(meta, selector);
  const running = (endpoint.filterRunning ?? true) ? [Relabel.drop(`${POD_META}phase`, '(Failed|Succeeded)')] : [];
  switch (discovery.kind) {
    case 'serviceObject': {
      const service = readService(discovery.service);
      if (typeof service === 'string') {
        return [];
      }
      if (endpoint.targetPort !== undefined) {
        return [
          Relabel.keep(`${SERVICE_META}name`, literal(service.name)),
          ...targetPortRelabelings(endpoint.targetPort),
          ...endpointLabels(String(endpoint.targetPort)),
          ...running,
        ];
      }
      const port = findPort(service, endpoint.port);
      return [
        // Prometheus also finds ports that the pod declares and the Service does not name.
        ...(port?.name === undefined && typeof port?.targetPort !== 'string'
          ? [Relabel.keep(`${SLICE_META}port`, String(port?.targetPort ?? port?.port ?? ''))]
          : []),
        Relabel.keep(
          [`${SERVICE_META}name`, `${SLICE_META}port_name`],
          [service.name, port?.name ?? ''].map(literal).join(';'),
        ),
        ...endpointLabels(port?.name ?? String(port?.targetPort ?? port?.port ?? '')),
        ...running,
      ];
    }
    case 'service': {
      const { port, targetPort } = endpoint;
      const endpointLabel = port ?? targetPort;
      return [
        ...(discovery.name === undefined ? [] : [Relabel.keep(`${SERVICE_META}name`, literal(discovery.name))]),
        ...selectorOf(SERVICE_META, discovery.selector),
        ...(targetPort === undefined
          ? portRelabelings(`${SLICE_META}port_name`, port)
          : targetPortRelabelings(targetPort)),
        ...endpointLabels(endpointLabel === undefined ? undefined : String(endpointLabel)),
        ...running,
      ];
    }
    case 'probe':
      return [
        Relabel.copy('__address__', '__param_target'),
        Relabel.copy('__param_target', 'instance'),
        Relabel.set('__address__', discovery.prober),
      ];
    case 'pod':
      return [
        ...selectorOf(POD_META, discovery.selector),
        ...running,
        ...(hostNetwork && typeof endpoint.port === 'number'
          ? addressRelabelings(endpoint.port)
          : portRelabelings(`${POD_META}container_port_name`, endpoint.port ?? endpoint.targetPort)),
        Relabel.copy('__meta_kubernetes_namespace', 'namespace'),
        Relabel.copy(`${POD_META}container_name`, 'container'),
        Relabel.copy(`${POD_META}name`, 'pod'),
        ...podEndpointLabel(endpoint),
      ];
    case 'node':
      return nodeRelabelings(discovery.throughApiServer, endpoint);
    case 'annotation':
      return annotationRelabelings(discovery);
    case 'static':
      return [];
  }
}

/** Keeps what the selector matches; an absent label is told from an empty one. */
function selectorRelabelings(meta: string, selector: LabelSelector): readonly RelabelConfig[] {
  const value = (key: string) => `${meta}label_${metaName(key)}`;
  const present = (key: string) => `${meta}labelpresent_${metaName(key)}`;
  const labels = Object.entries(selector.matchLabels ?? {});
  const wanted = labels.flatMap(([key, text]) =>
    text === ''
      ? [
          [value(key), ''],
          [present(key), 'true'],
        ]
      : [[value(key), text]],
  );
  return [
    ...(wanted.length === 0
      ? []
      : [
          Relabel.keep(
            wanted.map(([label = '']) => label),
            wanted.map(([, text = '']) => literal(text)).join(';'),
          ),
        ]),
    ...(selector.matchExpressions ?? []).map((expression) => expressionRelabeling(expression, value, present)),
  ];
}

function expressionRelabeling(
  { key, operator, values = [] }: LabelExpression,
  value: (key: string) => string,
  present: (key: string) => string,
): RelabelConfig {
  switch (operator) {
    case 'In':
      return Relabel.keep([value(key), present(key)], `(${oneOf(values)});true`);
    case 'NotIn':
      return Relabel.drop([value(key), present(key)], `(${oneOf(values)});true`);
    case 'Exists':
      return Relabel.keep(present(key), 'true');
    case 'DoesNotExist':
      return Relabel.drop(present(key), 'true');
  }
}

function portRelabelings(nameLabel: string, port: string | number | undefined): readonly RelabelConfig[] {
  if (port === undefined) {
    return [];
  }
  return typeof port === 'string'
    ? [Relabel.keep(nameLabel, literal(port))]
    : [Relabel.keep(`${POD_META}container_port_number`, String(port))];
}

/** Keeps a port that the container declares, whatever the Service calls it. */
function targetPortRelabelings(port: string | number): readonly RelabelConfig[] {
  return [
    Relabel.keep(`${POD_META}container_port_${typeof port === 'number' ? 'number' : 'name'}`, literal(String(port))),
  ];
}

/** The label of the port by which a pod is scraped. */
export function podEndpointLabel({ port, targetPort }: ScrapeEndpoint): readonly RelabelConfig[] {
  const label = port ?? targetPort;
  return label === undefined ? [] : [Relabel.set('endpoint', String(label))];
}

/** Points at a port of the pod's address, whatever ports the pod declares; IPv6 needs brackets. */
export function addressRelabelings(port: number): readonly RelabelConfig[] {
  return [
    Relabel.replace(`${POD_META}ip`, '([^:]+)', '__address__', `$1:${port}`),
    Relabel.replace(`${POD_META}ip`, '(.*:.*)', '__address__', `[$1]:${port}`),
  ];
}

/** The labels of an endpoint of a Service, as the operator names them. */
function endpointLabels(port: string | undefined): readonly RelabelConfig[] {
  const target = [`${SLICE_META}address_target_kind`, `${SLICE_META}address_target_name`];
  return [
    Relabel.replace(target, 'Node;(.*)', 'node', '$1'),
    Relabel.copy(`${POD_META}name`, 'pod'),
    Relabel.copy('__meta_kubernetes_namespace', 'namespace'),
    Relabel.copy(`${SERVICE_META}name`, 'service'),
    Relabel.copy(`${POD_META}container_name`, 'container'),
    ...(port === undefined ? [] : [Relabel.set('endpoint', port)]),
  ];
}

function nodeRelabelings(throughApiServer: boolean, endpoint: ScrapeEndpoint): readonly RelabelConfig[] {
  const node = Relabel.copy('__meta_kubernetes_node_name', 'node');
  return throughApiServer
    ? [
        node,
        Relabel.set('__address__', 'kubernetes.default.svc:443'),
        Relabel.replace(
          '__meta_kubernetes_node_name',
          '(.+)',
          '__metrics_path__',
          `/api/v1/nodes/$1/proxy${endpoint.path ?? '/metrics'}`,
        ),
      ]
    : [node];
}

function annotationRelabelings({ role, prefix, exclude }: AnnotationDiscovery): readonly RelabelConfig[] {
  const meta = role === 'pod' ? POD_META : SERVICE_META;
  const annotation = (name: string) => `${meta}annotation_${metaName(`${prefix}/${name}`)}`;
  const address = '(\\[[0-9a-fA-F:]+\\]|[^:]+)(?::\\d+)?;(\\d+)';
  return [
    Relabel.keep(annotation('scrape'), 'true'),
    ...exclude.map(({ namespace, matchLabels }) => {
      const labels = Object.entries(matchLabels);
      const sources = ['__meta_kubernetes_namespace', ...labels.map(([key]) => `${meta}label_${metaName(key)}`)];
      return Relabel.drop(sources, [namespace, ...labels.map(([, value]) => value)].map(literal).join(';'));
    }),
    Relabel.drop(`${POD_META}phase`, '(Pending|Failed|Succeeded)'),
    Relabel.replace(annotation('scheme'), '(https?)', '__scheme__', '$1'),
    Relabel.replace(annotation('path'), '(.+)', '__metrics_path__', '$1'),
    Relabel.replace(['__address__', annotation('port')], address, '__address__', '$1:$2'),
    Relabel.copy('__meta_kubernetes_namespace', 'namespace'),
    ...(role === 'service' ? [Relabel.copy(`${SERVICE_META}name`, 'service')] : []),
    Relabel.copy(`${POD_META}name`, 'pod'),
    Relabel.copy(`${POD_META}node_name`, 'node'),
  ];
}

function copiedLabels({ options, discovery }: ScrapeTarget): readonly RelabelConfig[] {
  const service = (label: string) => `${SERVICE_META}label_${metaName(label)}`;
  const pod = (label: string) => `${POD_META}label_${metaName(label)}`;
  const jobSource = discovery.kind === 'pod' ? pod : service;
  const copy = (source: string, label: string) => Relabel.replace(source, '(.+)', metaName(label), '$1');
  return [
    ...(options.jobLabel === undefined ? [] : [copy(jobSource(options.jobLabel), 'job')]),
    ...(options.targetLabels ?? []).map((label) => copy(service(label), label)),
    ...(options.podTargetLabels ?? []).map((label) => copy(pod(label), label)),
  ];
}
