import { defined } from '../../model/defined';
import { DcgmExporter } from './dcgm-exporter/dcgm-exporter';
import type { DcgmExporterProps } from './dcgm-exporter/dcgm-exporter-props';
import { type ExistingExporterOptions, ForeignExporter } from './foreign-exporter';
import type { BoundGpu, GpuContext, GpuExporter } from './gpu-exporter';
import type { ExporterConnection, GpuScrapeOptions } from './gpu-scrape';

/** The dcgm-exporter of NVIDIA's GPU operator. */
export interface NvidiaGpuOperatorOptions extends ExporterConnection {
  /** Namespace of the GPU operator. @default gpu-operator */
  readonly namespace?: string;
}

/** A dcgm-exporter of one's own; what the surroundings decide is left out. */
export type DcgmOptions = Omit<DcgmExporterProps, 'namespace' | 'images' | 'network' | 'userIds' | 'scrape'>;

/** Where the metrics of NVIDIA's GPUs come from. */
export class NvidiaExporter {
  /**
   * The dcgm-exporter that NVIDIA's GPU operator runs on every node with a GPU.
   *
   * Where its ClusterPolicy also makes a ServiceMonitor that the same Prometheus takes up, switch that one off:
   * everything would be scraped twice.
   *
   * @see https://github.com/NVIDIA/gpu-operator
   */
  public static gpuOperator(options: NvidiaGpuOperatorOptions = {}): NvidiaExporter {
    return new NvidiaExporter(
      new ForeignExporter('nvidia-dcgm-exporter', {
        namespace: 'gpu-operator',
        ...defined(options),
        // Both are the operator's own, in every release.
        matchLabels: { app: 'nvidia-dcgm-exporter' },
        port: 'gpu-metrics',
      }),
    );
  }

  /** A dcgm-exporter that this package deploys; the nodes have the driver and NVIDIA's container toolkit already. */
  public static dcgm(options: DcgmOptions = {}): NvidiaExporter {
    return new NvidiaExporter(new OwnDcgmExporter(options));
  }

  /** Any other exporter with labels like those of dcgm-exporter. */
  public static existing(options: ExistingExporterOptions): NvidiaExporter {
    return new NvidiaExporter(new ForeignExporter(undefined, options));
  }

  private constructor(
    /** How it is made and scraped. */
    public readonly exporter: GpuExporter,
  ) {}
}

class OwnDcgmExporter implements GpuExporter {
  public readonly runsOnNodes = true;

  public constructor(private readonly options: DcgmOptions) {}

  public bind(context: GpuContext, scrape: GpuScrapeOptions): BoundGpu {
    const { agents, nodeAccessClusterRole, prometheus } = context;
    const construct = new DcgmExporter(context.chart('dcgm-exporter'), 'dcgm-exporter', {
      ...agents,
      ...(nodeAccessClusterRole !== undefined && { nodeAccessClusterRole }),
      ...defined(this.options),
      scrape,
    });
    construct.connections.allowFrom(prometheus.connections.peer, { port: 'metrics' });
    context.monitor(construct);
    return { monitoring: construct.monitoring, construct };
  }

  /** The construct checks itself. */
  public check(): void {}

  public warnings(): readonly string[] {
    return [];
  }
}
