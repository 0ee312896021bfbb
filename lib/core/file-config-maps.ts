import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { type Overlay, putInOverlay } from './gitops/overlay';
import { k8s } from './k8s';
import { LateObjects } from './late-objects';
import { addLateObjects } from './synthesis';
import type { Metadata } from './workload';
import { toYaml } from './yaml';

/** A text file of a configuration. */
export interface ConfigFile {
  /** File name: letters, digits, `-`, `_` and `.`. */
  readonly name: string;
  readonly content: string;
}

/**
 * Bytes of one ConfigMap.
 *
 * A client-side `kubectl apply` keeps the object once more in an annotation of at most 262,144 bytes.
 */
const CAPACITY = 190 * 1024;

/** What the files are: the end of the ConfigMaps' names, and in which overlay they lie. */
const OVERLAYS = { rules: 'alerting', 'scrape-configs': 'servicemonitors' } as const satisfies Record<string, Overlay>;

/**
 * Any number of files in as few ConfigMaps as they need, mounted as one folder.
 *
 * The files are asked for at synth, and sorted by name, so that equal input gives equal objects.
 */
export class FileConfigMaps extends LateObjects {
  private configMaps: readonly string[] = [];

  public constructor(
    scope: Construct,
    id: string,
    private readonly metadata: Metadata,
    private readonly suffix: keyof typeof OVERLAYS,
    files: () => readonly ConfigFile[],
  ) {
    super(scope, id);
    addLateObjects(this, () => {
      this.configMaps = partition(files()).map((data, index) => this.makeConfigMap(data, index));
    });
  }

  /** The objects that were made. */
  public get objects(): readonly ApiObject[] {
    return this.node.children as ApiObject[];
  }

  /**
   * A volume that shows all files in one folder; known after the files.
   *
   * The pod starts without them, as they may be applied after it or not at all; a reloader sees them come.
   */
  public volume(name: string): k8s.Volume {
    const sources = this.configMaps.map((configMap) => ({ configMap: { name: configMap, optional: true } }));
    return { name, projected: { sources } };
  }

  private makeConfigMap(data: Record<string, string>, index: number): string {
    const metadata = this.metadata.object(index === 0 ? this.suffix : `${this.suffix}-${index}`);
    putInOverlay(this.made(new k8s.KubeConfigMap(this, String(index), { metadata, data })), OVERLAYS[this.suffix]);
    return metadata.name ?? '';
  }
}

function partition(files: readonly ConfigFile[]): readonly Record<string, string>[] {
  const parts: Record<string, string>[] = [{}];
  let size = 0;
  for (const { name, content } of [...files].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const bytes = Buffer.byteLength(name) + Buffer.byteLength(content);
    if (size > 0 && size + bytes > CAPACITY) {
      parts.push({});
      size = 0;
    }
    const last = parts[parts.length - 1] ?? {};
    last[name] = content;
    size += bytes;
  }
  return parts;
}

/**
 * Writes one YAML file per name; things of the same name share it.
 *
 * A character that a ConfigMap key cannot hold becomes `-`.
 */
export function toFiles<T>(
  things: readonly T[],
  nameOf: (thing: T) => string,
  content: (things: readonly T[]) => unknown,
): readonly ConfigFile[] {
  const byName = new Map<string, T[]>();
  for (const thing of things) {
    const name = `${nameOf(thing).replace(/[^a-zA-Z0-9._-]+/g, '-')}.yaml`;
    byName.set(name, [...(byName.get(name) ?? []), thing]);
  }
  return [...byName].map(([name, all]) => ({ name, content: toYaml(content(all)) }));
}
