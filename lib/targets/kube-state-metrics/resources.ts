/**
 * The resources that kube-state-metrics 2.20 can read, by the API group in which each is listed and watched.
 *
 * @see https://github.com/kubernetes/kube-state-metrics/tree/main/docs#exposed-metrics
 */
export const RESOURCE_GROUPS = {
  certificatesigningrequests: 'certificates.k8s.io',
  clusterrolebindings: 'rbac.authorization.k8s.io',
  clusterroles: 'rbac.authorization.k8s.io',
  configmaps: '',
  cronjobs: 'batch',
  daemonsets: 'apps',
  deployments: 'apps',
  endpoints: '',
  endpointslices: 'discovery.k8s.io',
  horizontalpodautoscalers: 'autoscaling',
  ingressclasses: 'networking.k8s.io',
  ingresses: 'networking.k8s.io',
  jobs: 'batch',
  leases: 'coordination.k8s.io',
  limitranges: '',
  mutatingadmissionpolicies: 'admissionregistration.k8s.io',
  mutatingadmissionpolicybindings: 'admissionregistration.k8s.io',
  mutatingwebhookconfigurations: 'admissionregistration.k8s.io',
  namespaces: '',
  networkpolicies: 'networking.k8s.io',
  nodes: '',
  persistentvolumeclaims: '',
  persistentvolumes: '',
  poddisruptionbudgets: 'policy',
  pods: '',
  replicasets: 'apps',
  replicationcontrollers: '',
  resourcequotas: '',
  rolebindings: 'rbac.authorization.k8s.io',
  roles: 'rbac.authorization.k8s.io',
  secrets: '',
  serviceaccounts: '',
  services: '',
  statefulsets: 'apps',
  storageclasses: 'storage.k8s.io',
  validatingadmissionpolicies: 'admissionregistration.k8s.io',
  validatingadmissionpolicybindings: 'admissionregistration.k8s.io',
  validatingwebhookconfigurations: 'admissionregistration.k8s.io',
  volumeattachments: 'storage.k8s.io',
} as const;

/** A kind of object that kube-state-metrics turns into series. */
export type StateResource = keyof typeof RESOURCE_GROUPS;

/** Kinds whose metrics do not begin with `kube_` and their own name in the singular. */
const IRREGULAR: Readonly<Partial<Record<StateResource, string>>> = {
  endpoints: 'kube_endpoint_',
  ingresses: 'kube_ingress_',
  ingressclasses: 'kube_ingressclass_',
  networkpolicies: 'kube_networkpolicy_',
  resourcequotas: 'kube_resourcequota',
  storageclasses: 'kube_storageclass_',
};

/** Whether an expression reads series about kinds that are not among the objects. */
export function readsOtherKinds(expr: string, objects: readonly StateResource[]): boolean {
  const prefix = (kind: StateResource) => IRREGULAR[kind] ?? `kube_${kind.replace(/s$/, '')}_`;
  const others = (Object.keys(RESOURCE_GROUPS) as StateResource[]).filter((kind) => !objects.includes(kind));
  return others.some((kind) => expr.includes(prefix(kind)));
}

/** Resources that exist once for the cluster, so that a Role in a namespace cannot grant them. */
export const CLUSTER_SCOPED: readonly StateResource[] = [
  'certificatesigningrequests',
  'clusterrolebindings',
  'clusterroles',
  'ingressclasses',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'mutatingwebhookconfigurations',
  'namespaces',
  'nodes',
  'persistentvolumes',
  'storageclasses',
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'validatingwebhookconfigurations',
  'volumeattachments',
];

/**
 * What is read by default: what rules and dashboards of the field need.
 *
 * Beside upstream's own default it leaves out Secrets and ConfigMaps, whose contents nobody should be able to list for
 * the sake of a metric, and objects that only their own teams look at.
 */
export const DEFAULT_RESOURCES: readonly StateResource[] = [
  'cronjobs',
  'daemonsets',
  'deployments',
  'horizontalpodautoscalers',
  'ingresses',
  'jobs',
  'limitranges',
  'namespaces',
  'networkpolicies',
  'nodes',
  'persistentvolumeclaims',
  'persistentvolumes',
  'poddisruptionbudgets',
  'pods',
  'replicasets',
  'replicationcontrollers',
  'resourcequotas',
  'services',
  'statefulsets',
  'storageclasses',
  'volumeattachments',
];
