import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, until } from '../collector/harness.js';
import { compileNvml } from '../nvml/library.js';
import { NvmlScript } from '../nvml/script.js';
import { type Answer, get, Scrape } from './scrape.js';

/** The program that users start. */
const PROGRAM = join(import.meta.dirname, '../../build/main.js');

/** Flags of the tests: quick, on loopback, and without the Kubernetes of the machine. */
const FLAGS = {
  backend: 'nvidia',
  'web.listen-address': '127.0.0.1:0',
  'log.format': 'json',
  'log.level': 'debug',
  'kubernetes.enabled': 'off',
  'collect.interval': '200ms',
  'collect.timeout': '1s',
};

/** A line of the log. */
export type LogLine = { readonly level: string; readonly msg: string } & Readonly<Record<string, unknown>>;

/** What a test of the process needs that is not the usual. */
export interface ProcessOptions {
  /** Flags by name, beside or in place of the usual ones; `undefined` takes one away. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** The driver's library. @default the C library of the tests */
  readonly library?: string;
}

/** Everything that {@link ExporterProcess} takes from a test: when it is over, what was started ends. */
export interface TestEnd {
  onTestFinished(callback: () => void | Promise<void>, timeout?: number): void;
}

/** Process ids of the children of a process. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => parentOf(each) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** A node with GPUs: a folder with a script of the driver, and what else an exporter is told to look at. */
export class GpuNode {
  public readonly folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-process-'));
  public readonly script = new NvmlScript(join(this.folder, 'script'));

  /** @param gpus H100s that the driver has */
  public constructor(
    private readonly test: TestEnd,
    gpus = 0,
  ) {
    // Some have tens of thousands of files.
    test.onTestFinished(() => rmSync(this.folder, { recursive: true, force: true }), 60_000);
    if (gpus > 0) this.script.devices(gpus).write();
  }

  /** The PCI bus of the node, as `--path.sysfs` shows it, with the GPUs of the slots of the script. */
  public bus(...addresses: readonly string[]): string {
    for (const address of addresses) {
      const device = this.path(`sys/bus/pci/devices/${address}`);
      mkdirSync(device, { recursive: true });
      writeFileSync(join(device, 'vendor'), '0x10de\n');
      writeFileSync(join(device, 'class'), '0x030200\n');
    }
    return this.path('sys');
  }

  /** Path of a file in its folder. */
  public path(name: string): string {
    return join(this.folder, name);
  }

  /** Flags and variables as the exporter gets them on this node. */
  public command({ flags = {}, environment = {}, library }: ProcessOptions): {
    readonly args: readonly string[];
    readonly env: NodeJS.ProcessEnv;
  } {
    const merged: Record<string, string | undefined> = { ...FLAGS, ...flags };
    if (merged.backend === 'nvidia' || merged.backend === 'auto') merged['nvml.library'] ??= library ?? compileNvml();
    const args = Object.entries(merged).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
    const { NODE_NAME: _, ...inherited } = process.env;
    return { args, env: { ...inherited, ...this.script.environment, ...environment } };
  }

  /** Runs an exporter that ends by itself. */
  public async run(options: ProcessOptions = {}): Promise<ExporterProcess> {
    const exporter = this.spawn(options);
    await exporter.ended(30);
    return exporter;
  }

  /** Starts an exporter, and waits until it listens. */
  public async start(options: ProcessOptions = {}): Promise<ExporterProcess> {
    const exporter = this.spawn(options);
    await exporter.listening();
    return exporter;
  }

  /** Starts an exporter, and waits until it shows as many GPUs that answer. */
  public async startWith(gpus: number, options: ProcessOptions = {}): Promise<ExporterProcess> {
    const exporter = await this.start(options);
    await exporter.scrapeUntil(`${gpus} GPUs answer`, (scrape) => scrape.value('gpu_devices_visible') === gpus);
    return exporter;
  }

  private spawn(options: ProcessOptions): ExporterProcess {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run npm run build`);
    const { args, env } = this.command(options);
    const exporter = new ExporterProcess(
      spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    this.test.onTestFinished(() => exporter.destroy());
    return exporter;
  }
}

/** An exporter that runs. */
export class ExporterProcess {
  public readonly log: LogLine[] = [];
  /** What it wrote to standard error that is no line of its log. */
  public readonly noise: string[] = [];
  public stdout = '';
  public port = 0;
  public end?: { readonly code: number | null; readonly signal: NodeJS.Signals | null };
  private readonly seenChildren = new Set<number>();

  public constructor(public readonly child: ChildProcess) {
    let rest = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.take(line);
    });
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk;
    });
    // When its output was read too.
    child.on('close', (code, signal) => {
      this.end = { code, signal };
    });
  }

  public get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The process that calls the driver; absent while there is none. */
  public get collector(): number | undefined {
    const [pid] = childrenOf(this.pid).filter(isAlive);
    if (pid !== undefined) this.seenChildren.add(pid);
    return pid;
  }

  /** Lines of the log that contain a text. */
  public logged(text: string, level?: string): LogLine[] {
    return this.log.filter((line) => JSON.stringify(line).includes(text) && (level ?? line.level) === line.level);
  }

  public get(path: string, options?: Parameters<typeof get>[2]): Promise<Answer> {
    return get(this.port, path, options);
  }

  /** One scrape; throws where it is not answered well. */
  public async scrape(): Promise<Scrape> {
    const { status, body, milliseconds } = await this.get('/metrics');
    if (status !== 200) throw new Error(`status ${status}: ${body}`);
    return new Scrape(body, milliseconds);
  }

  /** Scrapes until something holds; with the scrape in which it did. */
  public async scrapeUntil(what: string, holds: (scrape: Scrape) => boolean, seconds = 15): Promise<Scrape> {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const scrape = await this.scrape();
      if (holds(scrape)) return scrape;
      if (performance.now() > end) {
        const log = this.log.slice(-8).map((line) => JSON.stringify(line));
        throw new Error(`Not within ${seconds} s: ${what}\n${[...log, ...this.noise.slice(-8)].join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /**
   * Milliseconds of the quickest of some scrapes. One that waits for the driver makes all of them slow; a machine that is
   * busy with other tests does not.
   */
  public async quickestMilliseconds(): Promise<number> {
    let quickest = Number.POSITIVE_INFINITY;
    for (let at = 0; at < 10; at++) quickest = Math.min(quickest, (await this.scrape()).milliseconds);
    return quickest;
  }

  /** Waits for a line of the log. */
  public async logUntil(text: string, seconds = 10): Promise<LogLine> {
    return until(
      `a line with "${text}" in the log: ${JSON.stringify(this.log.slice(-5))}`,
      () => this.logged(text)[0],
      seconds,
    );
  }

  public signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until it has ended. */
  public async ended(seconds = 10): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    return until('the exporter ends', () => this.end, seconds);
  }

  /** Asks it to end, as the kubelet does, and waits until it and its child have. */
  public async stop(): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    const children = childrenOf(this.pid);
    this.signal('SIGTERM');
    const end = await this.ended();
    const left = children.filter(isAlive);
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
    return end;
  }

  /** Ends it and its children by force, if they still run. */
  public async destroy(): Promise<void> {
    const children = new Set([...this.seenChildren, ...childrenOf(this.pid)]);
    if (this.end === undefined) this.child.kill('SIGKILL');
    for (const pid of children) if (parentOf(pid) === this.pid) process.kill(pid, 'SIGKILL');
    if (this.end === undefined) await this.ended();
  }

  public async listening(): Promise<void> {
    const address = await until(
      `the exporter listens: ${this.noise.join('\n')}`,
      () =>
        this.end ? String(JSON.stringify(this.end)) : (this.logged('listening')[0]?.address as string | undefined),
      20,
    );
    if (this.end) throw new Error(`it ended with ${address}: ${this.noise.join('\n')}`);
    this.port = Number(address.slice(address.lastIndexOf(':') + 1));
  }

  private take(line: string): void {
    if (line === '') return;
    try {
      this.log.push(JSON.parse(line) as LogLine);
    } catch {
      this.noise.push(line);
    }
  }
}
