import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { k8s } from '../core/k8s';
import { servicePort } from '../core/service';
import type { Metadata } from '../core/workload';

/** Port of the web interface and API. */
export const PORT = 9090;
/** Port of the config reloader's own metrics. */
export const RELOADER_PORT = 8080;

/** The Service of the web interface and API. */
export function webService(scope: Construct, metadata: Metadata, replicas: number): ApiObject {
  return new k8s.KubeService(scope, 'Service', {
    metadata: metadata.object(undefined, { 'app.kubernetes.io/component': 'server' }),
    spec: {
      selector: metadata.selector,
      // Replicas scraped at different moments: a client that went back and forth would see the past change.
      sessionAffinity: replicas > 1 ? 'ClientIP' : undefined,
      ports: [servicePort('web', PORT), servicePort('reloader-web', RELOADER_PORT)],
    },
  });
}

/** Ports of a Thanos sidecar: its Store API, and its own metrics. */
const THANOS_PORTS = { grpc: 10901, http: 10902 } as const;

/** The Service that gives each replica a name, and a Thanos Querier the address of each sidecar. */
export function headlessService(scope: Construct, metadata: Metadata, hasThanos = false): ApiObject {
  const { grpc, http } = THANOS_PORTS;
  const thanos = hasThanos ? [servicePort('grpc', grpc), servicePort('http', http)] : [];
  return new k8s.KubeService(scope, 'HeadlessService', {
    metadata: metadata.object('headless', { 'app.kubernetes.io/component': 'headless' }),
    spec: { clusterIp: 'None', selector: metadata.selector, ports: [servicePort('web', PORT), ...thanos] },
  });
}

/** The disruption budget, where there are several replicas. */
export function disruptionBudget(scope: Construct, metadata: Metadata, replicas: number): ApiObject | undefined {
  return replicas > 1
    ? new k8s.KubePodDisruptionBudget(scope, 'PodDisruptionBudget', {
        metadata: metadata.object(),
        spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: metadata.selector } },
      })
    : undefined;
}
