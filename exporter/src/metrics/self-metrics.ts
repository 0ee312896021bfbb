import { type Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CollectorState } from '../collector/state.js';
import type { Capability, Sample } from '../gpu/sample.js';
import type { SourceState } from '../kubernetes/source.js';
import { EventLoopLag } from './event-loop-lag.js';
import type { Exposition } from './exposition.js';
import { type ProcessUsage, readProcessUsage } from './process-usage.js';
import { openMetricsOf, SelfMetricFactory } from './self-metric-factory.js';

/** What the metrics of the exporter itself are read from, at each scrape. */
export interface SelfMetricsOptions {
  readonly version: string;
  readonly collectors: () => readonly CollectorState[];
  readonly sources: () => readonly SourceState[];
  readonly exposition: Pick<Exposition, 'dropped' | 'series'>;
  /** What can be told of processes and pods, whatever the driver can. */
  readonly capabilities: () => readonly Capability[];
  /** Processes without series of their own in the last snapshot. */
  readonly droppedProcesses: () => number;
}

interface NamedUsage {
  readonly process: string;
  readonly usage: ProcessUsage;
}

const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10];

/**
 * What the exporter says of itself, through prom-client.
 *
 * Series that change with a collection are turned into text once per collection; a scrape does the few others. A device is
 * named by its PCI address, as in `gpu_up`, since a collector can fail before the index is known.
 */
export class SelfMetrics {
  private readonly perSample = new Registry();
  private readonly perScrape = new Registry();
  private readonly lag = new EventLoopLag();
  private readonly samples = new Map<string, Sample>();
  private sampleText: Promise<string> | undefined;
  private usages: readonly NamedUsage[] = [];

  private readonly collectionDuration: Histogram<'vendor'>;
  private readonly collectorDuration: Histogram<'vendor' | 'collector'>;
  private readonly scrapeDuration: Histogram<string>;
  private readonly lastDuration: Gauge<string>;
  private readonly success: Gauge<string>;
  private readonly capability: Gauge<string>;
  private readonly timestamp: Gauge<string>;
  private readonly reloads: Counter<string>;

  constructor(private readonly options: SelfMetricsOptions) {
    const sample = new SelfMetricFactory(this.perSample);
    this.timestamp = sample.gauge('collection_timestamp_seconds', 'When the last collection began', ['vendor']);
    this.lastDuration = sample.gauge(
      'collector_last_duration_seconds',
      'Time that a collector took in the last collection',
      ['vendor', 'collector', 'pci_bus_id'],
    );
    this.success = sample.gauge('collector_success', 'Whether a collector succeeded in the last collection', [
      'vendor',
      'collector',
      'pci_bus_id',
    ]);
    this.capability = sample.gauge('capability', 'Whether something can be measured, and why not', [
      'vendor',
      'capability',
      'reason',
      'pci_bus_id',
    ]);
    this.collectionDuration = new Histogram({
      name: 'gpu_exporter_collection_duration_seconds',
      help: 'Time that a collection took',
      labelNames: ['vendor'],
      buckets: DURATIONS,
      registers: [this.perSample],
    });
    this.collectorDuration = new Histogram({
      name: 'gpu_exporter_collector_duration_seconds',
      help: 'Time that a collector took for one GPU',
      labelNames: ['vendor', 'collector'],
      buckets: DURATIONS,
      registers: [this.perSample],
    });
    this.scrapeDuration = new Histogram({
      name: 'gpu_exporter_scrape_duration_seconds',
      help: 'Time until the answer to a scrape was ready',
      buckets: DURATIONS,
      registers: [this.perScrape],
    });
    const scrape = new SelfMetricFactory(this.perScrape);
    this.reloads = scrape.counter('web_config_reloads_total', 'Times that the web configuration was read again', [
      'result',
    ]);
    // Counters start at 0, so that the first failure is an increase.
    for (const result of ['success', 'failure']) {
      this.reloads.inc({ result }, 0);
    }
    this.defineReadAtScrape(scrape);
  }

  /** Takes a new sample, once. */
  observeSample(sample: Sample): void {
    const { vendor, duration, outcomes } = sample;
    this.samples.set(vendor, sample);
    this.collectionDuration.observe({ vendor }, duration);
    for (const { collector, seconds } of outcomes) {
      this.collectorDuration.observe({ vendor, collector }, seconds);
    }
    this.sampleText = undefined;
  }

  /** Takes the time in seconds that a scrape took. */
  observeScrape(seconds: number): void {
    this.scrapeDuration.observe(seconds);
  }

  /** Counts that the web configuration or its certificates changed, and whether the new ones are in force. */
  observeWebConfigReload(ok: boolean): void {
    this.reloads.inc({ result: ok ? 'success' : 'failure' });
  }

  /** All of it in the text format, or in OpenMetrics without the line that ends an exposition. */
  async text(openMetrics: boolean): Promise<string> {
    this.sampleText ??= this.renderSamples();
    this.usages = this.readUsages();
    const text = `${await this.sampleText}${await this.perScrape.metrics()}`.replaceAll('\n\n', '\n');
    return openMetrics ? openMetricsOf(text) : text;
  }

  /** Stops measuring. */
  close(): void {
    this.lag.close();
  }

  /** A gauge of something that is gone would stay, so all of them are written anew. */
  private renderSamples(): Promise<string> {
    for (const gauge of [this.timestamp, this.lastDuration, this.success, this.capability]) {
      gauge.reset();
    }
    for (const { vendor, time, outcomes, capabilities } of this.samples.values()) {
      this.timestamp.set({ vendor }, time);
      for (const { collector, pciBusId, seconds, error } of outcomes) {
        const labels = { vendor, collector, ...(pciBusId === undefined ? {} : { pci_bus_id: pciBusId }) };
        this.lastDuration.set(labels, seconds);
        this.success.set(labels, error === undefined ? 1 : 0);
      }
      this.setCapabilities(capabilities, { vendor });
    }
    this.setCapabilities(this.options.capabilities(), {});
    return this.perSample.metrics();
  }

  private setCapabilities(capabilities: readonly Capability[], of: { readonly vendor?: string }): void {
    for (const { capability, supported, reason, pciBusId } of capabilities) {
      const labels = {
        ...(reason === '' ? {} : { reason }),
        ...(pciBusId === undefined ? {} : { pci_bus_id: pciBusId }),
      };
      this.capability.set({ ...of, capability, ...labels }, supported ? 1 : 0);
    }
  }

  private defineReadAtScrape(define: SelfMetricFactory): void {
    const { version, collectors, sources, exposition } = this.options;
    define.constant('build_info', 'Version of the exporter', { version, node_version: process.version });
    define.read('collection_age_seconds', 'Age of the values, of a clock that never jumps', ['vendor'], () =>
      collectors().flatMap(({ vendor, ageSeconds }) => (ageSeconds === undefined ? [] : [[{ vendor }, ageSeconds]])),
    );
    define.read('collections_total', 'Collections by how they ended', ['vendor', 'result'], () =>
      collectors().flatMap(({ vendor, collections }) =>
        Object.entries(collections).map(([result, count]) => [{ vendor, result }, count]),
      ),
    );
    define.read('driver_up', 'Whether the driver answers, and why not', ['vendor', 'reason'], () =>
      collectors().map(({ vendor, driver: { available, reason } }) => [
        { vendor, ...(reason === undefined ? {} : { reason }) },
        available ? 1 : 0,
      ]),
    );
    define.read(
      'collector_restarts_total',
      'Times that the process of a collector was replaced',
      ['vendor', 'reason'],
      () =>
        collectors().flatMap(({ vendor, restarts }) =>
          Object.entries(restarts).map(([reason, count]) => [{ vendor, reason }, count]),
        ),
    );
    define.read('abandoned_processes', 'Processes that hang in the kernel and cannot be ended', ['vendor'], () =>
      collectors().map(({ vendor, abandoned }) => [{ vendor }, abandoned]),
    );
    define.read('source_up', 'Whether a source of pods or allocations answers', ['source'], () =>
      sources().map(({ source, up }) => [{ source }, up ? 1 : 0]),
    );
    define.read('source_last_success_timestamp_seconds', 'When a source last answered', ['source'], () =>
      sources().flatMap(({ source, lastSuccess }) => (lastSuccess === undefined ? [] : [[{ source }, lastSuccess]])),
    );
    define.read('series', 'Series of the last snapshot that was shown', ['profile'], () =>
      [...exposition.series()].map(([profile, count]) => [{ profile }, count]),
    );
    define.read(
      'series_dropped_total',
      'Series that were left out of a snapshot, for the limit or since they were no number',
      ['profile', 'metric'],
      () => exposition.dropped().map(({ profile, metric, count }) => [{ profile, metric }, count]),
    );
    define.read(
      'processes_dropped',
      'Processes without series of their own, since there are more than the limit',
      [],
      () => [[{}, this.options.droppedProcesses()]],
    );
    this.defineUsage(define);
    new Gauge({
      name: 'process_start_time_seconds',
      help: 'When the exporter started',
      registers: [this.perScrape],
    }).set(Date.now() / 1000 - process.uptime());
  }

  private defineUsage(define: SelfMetricFactory): void {
    define.read('resident_memory_bytes', 'Resident memory of a process of the exporter', ['process'], () =>
      this.usages.map(({ process, usage }) => [{ process }, usage.residentBytes]),
    );
    define.read('peak_memory_bytes', 'Greatest resident memory of a process of the exporter', ['process'], () =>
      this.usages.map(({ process, usage }) => [{ process }, usage.peakBytes]),
    );
    define.read('cpu_seconds_total', 'CPU time of a process of the exporter', ['process'], () =>
      this.usages.map(({ process, usage }) => [{ process }, usage.cpuSeconds]),
    );
    define.read('event_loop_lag_seconds', 'Greatest delay of the event loop since the last scrape', [], () => [
      [{}, this.lag.take()],
    ]);
  }

  private readUsages(): readonly NamedUsage[] {
    return [
      { process: 'server', pid: 'self' as const },
      ...this.options.collectors().map(({ vendor, childPid }) => ({ process: `collector-${vendor}`, pid: childPid })),
    ].flatMap(({ process, pid }) => {
      const usage = pid === undefined ? undefined : readProcessUsage(pid);
      return usage === undefined ? [] : [{ process, usage }];
    });
  }
}
