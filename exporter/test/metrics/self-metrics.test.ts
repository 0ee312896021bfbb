import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { CollectorState } from '../../src/collector/state.js';
import { SelfMetrics, type SelfMetricsOptions } from '../../src/metrics/self-metrics.js';
import { collectorState, sample, sourceState } from './self-metrics-inputs.js';
import { seriesOf } from './snapshots.js';

const made: SelfMetrics[] = [];
afterEach(() => {
  for (const each of made.splice(0)) {
    each.close();
  }
});

function selfMetrics(options: Partial<SelfMetricsOptions> = {}): SelfMetrics {
  const self = new SelfMetrics({
    version: '1.2.3',
    collectors: () => [collectorState],
    sources: () => [sourceState],
    capabilities: () => [],
    droppedProcesses: () => 0,
    exposition: { dropped: () => [], series: () => new Map() },
    ...options,
  });
  made.push(self);
  return self;
}

describe('metrics of the exporter itself', () => {
  it('say how collections go, by collector and GPU', async () => {
    const self = selfMetrics();
    self.observeSample(sample);
    const lines = seriesOf(await self.text(false));
    for (const line of [
      'gpu_exporter_collection_timestamp_seconds{vendor="nvidia"} 1700000000.5',
      'gpu_exporter_collection_age_seconds{vendor="nvidia"} 1.5',
      'gpu_exporter_collection_duration_seconds_bucket{le="0.025",vendor="nvidia"} 1',
      'gpu_exporter_collector_duration_seconds_count{vendor="nvidia",collector="ecc"} 1',
      'gpu_exporter_collector_last_duration_seconds{vendor="nvidia",collector="power",pci_bus_id="0000:3b:00.0"} 0.004',
      'gpu_exporter_collector_success{vendor="nvidia",collector="inventory"} 1',
      'gpu_exporter_collector_success{vendor="nvidia",collector="ecc",pci_bus_id="0000:3b:00.0"} 0',
      'gpu_exporter_capability{vendor="nvidia",capability="profiling",reason="NOT_SUPPORTED",pci_bus_id="0000:3b:00.0"} 0',
      'gpu_exporter_capability{vendor="nvidia",capability="nvmlDeviceGetFieldValues"} 1',
      'gpu_exporter_collector_restarts_total{vendor="nvidia",reason="crash"} 1',
      'gpu_exporter_collector_restarts_total{vendor="nvidia",reason="hung"} 0',
      'gpu_exporter_collections_total{vendor="nvidia",result="ok"} 9',
      'gpu_exporter_abandoned_processes{vendor="nvidia"} 0',
      'gpu_exporter_driver_up{vendor="nvidia"} 1',
      'gpu_exporter_source_up{source="pod-resources"} 1',
      'gpu_exporter_source_last_success_timestamp_seconds{source="pod-resources"} 1700000000',
      `gpu_exporter_build_info{version="1.2.3",node_version="${process.version}"} 1`,
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('forget a GPU that is gone with the next sample', async () => {
    const self = selfMetrics();
    self.observeSample(sample);
    expect(await self.text(false)).toContain('pci_bus_id=');
    self.observeSample({ ...sample, outcomes: [], capabilities: [] });
    expect(await self.text(false)).not.toContain('pci_bus_id=');
  });

  it('are there before the first sample, and say why the driver is not', async () => {
    const state: CollectorState = {
      ...collectorState,
      driver: { available: false, reason: 'not_loaded' },
    };
    const { ageSeconds: _, ...young } = state;
    const text = await selfMetrics({ collectors: () => [young] }).text(false);
    expect(text).toContain('gpu_exporter_driver_up{vendor="nvidia",reason="not_loaded"} 0');
    expect(text).not.toContain('gpu_exporter_collection_age_seconds{');
  });

  it('count what was dropped as the exposition counted it, at every scrape', async () => {
    const self = selfMetrics({
      exposition: {
        dropped: () => [{ profile: 'dcgm', metric: 'x', count: 7 }],
        series: () => new Map([['dcgm', 42]]),
      },
    });
    for (const text of [await self.text(false), await self.text(false)]) {
      expect(text).toContain('gpu_exporter_series_dropped_total{profile="dcgm",metric="x"} 7');
      expect(text).toContain('gpu_exporter_series{profile="dcgm"} 42');
    }
  });

  it('lose only the metric that cannot be read', async () => {
    const self = selfMetrics({
      sources: () => {
        throw new Error('broken');
      },
    });
    const text = await self.text(false);
    expect(text).not.toContain('gpu_exporter_source_up{');
    expect(text).toContain('gpu_exporter_driver_up{');
  });

  it('measure scrapes and reloads of the web configuration', async () => {
    const self = selfMetrics();
    const first = seriesOf(await self.text(false));
    expect(first).toContain('gpu_exporter_web_config_reloads_total{result="failure"} 0');
    self.observeScrape(0.004);
    self.observeWebConfigReload(false);
    const lines = seriesOf(await self.text(false));
    expect(lines).toContain('gpu_exporter_scrape_duration_seconds_bucket{le="0.005"} 1');
    expect(lines).toContain('gpu_exporter_web_config_reloads_total{result="failure"} 1');
  });

  it('say what each process uses, and nothing of one that is gone', async () => {
    const script = 'console.log("up"); setInterval(() => {}, 1000)';
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    // Before it is up it has hardly any memory.
    await once(child.stdout, 'data');
    const self = selfMetrics({ collectors: () => [{ ...collectorState, childPid: child.pid ?? 0 }] });
    const value = (text: string, process: string) =>
      Number(new RegExp(`^gpu_exporter_resident_memory_bytes\\{process="${process}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
    const before = await self.text(false);
    expect(value(before, 'server')).toBeGreaterThan(10_000_000);
    expect(value(before, 'collector-nvidia')).toBeGreaterThan(100_000);
    expect(before).toMatch(/^gpu_exporter_cpu_seconds_total\{process="server"\} \d/m);
    expect(before).toMatch(/^gpu_exporter_peak_memory_bytes\{process="server"\} \d{8}/m);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(value(await self.text(false), 'collector-nvidia')).toBeNaN();
  });

  it('see an event loop that is held up', async () => {
    const self = selfMetrics();
    const lag = async () =>
      Number(/^gpu_exporter_event_loop_lag_seconds ([\d.e-]+)$/m.exec(await self.text(false))?.[1]);
    await lag();
    const end = performance.now() + 700;
    while (performance.now() < end) {
      // Holds the event loop up.
    }
    expect(await lag()).toBeGreaterThan(0.1);
  });

  it('are OpenMetrics where that is wanted, without an end of their own', async () => {
    const self = selfMetrics();
    self.observeSample(sample);
    const [text, openMetrics] = [await self.text(false), await self.text(true)];
    expect(openMetrics).toContain('# TYPE gpu_exporter_collector_restarts counter\n');
    expect(openMetrics).toContain('# HELP gpu_exporter_collector_restarts Times ');
    expect(openMetrics).toContain('# TYPE gpu_exporter_build info\n');
    expect(openMetrics).toContain('# HELP gpu_exporter_build Version ');
    expect(openMetrics).not.toMatch(/# EOF|\n\n|\n$\n/);
    const stable = (lines: readonly string[]) => lines.map((line) => line.replace(/ \S+$/, '')).sort();
    expect(stable(seriesOf(openMetrics))).toEqual(stable(seriesOf(text)));
    expect(await self.text(false)).toContain('# TYPE gpu_exporter_collector_restarts_total counter\n');
  });

  it('say what can be told of processes although no driver answers', async () => {
    const self = selfMetrics({
      capabilities: () => [{ capability: 'process_attribution', supported: false, reason: 'pid_namespace' }],
      droppedProcesses: () => 7,
    });
    const lines = seriesOf(await self.text(false));
    expect(lines).toContain('gpu_exporter_capability{capability="process_attribution",reason="pid_namespace"} 0');
    expect(lines).toContain('gpu_exporter_processes_dropped 7');
  });
});
