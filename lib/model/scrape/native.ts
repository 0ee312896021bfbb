import { renderHttpClient } from '../http-client';
import { metaName } from '../label';
import { readService } from '../manifest';
import type { FileResolver } from '../references';
import { literal, Relabel, type RelabelConfig, renderRelabel } from '../relabel';
import type { AnnotationDiscovery, Discovery, LabelExpression, LabelSelector, Namespaces } from './discovery';
import { renderLimits, type ScrapeEndpoint } from './endpoint';
import { findPort, oneOf, type ScrapeTarget } from './scrape-target';

/** One entry of `scrape_configs`, in Prometheus' own spelling. */
export interface NativeScrapeConfig extends Record<string, unknown> {
  readonly job_name: string;
}

const SERVICE_META = '__meta_kubernetes_service_';
const POD_META = '__meta_kubernetes_pod_';
const SLICE_META = '__meta_kubernetes_endpointslice_';

/**
 * Renders a target as native scrape configurations, one per endpoint.
 *
 * The final labels are those that prometheus-operator gives to the same target: `job`, `instance`, `namespace`,
 * `service`, `pod`, `container`, `node` and `endpoint`, as far as the kind of target has them.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
 */
export function renderNative(target: ScrapeTarget, files: FileResolver): readonly NativeScrapeConfig[] {
  const { options, discovery, endpoints, job } = target;
  const names = scrapeJobNames(target);
  return endpoints.map((endpoint, index) => {
    const name = names[index] ?? job;
    const relabelings = [
      ...discoveryRelabelings(discovery, endpoint, options.hostNetwork ?? false),
      ...(name === job ? [] : [Relabel.set('job', job)]),
      ...copiedLabels(target),
      ...Object.entries(options.labels ?? {}).map(([label, value]) => Relabel.set(label, escapeDollar(value))),
      ...(endpoint.relabelings ?? []),
    ];
    return compact({
      job_name: name,
      scrape_interval: endpoint.interval,
      scrape_timeout: endpoint.timeout,
      metrics_path: discovery.kind === 'node' && discovery.throughApiServer ? undefined : endpoint.path,
      scheme: endpoint.scheme,
      params: endpoint.params,
      honor_labels: endpoint.honorLabels,
      honor_timestamps: endpoint.honorTimestamps,
      track_timestamps_staleness: endpoint.trackTimestampsStaleness,
      enable_compression: endpoint.enableCompression,
      scrape_protocols: options.scrapeProtocols,
      fallback_scrape_protocol: options.fallbackScrapeProtocol,
      always_scrape_classic_histograms: options.scrapeClassicHistograms,
      convert_classic_histograms_to_nhcb: options.convertClassicHistogramsToNhcb,
      ...renderLimits(options),
      ...renderHttpClient(endpoint, files),
      ...renderDiscovery(discovery, options.attachNodeMetadata ?? false),
      relabel_configs: relabelings.map(renderRelabel),
      metric_relabel_configs: endpoint.metricRelabelings?.map(renderRelabel),
    });
  });
}

/** `job_name` of each endpoint: the job itself, or with what tells its endpoints apart. */
export function scrapeJobNames({ job, endpoints }: ScrapeTarget): readonly string[] {
  return endpoints.length === 1 ? [job] : namesOf(endpoints).map((name) => `${job}/${name}`);
}

/** The port of each endpoint, and the path where the port alone does not tell them apart. */
function namesOf(endpoints: readonly ScrapeEndpoint[]): readonly string[] {
  const ports = endpoints.map(({ port, path = '/metrics' }) => String(port ?? path.slice(1)));
  return new Set(ports).size === ports.length
    ? ports
    : endpoints.map(({ path = '/metrics' }, index) => `${ports[index]}${path}`);
}

/** Drops what is undefined or an empty list, at every depth, and copies: YAML would otherwise write anchors. */
function compact<T extends Record<string, unknown>>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => (Array.isArray(inner) && inner.length === 0 ? undefined : inner)),
  ) as T;
}

function escapeDollar(value: string): string {
  return value.replaceAll('$', '$$$$');
}

function renderDiscovery(discovery: Discovery, attachNode: boolean): Record<string, unknown> {
  if (discovery.kind === 'static') {
    return { static_configs: [{ targets: discovery.hosts }] };
  }
  const role = {
    serviceObject: 'endpointslice',
    service: 'endpointslice',
    pod: 'pod',
    node: 'node',
    annotation: discovery.kind === 'annotation' && discovery.role === 'pod' ? 'pod' : 'endpointslice',
  }[discovery.kind];
  const namespaces = namespacesOf(discovery);
  return {
    kubernetes_sd_configs: [
      {
        role,
        namespaces: namespaces === 'all' ? undefined : { names: namespaces },
        attach_metadata: attachNode && role !== 'node' ? { node: true } : undefined,
      },
    ],
  };
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

function discoveryRelabelings(
  discovery: Discovery,
  endpoint: ScrapeEndpoint,
  hostNetwork: boolean,
): readonly RelabelConfig[] {
  switch (discovery.kind) {
    case 'serviceObject': {
      const service = readService(discovery.service);
      if (typeof service === 'string') {
        return [];
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
      ];
    }
    case 'service':
      return [
        ...(discovery.name === undefined ? [] : [Relabel.keep(`${SERVICE_META}name`, literal(discovery.name))]),
        ...selectorRelabelings(SERVICE_META, discovery.selector),
        ...portRelabelings(`${SLICE_META}port_name`, endpoint.port),
        ...endpointLabels(endpoint.port === undefined ? undefined : String(endpoint.port)),
      ];
    case 'pod':
      return [
        ...selectorRelabelings(POD_META, discovery.selector),
        Relabel.drop(`${POD_META}phase`, '(Failed|Succeeded)'),
        ...(hostNetwork && typeof endpoint.port === 'number'
          ? addressRelabelings(endpoint.port)
          : portRelabelings(`${POD_META}container_port_name`, endpoint.port)),
        Relabel.copy('__meta_kubernetes_namespace', 'namespace'),
        Relabel.copy(`${POD_META}container_name`, 'container'),
        Relabel.copy(`${POD_META}name`, 'pod'),
        ...(endpoint.port === undefined ? [] : [Relabel.set('endpoint', String(endpoint.port))]),
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

/** Points at a port of the pod's address, whatever ports the pod declares; IPv6 needs brackets. */
function addressRelabelings(port: number): readonly RelabelConfig[] {
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
    Relabel.replace(target, 'Pod;(.*)', 'pod', '$1'),
    Relabel.copy('__meta_kubernetes_namespace', 'namespace'),
    Relabel.copy(`${SERVICE_META}name`, 'service'),
    Relabel.copy(`${POD_META}container_name`, 'container'),
    Relabel.drop(`${POD_META}phase`, '(Failed|Succeeded)'),
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
