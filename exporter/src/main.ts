#!/usr/bin/env node
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendOptions } from './collector/backend-options.js';
import { helpText } from './config/help.js';
import { parseSettings } from './config/parse.js';
import type { Settings } from './config/settings.js';
import { SettingsError } from './config/settings-error.js';
import { Exporter } from './exporter.js';
import type { Logger } from './log.js';
import { LineLogger } from './logger.js';
import { simulatedNode, thisNode } from './node-view.js';
import { WebServer } from './server/server.js';
import { version } from './version.js';

/** Milliseconds that `--once` waits for Kubernetes to say whose GPUs are whose. */
const PATIENCE = 3000;

/** Milliseconds until the process ends after SIGTERM, in whatever state it is; a kubelet waits for 30 s. */
const LONGEST_STOP = 15_000;

/** Seconds between the two collections of `--once`. */
const ONCE_INTERVAL = 1;

try {
  const command = parseSettings(process.argv.slice(2), process.env);
  switch (command.kind) {
    case 'help':
      process.stdout.write(`${helpText()}\n`);
      break;
    case 'version':
      process.stdout.write(`gpu-exporter ${version()}\n`);
      break;
    case 'run':
      await run(command.settings);
  }
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  for (const problem of error.problems) process.stderr.write(`gpu-exporter: ${problem}\n`);
  process.exitCode = 2;
}

async function run(settings: Settings): Promise<void> {
  const log = new LineLogger(settings.log);
  const backend = backendOptions(settings);
  if (backend.name === 'replay') await checkRecording(backend.file);
  const node = backend.name === 'simulated' ? await simulatedNode(backend, settings) : await thisNode(settings, log);
  const collect = settings.once ? { ...settings.collect, interval: ONCE_INTERVAL } : settings.collect;
  const exporter = new Exporter({ ...settings, collect }, node, { backend, version: version(), log });
  if (settings.once) await printOnce(exporter, node.settled);
  else await serve(settings, exporter, log);
}

/** What the collector's process asks. */
function backendOptions(settings: Settings): BackendOptions {
  const { processes, profiling, pcieThroughput } = settings.collect;
  const nvidia = { paths: settings.paths, processes, profiling, pcieThroughput };
  switch (settings.backend) {
    case 'simulated':
      return { name: 'simulated', gpus: settings.gpus, seed: 1, since: Date.now() / 1000 };
    case 'replay':
      return { name: 'replay', file: settings.replay ?? '', ...nvidia };
    case 'auto':
    case 'nvidia':
      return {
        name: 'nvidia',
        ...nvidia,
        ...(settings.nvmlLibrary !== undefined && { library: settings.nvmlLibrary }),
        ...(settings.record !== undefined && { record: settings.record }),
      };
  }
}

/** A recording that cannot be read is an error at start; the collector's process reads it again. */
async function checkRecording(file: string): Promise<void> {
  const { ReplayLibrary } = await import('./gpu/nvidia/replay.js');
  try {
    new ReplayLibrary(file).close();
  } catch (error) {
    throw new SettingsError([`--replay: ${(error as Error).message}`]);
  }
}

/** Prints one exposition, after two collections: shares of time are differences. The exit status says whether there was a driver. */
async function printOnce(exporter: Exporter, settled: (atMost: number) => Promise<void>): Promise<void> {
  exporter.start();
  const [answered] = await Promise.all([collectedTwice(exporter), settled(PATIENCE)]);
  const text = await exporter.exposition();
  await exporter.stop();
  // Whoever reads it may have read enough.
  process.stdout.on('error', () => undefined);
  process.stdout.write(text);
  process.exitCode = answered ? 0 : 1;
}

/** Takes two collections. Some profiles have rates, which are between two expositions. */
async function collectedTwice(exporter: Exporter): Promise<boolean> {
  if (!(await exporter.collected(1))) return false;
  await exporter.exposition();
  return exporter.collected(2);
}

async function serve(settings: Settings, exporter: Exporter, log: Logger): Promise<void> {
  const server = new WebServer(
    { ...settings.web, logger: log, onReload: (ok) => exporter.webConfigReloaded(ok) },
    exporter,
  );
  const addresses = await server.listen();
  log.log('info', 'Serving', { version: version(), addresses: addresses.join(','), path: settings.web.telemetryPath });
  exporter.start();

  // A fault that nobody thought of must not take the metrics of a whole node away.
  const survive = (error: unknown) =>
    log.log('error', 'Unexpected error', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
  process.on('uncaughtException', survive);
  process.on('unhandledRejection', survive);
  process.on('SIGHUP', () => server.reload());
  process.on('SIGUSR1', async () => {
    const released = await exporter.toggleDriver();
    log.log(
      'info',
      released ? 'Let go of the driver; the next SIGUSR1 takes it up again' : 'Takes up the driver again',
    );
  });

  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.log('info', 'Stopping', { signal });
    // Whatever cannot be stopped ends with the process.
    await Promise.race([Promise.allSettled([server.close(), exporter.stop()]), sleep(LONGEST_STOP)]);
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
