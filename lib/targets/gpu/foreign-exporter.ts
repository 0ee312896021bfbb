import type { Labels } from '../../model/label';
import type { Problems } from '../../model/problem';
import { ScrapeTarget, type SelectorOptions } from '../../model/scrape/scrape-target';
import { checkGpuScrape, type ExporterConnection, type GpuScrapeOptions, gpuScrapeOptions } from './gpu-scrape';
import type { BoundGpu, GpuContext, GpuSource } from './gpu-source';

/** An exporter that someone else deploys. */
export interface ExistingExporterOptions extends ExporterConnection {
  /** Namespace of the exporter. */
  readonly namespace: string;
  /** Labels of its Service, or of its pods. */
  readonly matchLabels: Labels;
  /** Name of the port of the Service, or of the container's; or the number of the container's. */
  readonly port: string | number;
  /** What the labels are those of. @default service */
  readonly by?: 'service' | 'pod';
  /** The pods share the network of their node. @default false */
  readonly hostNetwork?: boolean;
}

/** Scrapes an exporter that is there already. */
export class ForeignExporter implements GpuSource {
  public readonly runsOnNodes = false;

  /** @param job job of the series, unless the user says another */
  public constructor(
    private readonly job: string | undefined,
    private readonly options: ExistingExporterOptions,
  ) {}

  public bind(context: GpuContext, scrape: GpuScrapeOptions): BoundGpu {
    const target = this.target(scrape);
    const monitoring = { name: target.job, targets: [target] };
    context.monitor(monitoring);
    return { monitoring };
  }

  /** The target is checked by whoever scrapes it. */
  public check(_context: GpuContext, scrape: GpuScrapeOptions, problems: Problems): void {
    checkGpuScrape(scrape, problems);
  }

  public warnings(_context: GpuContext, scrape: GpuScrapeOptions): readonly string[] {
    return scrape.podLabels?.warnings ?? [];
  }

  /** The target, to be scraped by any Prometheus. */
  public target(scrape: GpuScrapeOptions): ScrapeTarget {
    const { by = 'service', ...where } = this.options;
    const options: SelectorOptions = {
      ...where,
      ...(this.job !== undefined && { job: this.job }),
      ...gpuScrapeOptions(scrape),
      external: true,
    };
    return by === 'pod' ? ScrapeTarget.pods(options) : ScrapeTarget.services(options);
  }
}
