#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const USAGE = `Usage: gpu-exporter [flags]

      --version  print the version and exit
  -h, --help     print this text and exit`;

/** The version of this build, from the package that ships it. */
function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

/** Reads the command line; what it does not know is an error that names it. */
function flags(): { readonly version?: boolean; readonly help?: boolean } {
  return parseArgs({ options: { version: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } }).values;
}

try {
  const given = flags();
  if (given.version) {
    console.log(`gpu-exporter ${version()}`);
  } else {
    console.log(USAGE);
    process.exitCode = given.help ? 0 : 2;
  }
} catch (error) {
  console.error(`gpu-exporter: ${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
