import { type ApiObject, Chart, Testing } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Exposure } from '../../lib/core/exposure';
import { metadataOf } from '../../lib/core/workload';
import { Problems } from '../../lib/model/problem';
import { SecretName } from '../../lib/model/references';

const tls = SecretName.of('prometheus-tls');

function expose(exposure: Exposure) {
  const chart = new Chart(Testing.app(), 'chart');
  const metadata = metadataOf('prometheus', { annotations: { team: 'platform' } }, chart);
  const made = exposure.expose(chart, { metadata, service: 'prometheus', port: 9090 });
  const written = Testing.synth(chart);
  expect(made.map((object: ApiObject) => object.toJson())).toEqual(written);
  return written;
}

function check(exposure: Exposure): readonly string[] {
  const problems = Problems.at('');
  exposure.check(problems);
  return problems.all.map(({ property, message }) => `${property}: ${message}`);
}

describe('an Ingress', () => {
  it('sends one host and path to the Service, with the certificate of the Secret', () => {
    const exposure = Exposure.ingress({
      host: 'prometheus.example.com',
      path: '/prometheus',
      pathType: 'Exact',
      ingressClassName: 'nginx',
      tls,
      annotations: { 'cert-manager.io/cluster-issuer': 'internal' },
    });
    expect(exposure.url).toBe('https://prometheus.example.com/prometheus/');
    expect(expose(exposure)).toEqual([
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        metadata: {
          name: 'prometheus',
          namespace: 'monitoring',
          labels: expect.objectContaining({ 'app.kubernetes.io/name': 'prometheus' }),
          annotations: { team: 'platform', 'cert-manager.io/cluster-issuer': 'internal' },
        },
        spec: {
          ingressClassName: 'nginx',
          tls: [{ hosts: ['prometheus.example.com'], secretName: 'prometheus-tls' }],
          rules: [
            {
              host: 'prometheus.example.com',
              http: {
                paths: [
                  {
                    path: '/prometheus',
                    pathType: 'Exact',
                    backend: { service: { name: 'prometheus', port: { number: 9090 } } },
                  },
                ],
              },
            },
          ],
        },
      },
    ]);
  });

  it('is https where tls or a load balancer makes it so', () => {
    const host = 'prometheus.example.com';
    expect(Exposure.ingress({ host }).url).toBe('http://prometheus.example.com/');
    expect(Exposure.ingress({ host, tls }).url).toBe('https://prometheus.example.com/');
    expect(Exposure.ingress({ host, https: true }).url).toBe('https://prometheus.example.com/');
  });

  it('checks host, path and tls', () => {
    expect(check(Exposure.ingress({ host: 'prometheus.example.com', tls }))).toEqual([]);
    expect(
      check(Exposure.ingress({ host: 'Prometheus.example.com:443', path: 'ui', tls: SecretName.of('a b') })),
    ).toEqual([
      'host: "Prometheus.example.com:443" is not a host name. Allowed: a DNS name in lower case, without scheme, port and path, such as grafana.example.com.',
      'path: "ui" received. Allowed: a path that starts with /, without a query, such as /grafana.',
      'tls: "a b" is no name of a Secret. Allowed: lower-case letters, digits, - and dots.',
    ]);
    expect(check(Exposure.ingress({ host: '10.0.0.1' }))).toHaveLength(1);
    expect(check(Exposure.ingress({ host: 'a.example.com', tls, https: false }))).toEqual([
      'https: false received, but tls is set. Remove one of them.',
    ]);
  });
});

describe('an HTTPRoute', () => {
  const host = 'prometheus.example.com';

  it('attaches to the Gateway, and is https', () => {
    const exposure = Exposure.gateway({
      host,
      parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https', port: 443 }],
      annotations: { a: 'b' },
    });
    expect(exposure.url).toBe('https://prometheus.example.com/');
    expect(expose(exposure)).toEqual([
      {
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: expect.objectContaining({ name: 'prometheus', annotations: { team: 'platform', a: 'b' } }),
        spec: {
          parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https', port: 443 }],
          hostnames: [host],
          rules: [
            {
              matches: [{ path: { type: 'PathPrefix', value: '/' } }],
              backendRefs: [{ name: 'prometheus', port: 9090 }],
            },
          ],
        },
      },
    ]);
  });

  it('redirects plain http by a route of its own', () => {
    const [, redirect] = expose(
      Exposure.gateway({
        host,
        path: '/prometheus',
        parentRefs: [{ name: 'public', sectionName: 'https' }],
        redirectToHttps: [{ name: 'public', sectionName: 'http' }],
      }),
    );
    expect(redirect).toMatchObject({
      metadata: { name: 'prometheus-redirect' },
      spec: {
        parentRefs: [{ name: 'public', sectionName: 'http' }],
        rules: [
          {
            matches: [{ path: { type: 'PathPrefix', value: '/prometheus' } }],
            filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }],
          },
        ],
      },
    });
  });

  it('checks its Gateways', () => {
    expect(check(Exposure.gateway({ host, parentRefs: [] }))).toEqual([
      'parentRefs: The list is empty, so no Gateway would serve it. Allowed: at least one { name }.',
    ]);
    const parentRefs = [{ name: 'Public', port: 0 }];
    expect(check(Exposure.gateway({ host, https: false, parentRefs, redirectToHttps: [{ name: 'public' }] }))).toEqual([
      'parentRefs[0].name: "Public" is no name of a Gateway.',
      'parentRefs[0].port: 0 is not a port. Allowed: a whole number from 1 to 65535.',
      'redirectToHttps: It redirects to https, but https is false. Remove one of them.',
    ]);
    expect(Exposure.gateway({ host, https: false, parentRefs }).url).toBe('http://prometheus.example.com/');
  });
});
