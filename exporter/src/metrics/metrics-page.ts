import type { Page, PageRequest } from '../server/pages.js';
import { CONTENT_TYPES, negotiateFormat } from './accept.js';
import type { Exposition } from './exposition.js';
import type { SelfMetrics } from './self-metrics.js';
import type { Snapshot } from './snapshot.js';

/** Answers scrapes: the last snapshot, and after it what the exporter says of itself. */
export class MetricsPage {
  constructor(
    private readonly exposition: Exposition,
    private readonly selfMetrics: SelfMetrics,
    private readonly lastSnapshot: () => Snapshot | undefined,
  ) {}

  /** One answer, in the format and compression that the client takes. */
  async respond({ accept, gzip }: PageRequest): Promise<Page> {
    const start = performance.now();
    const format = negotiateFormat(accept, this.exposition.openMetricsOffered);
    const others = await this.selfMetrics.text(format === 'openmetrics');
    const snapshot = this.lastSnapshot();
    const page = gzip
      ? { body: this.exposition.renderGzip(snapshot, format, others), encoding: 'gzip' as const }
      : this.exposition.renderParts(snapshot, format, others);
    this.selfMetrics.observeScrape((performance.now() - start) / 1000);
    return { status: 200, contentType: CONTENT_TYPES[format], ...page };
  }

  /** The exposition as text, for `--once`. */
  async once(): Promise<string> {
    return this.exposition.render(this.lastSnapshot(), 'text', await this.selfMetrics.text(false)).toString();
  }
}
