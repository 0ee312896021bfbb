import type { TlsConfig } from '../model/http-client';
import type { Labels } from '../model/label';
import { ScrapeTarget } from '../model/scrape/scrape-target';
import { type ClusterNetwork, DEFAULT_CLUSTER_NETWORK } from './cluster-network';
import { Peer } from './peer';
import { SERVICE_ACCOUNT } from './service-account-files';

/** A part of the control plane that a distribution may or may not let anyone scrape. */
export type ControlPlaneComponent = 'kube-scheduler' | 'kube-controller-manager' | 'etcd' | 'kube-proxy';

/** The parts of the control plane that can be scraped; what is left out gets no target, no rule and no dashboard. */
export type ControlPlaneTargets = Readonly<Partial<Record<ControlPlaneComponent, ScrapeTarget>>>;

/** What holds for a cluster whatever distribution it is. */
export interface ClusterOptions {
  /** Addresses of the nodes, by which NetworkPolicies are narrowed: `10.0.0.0/16`. @default - any address, by port */
  readonly nodeCidrs?: readonly string[];
  /** Addresses of the API server, likewise. @default - any address, on 443 and 6443 */
  readonly apiServerCidrs?: readonly string[];
  /** Address of the node-local DNS cache, where the cluster has one: `169.254.20.10`. @default - none */
  readonly nodeLocalDns?: string;
  /** How the kubelet's certificate is verified. @default - see `notes` of the profile */
  readonly kubeletTls?: TlsConfig;
  /** Scrapes the kubelet through the API server, for nodes that pods cannot reach. @default false */
  readonly kubeletThroughApiServer?: boolean;
  /** Targets for the control plane, beside or instead of those of the distribution. @default - as the distribution allows */
  readonly controlPlane?: ControlPlaneTargets;
}

/** A cluster whose control plane runs in static pods. */
export interface StaticPodClusterOptions extends ClusterOptions {
  /**
   * The control plane's metrics listen on the nodes' addresses, not only on the loopback address.
   *
   * @default false
   */
  readonly exposesControlPlane?: boolean;
  /**
   * How the certificates of scheduler and controller manager are verified, to which Prometheus sends its token.
   *
   * They sign their own unless tls-cert-file is set; to accept that, say `{ insecureSkipVerify: true }`.
   *
   * @default - by the authority of the cluster
   */
  readonly controlPlaneTls?: TlsConfig;
}

/** Amazon EKS. */
export interface EksOptions extends ClusterOptions {
  /** kube-proxy serves its metrics on the nodes' addresses. @default false */
  readonly exposesKubeProxy?: boolean;
}

/** Everything that a profile states. */
export interface ClusterFacts extends ClusterOptions {
  /** Where the cluster's name service is, as pods. @default - CoreDNS in kube-system */
  readonly network?: Partial<ClusterNetwork>;
  /** The CoreDNS pods and the port of their metrics; false where there is no CoreDNS. @default - kube-system, 9153 */
  readonly coreDns?: { readonly namespace: string; readonly matchLabels: Labels; readonly port: number } | false;
  /** Pods of priority `system-node-critical` need a quota outside of kube-system. @default false */
  readonly limitsSystemPriority?: boolean;
  /** The platform assigns user and group ids of its own, and refuses others. @default false */
  readonly assignsUserIds?: boolean;
  /** ClusterRole that a pod with access to its node must be bound to. @default - none */
  readonly nodeAccessClusterRole?: string;
  /** Port of node-exporter, where the platform uses 9100 itself. @default 9100 */
  readonly nodeExporterPort?: number;
  /** Says what the user must decide about the kubelet's certificate; shown until kubeletTls is set. @default - nothing */
  readonly kubeletTlsNote?: string;
  /** What the distribution does that a user should know. @default - nothing to say */
  readonly notes?: readonly string[];
}

const KUBE_DNS = { namespace: 'kube-system', matchLabels: { 'k8s-app': 'kube-dns' }, port: 9153 };

/** Ports on which the parts of a control plane offer metrics, and how. */
const STATIC_POD_PORTS = {
  'kube-scheduler': { port: 10259, labels: { component: 'kube-scheduler' }, secure: true },
  'kube-controller-manager': { port: 10257, labels: { component: 'kube-controller-manager' }, secure: true },
  etcd: { port: 2381, labels: { component: 'etcd' }, secure: false },
  'kube-proxy': { port: 10249, labels: { 'k8s-app': 'kube-proxy' }, secure: false },
} as const satisfies Record<ControlPlaneComponent, unknown>;

/** RKE2 runs kube-proxy as one more static pod. */
const RKE2_LABELS = { 'kube-proxy': { component: 'kube-proxy' } };

/**
 * What is true of a cluster because of its distribution: what can be scraped, where it listens and how it is verified.
 *
 * A profile decides about targets, rules and dashboards together, so that no alert waits for metrics that nobody serves.
 */
export class ClusterProfile {
  /**
   * A cluster made by kubeadm.
   *
   * The control plane binds its metrics to 127.0.0.1 unless configured otherwise, so it is left out by default.
   */
  public static kubeadm(name: string, options: StaticPodClusterOptions = {}): ClusterProfile {
    return new ClusterProfile(name, 'kubeadm', {
      ...options,
      controlPlane: {
        ...(options.exposesControlPlane === true ? staticPods(options.controlPlaneTls) : {}),
        ...options.controlPlane,
      },
      kubeletTlsNote:
        'The kubelet has a certificate of the cluster authority only with serverTLSBootstrap: true in its configuration ' +
        'and its CertificateSigningRequests approved; otherwise set kubeletTls: { insecureSkipVerify: true }.',
      notes: [
        'Scheduler, controller manager (bind-address), etcd (listen-metrics-urls) and kube-proxy (metricsBindAddress) ' +
          'listen on 127.0.0.1; after opening them set exposesControlPlane: true, and controlPlaneTls where they sign their ' +
          'own certificates.',
      ],
    });
  }

  /** Amazon EKS: the control plane is Amazon's; kube-proxy is scraped where its metrics were opened. */
  public static eks(name: string, options: EksOptions = {}): ClusterProfile {
    return new ClusterProfile(name, 'eks', {
      ...options,
      controlPlane: {
        ...(options.exposesKubeProxy === true && { 'kube-proxy': staticPod('kube-proxy') }),
        ...options.controlPlane,
      },
      notes: [
        'Scheduler, controller manager and etcd belong to Amazon and cannot be scraped at the nodes.',
        'kube-proxy may listen on 127.0.0.1, by the version of its add-on; where metricsBindAddress is 0.0.0.0:10249, set ' +
          'exposesKubeProxy: true.',
      ],
    });
  }

  /** Google GKE: the control plane is Google's, and the name service is kube-dns without CoreDNS' metrics. */
  public static gke(name: string, options: ClusterOptions = {}): ClusterProfile {
    return new ClusterProfile(name, 'gke', {
      ...options,
      coreDns: false,
      network: { dns: { ...DEFAULT_CLUSTER_NETWORK.dns, peer: gkeNameServices() } },
      limitsSystemPriority: true,
      kubeletTlsNote:
        'Where the kubelet serves a self-signed certificate, set kubeletTls: { insecureSkipVerify: true }.',
      notes: ['Scheduler, controller manager and etcd belong to Google; kube-proxy listens on 127.0.0.1.'],
    });
  }

  /** Azure AKS: the control plane is Microsoft's. */
  public static aks(name: string, options: ClusterOptions = {}): ClusterProfile {
    return new ClusterProfile(name, 'aks', {
      ...options,
      kubeletTlsNote:
        'Node pools without kubelet serving certificate rotation need kubeletTls: { insecureSkipVerify: true }.',
      notes: ['Scheduler, controller manager and etcd belong to Microsoft and cannot be scraped at the nodes.'],
    });
  }

  /** K3s: the control plane is one process per server, bound to 127.0.0.1; metrics of all parts come from each of them. */
  public static k3s(name: string, options: ClusterOptions = {}): ClusterProfile {
    return new ClusterProfile(name, 'k3s', {
      ...options,
      notes: [
        'Scheduler, controller manager and kube-proxy are inside the k3s process and listen on 127.0.0.1. After opening them ' +
          '(kube-scheduler-arg, kube-controller-manager-arg, kube-proxy-arg) name them in controlPlane by ScrapeTarget.hosts.',
      ],
    });
  }

  /** RKE2: static pods like kubeadm, bound to 127.0.0.1 by default. */
  public static rke2(name: string, options: StaticPodClusterOptions = {}): ClusterProfile {
    return new ClusterProfile(name, 'rke2', {
      ...options,
      controlPlane: {
        ...(options.exposesControlPlane === true ? staticPods(options.controlPlaneTls, RKE2_LABELS) : {}),
        ...options.controlPlane,
      },
      notes: [
        'The control plane listens on 127.0.0.1; after opening it set exposesControlPlane: true, and controlPlaneTls where ' +
          'it signs its own certificates.',
      ],
    });
  }

  /** OpenShift: DNS and control plane are run by operators that protect their metrics by mutual TLS. */
  public static openShift(name: string, options: ClusterOptions = {}): ClusterProfile {
    const selector = { matchLabels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } };
    return new ClusterProfile(name, 'openshift', {
      ...options,
      coreDns: false,
      assignsUserIds: true,
      nodeAccessClusterRole: 'system:openshift:scc:privileged',
      nodeExporterPort: 9101,
      network: {
        dns: {
          peer: Peer.pods('openshift-dns', selector),
          ports: [
            { port: 5353, protocol: 'UDP' },
            { port: 5353, protocol: 'TCP' },
          ],
        },
      },
      kubeletTlsNote:
        'The kubelet is signed by an authority of its own: copy the ConfigMap openshift-config-managed/kubelet-serving-ca ' +
        "and set kubeletTls: { ca: ConfigMapKey.of('kubelet-serving-ca', 'ca-bundle.crt') }.",
      notes: [
        'Metrics of DNS and of the control plane are protected by the platform and belong to its own monitoring.',
      ],
    });
  }

  /** Any other cluster: every fact by hand. */
  public static custom(name: string, facts: ClusterFacts = {}): ClusterProfile {
    return new ClusterProfile(name, 'custom', facts);
  }

  /** Targets for the control plane, where it can be scraped. */
  public readonly controlPlane: ControlPlaneTargets;
  /** How the kubelet's certificate is verified. */
  public readonly kubeletTls: TlsConfig;
  /** Whether the kubelet is scraped through the API server. */
  public readonly kubeletThroughApiServer: boolean;
  /** Addresses that NetworkPolicies let through. */
  public readonly network: ClusterNetwork;
  /** The CoreDNS pods, where there is CoreDNS. */
  public readonly coreDns:
    | { readonly namespace: string; readonly matchLabels: Labels; readonly port: number }
    | undefined;
  /** Whether pods of priority `system-node-critical` need a quota outside of kube-system. */
  public readonly limitsSystemPriority: boolean;
  /** Whether the platform assigns user and group ids of its own. */
  public readonly assignsUserIds: boolean;
  /** ClusterRole that a pod with access to its node must be bound to. */
  public readonly nodeAccessClusterRole: string | undefined;
  /** Port of node-exporter on the nodes' addresses. */
  public readonly nodeExporterPort: number;
  /** What the user must decide about the kubelet's certificate, until it is decided. */
  public readonly kubeletTlsNote: string | undefined;
  /** What the distribution does that a user should know. */
  public readonly notes: readonly string[];

  private constructor(
    /** Name of the cluster; becomes the external label `cluster`. */
    public readonly name: string,
    /** Short name of the distribution. */
    public readonly distribution: string,
    facts: ClusterFacts,
  ) {
    this.controlPlane = facts.controlPlane ?? {};
    this.kubeletTls = facts.kubeletTls ?? { ca: SERVICE_ACCOUNT.ca };
    this.kubeletThroughApiServer = facts.kubeletThroughApiServer ?? false;
    this.coreDns = facts.coreDns === false ? undefined : (facts.coreDns ?? KUBE_DNS);
    this.limitsSystemPriority = facts.limitsSystemPriority ?? false;
    this.assignsUserIds = facts.assignsUserIds ?? false;
    this.nodeAccessClusterRole = facts.nodeAccessClusterRole;
    this.nodeExporterPort = facts.nodeExporterPort ?? 9100;
    this.kubeletTlsNote = facts.kubeletTls === undefined ? facts.kubeletTlsNote : undefined;
    this.notes = facts.notes ?? [];
    const { apiServer } = DEFAULT_CLUSTER_NETWORK;
    const dns = facts.network?.dns ?? DEFAULT_CLUSTER_NETWORK.dns;
    const cache = facts.nodeLocalDns === undefined ? [] : [Peer.address(facts.nodeLocalDns)];
    this.network = {
      apiServer:
        facts.apiServerCidrs === undefined ? apiServer : { ...apiServer, peer: Peer.nodes(facts.apiServerCidrs) },
      ...(facts.nodeCidrs && { nodeCidrs: facts.nodeCidrs }),
      ...facts.network,
      dns: { ...dns, peer: Peer.either(dns.peer, ...cache) },
    };
  }
}

/** kube-dns, its cache on the node as pods or by address, or Cloud DNS behind the metadata server. */
function gkeNameServices(): Peer {
  const cache = { matchLabels: { 'k8s-app': 'node-local-dns' } };
  return Peer.either(
    DEFAULT_CLUSTER_NETWORK.dns.peer,
    Peer.pods('kube-system', cache),
    Peer.cidrs('169.254.20.10/32', '169.254.169.254/32'),
  );
}

function staticPods(tls?: TlsConfig, other: Partial<Record<ControlPlaneComponent, Labels>> = {}): ControlPlaneTargets {
  const components = Object.keys(STATIC_POD_PORTS) as ControlPlaneComponent[];
  return Object.fromEntries(components.map((component) => [component, staticPod(component, tls, other[component])]));
}

function staticPod(
  component: ControlPlaneComponent,
  tls: TlsConfig = { ca: SERVICE_ACCOUNT.ca },
  other?: Labels,
): ScrapeTarget {
  const { port, secure } = STATIC_POD_PORTS[component];
  const labels = other ?? STATIC_POD_PORTS[component].labels;
  return ScrapeTarget.pods({
    job: component,
    namespace: 'kube-system',
    matchLabels: labels,
    port,
    hostNetwork: true,
    external: true,
    ...(secure && { scheme: 'https', authorization: { credentials: SERVICE_ACCOUNT.token }, tls }),
  });
}
