import type { Metadata } from './workload';

/** What every way to reach a Service from outside can be told. */
export interface ExposureOptions {
  /** Name under which users reach it, such as `grafana.example.com`; no scheme, port or path. */
  readonly host: string;
  /** Path under which it is served. @default / */
  readonly path?: string;
  /** Annotations of the objects, such as those of an ingress controller. @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The Service that is exposed: names and labels of the objects come from its component. */
export interface ExposedService {
  readonly metadata: Metadata;
  /** Name of the Service. */
  readonly service: string;
  /** Port of the Service. */
  readonly port: number;
}
