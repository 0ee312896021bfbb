import { addCheck, addWarning } from '../../core/synthesis';
import type { Problems } from '../../model/problem';
import { AmdExporter } from './amd-exporter';
import type { GpuScrapeOptions } from './gpu-scrape';
import type { BoundGpu, GpuContext, GpuSource } from './gpu-source';
import { NvidiaExporter } from './nvidia-exporter';

/** GPUs of NVIDIA. */
export interface NvidiaGpuOptions extends GpuScrapeOptions {
  /** @default NvidiaExporter.bundled() */
  readonly exporter?: NvidiaExporter;
}

/** GPUs of AMD. */
export interface AmdGpuOptions extends GpuScrapeOptions {
  /** @default AmdExporter.gpuOperator() */
  readonly exporter?: AmdExporter;
}

/**
 * The GPUs of one vendor: where their metrics come from, and how those are scraped and labelled.
 *
 * @example Gpu.nvidia()
 * @example Gpu.nvidia({ exporter: NvidiaExporter.gpuOperator(), interval: '1s', nodeLabel: 'kubernetes_node' })
 * @example Gpu.amd({ exporter: AmdExporter.deviceConfig() })
 */
export class Gpu {
  /** GPUs of NVIDIA, by default with the exporter of this package on every node that has one. */
  public static nvidia(options: NvidiaGpuOptions = {}): Gpu {
    const { exporter = NvidiaExporter.bundled(), ...scrape } = options;
    return new Gpu('NVIDIA', exporter.exporter, scrape);
  }

  /** GPUs of AMD, by default with the device-metrics-exporter of AMD's GPU operator. */
  public static amd(options: AmdGpuOptions = {}): Gpu {
    const { exporter = AmdExporter.gpuOperator(), ...scrape } = options;
    return new Gpu('AMD', exporter.exporter, scrape);
  }

  private constructor(
    public readonly vendor: 'NVIDIA' | 'AMD',
    private readonly exporter: GpuSource,
    private readonly scrape: GpuScrapeOptions,
  ) {}

  /** Whether pods of this stack run on the nodes, in the namespace of the node agents. */
  public get runsOnNodes(): boolean {
    return this.exporter.runsOnNodes;
  }

  /** Makes what has to be made, and has it monitored; use `bindGpus`, which also checks. */
  public bind(context: GpuContext): BoundGpu {
    return this.exporter.bind(context, this.scrape);
  }

  /** Reports what is wrong with the options. */
  public check(context: GpuContext, problems: Problems): void {
    this.exporter.check(context, this.scrape, problems);
  }

  /** What a user should know. */
  public warnings(context: GpuContext): readonly string[] {
    return this.exporter.warnings(context, this.scrape);
  }
}

/**
 * Monitors the GPUs of a cluster: one entry per vendor.
 *
 * @returns what became of each, in the order of the vendors' first entries
 */
export function bindGpus(gpus: readonly Gpu[], context: GpuContext): readonly BoundGpu[] {
  const isFirst = ({ vendor }: Gpu, index: number) => gpus.findIndex((gpu) => gpu.vendor === vendor) === index;
  const bound = gpus.filter(isFirst);
  addCheck(context.scope, (problems) => {
    for (const [index, gpu] of gpus.entries()) {
      if (isFirst(gpu, index)) {
        gpu.check(context, problems.within(`gpus[${index}]`));
      } else {
        problems.add(
          `gpus[${index}]`,
          `GPUs of ${gpu.vendor} are there already. Allowed: one entry per vendor; further exporters of the same vendor ` +
            'can be monitored as ScrapeTarget.services(…).',
        );
      }
    }
  });
  addWarning(context.scope, () => bound.flatMap((gpu) => gpu.warnings(context)));
  return bound.map((gpu) => gpu.bind(context));
}
