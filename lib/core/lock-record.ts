import type { Manifest, SynthesizedObject } from './synthesis';

/** What a lock file says of one stack. */
export interface LockRecord {
  /** Names of alerts, sorted. */
  readonly alerts: readonly string[];
  /** Fields that cannot change, by object and by field; null where the field is not set. */
  readonly objects: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The fields that Kubernetes refuses to change in an object that exists, or that do not change what exists. */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec.selector'],
  DaemonSet: ['spec.selector'],
  StatefulSet: ['spec.selector', 'spec.serviceName', 'spec.podManagementPolicy', 'spec.volumeClaimTemplates'],
  Service: ['spec.clusterIP'],
  RoleBinding: ['roleRef'],
  ClusterRoleBinding: ['roleRef'],
  Job: ['spec.selector', 'spec.template'],
  PersistentVolumeClaim: ['spec.accessModes', 'spec.storageClassName', 'spec.volumeMode', 'spec.volumeName'],
  Prometheus: ['spec.storage'],
  PrometheusAgent: ['spec.storage'],
  Alertmanager: ['spec.storage'],
  ThanosRuler: ['spec.storage'],
  Namespace: [],
};

/** Servers that prometheus-operator runs: their fields can change, but volume claims that exist do not follow. */
const OPERATED = ['Prometheus', 'PrometheusAgent', 'Alertmanager', 'ThanosRuler'];

/** Objects that take data with them when they go, or leave it behind. */
const STATEFUL = ['StatefulSet', 'PersistentVolumeClaim', ...OPERATED, 'Namespace'];

/** What must not change unnoticed. */
export function recordOf(objects: readonly SynthesizedObject[], alerts: readonly string[]): LockRecord {
  const entries = objects.flatMap(({ manifest }) => {
    const fields = IMMUTABLE[manifest.kind];
    return fields === undefined
      ? []
      : [[identity(manifest), Object.fromEntries(fields.map((field) => [field, fieldOf(manifest, field)]))] as const];
  });
  return { alerts: [...new Set(alerts)].sort(), objects: Object.fromEntries(entries) };
}

/** Kind, namespace and name: what an object is in the cluster, wherever it is in the app. */
export function identity({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

/** Whether an object that was recorded must not vanish. */
export function isStateful(identity: string): boolean {
  return STATEFUL.includes(identity.split(' ')[0] ?? '');
}

/** Whether prometheus-operator runs what an object describes. */
export function isOperated(identity: string): boolean {
  return OPERATED.includes(identity.split(' ')[0] ?? '');
}

/** The same JSON for the same value: keys are sorted. */
export function stableJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, inner: unknown) =>
      typeof inner === 'object' && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    indent,
  );
}

function fieldOf(manifest: Manifest, field: string): unknown {
  const value = field
    .split('.')
    .reduce<unknown>((object, key) => (object as Record<string, unknown> | undefined)?.[key], manifest);
  return value ?? null;
}
