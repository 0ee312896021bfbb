import type { ClusterNetwork } from '../core/cluster-network';
import type { Connections } from '../core/connections';
import { Peer } from '../core/peer';
import type { Access, AccessRule } from '../core/rbac';
import { SERVICE_ACCOUNT } from '../core/service-account-files';
import { urlPort } from '../model/http-client';
import { readService } from '../model/manifest';
import type { ServiceDiscovery } from '../model/scrape/discovery';
import type { ScrapeTarget } from '../model/scrape/scrape-target';
import { findPort } from '../model/scrape/service-port';
import { namespacesOf } from '../model/scrape/watch';
import type { PrometheusProps } from './prometheus-props';

const WATCH = ['list', 'watch'] as const;

/**
 * What Prometheus must be allowed to do at the API server in order to find and scrape a target.
 *
 * Discovery lists and watches; nothing is fetched singly, so `get` is not granted.
 */
export function accessFor(target: ScrapeTarget): readonly Access[] {
  const { discovery, options } = target;
  const scope = namespacesOf(discovery);
  const namespaces = scope === 'all' ? 'cluster' : scope;
  const nodes: readonly Access[] = options.attachNodeMetadata
    ? [{ namespaces: 'cluster', rules: [{ resources: ['nodes'], verbs: WATCH }] }]
    : [];
  const authenticated = target.endpoints.filter(
    (endpoint) => endpoint.authorization?.credentials === SERVICE_ACCOUNT.token,
  );
  const paths = [...new Set(authenticated.map((endpoint) => endpoint.path ?? '/metrics'))];
  const byPath: readonly Access[] =
    paths.length === 0 ? [] : [{ namespaces: 'cluster', rules: [{ nonResourceUrls: paths, verbs: ['get'] }] }];
  switch (discovery.kind) {
    case 'node': {
      const resource = discovery.throughApiServer ? 'nodes/proxy' : 'nodes/metrics';
      const rules: AccessRule[] = [
        { resources: ['nodes'], verbs: WATCH },
        { resources: [resource], verbs: ['get'] },
      ];
      return [{ namespaces: 'cluster', rules }];
    }
    case 'static':
    case 'probe':
      return byPath;
    case 'pod':
      return [podsAccess(namespaces), ...nodes, ...byPath];
    case 'annotation':
      return [discovery.role === 'pod' ? podsAccess(namespaces) : endpointsAccess(namespaces), ...nodes];
    default:
      return [endpointsAccess(namespaces), ...nodes, ...byPath];
  }
}

const ENDPOINTS: readonly AccessRule[] = [
  { resources: ['pods', 'services'], verbs: WATCH },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: WATCH },
];

/** What finding the endpoints of Services takes, in namespaces whose Services are not known one by one. */
export function endpointsAccess(namespaces: Access['namespaces']): Access {
  return { namespaces, rules: ENDPOINTS };
}

/** What finding pods takes. */
export function podsAccess(namespaces: Access['namespaces']): Access {
  return { namespaces, rules: [{ resources: ['pods'], verbs: WATCH }] };
}

/** Declares every connection of a Prometheus but those that others declare: scrapes, remote storage, Alertmanagers. */
export function connectPrometheus(
  connections: Connections,
  props: PrometheusProps,
  targets: readonly ScrapeTarget[],
  network: ClusterNetwork,
): void {
  for (const target of targets) {
    connectTarget(connections, target, network.nodeCidrs);
  }
  for (const { url } of [...(props.remoteWrite ?? []), ...(props.remoteRead ?? [])]) {
    connections.allowTo(Peer.host(new URL(url).hostname), { port: urlPort(new URL(url)) });
  }
  for (const address of (props.alertmanagers ?? []).flatMap(({ addresses }) => addresses)) {
    connections.allowTo(Peer.host(address), { port: Number(address.slice(address.lastIndexOf(':') + 1)) });
  }
  connections.allowFrom(connections.peer, { port: 'web' }, { port: 'reloader-web' });
}

/** Declares the connections that the scrapes of a target make. */
function connectTarget(connections: Connections, target: ScrapeTarget, nodeCidrs: readonly string[] | undefined): void {
  const { discovery, options } = target;
  for (const { port, targetPort } of target.endpoints) {
    switch (discovery.kind) {
      case 'serviceObject': {
        const service = readService(discovery.service);
        if (typeof service !== 'string') {
          const found = targetPort === undefined ? findPort(service, port) : { port: targetPort, targetPort };
          const peer = options.hostNetwork
            ? Peer.nodes(nodeCidrs)
            : Peer.pods(service.namespace ?? 'default', { matchLabels: service.selector });
          // A named port cannot be looked up at an address, so for nodes it is the Service's number that counts.
          connections.allowTo(peer, { port: options.hostNetwork ? found?.port : (found?.targetPort ?? found?.port) });
        }
        break;
      }
      case 'pod': {
        const ports = port === undefined && targetPort === undefined ? [] : [{ port: port ?? targetPort }];
        if (options.hostNetwork) {
          connections.allowTo(Peer.nodes(nodeCidrs), ...ports);
          break;
        }
        for (const namespace of discovery.namespaces === 'all' ? [undefined] : discovery.namespaces) {
          const peer =
            namespace === undefined ? Peer.podsAnywhere(discovery.selector) : Peer.pods(namespace, discovery.selector);
          connections.allowTo(peer, ...ports);
        }
        break;
      }
      case 'node':
        if (!discovery.throughApiServer) {
          connections.allowTo(Peer.nodes(nodeCidrs), { port: 10250 });
        }
        break;
      case 'static':
      case 'probe':
        for (const host of discovery.kind === 'static' ? discovery.hosts : [discovery.prober]) {
          connections.allowTo(Peer.host(host), { port: Number(host.slice(host.lastIndexOf(':') + 1)) });
        }
        break;
      case 'service':
        if (options.hostNetwork) {
          connections.allowTo(Peer.nodes(nodeCidrs), ...(typeof port === 'number' ? [{ port }] : []));
        } else if (!isApiServer(discovery)) {
          connectNamespaces(connections, discovery.namespaces);
        }
        break;
      case 'annotation':
        // Which pods stand behind Services of others is not known here: their namespaces must do.
        connectNamespaces(connections, discovery.namespaces);
        // Pods of the host network have the address of their node; without knowing those, they are not let through.
        if (nodeCidrs !== undefined && nodeCidrs.length > 0) {
          connections.allowTo(Peer.nodes(nodeCidrs));
        }
        break;
    }
  }
  if (options.proxyUrl !== undefined) {
    const url = new URL(options.proxyUrl);
    connections.allowTo(Peer.host(url.host), { port: urlPort(url) });
  }
}

/** The API server is no pod; every Prometheus may reach it. */
function isApiServer({ name, namespaces }: ServiceDiscovery): boolean {
  return name === 'kubernetes' && namespaces !== 'all' && namespaces.join() === 'default';
}

function connectNamespaces(connections: Connections, namespaces: readonly string[] | 'all'): void {
  for (const peer of namespaces === 'all' ? [Peer.anyPod()] : namespaces.map((name) => Peer.namespace(name))) {
    connections.allowTo(peer);
  }
}
