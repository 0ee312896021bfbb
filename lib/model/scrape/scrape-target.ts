import { defined } from '../defined';
import { type Labels, labelNameProblem } from '../label';
import { readService, type ServiceObject } from '../manifest';
import type { Problems } from '../problem';
import { literal } from '../relabel';
import { checkDiscovery, checkServicePort } from './check-discovery';
import type { Discovery, LabelSelector, Namespaces } from './discovery';
import {
  checkEndpoint,
  checkLimits,
  type ScrapeEndpoint,
  type ScrapeLimits,
  type ScrapeProtocol,
  withAuthorization,
} from './endpoint';

/** What every kind of scrape target can be told. */
export interface ScrapeOptions extends ScrapeEndpoint, ScrapeLimits {
  /** Value of the `job` label. @default - the name of the Service, or the value of the selector's name label */
  readonly job?: string;
  /**
   * Several URLs of the same target; what an endpoint leaves out it takes from the target.
   *
   * @default - one endpoint, as the target's own properties say
   */
  readonly endpoints?: readonly ScrapeEndpoint[];
  /** Labels that every series of this target gets. @default - none */
  readonly labels?: Labels;
  /** Label of the Service or pod whose value becomes the `job` label, where it is set. @default - none */
  readonly jobLabel?: string;
  /** Labels of the Service that are copied to the series. @default - none */
  readonly targetLabels?: readonly string[];
  /** Labels of the pod that are copied to the series. @default - none */
  readonly podTargetLabels?: readonly string[];
  /** Offers the node's labels and annotations to relabelings. @default false */
  readonly attachNodeMetadata?: boolean;
  /** Protocols in the order of preference. @default - Prometheus' own */
  readonly scrapeProtocols?: readonly ScrapeProtocol[];
  /** Protocol assumed for an answer without a valid Content-Type. @default - such a scrape fails */
  readonly fallbackScrapeProtocol?: ScrapeProtocol;
  /** Keeps classic histograms where the target also has native ones. @default false */
  readonly scrapeClassicHistograms?: boolean;
  /** Reads native histograms. @default - Prometheus' own */
  readonly scrapeNativeHistograms?: boolean;
  /** Stores classic histograms as native ones with custom buckets. @default false */
  readonly convertClassicHistogramsToNhcb?: boolean;
  /**
   * Where the selector is applied: by relabeling what was discovered, or by the API server, which then sends less, but
   * knows no Service's labels where pods are watched.
   *
   * @default RelabelConfig
   */
  readonly selectorMechanism?: 'RelabelConfig' | 'RoleSelector';
  /**
   * Scrape class of the operator's Prometheus whose settings this target takes over; no class exists without an operator.
   *
   * @default - none
   */
  readonly scrapeClass?: string;
  /**
   * The pods share the network of their node: a NetworkPolicy can name them only by address, and a port number of
   * theirs need not be declared.
   *
   * @default false
   */
  readonly hostNetwork?: boolean;
  /**
   * The workload is deployed by someone else, so that the check "matches nothing in this app" does not apply.
   *
   * @default false
   */
  readonly external?: boolean;
}

/** Pods or Services by selector. */
export interface SelectorOptions extends ScrapeOptions, LabelSelector {
  /** The one namespace. @default - see `namespaces` */
  readonly namespace?: string;
  /** Several namespaces. @default - all namespaces */
  readonly namespaces?: readonly string[];
}

/** Everything that is annotated. */
export interface AnnotatedOptions extends ScrapeOptions {
  /** @default - all namespaces */
  readonly namespaces?: readonly string[];
  /** Prefix of the annotations. @default prometheus.io */
  readonly prefix?: string;
  /** Services or pods with a job of their own. @default - none */
  readonly exclude?: readonly { readonly namespace: string; readonly matchLabels: Labels }[];
}

const NAME_LABELS = ['app.kubernetes.io/name', 'app', 'k8s-app', 'name'];

/**
 * Something that Prometheus scrapes, described once for every back end.
 *
 * A target says where its addresses are found, and how its URLs are read. It is plain data; nothing is looked up
 * before synthesis.
 *
 * @example
 * ScrapeTarget.service(api, { port: 'metrics' })
 * ScrapeTarget.pods({ namespace: 'etl', matchLabels: { app: 'etl' }, port: 9102, interval: '15s' })
 */
export class ScrapeTarget {
  /**
   * The endpoints of a Service of this app, by object.
   *
   * At synth the port must be one of the Service's, and its selector must match a workload of the app.
   */
  public static service(service: ServiceObject, options: ScrapeOptions = {}): ScrapeTarget {
    return new ScrapeTarget({ kind: 'serviceObject', service }, options);
  }

  /** The endpoints of every Service that the selector matches, such as Services that an operator makes. */
  public static services(options: SelectorOptions): ScrapeTarget {
    return new ScrapeTarget(
      { kind: 'service', namespaces: namespacesOf(options), selector: selectorOf(options) },
      options,
    );
  }

  /** Every pod that the selector matches. */
  public static pods(options: SelectorOptions): ScrapeTarget {
    return new ScrapeTarget({ kind: 'pod', namespaces: namespacesOf(options), selector: selectorOf(options) }, options);
  }

  /** One named Service that is not part of the app, such as `default/kubernetes`. */
  public static namedService(namespace: string, name: string, options: ScrapeOptions = {}): ScrapeTarget {
    const discovery: Discovery = { kind: 'service', namespaces: [namespace], selector: {}, name };
    return new ScrapeTarget(discovery, { job: name, external: true, ...defined(options) });
  }

  /** The kubelet of every node. */
  public static nodes(
    options: ScrapeOptions & { readonly job: string; readonly throughApiServer?: boolean },
  ): ScrapeTarget {
    return new ScrapeTarget({ kind: 'node', throughApiServer: options.throughApiServer ?? false }, options);
  }

  /** Fixed addresses, each `host:port`. */
  public static hosts(hosts: readonly string[], options: ScrapeOptions & { readonly job: string }): ScrapeTarget {
    return new ScrapeTarget({ kind: 'static', hosts }, options);
  }

  /**
   * What a prober, such as the blackbox exporter, says of URLs and addresses; `instance` is what was probed.
   *
   * @example ScrapeTarget.probe(['https://example.com'], { prober: 'blackbox-exporter.monitoring.svc:9115', module: 'http_2xx', job: 'websites' })
   */
  public static probe(
    targets: readonly string[],
    options: ScrapeOptions & { readonly job: string; readonly prober: string; readonly module?: string },
  ): ScrapeTarget {
    const { prober, module, ...rest } = options;
    const params = { ...rest.params, ...(module !== undefined && { module: [module] }) };
    return new ScrapeTarget(
      { kind: 'probe', prober, targets },
      { path: '/probe', ...defined(rest), ...(Object.keys(params).length > 0 && { params }) },
    );
  }

  /** Every pod with the annotation `prometheus.io/scrape: "true"`; `port`, `path` and `scheme` are read likewise. */
  public static annotatedPods(options: AnnotatedOptions = {}): ScrapeTarget {
    return new ScrapeTarget(annotated('pod', options), { job: 'kubernetes-pods', ...defined(options) });
  }

  /** The endpoints of every Service with the annotation `prometheus.io/scrape: "true"`. */
  public static annotatedServices(options: AnnotatedOptions = {}): ScrapeTarget {
    return new ScrapeTarget(annotated('service', options), {
      job: 'kubernetes-service-endpoints',
      ...defined(options),
    });
  }

  private constructor(
    /** Where the addresses come from. */
    public readonly discovery: Discovery,
    /** Everything else, as it was given. */
    public readonly options: ScrapeOptions,
  ) {}

  /** The same with other options, each in the place of the one that was given. */
  public with(options: ScrapeOptions): ScrapeTarget {
    return new ScrapeTarget(this.discovery, { ...this.options, ...defined(options) });
  }

  /** Value of the `job` label. */
  public get job(): string {
    return this.options.job ?? defaultJob(this.discovery);
  }

  /** The URLs, each complete. */
  public get endpoints(): readonly ScrapeEndpoint[] {
    const { endpoints, ...shared } = this.options;
    return endpoints === undefined
      ? [withAuthorization(this.options)]
      : endpoints.map((endpoint) => withAuthorization({ ...shared, ...defined(endpoint) }));
  }

  /**
   * Checks the target; the path of `problems` is that of whoever owns it.
   *
   * @param defaultInterval interval of endpoints that have none of their own
   */
  public check(problems: Problems, defaultInterval?: string): void {
    const here = problems.within(`ScrapeTarget ${this.job === '' ? '(without a job)' : this.job}`);
    if (this.job === '') {
      here.add('job', 'It cannot be derived from the selector; set it.');
    }
    for (const name of Object.keys(this.options.labels ?? {})) {
      here.addIf('labels', labelNameProblem(name));
    }
    checkLimits(this.options, here);
    checkDiscovery(this.discovery, here);
    const endpoints = this.endpoints;
    if (endpoints.length === 0) {
      here.add('endpoints', 'The list is empty. Allowed: at least one endpoint, or leave it out.');
    }
    const { endpoints: own = [this.options], ...shared } = this.options;
    for (const [index, each] of own.entries()) {
      const endpoint = own.length === 1 && each === this.options ? each : { ...shared, ...defined(each) };
      const at = this.options.endpoints === undefined ? here : here.within(`endpoints[${index}]`);
      checkEndpoint(endpoint, at, defaultInterval);
      if (this.discovery.kind === 'serviceObject') {
        checkServicePort(this.discovery.service, endpoint, at);
      }
    }
  }
}

function namespacesOf(options: { readonly namespace?: string; readonly namespaces?: readonly string[] }): Namespaces {
  return options.namespaces ?? (options.namespace === undefined ? 'all' : [options.namespace]);
}

function selectorOf(options: LabelSelector): LabelSelector {
  const { matchLabels, matchExpressions } = options;
  return { ...(matchLabels && { matchLabels }), ...(matchExpressions && { matchExpressions }) };
}

function annotated(role: 'pod' | 'service', options: AnnotatedOptions): Discovery {
  return {
    kind: 'annotation',
    role,
    namespaces: options.namespaces ?? 'all',
    prefix: options.prefix ?? 'prometheus.io',
    exclude: options.exclude ?? [],
  };
}

function defaultJob(discovery: Discovery): string {
  if (discovery.kind === 'serviceObject') {
    const service = readService(discovery.service);
    return typeof service === 'string' ? '' : service.name;
  }
  if (discovery.kind === 'service' || discovery.kind === 'pod') {
    const labels = discovery.selector.matchLabels ?? {};
    const name = NAME_LABELS.find((label) => labels[label] !== undefined) ?? Object.keys(labels)[0];
    return name === undefined ? '' : (labels[name] ?? '');
  }
  return '';
}

/** A regex for one of several literal values. */
export function oneOf(values: readonly string[]): string {
  return values.map(literal).join('|');
}
