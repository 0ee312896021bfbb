import type { k8s } from 'cdk8s-plus-28';

/** Nobody, in the images that are used here. */
const USER = 65534;

/**
 * What a pod with a GPU needs beside its containers, and all that it gives away.
 *
 * GPUs reach a container through the device plugin, not through privileges, so such a pod passes the Pod Security level
 * `restricted` as any other does.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export const HARDENED_POD = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: USER,
    runAsGroup: USER,
    fsGroup: USER,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  // Nodes with GPUs are often kept free of everything else.
  tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
} satisfies Partial<k8s.PodSpec>;

/** The same for each of its containers. */
export const HARDENED_CONTAINER: k8s.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};
