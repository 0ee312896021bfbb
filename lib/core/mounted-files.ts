import { createHash } from 'node:crypto';
import type { ConfigMapKey, FileResolver, SecretKey } from '../model/references';
import type { k8s } from './k8s';

const OBJECT_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
const DATA_KEY = /^[a-zA-Z0-9._-]{1,253}$/;

/**
 * Mounts exactly those keys of Secrets and ConfigMaps that a configuration refers to.
 *
 * Each lies under `<root>/<kind>/<name>/<key>`. Volumes are known only after the configuration was rendered.
 */
export class MountedFiles implements FileResolver {
  private readonly references = new Map<
    string,
    { readonly source: SecretKey | ConfigMapKey; readonly keys: Set<string> }
  >();

  public constructor(private readonly root: string) {}

  public path(key: SecretKey | ConfigMapKey): string {
    if (!OBJECT_NAME.test(key.name) || !DATA_KEY.test(key.key) || /^\.\.?$/.test(key.key)) {
      throw new Error(
        `"${key.name}", key "${key.key}", is no ${key.kind} reference. Allowed: the name of an object (lower-case letters, ` +
          'digits, - and .), and a key of letters, digits, -, _ and .',
      );
    }
    const folder = this.folder(key);
    const known = this.references.get(folder) ?? { source: key, keys: new Set<string>() };
    known.keys.add(key.key);
    this.references.set(folder, known);
    return `${this.root}/${folder}/${key.key}`;
  }

  /** One volume per Secret or ConfigMap, sorted by name. */
  public volumes(): k8s.Volume[] {
    return this.sorted().map(([folder, { source, keys }]) => {
      const items = [...keys].sort().map((key) => ({ key, path: key }));
      const name = volumeName(folder);
      return source.kind === 'Secret'
        ? { name, secret: { secretName: source.name, items } }
        : { name, configMap: { name: source.name, items } };
    });
  }

  /** Where the volumes go in the container. */
  public mounts(): k8s.VolumeMount[] {
    return this.sorted().map(([folder]) => ({
      name: volumeName(folder),
      mountPath: `${this.root}/${folder}`,
      readOnly: true,
    }));
  }

  /** Names of the objects of a kind, sorted: what prometheus-operator mounts in the same way. */
  public names(kind: 'Secret' | 'ConfigMap'): readonly string[] {
    return this.sorted().flatMap(([, { source }]) => (source.kind === kind ? [source.name] : []));
  }

  private folder(key: SecretKey | ConfigMapKey): string {
    return `${key.kind === 'Secret' ? 'secrets' : 'configmaps'}/${key.name}`;
  }

  private sorted() {
    return [...this.references.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Volume names are DNS labels of at most 63 characters; what had to be changed for that gets a mark of its own. */
function volumeName(folder: string): string {
  const plain = folder.replace('configmaps/', 'configmap-').replace('secrets/', 'secret-');
  const name = plain.replace(/[^a-z0-9-]/g, '-');
  if (name === plain && name.length <= 63) {
    return name;
  }
  const mark = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  return `${name.slice(0, 54).replace(/-+$/, '')}-${mark}`;
}
