import type { TestPod } from '../../objects';

interface Context {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly seccompProfile?: { readonly type: string };
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
}

/** Volumes of no other kind are allowed. */
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/**
 * What the Pod Security level `restricted` would say of a pod.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export function restrictedViolations({ containers, volumes = [], ...spec }: TestPod['spec']): readonly string[] {
  const pod = (spec.securityContext ?? {}) as Context;
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  const kinds = volumes.flatMap((volume) => Object.keys(volume).filter((key) => key !== 'name'));
  return [
    ...shared,
    ...kinds.filter((kind) => !VOLUMES.includes(kind)).map((kind) => `volume ${kind}`),
    ...containers.flatMap(({ name, securityContext }) => {
      const own = (securityContext ?? {}) as Context;
      const { runAsNonRoot, runAsUser, seccompProfile } = { ...pod, ...own };
      const checks: Readonly<Record<string, boolean>> = {
        runAsNonRoot: runAsNonRoot === true && runAsUser !== 0,
        seccompProfile: ['RuntimeDefault', 'Localhost'].includes(seccompProfile?.type ?? ''),
        allowPrivilegeEscalation: own.allowPrivilegeEscalation === false,
        privileged: own.privileged !== true,
        capabilities: own.capabilities?.drop?.includes('ALL') === true && (own.capabilities.add ?? []).length === 0,
      };
      return Object.keys(checks)
        .filter((check) => !checks[check])
        .map((check) => `${name}: ${check}`);
    }),
  ];
}
