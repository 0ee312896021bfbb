import type { Size } from 'cdk8s';
import type { Problems } from '../model/problem';
import { k8s } from './k8s';

/** A volume claim of each replica. */
export interface ClaimOptions {
  readonly size: Size;
  /** @default - the cluster's default class */
  readonly storageClassName?: string;
  /** @default ReadWriteOnce */
  readonly accessModes?: readonly ('ReadWriteOnce' | 'ReadWriteOncePod' | 'ReadWriteMany')[];
  /** Annotations of the claim. @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Where a component keeps its data. */
export class Storage {
  /** A PersistentVolumeClaim per replica; data survives the pod. */
  public static claim(options: ClaimOptions): Storage {
    return new Storage(options, undefined, undefined);
  }

  /** An emptyDir: data lives as long as the pod. `memory` keeps it in RAM. */
  public static emptyDir(options: { readonly sizeLimit?: Size; readonly memory?: boolean } = {}): Storage {
    return new Storage(undefined, options.sizeLimit, options.memory);
  }

  private constructor(
    private readonly options: ClaimOptions | undefined,
    private readonly sizeLimit: Size | undefined,
    private readonly memory: boolean | undefined,
  ) {}

  /** Whether data survives the pod. */
  public get isPersistent(): boolean {
    return this.options !== undefined;
  }

  /** Bytes that fit, where a size was given. */
  public get bytes(): number | undefined {
    const size = this.options?.size ?? this.sizeLimit;
    return size === undefined ? undefined : size.toKibibytes() * 1024;
  }

  /** The specification of a claim; undefined for an emptyDir. */
  public claimSpec(): k8s.PersistentVolumeClaimSpec | undefined {
    return (
      this.options && {
        accessModes: [...(this.options.accessModes ?? ['ReadWriteOnce'])],
        storageClassName: this.options.storageClassName,
        resources: { requests: { storage: k8s.Quantity.fromString(this.options.size.asString()) } },
      }
    );
  }

  /** Annotations of the claim. */
  public get claimAnnotations(): Readonly<Record<string, string>> | undefined {
    return this.options?.annotations;
  }

  /** A template for a StatefulSet; undefined for an emptyDir. */
  public claimTemplate(name: string): k8s.KubePersistentVolumeClaimProps | undefined {
    const spec = this.claimSpec();
    return spec && { metadata: { name, annotations: this.claimAnnotations && { ...this.claimAnnotations } }, spec };
  }

  /** The volume of the pod; undefined where a claim template makes it. */
  public volume(name: string): k8s.Volume | undefined {
    return this.isPersistent
      ? undefined
      : {
          name,
          emptyDir: {
            sizeLimit: this.sizeLimit && k8s.Quantity.fromString(this.sizeLimit.asString()),
            medium: this.memory === true ? 'Memory' : undefined,
          },
        };
  }

  /** Checks that the size is one. */
  public check(property: string, problems: Problems): void {
    if (this.bytes !== undefined && this.bytes <= 0) {
      problems.add(property, 'The size is 0. Allowed: more than 0.');
    }
  }
}
