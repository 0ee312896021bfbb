#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** The version of this build, from the package that ships it. */
function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

const { values } = parseArgs({ options: { version: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
if (values.help) {
  console.log(
    'Usage: gpu-exporter --version\n\n  --version  print the version and exit\n  -h, --help print this text and exit',
  );
} else {
  console.log(`gpu-exporter ${version()}`);
}
