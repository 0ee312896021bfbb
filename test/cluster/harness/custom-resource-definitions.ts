import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster';
import { operatorModule } from './programs';
import { sourcePath } from './source-folder';
import { moduleFolder } from './tools';

/** What the schemas of `test/crds` do not say about a kind. */
interface DefinedKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly scope: 'Cluster' | 'Namespaced';
}

const gpuOperatorKinds: readonly DefinedKind[] = [
  { group: 'amd.com', version: 'v1alpha1', kind: 'DeviceConfig', plural: 'deviceconfigs', scope: 'Namespaced' },
  { group: 'nvidia.com', version: 'v1', kind: 'ClusterPolicy', plural: 'clusterpolicies', scope: 'Cluster' },
];

/** Applies the definitions that prometheus-operator releases, and waits until the API server serves them. */
export async function applyOperatorDefinitions(cluster: Cluster): Promise<void> {
  await applyAndWait(cluster, ['-f', join(await moduleFolder(operatorModule), 'example', 'prometheus-operator-crd')]);
}

/**
 * Applies definitions of the GPU operators' kinds, AMD's `DeviceConfig` and NVIDIA's `ClusterPolicy`, made of the
 * schemas in `test/crds`, and waits until the API server serves them.
 */
export async function applyGpuOperatorDefinitions(cluster: Cluster): Promise<void> {
  const definitions = await Promise.all(gpuOperatorKinds.map(definitionOf));
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: definitions });
  await applyAndWait(cluster, ['-f', '-'], list);
}

async function definitionOf({ group, version, kind, plural, scope }: DefinedKind): Promise<object> {
  const file = sourcePath('..', 'crds', `${group}.json`);
  const schemas = JSON.parse(await readFile(file, 'utf8')) as Readonly<Record<string, object>>;
  const schema = schemas[`${version}/${kind}`];
  if (schema === undefined) {
    throw new Error(`${file} has no schema for ${version}/${kind}, but for ${Object.keys(schemas).join(', ')}`);
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural },
      scope,
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}

async function applyAndWait(cluster: Cluster, source: readonly string[], input?: string): Promise<void> {
  const options = input === undefined ? {} : { input };
  // They are too large for the annotation of an apply on the client's side.
  const names = await cluster.kubectl(['apply', '--server-side', '-o', 'name', ...source], options);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=60s', ...names.trim().split('\n')]);
}
