import type { ProxiedProps } from '../../../core/rbac-proxy-sidecar';
import type { WorkloadProps } from '../../../core/workload';
import type { SecretKey } from '../../../model/references';
import type { ServerTls } from '../../../model/server-tls';
import type { ExporterConnection, GpuScrapeOptions } from '../gpu-scrape';
import type { DeviceAccess } from './device-access';
import type { PrivilegeProfile } from './privileges';
import type { ContainerRuntime } from './sources';

/** Who says which pod a process belongs to, and which pod was given a GPU. */
export interface AttributionSources {
  /**
   * The kubelet's sockets: devices by container, and from Kubernetes 1.37 on also pods. No permission at the API server, and no
   * load on it. Only root may connect to them, so this makes the exporter root, without any capability.
   *
   * Before 1.37 a process on a GPU that several containers share is not known by this alone: add `apiServer` or `runtimeFiles`.
   *
   * @default - true, unless `privileges` is `device`
   */
  readonly kubelet?: boolean;
  /** The API server: pods of the node, with a permission to read pods of all namespaces. @default - true where the kubelet is not a source and `privileges` is not `device` */
  readonly apiServer?: boolean;
  /** Files that this container runtime keeps on the node; root alone may read them. @default - none */
  readonly runtimeFiles?: ContainerRuntime;
  /** Folder of the kubelet on the node. @default /var/lib/kubelet */
  readonly kubeletDirectory?: string;
}

/** How GPUs are read. */
export interface CollectOptions {
  /** Time between two collections, such as `5s`. @default - that between two scrapes where it is said and shorter than 10s, else 5s */
  readonly interval?: string;
  /** A collection that takes longer counts as hung. @default 10s */
  readonly timeout?: string;
  /** Values older than this are no longer shown. @default 1m */
  readonly staleness?: string;
  /** Series per process. @default - true, unless `privileges` is `device`, which sees no process */
  readonly processes?: boolean;
  /** Profiling counters of the hardware, on Hopper and newer. @default true */
  readonly profiling?: boolean;
  /** The sampling of PCI Express that blocks for 20 ms per direction and GPU. @default false */
  readonly pcieThroughput?: boolean;
}

/** Spellings of the metrics; several at once are allowed. */
export type MetricProfile = 'native' | 'dcgm' | 'nvitop';

/** How the profile `dcgm` spells. */
export interface DcgmProfileOptions {
  /** Names of dcgm-exporter up to 4.5, or from 4.6 on. @default 4.5 */
  readonly names?: '4.5' | '4.6';
  /** Label of the node. @default Hostname */
  readonly hostnameLabel?: 'Hostname' | 'hostname';
  /** Also what dcgm-exporter has and does not export by default. @default false */
  readonly optional?: boolean;
}

/** The exporter of this project on every node with a GPU. */
export interface GpuExporterProps extends WorkloadProps, ProxiedProps {
  /** Port on the pod's address. @default 9836 */
  readonly port?: number;
  /** What the pod may do on its node. @default process */
  readonly privileges?: PrivilegeProfile;
  /** How the container gets the driver's library and the devices. @default environment */
  readonly deviceAccess?: DeviceAccess;
  /** RuntimeClass of the pods; false for the node's own runtime. @default - as `deviceAccess` needs: `nvidia`, or the node's own */
  readonly runtimeClassName?: string | false;
  /** Who says which pod has and uses a GPU; false for nobody. @default - the kubelet, as far as `privileges` lets */
  readonly attribution?: AttributionSources | false;
  /** How GPUs are read. @default - every 5 s */
  readonly collect?: CollectOptions;
  /** Spellings of the metrics. @default ['native'] */
  readonly profiles?: readonly MetricProfile[];
  /** How the profile `dcgm` spells. @default - as dcgm-exporter 4.5 */
  readonly dcgm?: DcgmProfileOptions;
  /** Series per node and profile; the rest is dropped and counted. @default 50000 */
  readonly seriesLimit?: number;
  /** Processes per node with series of their own, those with the most memory first; 0 for none. @default 1000 */
  readonly processLimit?: number;
  /** A GPU that is used for less than this share of time counts as idle, from 0 to 1. @default 0.01 */
  readonly idleThreshold?: number;
  /** HTTPS of the exporter. @default - plain HTTP */
  readonly tls?: ServerTls;
  /**
   * A whole web configuration file, for client certificates or passwords; in a Secret, since it holds hashes of passwords.
   * Say in `connection` how Prometheus connects then. The kubelet's probes only open the port.
   *
   * @see https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md
   * @default - none
   */
  readonly webConfig?: SecretKey;
  /** How Prometheus connects. @default - as `tls` or `rbacProxy` ask */
  readonly connection?: Omit<ExporterConnection, 'path' | 'params'>;
  /** ClusterRole that the pods need for access to their node, such as one of OpenShift's SCCs. @default - none */
  readonly nodeAccessClusterRole?: string;
  /** @default info */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** @default logfmt */
  readonly logFormat?: 'logfmt' | 'json';
  /** How many pods are replaced at the same time. @default 10% */
  readonly maxUnavailable?: number | string;
  /** How it is scraped, and how its series are labelled. @default - with the workload's pod labels */
  readonly scrape?: GpuScrapeOptions;
  /** The alerts of this package about GPUs; they read the profile `native`. @default - true, where `profiles` has `native` */
  readonly rules?: boolean;
  /** The dashboard of this package about GPUs; it reads the profile `native`. @default - true, where `profiles` has `native` */
  readonly dashboards?: boolean;
}
