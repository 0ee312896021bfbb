import { defined } from '../../model/defined';
import { GpuExporter } from './bundled-exporter/gpu-exporter';
import type { GpuExporterProps } from './bundled-exporter/gpu-exporter-props';
import { DcgmExporter } from './dcgm-exporter/dcgm-exporter';
import type { DcgmExporterProps } from './dcgm-exporter/dcgm-exporter-props';
import { DeployedExporter } from './deployed-exporter';
import { type ExistingExporterOptions, ForeignExporter } from './foreign-exporter';
import type { ExporterConnection } from './gpu-scrape';
import type { GpuSource } from './gpu-source';

/** The dcgm-exporter of NVIDIA's GPU operator. */
export interface NvidiaGpuOperatorOptions extends ExporterConnection {
  /** Namespace of the GPU operator. @default gpu-operator */
  readonly namespace?: string;
}

/** A dcgm-exporter of one's own; what the surroundings decide is left out. */
export type DcgmOptions = Omit<DcgmExporterProps, 'namespace' | 'images' | 'network' | 'userIds' | 'scrape'>;

/** The exporter of this package; what the surroundings decide is left out. */
export type BundledExporterOptions = Omit<GpuExporterProps, 'namespace' | 'images' | 'network' | 'userIds' | 'scrape'>;

/** Where the metrics of NVIDIA's GPUs come from. */
export class NvidiaExporter {
  /** The GPU exporter of this project, on every node with a GPU; the nodes have the driver already. */
  public static bundled(options: BundledExporterOptions = {}): NvidiaExporter {
    return new NvidiaExporter(
      new DeployedExporter(
        'gpu-exporter',
        (chart, props) => new GpuExporter(chart, 'gpu-exporter', { ...props, ...defined(options) }),
      ),
    );
  }

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
    return new NvidiaExporter(
      new DeployedExporter(
        'dcgm-exporter',
        (chart, props) => new DcgmExporter(chart, 'dcgm-exporter', { ...props, ...defined(options) }),
      ),
    );
  }

  /** Any other exporter with labels like those of dcgm-exporter. */
  public static existing(options: ExistingExporterOptions): NvidiaExporter {
    return new NvidiaExporter(new ForeignExporter(undefined, options));
  }

  private constructor(
    /** How it is made and scraped. */
    public readonly exporter: GpuSource,
  ) {}
}
