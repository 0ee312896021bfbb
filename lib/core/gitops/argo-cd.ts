import type { Problems } from '../../model/problem';
import type { Manifest, SynthesizedObject } from '../synthesis';
import { annotate } from './annotate';
import { isCustomResource } from './custom-resource';
import { overlayOf } from './overlay';

/** How Argo CD applies the stack. */
export interface ArgoCdOptions {
  /**
   * Added to every sync wave, where the Application holds more than this stack.
   *
   * @default 0
   */
  readonly waveOffset?: number;
}

const SYNC_WAVE = 'argocd.argoproj.io/sync-wave';
const SYNC_OPTIONS = 'argocd.argoproj.io/sync-options';

/** Sync waves: everything of one is applied and healthy before the next begins. */
const WAVES = { crds: -3, configuration: -2, operator: -1, workloads: 0, last: 1 } as const;

/** What others need to start, and what is healthy as soon as it exists. */
const CONFIGURATION = [
  'Namespace',
  'ResourceQuota',
  'LimitRange',
  'PriorityClass',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'NetworkPolicy',
];

/**
 * What may stay unhealthy for reasons outside of the stack, so nothing may wait for it: a DaemonSet while a node is
 * down, an address that no controller hands out.
 */
const UNRELIABLE = ['DaemonSet', 'Ingress', 'HTTPRoute'];

/** What takes data or objects of others with it. */
const KEPT = ['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition'];

/**
 * Bytes up to which an object is applied client-side: the annotation of at most 262,144 bytes with the copy of it is
 * not the only one.
 */
const LARGEST_CLIENT_SIDE = 240 * 1024;

/** Annotations of the CRDs, which are somebody else's and cannot be annotated one by one. */
export function argoCdCrdAnnotations({ waveOffset = 0 }: ArgoCdOptions): Readonly<Record<string, string>> {
  return {
    [SYNC_OPTIONS]: 'ServerSideApply=true,Prune=false,Delete=false',
    [SYNC_WAVE]: String(WAVES.crds + waveOffset),
  };
}

/**
 * Annotates an object with its sync wave and with the sync options that it needs; what it says itself is kept.
 *
 * Nothing is replaced: that would delete the object, and with it what it holds.
 *
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
 * @see https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
 */
export function annotateForArgoCd(object: SynthesizedObject, { waveOffset = 0 }: ArgoCdOptions): Manifest {
  const { manifest } = object;
  const own = manifest.metadata.annotations?.[SYNC_OPTIONS];
  const given = own === undefined ? [] : own.split(',').map((option) => option.trim());
  const named = new Set(given.map((option) => option.split('=')[0]));
  const added = optionsOf(manifest).filter((option) => !named.has(option.split('=')[0]));
  const wave = waveOf(object) + waveOffset;
  const annotated = annotate(manifest, wave === 0 ? {} : { [SYNC_WAVE]: String(wave) });
  if (added.length === 0) {
    return annotated;
  }
  const { [SYNC_OPTIONS]: _own, ...others } = annotated.metadata.annotations ?? {};
  const metadata = { ...annotated.metadata, annotations: others };
  return annotate({ ...annotated, metadata }, { [SYNC_OPTIONS]: [...given, ...added].join(',') });
}

/** Checks the options. */
export function checkArgoCd({ waveOffset }: ArgoCdOptions, problems: Problems): void {
  if (waveOffset !== undefined && !Number.isSafeInteger(waveOffset)) {
    problems.add('waveOffset', `${waveOffset} received. Allowed: a whole number, such as 10 or -10.`);
  }
}

function waveOf(object: SynthesizedObject): number {
  const { kind, metadata, spec } = object.manifest;
  if (overlayOf(object) !== undefined || UNRELIABLE.includes(kind)) {
    return WAVES.last;
  }
  if (kind === 'Service' && (spec as { type?: string } | undefined)?.type === 'LoadBalancer') {
    return WAVES.last;
  }
  if (kind === 'CustomResourceDefinition') {
    return WAVES.crds;
  }
  if (CONFIGURATION.includes(kind)) {
    return WAVES.configuration;
  }
  return metadata.labels?.['app.kubernetes.io/name'] === 'prometheus-operator' ? WAVES.operator : WAVES.workloads;
}

function optionsOf(manifest: Manifest): readonly string[] {
  return [
    ...(Buffer.byteLength(JSON.stringify(manifest)) > LARGEST_CLIENT_SIDE ? ['ServerSideApply=true'] : []),
    // The CRD may come in the same sync.
    ...(isCustomResource(manifest) ? ['SkipDryRunOnMissingResource=true'] : []),
    ...(KEPT.includes(manifest.kind) ? ['Prune=false'] : []),
  ];
}
