import type { Problems } from '../../model/problem';
import type { Manifest, SynthesizedObject } from '../synthesis';
import { type ArgoCdOptions, annotateForArgoCd, argoCdCrdAnnotations, checkArgoCd } from './argo-cd';
import { annotateForFlux, checkFlux, type FluxFolder, type FluxOptions, fluxKustomizations } from './flux';

/** What differs between the tools. */
interface Tool {
  /** Changes an object for the tool. */
  readonly annotate?: (object: SynthesizedObject) => Manifest;
  /** Annotations of the CRDs. */
  readonly crdAnnotations?: Readonly<Record<string, string>>;
  /** Renders the tool's own objects, from the folders of the stack. */
  readonly render?: (stack: string, folders: readonly FluxFolder[]) => string;
  readonly check?: (problems: Problems) => void;
}

/**
 * How the output is laid out, for the tool that applies it.
 *
 * All but `none` write a folder per stack, with folders in it that can be applied one by one: `crds`, `base`, and
 * `overlays/alerting`, `overlays/dashboards`, `overlays/servicemonitors`.
 *
 * @example
 * GitOps.argoCd()
 * GitOps.flux({ path: './manifests', sourceRef: { kind: 'GitRepository', name: 'platform' } })
 */
export class GitOps {
  /** One file per part, and nothing that is meant for a tool. */
  public static none(): GitOps {
    return new GitOps(undefined);
  }

  /** Folders with a kustomization.yaml each, and one of all of them: `kubectl apply -k manifests/monitoring`. */
  public static kustomize(): GitOps {
    return new GitOps({});
  }

  /** The same folders, and annotations: sync waves, and the sync options that an object needs. */
  public static argoCd(options: ArgoCdOptions = {}): GitOps {
    return new GitOps({
      annotate: (object) => annotateForArgoCd(object, options),
      crdAnnotations: argoCdCrdAnnotations(options),
      check: (problems) => checkArgoCd(options, problems),
    });
  }

  /** The same folders, and a Kustomization of Flux for each, in the order of what depends on what. */
  public static flux(options: FluxOptions): GitOps {
    return new GitOps({
      annotate: annotateForFlux,
      render: (stack, folders) => fluxKustomizations(stack, folders, options),
      check: (problems) => checkFlux(options, problems),
    });
  }

  private constructor(
    /** The tool for which folders are written; undefined for none. */
    public readonly tool: Tool | undefined,
  ) {}
}
