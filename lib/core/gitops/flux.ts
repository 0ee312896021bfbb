import { Yaml } from 'cdk8s';
import type { Problems } from '../../model/problem';
import type { Manifest, SynthesizedObject } from '../synthesis';
import { annotate } from './annotate';

/** The object from which Flux takes the output. */
export interface FluxSourceRef {
  readonly kind: 'GitRepository' | 'OCIRepository' | 'Bucket';
  readonly name: string;
  /** @default - the namespace of the Kustomizations */
  readonly namespace?: string;
}

/** How Flux applies the stack. */
export interface FluxOptions {
  /** Path of the output folder in the source, such as `./manifests`. */
  readonly path: string;
  /** Where the output is committed or published. */
  readonly sourceRef: FluxSourceRef;
  /** How often the cluster is compared with the source. @default 10m */
  readonly interval?: string;
  /** How long health is waited for. @default 5m */
  readonly timeout?: string;
  /** Namespace of the Kustomizations. @default flux-system */
  readonly namespace?: string;
  /** ServiceAccount in that namespace by which Flux applies. @default - Flux's own */
  readonly serviceAccountName?: string;
}

/** A folder of the stack, as a Kustomization applies it. */
export interface FluxFolder {
  /** Path below the folder of the stack, such as `overlays/alerting`. */
  readonly path: string;
  /** What is in it; empty for CRDs, which are somebody else's. */
  readonly objects: readonly SynthesizedObject[];
}

const DURATION = /^(\d+(\.\d+)?(ms|s|m|h))+$/;

/** What takes data with it. */
const KEPT = ['Namespace', 'PersistentVolumeClaim'];

/** Workloads whose health others wait for; a DaemonSet is not healthy while any node is down. */
const WAITED_FOR = ['Deployment', 'StatefulSet'];

/** Keeps Flux from deleting what takes data with it. */
export function annotateForFlux({ manifest }: SynthesizedObject): Manifest {
  return annotate(manifest, KEPT.includes(manifest.kind) ? { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } : {});
}

/**
 * Renders one Kustomization per folder: the CRDs, then the base, then the overlays.
 *
 * @param stack folder of the stack in the output, from which they have their names.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/
 */
export function fluxKustomizations(stack: string, folders: readonly FluxFolder[], options: FluxOptions): string {
  const names = new Map(folders.map(({ path }) => [path, `${stack}-${path.replace('overlays/', '')}`]));
  return Yaml.stringify(
    ...folders.map(({ path, objects }) => {
      const before = path === 'crds' ? [] : path === 'base' ? ['crds'] : ['crds', 'base'];
      const dependsOn = before.flatMap((each) => names.get(each) ?? []).map((name) => ({ name }));
      return {
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
        kind: 'Kustomization',
        metadata: { name: names.get(path), namespace: options.namespace ?? 'flux-system' },
        spec: {
          ...(dependsOn.length > 0 && { dependsOn }),
          ...health(path, objects),
          interval: options.interval ?? '10m',
          path: `./${[...segments(options.path), stack, path].join('/')}`,
          prune: path !== 'crds',
          ...(options.serviceAccountName !== undefined && { serviceAccountName: options.serviceAccountName }),
          sourceRef: { ...options.sourceRef },
          timeout: options.timeout ?? '5m',
        },
      };
    }),
  );
}

/** Checks the options. */
export function checkFlux(options: FluxOptions, problems: Problems): void {
  const { path, sourceRef } = options;
  if (typeof path !== 'string' || path.startsWith('/') || segments(path).includes('..')) {
    problems.add('path', `"${path}" received. Allowed: a path below the root of the source, such as ./manifests.`);
  }
  const kinds = ['GitRepository', 'OCIRepository', 'Bucket'];
  if (!kinds.includes(sourceRef?.kind) || !sourceRef.name) {
    const received = JSON.stringify(sourceRef);
    problems.add('sourceRef', `${received} received. Allowed: a kind of ${kinds.join(', ')}, and its name.`);
  }
  for (const property of ['interval', 'timeout'] as const) {
    const duration = options[property];
    if (duration !== undefined && !DURATION.test(duration)) {
      problems.add(property, `"${duration}" received. Allowed: a duration of Go, in h, m, s and ms: 10m or 1h30m.`);
    }
  }
}

/** The base is healthy when its servers are: what is waited for must not depend on every single node. */
function health(path: string, objects: readonly SynthesizedObject[]): Record<string, unknown> {
  if (path !== 'base') {
    return { wait: true };
  }
  const healthChecks = objects
    .map(({ manifest: { apiVersion, kind, metadata } }) => ({
      apiVersion,
      kind,
      name: metadata.name,
      ...(metadata.namespace !== undefined && { namespace: metadata.namespace }),
    }))
    .filter(({ kind }) => WAITED_FOR.includes(kind));
  return healthChecks.length === 0 ? {} : { healthChecks };
}

function segments(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}
