import { renderHttpClient } from '../http-client';
import { metaName } from '../label';
import { readService } from '../manifest';
import type { FileResolver } from '../references';
import { literal, Relabel, type RelabelConfig, renderRelabel } from '../relabel';
import type { AnnotationDiscovery, Discovery, LabelExpression, LabelSelector, Namespaces } from './discovery';
import { renderLimits, type ScrapeEndpoint } from './endpoint';
import { findPort, oneOf, type ScrapeOptions, type ScrapeTarget } from './scrape-target';

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
      scrape_native_histograms: options.scrapeNativeHistograms,
      always_scrape_classic_histograms: options.scrapeClassicHistograms,
      convert_classic_histograms_to_nhcb: options.convertClassicHistogramsToNhcb,
      ...renderLimits(options),
      ...renderHttpClient(endpoint, files),
      ...renderDiscovery(target),
      relabel_configs: nativeRelabelings(target, endpoint, name !== job).map(renderRelabel),
      metric_relabel_configs: endpoint.metricRelabelings?.map(renderRelabel),
    });
  });
}

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

/** `job_name` of each endpoint: the job itself, or with what tells its endpoints apart. */
export function scrapeJobNames({ job, endpoints }: ScrapeTarget): readonly string[] {
  return endpoints.length === 1 ? [job] : namesOf(endpoints).map((name) => `${job}/${name}`);
}

/** The port of each endpoint, and the path where the port alone does not tell them apart. */
function namesOf(endpoints: readonly ScrapeEndpoint[]): readonly string[] {
  const ports = endpoints.map(({ port, targetPort, path = '/metrics' }) => String(port ?? targetPort ?? path.slice(1)));
  return new Set(ports).size === ports.length
    ? ports
    : endpoints.map(({ path = '/metrics' }, index) => `${ports[index]}${path}`);
}

/** Drops what is undefined or an empty list, at every depth, and copies: YAML would otherwise write anchors. */
export function compact<T extends Record<string, unknown>>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_key, inner: unknown) => (Array.isArray(inner) && inner.length === 0 ? undefined : inner)),
  ) as T;
}

function escapeDollar(value: string): string {
  return value.replaceAll('$', '$$$$');
}

function renderDiscovery(target: ScrapeTarget): Record<string, unknown> {
  const { discovery, options } = target;
  if (discovery.kind === 'static' || discovery.kind === 'probe') {
    return { static_configs: [{ targets: discovery.kind === 'static' ? discovery.hosts : discovery.targets }] };
  }
  const role = discoveryRole(discovery);
  const namespaces = namespacesOf(discovery);
  return {
    kubernetes_sd_configs: [
      {
        role,
        namespaces: namespaces === 'all' ? undefined : { names: namespaces },
        attach_metadata: options.attachNodeMetadata && role !== 'node' ? { node: true } : undefined,
        selectors: roleSelectors(target),
      },
    ],
  };
}

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
