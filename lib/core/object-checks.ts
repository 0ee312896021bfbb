import type { IConstruct } from 'constructs';
import { type Problem, Problems } from '../model/problem';
import { imageProblem, operatedImages, podSpecOf } from './images';
import type { SynthesizedObject } from './synthesis';

/** The largest object that etcd takes, by the limit of ConfigMaps and Secrets. */
const LARGEST = 1024 * 1024;
/** Above this a client-side `kubectl apply` cannot keep the object in its annotation. */
const LARGEST_CLIENT_SIDE = 256 * 1024;

/**
 * Finds what only the finished objects show: floating images, sizes, and two objects of one name.
 *
 * @param owners the constructs whose objects are checked; the rest of the app is its owner's.
 */
export function objectProblems(
  objects: readonly SynthesizedObject[],
  owners: ReadonlySet<IConstruct>,
): readonly Problem[] {
  const seen = new Map<string, string>();
  return objects.flatMap(({ construct, manifest }) => {
    const problems = Problems.at(construct.node.path);
    const name = nameOf(manifest);
    const other = seen.get(`${manifest.apiVersion} ${name}`);
    seen.set(`${manifest.apiVersion} ${name}`, construct.node.path);
    if (construct.node.scopes.some((scope) => owners.has(scope))) {
      if (other !== undefined) {
        problems.add('metadata.name', `${name} exists twice, also at ${other}. Give one another name.`);
      }
      checkObject(name, manifest, problems);
    }
    return problems.all;
  });
}

function nameOf({ kind, metadata }: SynthesizedObject['manifest']): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

/** The bytes by which an object with data is limited; whoever makes a Secret checks the whole of it. */
function storedBytes({ kind, ...rest }: SynthesizedObject['manifest']): number {
  const bytes = Buffer.byteLength(JSON.stringify({ kind, ...rest }));
  return kind === 'ConfigMap' || (kind === 'Secret' && bytes <= LARGEST) ? bytes : 0;
}

function checkObject(name: string, manifest: SynthesizedObject['manifest'], problems: Problems): void {
  const spec = podSpecOf(manifest);
  for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
    const fault = container.image === undefined ? undefined : imageProblem(container.image);
    problems.within(container.name).addIf('image', fault);
  }
  for (const [place, image] of Object.entries(operatedImages(manifest))) {
    problems.within(name).addIf(place, imageProblem(image));
  }
  const bytes = storedBytes(manifest);
  const annotations = manifest.metadata.annotations ?? {};
  const serverSide = annotations['argocd.argoproj.io/sync-options']?.includes('ServerSideApply=true') === true;
  if (bytes > LARGEST) {
    problems.add('data', `${name} has ${bytes} bytes; Kubernetes takes at most ${LARGEST}. Split it.`);
  } else if (bytes > LARGEST_CLIENT_SIDE && !serverSide) {
    problems.add(
      'data',
      `${name} has ${bytes} bytes; a client-side apply takes at most ${LARGEST_CLIENT_SIDE}. Split it, or apply it ` +
        'server-side and say so by the annotation argocd.argoproj.io/sync-options: ServerSideApply=true.',
    );
  }
}
