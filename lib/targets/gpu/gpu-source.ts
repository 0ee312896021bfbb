import type { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { ScopedAccess } from '../../core/rbac';
import type { WorkloadProps } from '../../core/workload';
import type { MonitoringPack } from '../../model/monitoring-pack';
import type { Problems } from '../../model/problem';
import type { IPrometheus, Monitorable } from '../../prometheus/prometheus';
import type { GpuScrapeOptions } from './gpu-scrape';

/** What surrounds the GPUs of a cluster: who scrapes them, and where objects go. */
export interface GpuContext {
  /** Whose problems and warnings those of the GPUs are. */
  readonly scope: Construct;
  /** Makes, or gives, the chart of a component. */
  chart(component: string): Chart;
  /** What every agent on the nodes is told, such as its namespace, whose Pod Security level is `privileged`. */
  readonly agents: Pick<
    WorkloadProps,
    'namespace' | 'images' | 'imagePullSecrets' | 'network' | 'userIds' | 'networkPolicy'
  >;
  /** ClusterRole that a pod with access to its node must be bound to. @default - none */
  readonly nodeAccessClusterRole?: string;
  /** The Prometheus that scrapes. */
  readonly prometheus: IPrometheus;
  /** The permissions of the Prometheus, where they are written here. @default - those are somebody else's */
  readonly prometheusAccess?: Pick<ScopedAccess, 'allow'>;
  /** Monitors something with everything that it brings. */
  monitor(what: Monitorable): void;
}

/** What became of the GPUs of one vendor. */
export interface BoundGpu {
  /** What is monitored; without a target where an operator of others makes its own monitor. */
  readonly monitoring: MonitoringPack;
  /** What was made: a `GpuExporter`, a `DcgmExporter` or an `AmdDeviceConfig`. */
  readonly construct?: Construct;
}

/** A way in which the metrics of GPUs come about. */
export interface GpuSource {
  /** Whether pods of this stack run on the nodes, in the namespace of the node agents. */
  readonly runsOnNodes: boolean;
  /** Makes what has to be made, and has it monitored. */
  bind(context: GpuContext, scrape: GpuScrapeOptions): BoundGpu;
  /** Reports what is wrong with the options, as far as nothing that `bind` makes does. */
  check(context: GpuContext, scrape: GpuScrapeOptions, problems: Problems): void;
  /** What a user should know, likewise. */
  warnings(context: GpuContext, scrape: GpuScrapeOptions): readonly string[];
}
