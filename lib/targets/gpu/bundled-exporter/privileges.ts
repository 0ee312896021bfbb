import type { k8s } from '../../../core/k8s';
import { HARDENED } from '../../../core/workload';

/**
 * What the exporter's pod may do on its node, and so what it can see.
 *
 * - `device`: no root, no view of the node's processes. Metrics of devices alone.
 * - `process`: sees the node's processes, so that memory and time on a GPU are known by process and pod. It is root without any
 *   capability, since only the owner of the kubelet's sockets may connect to them; without the kubelet as a source it is no root.
 * - `privileged`: everything, for nodes that give devices to privileged containers alone, and for the kernel's log as a second
 *   source of XID errors.
 */
export type PrivilegeProfile = 'device' | 'process' | 'privileged';

/** User of the image, and of the exporter where it needs no root. */
const NOBODY = 65532;

/** Who the pod runs as. */
export interface PodPrivileges {
  readonly profile: PrivilegeProfile;
  /** Whether it connects to sockets that only root may connect to. */
  readonly needsRoot: boolean;
  readonly userIds: 'fixed' | 'assigned';
}

/** The security fields of the pod. */
export function podPrivileges({ profile, needsRoot, userIds }: PodPrivileges): Partial<k8s.PodSpec> {
  const user = needsRoot || profile === 'privileged' ? 0 : NOBODY;
  return {
    ...(profile !== 'device' && { hostPid: true }),
    securityContext: {
      runAsNonRoot: user !== 0,
      ...((user === 0 || userIds === 'fixed') && { runAsUser: user, runAsGroup: user }),
      seccompProfile: { type: profile === 'privileged' ? 'Unconfined' : 'RuntimeDefault' },
    },
  };
}

/** The security context of the exporter's container. */
export function containerPrivileges(profile: PrivilegeProfile): k8s.SecurityContext {
  return profile === 'privileged' ? { privileged: true, readOnlyRootFilesystem: true } : HARDENED;
}
