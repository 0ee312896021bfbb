import type { Construct } from 'constructs';
import type { Problems } from '../model/problem';
import { imageProblem, podSpecOf } from './images';
import type { SynthesizedObject } from './synthesis';

/** The largest object that etcd takes, by the limit of ConfigMaps and Secrets. */
const LARGEST = 1024 * 1024;
/** Above this a client-side `kubectl apply` cannot keep the object in its annotation. */
const LARGEST_CLIENT_SIDE = 256 * 1024;

/**
 * Checks what only the finished objects show: floating images, sizes, and two objects of one name.
 *
 * @param scopes the constructs whose objects are checked; the rest of the app is its owner's.
 */
export function checkObjects(
  objects: readonly SynthesizedObject[],
  scopes: readonly Construct[],
  problems: Problems,
): void {
  const seen = new Map<string, string>();
  for (const { construct, manifest } of objects) {
    const { kind, metadata } = manifest;
    const name = `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
    const identity = `${manifest.apiVersion} ${name}`;
    const own = construct.node.scopes.some((scope) => scopes.includes(scope as Construct));
    const other = seen.get(identity);
    if (own && other !== undefined) {
      problems.add(
        'metadata.name',
        `${name} exists twice: at ${construct.node.path} and at ${other}. Give one another name.`,
      );
    }
    seen.set(identity, construct.node.path);
    if (own) {
      checkObject(name, manifest, problems);
    }
  }
}

function checkObject(name: string, manifest: SynthesizedObject['manifest'], problems: Problems): void {
  const spec = podSpecOf(manifest);
  for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
    const fault = container.image === undefined ? undefined : imageProblem(container.image);
    problems.within(`${name}/${container.name}`).addIf('image', fault);
  }
  const bytes = manifest.kind === 'ConfigMap' ? Buffer.byteLength(JSON.stringify(manifest)) : 0;
  const annotations = manifest.metadata.annotations ?? {};
  const serverSide = annotations['argocd.argoproj.io/sync-options']?.includes('ServerSideApply=true') === true;
  if (bytes > LARGEST) {
    problems.within(name).add('data', `${bytes} bytes; Kubernetes takes at most ${LARGEST}. Split it.`);
  } else if (bytes > LARGEST_CLIENT_SIDE && !serverSide) {
    problems
      .within(name)
      .add(
        'data',
        `${bytes} bytes; a client-side apply takes at most ${LARGEST_CLIENT_SIDE}. Split it, or apply it server-side and ` +
          'say so by the annotation argocd.argoproj.io/sync-options: ServerSideApply=true.',
      );
  }
}
