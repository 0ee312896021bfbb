import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { clusterScoped } from './cluster-scoped';
import { k8s } from './k8s';
import { LateObjects } from './late-objects';
import { addLateObjects } from './synthesis';
import type { Metadata } from './workload';

/** One rule of a Role or ClusterRole. */
export interface AccessRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly nonResourceUrls?: readonly string[];
  readonly verbs: readonly string[];
}

/** Rules that hold in named namespaces, or in the whole cluster. */
export interface Access {
  readonly namespaces: readonly string[] | 'cluster';
  readonly rules: readonly AccessRule[];
}

/** Stands for the whole cluster, and can be no namespace. */
const CLUSTER = '*';

/**
 * Joins rules: what is granted in the cluster is not granted again in a namespace, and equal verbs are gathered.
 *
 * @returns the rules by namespace; `*` for a ClusterRole.
 */
export function mergeAccess(accesses: readonly Access[]): ReadonlyMap<string, readonly AccessRule[]> {
  const byPlace = new Map<string, Map<string, AccessRule>>();
  const cluster = new Set<string>();
  const ordered = [...accesses].sort((a, b) => Number(b.namespaces === 'cluster') - Number(a.namespaces === 'cluster'));
  for (const { namespaces, rules } of ordered) {
    for (const rule of rules.flatMap(single)) {
      const key = JSON.stringify(rule);
      for (const place of namespaces === 'cluster' ? [CLUSTER] : namespaces) {
        if (place === CLUSTER) {
          cluster.add(key);
        } else if (cluster.has(key)) {
          continue;
        }
        byPlace.set(place, (byPlace.get(place) ?? new Map<string, AccessRule>()).set(key, rule));
      }
    }
  }
  return new Map(
    [...byPlace].sort(([a], [b]) => (a < b ? -1 : 1)).map(([place, rules]) => [place, gather([...rules.values()])]),
  );
}

/** One rule per API group and resource, so that duplicates can be seen. */
function single(rule: AccessRule): readonly AccessRule[] {
  if (rule.nonResourceUrls !== undefined) {
    return rule.nonResourceUrls.map((url) => ({ nonResourceUrls: [url], verbs: [...rule.verbs].sort() }));
  }
  return (rule.apiGroups ?? ['']).flatMap((group) =>
    (rule.resources ?? []).map((resource) => ({
      apiGroups: [group],
      resources: [resource],
      verbs: [...rule.verbs].sort(),
    })),
  );
}

function gather(rules: readonly AccessRule[]): readonly AccessRule[] {
  const gathered = new Map<string, { rule: AccessRule; names: string[] }>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.verbs, rule.nonResourceUrls !== undefined]);
    const known = gathered.get(key) ?? { rule, names: [] };
    known.names.push(...(rule.nonResourceUrls ?? rule.resources ?? []));
    gathered.set(key, known);
  }
  return [...gathered.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { rule, names }]) =>
      rule.nonResourceUrls === undefined
        ? { ...rule, resources: [...names].sort() }
        : { ...rule, nonResourceUrls: [...names].sort() },
    );
}

/** Whether rules allow every verb of one, each maybe by another rule; `*` stands for anything. */
function isHeld(
  { apiGroups = [], resources = [], nonResourceUrls = [], verbs }: AccessRule,
  held: readonly AccessRule[],
): boolean {
  const isIn = (wanted: readonly string[], given: readonly string[] = []) =>
    given.includes('*') || wanted.every((each) => given.includes(each));
  return verbs.every((verb) =>
    held.some(
      (rule) =>
        isIn([verb], rule.verbs) &&
        (nonResourceUrls.length > 0
          ? isIn(nonResourceUrls, rule.nonResourceUrls)
          : isIn(apiGroups, rule.apiGroups) && isIn(resources, rule.resources)),
    ),
  );
}

/**
 * Exactly the access that is asked for, for a ServiceAccount: Roles per namespace, and a ClusterRole.
 *
 * The access is asked for at synth, when it is known what will be scraped.
 */
export class GrantedAccess extends LateObjects {
  private readonly more: Access[] = [];

  public constructor(
    scope: Construct,
    id: string,
    private readonly metadata: Metadata,
    private readonly access: () => readonly Access[],
    /** Who is granted the access. */
    private readonly account: { readonly name: string; readonly namespace: string },
  ) {
    super(scope, id);
    addLateObjects(this, () => {
      for (const [place, rules] of this.granted()) {
        this.grant(place, rules);
      }
    });
  }

  /** Grants more than was derived, such as what a raw scrape configuration discovers; before synthesis. */
  public allow(...access: readonly Access[]): void {
    this.more.push(...access);
  }

  /** Whether everything that is asked for is granted: derived, or allowed in words. */
  public covers({ namespaces, rules }: Access): boolean {
    const granted = this.granted();
    return (namespaces === 'cluster' ? [CLUSTER] : namespaces).every((place) => {
      const held = [...(granted.get(CLUSTER) ?? []), ...(place === CLUSTER ? [] : (granted.get(place) ?? []))];
      return rules.flatMap(single).every((rule) => isHeld(rule, held));
    });
  }

  private granted(): ReadonlyMap<string, readonly AccessRule[]> {
    return mergeAccess([...this.access(), ...this.more]);
  }

  private grant(place: string, accessRules: readonly AccessRule[]): void {
    const apiGroup = 'rbac.authorization.k8s.io';
    const rules = accessRules.map(toPolicyRule);
    const { name, namespace } = this.metadata;
    const subjects = [{ kind: 'ServiceAccount', name: this.account.name, namespace: this.account.namespace }];
    if (place === CLUSTER) {
      // Cluster-wide objects of two stacks must not meet under one name.
      const metadata = { ...this.metadata.object(), name: `${namespace}-${name}`, namespace: undefined };
      const roleRef = { apiGroup, kind: 'ClusterRole', name: metadata.name };
      this.made(clusterScoped(new k8s.KubeClusterRole(this, 'ClusterRole', { metadata, rules })));
      this.made(
        clusterScoped(new k8s.KubeClusterRoleBinding(this, 'ClusterRoleBinding', { metadata, roleRef, subjects })),
      );
      return;
    }
    const metadata = { ...this.metadata.object(), name: roleName(this.metadata, place), namespace: place };
    const roleRef = { apiGroup, kind: 'Role', name: metadata.name };
    this.made(new k8s.KubeRole(this, `Role-${place}`, { metadata, rules }));
    this.made(new k8s.KubeRoleBinding(this, `RoleBinding-${place}`, { metadata, roleRef, subjects }));
  }
}

/** A ServiceAccount of our own with exactly the access that is asked for. */
export class ScopedAccess extends GrantedAccess {
  public readonly serviceAccount: ApiObject;

  public constructor(
    scope: Construct,
    id: string,
    metadata: Metadata,
    access: () => readonly Access[],
    annotations: Readonly<Record<string, string>> = {},
  ) {
    super(scope, id, metadata, access, metadata);
    const own = metadata.object();
    this.serviceAccount = new k8s.KubeServiceAccount(this, 'ServiceAccount', {
      metadata: { ...own, annotations: { ...own.annotations, ...annotations } },
      automountServiceAccountToken: false,
    });
  }
}

function toPolicyRule({ apiGroups, resources, nonResourceUrls, verbs }: AccessRule): k8s.PolicyRule {
  return {
    apiGroups: apiGroups && [...apiGroups],
    resources: resources && [...resources],
    nonResourceUrLs: nonResourceUrls && [...nonResourceUrls],
    verbs: [...verbs],
  };
}

/** A Role in another namespace says whose it is. */
function roleName(metadata: Metadata, place: string): string {
  return place === metadata.namespace ? metadata.name : `${metadata.namespace}-${metadata.name}`;
}
