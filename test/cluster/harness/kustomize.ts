import { parseAllDocuments } from 'yaml';
import type { Cluster } from './cluster';
import type { SynthesizedObject } from './synthesized';

/** The objects of a folder with a kustomization.yaml, as the kustomize in `kubectl` builds them. */
export async function buildFolder(cluster: Cluster, folder: string): Promise<readonly SynthesizedObject[]> {
  const text = await cluster.kubectl(['kustomize', folder]);
  return parseAllDocuments(text).map((document) => document.toJS() as SynthesizedObject);
}

/**
 * Deletes objects and waits until they are gone. A finalizer that nobody takes away makes it fail.
 *
 * Those that are gone already, as their namespace is, are no failure.
 */
export async function deleteObjects(cluster: Cluster, objects: readonly SynthesizedObject[]): Promise<void> {
  await cluster.kubectl(['delete', '--ignore-not-found', '--wait=true', '--timeout=90s', '-f', '-'], {
    input: listOf(objects),
  });
}

/** The objects of these that are in the cluster: `deployment.apps/grafana` … */
export async function existing(cluster: Cluster, objects: readonly SynthesizedObject[]): Promise<readonly string[]> {
  return lines(
    await cluster.kubectl(['get', '--ignore-not-found', '-o', 'name', '-f', '-'], { input: listOf(objects) }),
  );
}

/** What Kubernetes itself puts into every namespace. */
const OF_EVERY_NAMESPACE = ['configmap/kube-root-ca.crt', 'serviceaccount/default'];

/** All that is in a namespace, whoever made it, but for events and for what is in every namespace. */
export async function contentOf(cluster: Cluster, namespace: string): Promise<readonly string[]> {
  const kinds = lines(await cluster.kubectl(['api-resources', '--verbs=list', '--namespaced', '-o', 'name']));
  const content = kinds.filter((kind) => !/^events(\.|$)/.test(kind)).join(',');
  const found = lines(await cluster.kubectl(['get', content, '-n', namespace, '--ignore-not-found', '-o', 'name']));
  return found.filter((name) => !OF_EVERY_NAMESPACE.includes(name));
}

/** The objects as one, for the standard input of `kubectl`. */
export function listOf(objects: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}
