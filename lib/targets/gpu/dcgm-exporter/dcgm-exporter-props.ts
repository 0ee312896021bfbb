import type { ProxiedProps } from '../../../core/rbac-proxy-sidecar';
import type { WorkloadProps } from '../../../core/workload';
import type { GpuScrapeOptions } from '../gpu-scrape';
import type { CounterOptions } from './counters';

/** How GPUs are mapped to the pods that use them. */
export interface PodMapping {
  /**
   * What the device plugin calls a GPU: its UUID, or its device, as on GKE.
   *
   * @default uid
   */
  readonly gpuIdType?: 'uid' | 'device-name';
  /** Labels of the pods as labels of the series: all, or those whose names match one of the regexes. @default none */
  readonly podLabels?: 'all' | readonly string[];
  /** Adds the label `pod_uid`. @default false */
  readonly podUid?: boolean;
  /** Names every pod of a GPU that several share, by time slices or MPS, each with a copy of the series. @default false */
  readonly virtualGpus?: boolean;
  /** Also maps GPUs that are claimed by Dynamic Resource Allocation. @default false */
  readonly dynamicResourceAllocation?: boolean;
  /** Resources of the device plugin beside `nvidia.com/gpu` and `nvidia.com/mig-*`, where it was told others. @default - none */
  readonly resourceNames?: readonly string[];
  /** Folder of the kubelet's socket on the node. @default /var/lib/kubelet/pod-resources */
  readonly podResourcesDirectory?: string;
}

/** A dcgm-exporter on every node with a GPU of NVIDIA. */
export interface DcgmExporterProps extends WorkloadProps, ProxiedProps, CounterOptions {
  /** Port on the pod's address. @default 9400 */
  readonly port?: number;
  /** Time between two readings of the GPUs, such as `10s`. @default - that between two scrapes, where it is said, else 30s */
  readonly collectInterval?: string;
  /** How GPUs are mapped to pods; false for not at all, and the exporter then needs no root. @default - by UUID */
  readonly kubernetes?: PodMapping | false;
  /**
   * A host engine of DCGM that runs already, instead of one inside the exporter: `host:port`, or a URI such as
   * `unix:///run/dcgm.sock`.
   *
   * @default - one of its own
   */
  readonly hostengine?: string;
  /** Which GPUs: `f`, `g`, `i`, with numbers, such as `g:0,1+i`. @default - all, or their MIG instances where there are any */
  readonly devices?: string;
  /**
   * RuntimeClass that gives the container every GPU without a claim; false for the node's own runtime.
   *
   * @default - `nvidia`; with a host engine, the node's own
   */
  readonly runtimeClassName?: string | false;
  /** ClusterRole that the pods need for access to their node, such as one of OpenShift's SCCs. @default - none */
  readonly nodeAccessClusterRole?: string;
  /** @default text */
  readonly logFormat?: 'text' | 'json';
  /** How it is scraped, and how its series are labelled. @default - with the workload's pod labels */
  readonly scrape?: GpuScrapeOptions;
}
