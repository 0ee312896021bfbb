import type { Access, AccessRule } from '../../core/rbac';

const GROUP = 'monitoring.coreos.com';
const SERVERS = ['prometheuses', 'prometheusagents', 'alertmanagers', 'thanosrulers'];
const WATCH = ['get', 'list', 'watch'] as const;

/** Monitors and rules of a namespace. */
const READS: readonly AccessRule[] = [
  {
    apiGroups: [GROUP],
    resources: ['servicemonitors', 'podmonitors', 'probes', 'prometheusrules'],
    verbs: ['list', 'watch'],
  },
  // It does not get them singly, but checks at its start that it may.
  { apiGroups: [GROUP], resources: ['scrapeconfigs'], verbs: WATCH },
  // Asked by name every 15 s; a Role is enough for the namespace that it is in.
  { resources: ['namespaces'], verbs: ['get'] },
];

/** What monitors of others refer to; it is read by name. */
const REFERENCES: readonly AccessRule[] = [{ resources: ['configmaps', 'secrets'], verbs: ['get'] }];

/** Servers, and everything that the operator makes of them. */
const RUNS: readonly AccessRule[] = [
  { apiGroups: [GROUP], resources: SERVERS, verbs: WATCH },
  { apiGroups: [GROUP], resources: SERVERS.map((name) => `${name}/status`), verbs: ['update', 'patch'] },
  // Asked for where the owner of an object must be allowed to block its deletion, as on OpenShift.
  { apiGroups: [GROUP], resources: SERVERS.map((name) => `${name}/finalizers`), verbs: ['update'] },
  { apiGroups: [GROUP], resources: ['alertmanagerconfigs'], verbs: ['list', 'watch'] },
  { apiGroups: ['apps'], resources: ['statefulsets'], verbs: [...WATCH, 'create', 'update', 'patch', 'delete'] },
  { resources: ['configmaps', 'secrets'], verbs: [...WATCH, 'create', 'update', 'delete'] },
  { resources: ['services'], verbs: ['get', 'create', 'update'] },
  { resources: ['pods'], verbs: ['list'] },
];

/** What has no namespace; the operator checks at its start that it may write events everywhere. */
const CLUSTER: readonly AccessRule[] = [
  { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create', 'patch'] },
];

/**
 * What prometheus-operator needs in order to run servers in one namespace and read monitors of several.
 *
 * Found by leaving out one permission after the other, with prometheus-operator 0.93 and without its kubelet controller.
 */
export function operatorAccess(own: string, namespaces: readonly string[]): readonly Access[] {
  return [
    { namespaces: 'cluster', rules: CLUSTER },
    { namespaces, rules: READS },
    { namespaces: [own], rules: RUNS },
    { namespaces: namespaces.filter((name) => name !== own), rules: REFERENCES },
  ];
}
