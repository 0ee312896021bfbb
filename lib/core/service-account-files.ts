/**
 * The files of a pod's ServiceAccount, as the kubelet mounts them.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
export const SERVICE_ACCOUNT = {
  /** Bound token; renewed while the pod runs. */
  token: '/var/run/secrets/kubernetes.io/serviceaccount/token',
  /** The authority that signed the API server's certificate. */
  ca: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
} as const;
