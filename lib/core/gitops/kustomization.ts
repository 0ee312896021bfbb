import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toYaml } from '../yaml';

/** A folder that `kubectl apply -k` takes: files, and a kustomization.yaml that lists them. */
export interface KustomizeFolder {
  /** The files beside kustomization.yaml, by name. */
  readonly files: ReadonlyMap<string, string>;
  /** Further resources: folders beneath it, or addresses. @default - none */
  readonly resources?: readonly string[];
  /** Annotations of everything in the folder. @default - none */
  readonly commonAnnotations?: Readonly<Record<string, string>>;
}

const KUSTOMIZATION = 'kustomization.yaml';

/** By this a later synthesis knows what it may remove. */
const HEADER = '# Written by cdk8s-gpu-monitoring at every synthesis.\n';

/**
 * Writes a folder with its kustomization.yaml.
 *
 * @see https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/
 */
export function writeFolder(path: string, folder: KustomizeFolder): void {
  mkdirSync(path, { recursive: true });
  for (const [name, content] of folder.files) {
    writeFileSync(join(path, name), content);
  }
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    commonAnnotations: folder.commonAnnotations,
    resources: [...[...folder.files.keys()].sort(), ...(folder.resources ?? [])],
  };
  writeFileSync(join(path, KUSTOMIZATION), `${HEADER}${toYaml(kustomization)}`);
}

/**
 * Removes what an earlier synthesis wrote into a folder, and the folder where nothing is left in it.
 *
 * Only files that a kustomization.yaml of ours lists are removed; others are somebody's.
 */
export function removeFolder(path: string): void {
  const list = join(path, KUSTOMIZATION);
  const text = existsSync(list) ? readFileSync(list, 'utf8') : '';
  if (text.startsWith(HEADER)) {
    const [, resources = ''] = text.split('\nresources:');
    for (const [, name = ''] of resources.matchAll(/^ *- '?([A-Za-z0-9_-][A-Za-z0-9_-]*\.[A-Za-z0-9._-]+)'?$/gm)) {
      rmSync(join(path, name), { force: true });
    }
    rmSync(list);
  }
  removeEmpty(path);
}

/** Removes a folder that holds nothing. */
export function removeEmpty(path: string): void {
  if (existsSync(path) && readdirSync(path).length === 0) {
    rmdirSync(path);
  }
}
