import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get } from './scrape.js';

/** A result of a query. */
export interface QueryResult {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

/** A real Prometheus that scrapes what it is told. */
export class PrometheusServer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-prometheus-'));
  private process?: ChildProcess;
  private port = 0;
  /** What it wrote. */
  public output = '';

  /** Starts it. @param jobs scrape configurations, in which relative paths are of `files` */
  public async start(
    program: string,
    jobs: readonly object[],
    files: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text);
    const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: jobs };
    writeFileSync(join(this.folder, 'prometheus.yml'), JSON.stringify(config));
    this.port = await freePort();
    this.process = spawn(
      program,
      [
        `--config.file=${join(this.folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(this.folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${this.port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.process.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.output += chunk;
    });
  }

  /** The results of an instant query. */
  public async query(expression: string): Promise<readonly QueryResult[]> {
    const { body } = await get(this.port, `/api/v1/query?query=${encodeURIComponent(expression)}`);
    return (JSON.parse(body) as { data: { result: QueryResult[] } }).data.result;
  }

  /** Queries until there are as many results. */
  public async queryUntil(expression: string, count: number, seconds = 20): Promise<readonly QueryResult[]> {
    const end = performance.now() + seconds * 1000;
    for (;;) {
      const results = await this.query(expression).catch(() => []);
      if (results.length === count) return results;
      if (performance.now() > end) {
        throw new Error(
          `${results.length} results of ${expression}: ${await this.errors()}\n${this.output.slice(-2000)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Why targets could not be scraped, by job. */
  public async errors(): Promise<string> {
    const { body } = await get(this.port, '/api/v1/targets');
    const { activeTargets } = (JSON.parse(body) as { data: { activeTargets: Record<string, string>[] } }).data;
    return activeTargets.map(({ scrapePool, lastError }) => `${scrapePool}: ${lastError}`).join('; ');
  }

  public async stop(): Promise<void> {
    const { process } = this;
    if (process && process.exitCode === null) {
      process.kill('SIGKILL');
      await new Promise((resolve) => process.once('exit', resolve));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
