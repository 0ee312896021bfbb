import type { Problems } from '../model/problem';
import { nearest } from '../model/suggest';
import type { SynthesizedObject } from './synthesis';

/**
 * Every image of the stack, pinned in this one place.
 *
 * The digest is that of the multi-architecture index, so it holds for every node.
 */
const UPSTREAM = {
  prometheus:
    'quay.io/prometheus/prometheus:v3.15.0@sha256:efd719c99d83b060d9daefdcf00360461adf279f45ef5391f8d111892118753e',
  alertmanager:
    'quay.io/prometheus/alertmanager:v0.34.1@sha256:e9733bafb1bdef9b00e25a21f8f99dc26a22224bf16641ad754d1649f4c3357a',
  'prometheus-config-reloader':
    'quay.io/prometheus-operator/prometheus-config-reloader:v0.94.1@sha256:06b52bd4dbe3ed6dd5905aadaf8b9987d9da4c31d37bb86deaadae68cee2d26b',
  'prometheus-operator':
    'quay.io/prometheus-operator/prometheus-operator:v0.94.1@sha256:7c88d4e7bae63bd8d0f8da986054337c23b4472fa8d3c6817f5bc4b8407a2d6a',
  thanos: 'quay.io/thanos/thanos:v0.42.4@sha256:b567818fe608067eb0f1d7c2c4fe361e7ad83c8a256234c97685f1d0bf670cc8',
  grafana: 'docker.io/grafana/grafana:13.2.3@sha256:b28bae15e219c998fb0e0424ed724930cc61b1f61fb404d47c862f9a23f9e572',
  'node-exporter':
    'quay.io/prometheus/node-exporter:v1.12.1-distroless@sha256:8c9bac11973b94b59be88d6e11fee4429aa743c8846cdc75d65b18db33f6a106',
  'dcgm-exporter':
    'nvcr.io/nvidia/k8s/dcgm-exporter:4.6.0-4.8.3-distroless@sha256:613ab03c11d442fd960ff515f547e9921537454a712d08160bc8f677f89f1c35',
  // Of these no digest was known when they were added.
  'amd-device-metrics-exporter': 'docker.io/rocm/device-metrics-exporter:v1.5.1',
  'kube-rbac-proxy': 'quay.io/brancz/kube-rbac-proxy:v0.22.1',
  'gpu-exporter': 'ghcr.io/cdk8s-gpu-monitoring/gpu-exporter:v0.1.0',
  'kube-state-metrics':
    'registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.20.0@sha256:42cfe3723a5f058171c627537fb57a3ea0f26e4380fa18555a95cb1a1b4cfc5b',
} as const;

/** A program that the stack runs. */
export type ImageName = keyof typeof UPSTREAM;

/** How the pinned images are rewritten, for a mirror or an air-gapped cluster. */
export interface ImageOptions {
  /**
   * Host, and path where there is one, that takes the place of the upstream registry's host.
   *
   * @example 'registry.example.com/mirror' // registry.example.com/mirror/prometheus/prometheus:v3.15.0
   * @default - the upstream registries
   */
  readonly mirror?: string;
  /** Whole references for single images, which no other option changes. @default - the pinned ones */
  readonly override?: Readonly<Partial<Record<ImageName, string>>>;
  /** Keeps the digests; a registry that re-packs images needs them dropped. @default true */
  readonly digests?: boolean;
}

/** Where the images of the stack come from. */
export class Images {
  /** The pinned upstream images, rewritten as the options say. */
  public static of(options: ImageOptions = {}): Images {
    return new Images(options);
  }

  private constructor(private readonly options: ImageOptions) {}

  /** The complete reference of one image. */
  public reference(name: ImageName): string {
    const { mirror, override = {}, digests = true } = this.options;
    const own = override[name];
    if (own !== undefined) {
      return own;
    }
    const image: string = UPSTREAM[name];
    const [tagged = image] = image.split('@');
    const kept = digests ? image : tagged;
    return mirror === undefined ? kept : `${mirror.replace(/\/+$/, '')}/${kept.slice(kept.indexOf('/') + 1)}`;
  }

  /** The version of the program, as its tag says; that of the pinned image where an override has another kind of tag. */
  public version(name: ImageName): string {
    const tag = /:(v?\d+\.\d+\.\d+)[^/]*$/.exec(this.reference(name).split('@')[0] ?? '')?.[1];
    return tag ?? /:([^:@]+)(@|$)/.exec(UPSTREAM[name])?.[1] ?? '';
  }

  /** Checks that overrides name images of the stack, and that the mirror is a host and not a URL. */
  public check(problems: Problems): void {
    for (const name of Object.keys(this.options.override ?? {})) {
      if (!(name in UPSTREAM)) {
        const near = nearest(name, Object.keys(UPSTREAM));
        const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
        problems.add(
          'images.override',
          `The stack has no image "${name}". It has: ${Object.keys(UPSTREAM).join(', ')}.${hint}`,
        );
      }
    }
    if (this.options.mirror !== undefined && /:\/\/|^\/|\s/.test(this.options.mirror)) {
      problems.add(
        'images.mirror',
        `"${this.options.mirror}" received. Allowed: host[:port][/path], without a scheme.`,
      );
    }
  }
}

/** The message for an image that may change under its name. */
export function imageProblem(image: string): string | undefined {
  const [name = image, digest] = image.split('@');
  const tag = /:([^/:]+)$/.exec(name)?.[1];
  if (digest !== undefined) {
    return /^sha256:[0-9a-f]{64}$/.test(digest) ? undefined : `"${image}" has a digest that is no sha256.`;
  }
  if (tag === undefined || tag === 'latest') {
    return `"${image}" ${tag === undefined ? 'has no tag' : 'is :latest'}, so it may be another program tomorrow. Pin a version or a digest.`;
  }
  return undefined;
}

interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

interface PodSpec {
  readonly containers?: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
}

/** The pod specification of a workload or pod, wherever its kind keeps it. */
export function podSpecOf(manifest: SynthesizedObject['manifest']): PodSpec | undefined {
  const spec = manifest.spec as {
    template?: { spec?: PodSpec };
    jobTemplate?: { spec?: { template?: { spec?: PodSpec } } };
  };
  if (manifest.kind === 'Pod') {
    return manifest.spec as PodSpec;
  }
  return spec?.template?.spec ?? spec?.jobTemplate?.spec?.template?.spec;
}

/** The images that an operator is told to run, by where they stand. */
export function operatedImages({
  apiVersion,
  kind,
  spec,
}: SynthesizedObject['manifest']): Readonly<Record<string, string>> {
  if (apiVersion.startsWith('monitoring.coreos.com/')) {
    const { image, thanos } = (spec ?? {}) as {
      readonly image?: string;
      readonly thanos?: { readonly image?: string };
    };
    return { ...(image !== undefined && { image }), ...(thanos?.image !== undefined && { thanos: thanos.image }) };
  }
  const containers =
    kind === 'Deployment' ? (spec as { template?: { spec?: PodSpec } }).template?.spec?.containers : [];
  const flags = (containers ?? []).flatMap(({ args = [] }) => args);
  const reloader = flags.find((flag) => flag.startsWith(RELOADER_FLAG))?.slice(RELOADER_FLAG.length);
  return reloader === undefined ? {} : { args: reloader };
}

/** The flag by which the operator is told what it puts beside each server. */
const RELOADER_FLAG = '--prometheus-config-reloader=';

/** Every image that the objects run, sorted, one a line: what to copy to a mirror. */
export function listImages(objects: readonly SynthesizedObject[]): string {
  const images = new Set<string>();
  for (const { manifest } of objects) {
    const spec = podSpecOf(manifest);
    const own = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].flatMap(({ image }) => image ?? []);
    for (const image of [...own, ...Object.values(operatedImages(manifest))]) {
      images.add(image);
    }
  }
  return [...images]
    .sort()
    .map((image) => `${image}\n`)
    .join('');
}
