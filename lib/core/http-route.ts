import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Problems } from '../model/problem';
import type { ExposedService, ExposureOptions } from './exposed-service';

/** A Gateway, or one listener of it. */
export interface ParentRef {
  /** Name of the Gateway. */
  readonly name: string;
  /** Namespace of the Gateway. @default - that of the route */
  readonly namespace?: string;
  /** Name of the listener. @default - every listener that accepts the route */
  readonly sectionName?: string;
  /** Port of the listener. @default - every port */
  readonly port?: number;
}

/**
 * A Service behind a Gateway.
 *
 * @see https://gateway-api.sigs.k8s.io/api-types/httproute/
 */
export interface GatewayOptions extends ExposureOptions {
  /** Gateways, or single listeners of them, that forward to the Service. */
  readonly parentRefs: readonly ParentRef[];
  /** Users reach it by https; the certificate is the Gateway's. @default true */
  readonly https?: boolean;
  /** Listeners of plain http, on which users are redirected to https. @default - none */
  readonly redirectToHttps?: readonly ParentRef[];
}

const API_VERSION = 'gateway.networking.k8s.io/v1';

/** Makes the HTTPRoute that forwards to a Service, and the one that redirects plain http where it is wanted. */
export function makeHttpRoutes(
  scope: Construct,
  { host, path = '/', parentRefs, redirectToHttps, annotations }: GatewayOptions,
  { metadata, service, port }: ExposedService,
): readonly ApiObject[] {
  const matches = [{ path: { type: 'PathPrefix', value: path } }];
  const route = (
    id: string,
    suffix: string | undefined,
    parents: readonly ParentRef[],
    rule: Record<string, unknown>,
  ) => {
    const { name, namespace, labels, annotations: shared } = metadata.object(suffix);
    return new ApiObject(scope, id, {
      apiVersion: API_VERSION,
      kind: 'HTTPRoute',
      metadata: {
        name,
        namespace,
        labels,
        ...((shared ?? annotations) && { annotations: { ...shared, ...annotations } }),
      },
      spec: { parentRefs: parents.map((parent) => ({ ...parent })), hostnames: [host], rules: [{ matches, ...rule }] },
    });
  };
  const forward = route('HTTPRoute', undefined, parentRefs, { backendRefs: [{ name: service, port }] });
  if (redirectToHttps === undefined) {
    return [forward];
  }
  const filters = [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }];
  return [forward, route('RedirectRoute', 'redirect', redirectToHttps, { filters })];
}

/** Checks that there is a Gateway, and that names and ports can be some. */
export function checkParentRefs(parentRefs: readonly ParentRef[], property: string, problems: Problems): void {
  if (parentRefs.length === 0) {
    problems.add(property, 'The list is empty, so no Gateway would serve it. Allowed: at least one { name }.');
  }
  for (const [index, { name, port }] of parentRefs.entries()) {
    if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) {
      problems.add(`${property}[${index}].name`, `"${name}" is no name of a Gateway.`);
    }
    if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
      problems.add(`${property}[${index}].port`, `${port} is not a port. Allowed: a whole number from 1 to 65535.`);
    }
  }
}
