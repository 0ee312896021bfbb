import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Progress } from '../../../src/gpu/backend.js';
import { NvidiaBackend } from '../../../src/gpu/nvidia/backend.js';
import type { NvidiaOptions } from '../../../src/gpu/nvidia/options.js';
import type { DeviceSample, Sample } from '../../../src/gpu/sample.js';
import type { LogFields, Logger, LogLevel } from '../../../src/log.js';
import type { MetricName } from '../../../src/metrics/catalogue.js';
import { compileNvml } from '../../nvml/library.js';
import { NvmlScript } from '../../nvml/script.js';

/** A log that keeps its lines. */
class KeptLog implements Logger {
  public readonly lines: { level: LogLevel; message: string; fields?: LogFields }[] = [];

  public log(level: LogLevel, message: string, fields?: LogFields): void {
    this.lines.push({ level, message, fields });
  }
}

/** The C library, a script for it, a node's files, and a back end that asks it. */
export class TestDriver {
  public readonly folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-nvidia-'));
  public readonly script = new NvmlScript(join(this.folder, 'script'));
  public readonly log = new KeptLog();
  public readonly calls = join(this.folder, 'calls');
  public readonly steps: string[] = [];
  public backend: NvidiaBackend | undefined;
  /** Monotonic seconds, by the clock of the back end; add to it to let time pass. */
  public time = 1_000;

  public constructor() {
    process.env.NVML_SCRIPT = this.script.path;
    process.env.NVML_CALLS = this.calls;
    mkdirSync(this.path('proc'));
    mkdirSync(this.path('sys/bus/pci/devices'), { recursive: true });
  }

  public path(name: string): string {
    return join(this.folder, name);
  }

  /** Adds a function to the PCI bus. */
  public pci(
    address: string,
    files: { vendor?: string; class?: string; numa_node?: string; driver?: string } = {},
  ): this {
    const folder = this.path(`sys/bus/pci/devices/${address}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'vendor'), `${files.vendor ?? '0x10de'}\n`);
    writeFileSync(join(folder, 'class'), `${files.class ?? '0x030200'}\n`);
    writeFileSync(join(folder, 'numa_node'), `${files.numa_node ?? '1'}\n`);
    if (files.driver !== undefined) {
      symlinkSync(`../../../../bus/pci/drivers/${files.driver}`, join(folder, 'driver'));
    }
    return this;
  }

  /** What the back end is opened with. */
  public options(options: Partial<NvidiaOptions> = {}): NvidiaOptions {
    return {
      library: compileNvml(),
      paths: { procfs: this.path('proc'), sysfs: this.path('sys'), rootfs: this.folder },
      processes: true,
      profiling: true,
      pcieThroughput: false,
      log: this.log,
      clock: () => this.time,
      ...options,
    };
  }

  public open(options: Partial<NvidiaOptions> = {}): NvidiaBackend {
    this.script.write();
    this.backend?.close();
    this.backend = new NvidiaBackend(this.options(options));
    this.backend.open(this.progress);
    return this.backend;
  }

  public collect(skip: readonly string[] = []): Sample {
    this.steps.length = 0;
    const sample = this.backend?.collect({ skip }, this.progress);
    if (sample === undefined) throw new Error('not open');
    return sample;
  }

  /** Opens the driver, and collects once. */
  public once(options: Partial<NvidiaOptions> = {}): Sample {
    this.open(options);
    return this.collect();
  }

  public close(): void {
    this.backend?.close();
    this.backend = undefined;
    delete process.env.NVML_SCRIPT;
    delete process.env.NVML_CALLS;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private readonly progress: Progress = (collector, pciBusId) => {
    this.steps.push(pciBusId === undefined ? collector : `${collector} ${pciBusId}`);
  };
}

/** The values of a device as a table: metric and labels, and the value. */
export function valuesOf(device: DeviceSample | undefined): Readonly<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [metric, value, ...labels] of device?.points ?? []) {
    const key = [metric, ...labels].join(' ');
    if (key in values) throw new Error(`two values of ${key}`);
    values[key] = value;
  }
  return values;
}

/** Names of the metrics of a device. */
export const metricsOf = (device: DeviceSample | undefined): readonly MetricName[] => [
  ...new Set((device?.points ?? []).map(([metric]) => metric)),
];
