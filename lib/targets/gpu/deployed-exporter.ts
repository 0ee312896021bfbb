import type { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Connections } from '../../core/connections';
import type { IMonitored } from '../../model/monitoring-pack';
import type { GpuScrapeOptions } from './gpu-scrape';
import type { BoundGpu, GpuContext, GpuSource } from './gpu-source';

/** What the surroundings decide about an exporter. */
type Surroundings = GpuContext['agents'] & {
  readonly nodeAccessClusterRole?: string;
  readonly scrape: GpuScrapeOptions;
};

/** An exporter that is a construct of this package, on every node with a GPU. The construct checks itself. */
export class DeployedExporter implements GpuSource {
  public readonly runsOnNodes = true;

  /** @param component name of its chart */
  public constructor(
    private readonly component: string,
    private readonly make: (
      chart: Chart,
      props: Surroundings,
    ) => Construct & IMonitored & { readonly connections: Connections },
  ) {}

  public bind(context: GpuContext, scrape: GpuScrapeOptions): BoundGpu {
    const { agents, nodeAccessClusterRole, prometheus } = context;
    const construct = this.make(context.chart(this.component), {
      ...agents,
      ...(nodeAccessClusterRole !== undefined && { nodeAccessClusterRole }),
      scrape,
    });
    construct.connections.allowFrom(prometheus.connections.peer, { port: 'metrics' });
    context.monitor(construct);
    return { monitoring: construct.monitoring, construct };
  }

  public check(): void {}

  public warnings(): readonly string[] {
    return [];
  }
}
