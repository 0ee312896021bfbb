import { hostname } from 'node:os';
import { checkFiles } from './check-files.js';
import { checkRelations } from './check-relations.js';
import { type Environment, readEnvironment } from './read-environment.js';
import { readFile } from './read-file.js';
import { readFlags } from './read-flags.js';
import type { Settings } from './settings.js';
import { SettingsError } from './settings-error.js';
import { Values } from './values.js';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'run'; readonly settings: Settings }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' };

function settingsOf(values: Values): Settings {
  const nodeName = values.maybe('kubernetes.node-name');
  return {
    web: {
      listenAddress: values.all('web.listen-address'),
      telemetryPath: values.one('web.telemetry-path'),
      configFile: values.maybe('web.config.file'),
      maxRequests: values.one('web.max-requests'),
      timeout: values.one('web.timeout'),
    },
    log: { level: values.one('log.level'), format: values.one('log.format') },
    backend: values.one('backend'),
    gpus: values.one('gpus'),
    nvmlLibrary: values.maybe('nvml.library'),
    record: values.maybe('record'),
    replay: values.maybe('replay'),
    collect: {
      interval: values.one('collect.interval'),
      timeout: values.one('collect.timeout'),
      staleness: values.one('collect.staleness'),
      processes: values.one('collect.processes'),
      profiling: values.one('collect.profiling'),
      pcieThroughput: values.one('collect.pcie-throughput'),
    },
    profiles: values.all('profile'),
    dcgm: {
      names: values.one('dcgm.names'),
      hostnameLabel: values.one('dcgm.hostname-label'),
      optional: values.one('dcgm.optional'),
    },
    series: { limit: values.one('series.limit'), processes: values.one('series.processes') },
    kubernetes: {
      enabled: values.one('kubernetes.enabled'),
      nodeName,
      sources: {
        'pod-resources': values.one('kubernetes.pod-resources'),
        'pods-api': values.one('kubernetes.pods-api'),
        'api-server': values.one('kubernetes.api-server'),
        'runtime-files': values.one('kubernetes.runtime-files'),
      },
      podResourcesSocket: values.one('kubernetes.pod-resources.socket'),
      podsApiSocket: values.one('kubernetes.pods-api.socket'),
      kubeconfig: values.maybe('kubernetes.kubeconfig'),
    },
    idleThreshold: values.one('idle.threshold'),
    hostname: values.maybe('hostname') ?? nodeName ?? hostname(),
    paths: { procfs: values.one('path.procfs'), sysfs: values.one('path.sysfs'), rootfs: values.one('path.rootfs') },
    once: values.one('once'),
  };
}

/**
 * Reads the command line, the environment and the configuration file; the first of them that sets an option decides.
 *
 * @param argv arguments without the program
 * @throws SettingsError that lists everything that is wrong, one line each
 */
export function parseSettings(argv: readonly string[], env: Environment): Command {
  const flags = readFlags(argv);
  if (flags.asks !== undefined) {
    return { kind: flags.asks };
  }
  const variables = readEnvironment(env);
  const outside = [...flags.given, ...variables.given];
  const path = outside.find(({ name }) => name === 'config')?.texts[0];
  const file = path === undefined ? { given: [], problems: [] } : readFile(path);
  const values = new Values([...outside, ...file.given]);
  const problems = [...flags.problems, ...variables.problems, ...file.problems, ...values.problems];
  // Relations between values make sense only of values that are sound.
  if (problems.length === 0) {
    problems.push(...checkRelations(values), ...checkFiles(values));
  }
  if (problems.length > 0) {
    throw new SettingsError(problems);
  }
  return { kind: 'run', settings: settingsOf(values) };
}
