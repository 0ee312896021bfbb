import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { OptionName } from './options.js';
import { reason } from './settings-error.js';
import type { Values } from './values.js';

/** What a path must be, in words, and how to tell. */
interface Kind {
  readonly words: string;
  is(stats: Stats): boolean;
}

const FILE: Kind = { words: 'a file', is: (stats) => stats.isFile() };
const FOLDER: Kind = { words: 'a folder', is: (stats) => stats.isDirectory() };
const SOCKET: Kind = { words: 'a socket', is: (stats) => stats.isSocket() };

/** What is wrong with a path, or undefined. */
function problem(path: string, { words, is }: Kind, mode: number): string | undefined {
  try {
    const stats = statSync(path);
    if (!is(stats)) {
      return `${path} is not ${words}`;
    }
    accessSync(path, mode);
    return undefined;
  } catch (error) {
    return `${path} is not usable: ${reason(error)}`;
  }
}

/**
 * Checks the paths that somebody gave, before anything is served.
 *
 * Where nothing was given, a default that is missing only means that there is no such source. The driver library is
 * not looked at: a driver may come later than the exporter.
 *
 * @returns problems, one line each
 */
export function checkFiles(values: Values): readonly string[] {
  const problems: string[] = [];
  const check = (name: OptionName, place: string | undefined, path: string | undefined, kind: Kind, mode: number) => {
    const found = place === undefined || path === undefined ? undefined : problem(path, kind, mode);
    if (found !== undefined) {
      problems.push(`${place ?? `--${name}`}: ${found}`);
    }
  };
  for (const name of ['web.config.file', 'replay', 'kubernetes.kubeconfig'] as const) {
    check(name, values.place(name), values.maybe(name), FILE, constants.R_OK);
  }
  for (const name of ['path.procfs', 'path.sysfs', 'path.rootfs'] as const) {
    check(name, values.place(name), values.one(name), FOLDER, constants.R_OK | constants.X_OK);
  }
  const record = values.maybe('record');
  check('record', values.place('record'), record === undefined ? record : dirname(record), FOLDER, constants.W_OK);
  if (values.one('kubernetes.enabled') !== 'off') {
    for (const name of ['kubernetes.pod-resources', 'kubernetes.pods-api'] as const) {
      const socket = `${name}.socket` as const;
      const needed = values.one(name) === 'on' ? values.place(name) : undefined;
      const place = values.one(name) === 'off' ? undefined : (values.place(socket) ?? needed);
      check(socket, place, values.one(socket), SOCKET, constants.R_OK | constants.W_OK);
    }
  }
  return problems;
}
