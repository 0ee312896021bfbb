import { Assembler } from './attribution/assemble.js';
import type { BackendOptions } from './collector/backend-options.js';
import { Collector } from './collector/collector.js';
import type { Settings } from './config/settings.js';
import { DeviceUsers } from './gpu/device-users.js';
import { expectedGpus } from './gpu/nvidia/pci.js';
import type { Logger } from './log.js';
import { Exposition } from './metrics/exposition.js';
import { MetricsPage } from './metrics/metrics-page.js';
import { SelfMetrics } from './metrics/self-metrics.js';
import type { Snapshot } from './metrics/snapshot.js';
import { snapshotJson } from './metrics/snapshot-json.js';
import type { NodeView } from './node-view.js';
import { landingPage } from './server/landing-page.js';
import type { Health, Page, PageRequest, Pages } from './server/pages.js';

/** Collects, joins and shows. What it shows is there at any time; collections run beside. */
export class Exporter implements Pages {
  private readonly collector: Collector;
  private readonly assembler: Assembler;
  private readonly selfMetrics: SelfMetrics;
  private readonly page: MetricsPage;
  private readonly users = new DeviceUsers();
  private current: Snapshot | undefined;
  /** Whether something happened since the current snapshot was made. */
  private changed = true;
  private released = false;
  private readonly version: string;

  public constructor(
    private readonly settings: Settings,
    private readonly node: NodeView,
    options: { readonly backend: BackendOptions; readonly version: string; readonly log: Logger },
  ) {
    const { collect, series, paths, idleThreshold, hostname } = settings;
    this.version = options.version;
    this.collector = new Collector({ vendor: 'nvidia', backend: options.backend, ...collect }, options.log);
    this.assembler = new Assembler({
      interval: collect.interval,
      idleThreshold,
      processLimit: series.processes,
      sources: node.attribution,
      inspector: node.inspector,
      processCapability: node.processCapability,
      ...(options.backend.name === 'nvidia' && {
        expectedDevices: (vendor) => expectedGpus(paths.sysfs).map((pciBusId) => ({ vendor, pciBusId })),
      }),
    });
    const exposition = new Exposition({
      profiles: settings.profiles,
      dcgm: settings.dcgm,
      hostname,
      limit: series.limit,
    });
    this.selfMetrics = new SelfMetrics({
      version: options.version,
      collectors: () => [this.collector.state()],
      sources: () => node.sources.map((source) => source.state()),
      exposition,
      capabilities: () => this.assembler.capabilities(),
      droppedProcesses: () => this.assembler.droppedProcesses,
    });
    this.page = new MetricsPage(exposition, this.selfMetrics, () => this.snapshotNow());
    this.collector.onChange(() => {
      this.changed = true;
    });
    this.collector.onSample((sample) => {
      if (this.users.differ(sample)) node.askAgain();
      this.selfMetrics.observeSample(sample);
      this.changed = true;
      // Counters of energy and time advance with every sample, whether anyone scrapes or not. Just after this: the state
      // of the collector changes with the sample, and a snapshot from before that would have to be made again.
      queueMicrotask(() => this.snapshotNow());
    });
  }

  public start(): void {
    for (const source of this.node.sources) source.start();
    this.collector.start();
  }

  public async stop(): Promise<void> {
    await Promise.all([this.collector.stop(), ...this.node.sources.map((source) => source.stop())]);
    this.selfMetrics.close();
  }

  /** Lets go of the driver, or takes it up again: for an upgrade of the driver while the exporter runs. */
  public async toggleDriver(): Promise<boolean> {
    this.released = !this.released;
    if (this.released) await this.collector.release();
    else this.collector.resume();
    return this.released;
  }

  /** Resolves once so many samples were taken, or a collection ended without one; with whether it was the former. */
  public async collected(samples: number): Promise<boolean> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        const { ok, ...failed } = this.collector.state().collections;
        if (ok >= samples || Object.values(failed).some((count) => count > 0)) resolve();
      };
      this.collector.onChange(look);
      look();
    });
    return this.collector.state().collections.ok >= samples;
  }

  public metrics(request: PageRequest): Promise<Page> {
    return this.page.respond(request);
  }

  /** One exposition as text. */
  public exposition(): Promise<string> {
    return this.page.once();
  }

  /** Counts that the web configuration changed, and whether the new one is in force. */
  public webConfigReloaded(ok: boolean): void {
    this.selfMetrics.observeWebConfigReload(ok);
  }

  /** Ready once the first collection ended in whatever way: a driver that is gone is what must be scraped. */
  public ready(): Health {
    const { collections, driver } = this.collector.state();
    const ok = Object.values(collections).some((count) => count > 0);
    return {
      ok,
      text: ok ? `ready${driver.available ? '' : `, driver: ${driver.reason}`}` : 'the first collection is running',
    };
  }

  public healthy(): Health {
    return { ok: true, text: 'healthy' };
  }

  public snapshot(): unknown {
    const { vendor, ageSeconds } = this.collector.state();
    return snapshotJson(this.snapshotNow(), ageSeconds === undefined ? {} : { [vendor]: ageSeconds });
  }

  public landing(): string {
    const { driver, sample } = this.collector.state();
    const facts = {
      Node: this.settings.hostname,
      Driver: driver.available ? (sample?.driver.driver ?? 'unknown') : `not available: ${driver.reason ?? 'unknown'}`,
      GPUs: String(sample?.devices.length ?? 0),
    };
    return landingPage({ version: this.version, telemetryPath: this.settings.web.telemetryPath, facts });
  }

  private snapshotNow(): Snapshot {
    if (this.current === undefined || this.changed) {
      this.changed = false;
      this.current = this.assembler.assemble([this.collector.state()]);
    }
    return this.current;
  }
}
