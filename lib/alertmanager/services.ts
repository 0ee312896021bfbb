import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { k8s } from '../core/k8s';
import { servicePort } from '../core/service';
import type { Metadata } from '../core/workload';
import { CLUSTER_PORT, PORT, RELOADER_PORT } from './addresses';

/** The Service of the web interface and API. */
export function webService(scope: Construct, metadata: Metadata): ApiObject {
  return new k8s.KubeService(scope, 'Service', {
    metadata: metadata.object(undefined, { 'app.kubernetes.io/component': 'server' }),
    spec: {
      selector: metadata.selector,
      ports: [servicePort('web', PORT), servicePort('reloader-web', RELOADER_PORT)],
    },
  });
}

/**
 * The Service that gives each replica a name.
 *
 * @param gossip names of the ports by which replicas talk to each other; undefined where they do not.
 */
export function headlessService(
  scope: Construct,
  metadata: Metadata,
  gossip: { readonly tcp: string; readonly udp: string } | undefined,
): ApiObject {
  return new k8s.KubeService(scope, 'HeadlessService', {
    metadata: metadata.object('headless', { 'app.kubernetes.io/component': 'headless' }),
    spec: {
      clusterIp: 'None',
      // Replicas look for each other before any of them is ready.
      publishNotReadyAddresses: true,
      selector: metadata.selector,
      ports: [
        servicePort('web', PORT),
        ...(gossip === undefined
          ? []
          : [servicePort(gossip.tcp, CLUSTER_PORT), { ...servicePort(gossip.udp, CLUSTER_PORT), protocol: 'UDP' }]),
      ],
    },
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
