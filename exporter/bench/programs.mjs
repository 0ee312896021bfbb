// The programs that are measured, as processes of their own.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childrenOf, cpuTimes } from './accounting.mjs';
import { Scraper } from './scraper.mjs';

const exporterFolder = fileURLToPath(new URL('..', import.meta.url));
/** The bundle that is measured; another one can be named for a comparison. */
const main = join(process.env.BENCH_BUNDLE ?? join(exporterFolder, 'dist'), 'main.js');

/** The flags that the image gives to Node, and its environment. */
function imageSettings() {
  const dockerfile = readFileSync(join(exporterFolder, 'Dockerfile'), 'utf8');
  const flags = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)[1]).filter((word) => word.startsWith('--'));
  const variables = [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, line]) => line.split(' '));
  return { flags, env: Object.fromEntries(variables.map((variable) => variable.split('='))) };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A program that serves metrics. */
class Program {
  constructor(name, child, port, meter) {
    this.name = name;
    this.child = child;
    this.port = port;
    this.meter = meter;
    this.output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        this.output = (this.output + text).slice(-4000);
      });
    }
  }

  /** Waits until there are metrics of GPUs. */
  async ready(pattern) {
    for (let tries = 0; tries < 300; tries++) {
      if (this.child.exitCode !== null) throw new Error(`${this.name} ended: ${this.output}`);
      const scraper = new Scraper(this.port);
      const { body = '' } = await scraper.scrape({ keep: true }).catch(() => ({}));
      scraper.close();
      if (pattern.test(body)) return this;
      await sleep(100);
    }
    throw new Error(`${this.name} shows no GPU: ${this.output}`);
  }

  pids() {
    return [this.child.pid, ...childrenOf(this.child.pid)];
  }

  /** CPU time in nanoseconds: of its processes, and of the library alone where that is metered. */
  cpu() {
    const library = this.meter === undefined ? 0 : Number(readFileSync(this.meter).readBigUInt64LE(0));
    return { all: cpuTimes(this.pids()), library };
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 3000);
      await new Promise((resolve) => this.child.once('exit', resolve));
      clearTimeout(timer);
    }
  }
}

const environment = (node, name, gpus, metered) => {
  const meter = join(node.folder, `meter-${name.replace(/\W+/g, '-')}`);
  const script = node.script(gpus);
  if (!metered) return { env: { ...process.env, NVML_SCRIPT: script } };
  writeFileSync(meter, Buffer.alloc(16));
  return { meter, env: { ...process.env, NVML_SCRIPT: script, NVML_METERED: node.library, NVML_METER: meter } };
};

/** The exporter of this repository, from its bundle, with the flags of its image. */
export async function startExporter(node, name, { gpus, interval, metered = false, flags = [], nodeFlags = [] }) {
  const port = await freePort();
  const { env, meter } = environment(node, name, gpus, metered);
  const image = imageSettings();
  const child = spawn(
    process.execPath,
    [
      ...image.flags,
      ...nodeFlags,
      main,
      `--nvml.library=${metered ? node.metered : node.library}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--collect.interval=${interval}ms`,
      '--log.level=warn',
      ...flags,
    ],
    { env: { ...env, ...image.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return new Program(name, child, port, meter).ready(/^\w+\{.*(?:gpu|uuid|UUID)="/m);
}

/** nvitop-exporter, which finds the library by its name. */
export async function startNvitop(node, python, { gpus, interval, metered = false }) {
  const port = await freePort();
  const { env, meter } = environment(node, 'nvitop-exporter', gpus, metered);
  const library = metered ? node.metered : node.library;
  const child = spawn(
    'python3',
    ['-m', 'nvitop_exporter', '--port', String(port), '--interval', String(interval / 1000), '--hostname', 'bench'],
    {
      env: { ...env, PYTHONPATH: python, LD_LIBRARY_PATH: join(library, '..') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  return new Program('nvitop-exporter', child, port, meter).ready(/^process_gpu_sm_utilization\w*\{/m);
}
