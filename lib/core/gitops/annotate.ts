import type { Manifest } from '../synthesis';

/** Adds annotations to a manifest, unless it has them already; keys stay sorted, as cdk8s sorts them. */
export function annotate(manifest: Manifest, annotations: Readonly<Record<string, string>>): Manifest {
  if (Object.keys(annotations).length === 0) {
    return manifest;
  }
  const all = sorted({ ...annotations, ...manifest.metadata.annotations });
  return { ...manifest, metadata: sorted({ ...manifest.metadata, annotations: all }) };
}

function sorted<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) as T;
}
