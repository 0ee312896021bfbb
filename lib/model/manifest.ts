/**
 * Anything that can say which Kubernetes object it will become.
 *
 * cdk8s' `ApiObject` and every L1 class (`KubeService`) are one; cdk8s-plus' classes have one as their default child.
 * The model asks only when it checks or renders, so objects may still change after they were passed.
 */
export interface ManifestSource {
  /** The object as it will be written. */
  toJson(): unknown;
  /** The construct's place in the tree. */
  readonly node: { readonly path: string };
}

/** A Service, or a construct of cdk8s-plus that wraps one. */
export type ServiceObject =
  | ManifestSource
  | { readonly node: { readonly path: string; readonly defaultChild?: unknown } };

/** The part of a Service that a scrape target needs. */
export interface ServiceManifest {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly targetPort?: number | string }[];
  readonly external: boolean;
}

interface RawService {
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly selector?: Record<string, string>;
    readonly ports?: ServiceManifest['ports'];
    readonly type?: string;
  };
}

function isSource(value: unknown): value is ManifestSource {
  return typeof value === 'object' && value !== null && 'toJson' in value && typeof value.toJson === 'function';
}

let known: WeakMap<object, ServiceManifest | string> | undefined;

/** Reads each Service once while the work runs: rendering an object is what takes the time. */
export function readingServicesOnce<T>(work: () => T): T {
  known = new WeakMap();
  try {
    return work();
  } finally {
    known = undefined;
  }
}

/**
 * Reads a Service object.
 *
 * @returns the Service, or the kind of the object where it is no Service.
 */
export function readService(service: ServiceObject): ServiceManifest | string {
  const read = known?.get(service) ?? render(service);
  known?.set(service, read);
  return read;
}

function render(service: ServiceObject): ServiceManifest | string {
  const source = isSource(service) ? service : service.node.defaultChild;
  if (!isSource(source)) {
    return 'construct without an object';
  }
  const raw = source.toJson() as RawService;
  return raw.kind === 'Service' ? toService(raw) : (raw.kind ?? 'object without a kind');
}

function toService(raw: RawService): ServiceManifest {
  return {
    name: raw.metadata?.name ?? '',
    namespace: raw.metadata?.namespace,
    labels: raw.metadata?.labels ?? {},
    selector: raw.spec?.selector ?? {},
    ports: raw.spec?.ports ?? [],
    external: raw.spec?.type === 'ExternalName',
  };
}
