import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Construct } from 'constructs';
import type { Problems } from '../model/problem';
import { type KustomizeFolder, removeFolder, writeFolder } from './gitops/kustomization';
import { Images } from './images';
import { addCheck, addOutput } from './synthesis';

const RELEASES = 'https://github.com/prometheus-operator/prometheus-operator/releases/download';

/** Name of the copy of a file. */
const COPY = 'crds.yaml';

/**
 * Where the CRDs of prometheus-operator come from; they are its own, and are not part of this package.
 *
 * @see https://github.com/prometheus-operator/prometheus-operator/releases
 */
export class Crds {
  /**
   * The file `stripped-down-crds.yaml` of a release, by its address: whoever applies the output downloads it.
   *
   * @param version such as `v0.94.1`; by default that of the pinned image of prometheus-operator.
   */
  public static release(version = Images.of().version('prometheus-operator')): Crds {
    return new Crds(version, undefined);
  }

  /** A file of yours, which is copied into the output; for a cluster that cannot download. */
  public static file(path: string): Crds {
    return new Crds(undefined, path);
  }

  /** None: they are in the cluster, or somebody else applies them. */
  public static none(): Crds {
    return new Crds(undefined, undefined);
  }

  private constructor(
    private readonly version: string | undefined,
    private readonly path: string | undefined,
  ) {}

  /** What a folder holds that brings them; undefined where there are none. */
  public get folder(): KustomizeFolder | undefined {
    if (this.path !== undefined) {
      return { files: new Map([[COPY, readFileSync(this.path, 'utf8')]]) };
    }
    return this.version === undefined
      ? undefined
      : {
          files: new Map(),
          resources: [`${RELEASES}/v${this.version.replace(/^v/, '')}/stripped-down-crds.yaml`],
        };
  }

  /** Checks that the version is one, and that the file has CRDs. */
  public check(problems: Problems): void {
    if (this.version !== undefined && !/^v?\d+\.\d+\.\d+(-[0-9a-z.]+)?$/.test(this.version)) {
      problems.add(
        'crds',
        `"${this.version}" is no release of prometheus-operator. Allowed: a version, such as v0.94.1.`,
      );
    }
    if (this.path !== undefined) {
      problems.addIf('crds', fileProblem(this.path));
    }
  }
}

/**
 * Writes the CRDs into a folder of the output, with a kustomization.yaml: `kubectl apply --server-side -k <folder>`.
 *
 * @param name of the folder, such as `monitoring-crds`.
 */
export function writeCrds(construct: Construct, name: string, crds: Crds): void {
  addCheck(construct, (problems) => crds.check(problems));
  addOutput(construct, (outdir) => {
    const path = join(outdir, name);
    removeFolder(path);
    if (crds.folder !== undefined) {
      writeFolder(path, crds.folder);
    }
  });
}

function fileProblem(path: string): string | undefined {
  try {
    return /^kind: ['"]?CustomResourceDefinition['"]?\s*$/m.test(readFileSync(path, 'utf8'))
      ? undefined
      : `"${path}" has no CustomResourceDefinition. Allowed: a YAML file of CRDs, such as stripped-down-crds.yaml of a release.`;
  } catch (error) {
    return `"${path}" cannot be read: ${(error as Error).message}. Allowed: the path of a YAML file of CRDs.`;
  }
}
