import type { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import type { ExposedService, IngressOptions } from './exposure';

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
