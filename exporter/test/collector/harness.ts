import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Collector } from '../../src/collector/collector.js';
import type { CollectorOptions } from '../../src/collector/collector-options.js';
import type { LogFields, Logger, LogLevel } from '../../src/log.js';
import type { Script } from './scripted-child.js';

/** A line that was logged. */
export interface LoggedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps what is logged. */
export class LogBook implements Logger {
  public readonly lines: LoggedLine[] = [];

  public log(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields });
  }
}

/** Waits until something holds, and says what did not. */
export async function until<T>(what: string, probe: () => T | undefined | false, seconds = 10): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const value = probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`Not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a process runs; one that is dead and was not waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** A collector whose child follows a script. */
export class ScriptedCollector {
  public readonly folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-collector-'));
  public readonly logBook = new LogBook();
  public readonly collector: Collector;
  private readonly path = join(this.folder, 'script.json');

  public constructor(childPath: string, script: Script, options: Partial<CollectorOptions> = {}) {
    this.script(script);
    process.env.COLLECTOR_SCRIPT = this.path;
    this.collector = new Collector(
      {
        vendor: 'nvidia',
        backend: { name: 'simulated', gpus: '1xH100', seed: 1, since: 0 },
        interval: 0.05,
        timeout: 0.6,
        staleness: 5,
        childPath,
        ...options,
        limits: {
          device: { first: 0.5, last: 4 },
          driver: { first: 0.05, last: 0.2 },
          driverHung: { first: 0.3, last: 1 },
          restart: { first: 0.05, last: 0.2 },
          open: 1,
          ...options.limits,
        },
      },
      this.logBook,
    );
  }

  /** Sets what the child does from its next call on. */
  public script(script: Script): void {
    writeFileSync(`${this.path}.new`, JSON.stringify(script));
    renameSync(`${this.path}.new`, this.path);
  }

  public async remove(): Promise<void> {
    await this.collector.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
