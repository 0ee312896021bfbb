import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { SecretName } from '../model/references';
import type { ExposedService, ExposureOptions } from './exposed-service';
import { k8s } from './k8s';

/**
 * A Service behind an ingress controller.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/ingress/
 */
export interface IngressOptions extends ExposureOptions {
  /** The controller. @default - the cluster's default class */
  readonly ingressClassName?: string;
  /** Secret of type `kubernetes.io/tls` for the host. @default - none; plain http, unless `https` is set */
  readonly tls?: SecretName;
  /** Users reach it by https: set it where a load balancer has the certificate. @default - true where `tls` is set */
  readonly https?: boolean;
  /** How the path is compared. @default Prefix */
  readonly pathType?: 'Prefix' | 'Exact' | 'ImplementationSpecific';
}

/** Makes an Ingress that sends one host and path to a Service. */
export function makeIngress(
  scope: Construct,
  { host, path = '/', pathType = 'Prefix', ingressClassName, tls, annotations }: IngressOptions,
  { metadata, service, port }: ExposedService,
): ApiObject {
  const own = metadata.object();
  return new k8s.KubeIngress(scope, 'Ingress', {
    metadata: annotations === undefined ? own : { ...own, annotations: { ...own.annotations, ...annotations } },
    spec: {
      ingressClassName,
      tls: tls && [{ hosts: [host], secretName: tls.name }],
      rules: [
        {
          host,
          http: { paths: [{ path, pathType, backend: { service: { name: service, port: { number: port } } } }] },
        },
      ],
    },
  });
}
