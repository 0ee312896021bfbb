import type { Construct } from 'constructs';
import { clusterScoped } from './cluster-scoped';
import { k8s } from './k8s';

/**
 * A Pod Security level.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted';

/** Makes a Namespace whose Pod Security level is enforced, warned about and audited. */
export function namespaceWithLevel(
  scope: Construct,
  id: string,
  name: string,
  level: PodSecurityLevel,
): k8s.KubeNamespace {
  const modes = ['enforce', 'warn', 'audit'].map((mode) => [`pod-security.kubernetes.io/${mode}`, level]);
  const namespace = new k8s.KubeNamespace(scope, id, {
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/part-of': 'cdk8s-gpu-monitoring',
        'app.kubernetes.io/managed-by': 'cdk8s',
        ...Object.fromEntries(modes),
      },
    },
  });
  return clusterScoped(namespace);
}

/**
 * Lets pods of the highest priority into a namespace where the platform reserves it for kube-system, as GKE does.
 *
 * @see https://kubernetes.io/docs/concepts/policy/resource-quotas/#limit-priority-class-consumption-by-default
 */
export function allowSystemPriority(scope: Construct, namespace: string): k8s.KubeResourceQuota {
  return new k8s.KubeResourceQuota(scope, 'SystemPriority', {
    metadata: { name: 'system-node-critical', namespace },
    spec: {
      hard: { pods: k8s.Quantity.fromString('1G') },
      scopeSelector: {
        matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }],
      },
    },
  });
}
