import type { Problems } from '../model/problem';
import { didYouMean } from '../model/suggest';
import type { Access } from './rbac';

/** What a user may do to a URL; the proxy makes it of the HTTP method. */
export type RequestVerb = (typeof VERBS)[number];

const VERBS = ['get', 'create', 'update', 'patch', 'delete'] as const;

/** The resource on which the right to read is looked up, in the place of the URL's path. */
export interface ResourceAttributes {
  /** Such as `services`. */
  readonly resource: string;
  /** Such as `metrics`. @default - the resource itself */
  readonly subresource?: string;
  /** @default - the core group */
  readonly apiGroup?: string;
  /** @default - none */
  readonly apiVersion?: string;
  /** @default - all namespaces, or a resource that belongs to none */
  readonly namespace?: string;
  /** Name of the one object. @default - all objects */
  readonly name?: string;
}

/** A user who may read without asking the API server. */
export interface StaticRule {
  /** Such as `system:serviceaccount:monitoring:prometheus`, or the common name of a certificate. */
  readonly user: string;
  /** @default get */
  readonly verb?: RequestVerb;
  /** The path, in full; not with resourceAttributes. @default /metrics */
  readonly path?: string;
}

interface AuthorizationOptions {
  /** @default - the path of the request */
  readonly resourceAttributes?: ResourceAttributes;
}

/**
 * How kube-rbac-proxy decides whether a user may read.
 *
 * @see https://github.com/brancz/kube-rbac-proxy
 */
export class RbacProxyAuthorization {
  /**
   * Asks the API server, by SubjectAccessReview, whether the user may do to the path what the request does.
   *
   * Prometheus is granted `get` on the path that it scrapes; on `resourceAttributes` it must be granted the right by
   * `prometheus.access.allow`.
   */
  public static subjectAccessReview(options: AuthorizationOptions = {}): RbacProxyAuthorization {
    return new RbacProxyAuthorization(undefined, options.resourceAttributes);
  }

  /**
   * Lets named users in, by rules of the proxy's own configuration; the API server is not asked about them.
   *
   * Everybody else is refused, with status 500: the proxy may not ask the API server about others.
   */
  public static staticRules(rules: readonly StaticRule[], options: AuthorizationOptions = {}): RbacProxyAuthorization {
    return new RbacProxyAuthorization(rules, options.resourceAttributes);
  }

  private constructor(
    private readonly rules: readonly StaticRule[] | undefined,
    private readonly resourceAttributes: ResourceAttributes | undefined,
  ) {}

  /** What the proxy's own ServiceAccount needs for it. */
  public get access(): readonly Access[] {
    const rules = [{ apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] }];
    return this.rules === undefined ? [{ namespaces: 'cluster', rules }] : [];
  }

  /** The configuration file; undefined where none is needed. */
  public get configuration(): Record<string, unknown> | undefined {
    const { rules, resourceAttributes } = this;
    return rules === undefined && resourceAttributes === undefined
      ? undefined
      : { authorization: { resourceAttributes, static: rules?.map((rule) => renderRule(rule, resourceAttributes)) } };
  }

  /** Checks rules and resource. */
  public check(problems: Problems): void {
    const { rules, resourceAttributes } = this;
    if (rules?.length === 0) {
      problems.add('rules', 'The list is empty, so nobody could read. Name at least one user.');
    }
    for (const [index, rule] of (rules ?? []).entries()) {
      checkRule(rule, `rules[${index}]`, resourceAttributes, problems);
    }
    if (resourceAttributes !== undefined && !/^[a-z][a-z0-9-]*$/.test(resourceAttributes.resource)) {
      problems.add(
        'resourceAttributes.resource',
        `"${resourceAttributes.resource}" received. Allowed: the plural name of a kind, such as services; a subresource has a property of its own.`,
      );
    }
  }
}

/** An omitted field of a rule matches everything, so each is written. */
function renderRule(
  { user, verb = 'get', path = '/metrics' }: StaticRule,
  resource: ResourceAttributes | undefined,
): Record<string, unknown> {
  if (resource === undefined) {
    return { user: { name: user }, verb, path, resourceRequest: false };
  }
  const { apiVersion: _version, ...attributes } = resource;
  return { user: { name: user }, verb, ...attributes, resourceRequest: true };
}

function checkRule(
  { user, verb, path }: StaticRule,
  at: string,
  resource: ResourceAttributes | undefined,
  problems: Problems,
): void {
  if (typeof user !== 'string' || user.trim() === '') {
    problems.add(
      `${at}.user`,
      `${JSON.stringify(user)} received, which would let everybody in who can authenticate. Allowed: the name of a user, such as system:serviceaccount:monitoring:prometheus.`,
    );
  }
  if (verb !== undefined && !VERBS.includes(verb)) {
    problems.add(`${at}.verb`, `"${verb}" received. Allowed: ${VERBS.join(', ')}.${didYouMean(verb, VERBS)}`);
  }
  if (path !== undefined && resource !== undefined) {
    problems.add(`${at}.path`, 'It has no effect with resourceAttributes, which take the place of the path.');
  } else if (path?.startsWith('/') === false) {
    problems.add(`${at}.path`, `"${path}" received. Allowed: a path that starts with /.`);
  }
}
