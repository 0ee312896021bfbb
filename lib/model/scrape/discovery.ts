import type { Labels } from '../label';
import type { ServiceObject } from '../manifest';

/** Where the pods or Services of a selector live: named namespaces, or all of the cluster. */
export type Namespaces = readonly string[] | 'all';

/** One expression of a label selector, as in Kubernetes. */
export interface LabelExpression {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  /** @default - none; needed by In and NotIn */
  readonly values?: readonly string[];
}

/** A Kubernetes label selector. */
export interface LabelSelector {
  /** @default - no equality requirement */
  readonly matchLabels?: Labels;
  /** @default - no expressions */
  readonly matchExpressions?: readonly LabelExpression[];
}

/** The endpoints behind one Service object of the app: port and selector are checked against it. */
export interface ServiceObjectDiscovery {
  readonly kind: 'serviceObject';
  readonly service: ServiceObject;
}

/** The endpoints behind every Service that a selector matches. */
export interface ServiceDiscovery {
  readonly kind: 'service';
  readonly namespaces: Namespaces;
  readonly selector: LabelSelector;
  /** Only the Service of that name. */
  readonly name?: string;
}

/** Pods that a selector matches. */
export interface PodDiscovery {
  readonly kind: 'pod';
  readonly namespaces: Namespaces;
  readonly selector: LabelSelector;
}

/** The kubelet of every node, by its own port. */
export interface NodeDiscovery {
  readonly kind: 'node';
  /** Scrapes through the API server's node proxy instead of the kubelet's own port. */
  readonly throughApiServer: boolean;
}

/** Fixed addresses. */
export interface StaticDiscovery {
  readonly kind: 'static';
  /** `host:port` each. */
  readonly hosts: readonly string[];
}

/** URLs and addresses that a prober, such as the blackbox exporter, is asked about. */
export interface ProbeDiscovery {
  readonly kind: 'probe';
  /** `host:port` of the prober. */
  readonly prober: string;
  /** What is probed. */
  readonly targets: readonly string[];
}

/** Everything that carries `prometheus.io/scrape: "true"`. */
export interface AnnotationDiscovery {
  readonly kind: 'annotation';
  readonly role: 'pod' | 'service';
  readonly namespaces: Namespaces;
  /** Prefix of the annotations, `prometheus.io` unless a platform has its own. */
  readonly prefix: string;
  /** What is left to a job of its own. */
  readonly exclude: readonly { readonly namespace: string; readonly matchLabels: Labels }[];
}

/** How the addresses of a target are found. */
export type Discovery =
  | ServiceObjectDiscovery
  | ServiceDiscovery
  | PodDiscovery
  | NodeDiscovery
  | StaticDiscovery
  | ProbeDiscovery
  | AnnotationDiscovery;
