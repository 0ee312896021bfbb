import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Problems } from '../model/problem';
import type { ExposedService } from './exposed-service';
import { checkParentRefs, type GatewayOptions, makeHttpRoutes } from './http-route';
import { type IngressOptions, makeIngress } from './ingress';

/**
 * How a Service is reached from outside the cluster.
 *
 * @example
 * Exposure.ingress({ host: 'grafana.example.com', ingressClassName: 'nginx', tls: SecretName.of('grafana-tls') })
 * Exposure.gateway({ host: 'grafana.example.com', parentRefs: [{ name: 'public', namespace: 'gateways' }] })
 */
export class Exposure {
  /** An Ingress. */
  public static ingress(options: IngressOptions): Exposure {
    const { host, path, tls, https = tls !== undefined } = options;
    return new Exposure(
      host,
      path ?? '/',
      https,
      (scope, exposed) => [makeIngress(scope, options, exposed)],
      (problems) => {
        if (tls !== undefined && !DNS_NAME.test(tls.name)) {
          problems.add('tls', `"${tls.name}" is no name of a Secret. Allowed: lower-case letters, digits, - and dots.`);
        }
        if (tls !== undefined && !https) {
          problems.add('https', 'false received, but tls is set. Remove one of them.');
        }
      },
    );
  }

  /** An HTTPRoute of the Gateway API, and a second one for the redirect where one is wanted. */
  public static gateway(options: GatewayOptions): Exposure {
    const { host, path, https = true, parentRefs, redirectToHttps } = options;
    return new Exposure(
      host,
      path ?? '/',
      https,
      (scope, exposed) => makeHttpRoutes(scope, options, exposed),
      (problems) => {
        checkParentRefs(parentRefs, 'parentRefs', problems);
        if (redirectToHttps !== undefined) {
          checkParentRefs(redirectToHttps, 'redirectToHttps', problems);
        }
        if (redirectToHttps !== undefined && !https) {
          problems.add('redirectToHttps', 'It redirects to https, but https is false. Remove one of them.');
        }
      },
    );
  }

  private constructor(
    /** Name under which users reach the Service. */
    public readonly host: string,
    /** Path under which it is served. */
    public readonly path: string,
    /** Whether users reach it by https. */
    public readonly https: boolean,
    private readonly make: (scope: Construct, exposed: ExposedService) => readonly ApiObject[],
    private readonly checkKind: (problems: Problems) => void,
  ) {}

  /** What users type, such as `https://grafana.example.com/`; always ends with a slash. */
  public get url(): string {
    return `${this.https ? 'https' : 'http'}://${this.host}${this.path.replace(/\/*$/, '/')}`;
  }

  /** Makes the objects. */
  public expose(scope: Construct, exposed: ExposedService): readonly ApiObject[] {
    return this.make(scope, exposed);
  }

  /** Checks host, path and references. */
  public check(problems: Problems): void {
    problems.addIf('host', hostProblem(this.host));
    if (!/^\/[A-Za-z0-9._~/-]*$/.test(this.path) || this.path.includes('//')) {
      problems.add(
        'path',
        `"${this.path}" received. Allowed: a path that starts with /, without a query, such as /grafana.`,
      );
    }
    this.checkKind(problems);
  }
}

const DNS_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** The message for a text that is no name of a host by which users reach a Service. */
function hostProblem(host: string): string | undefined {
  if (DNS_NAME.test(host) && host.length <= 253 && !/^[\d.]+$/.test(host)) {
    return undefined;
  }
  return `"${host}" is not a host name. Allowed: a DNS name in lower case, without scheme, port and path, such as grafana.example.com.`;
}
