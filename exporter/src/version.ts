import { existsSync, readFileSync } from 'node:fs';

/** The version of this build, from the package that ships it: beside a bundle, above compiled modules. */
export function version(): string {
  const places = ['./package.json', '../package.json'].map((path) => new URL(path, import.meta.url));
  const manifest = places.find((place) => existsSync(place));
  return manifest === undefined
    ? 'unknown'
    : (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
