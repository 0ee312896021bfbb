import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** docs/servicemonitor-options.md against the interfaces, AMD's schema and the tests that it names. */
const docs = join(__dirname, '../../docs');
const page = readFileSync(join(docs, 'servicemonitor-options.md'), 'utf8');
const files = new Map([...page.matchAll(/^\[([\w-]+)\]: (\S+)$/gm)].map(([, name = '', path = '']) => [name, path]));
const [, ofDeviceConfig = [], ofTargets = [], ofBadInput = [], onCluster = []] = page.split(/^## /m).map(rowsOf);

/** The rows of the tables in a part of the page: their cells, without those of the head. */
function rowsOf(part: string): readonly (readonly string[])[] {
  const rows = part.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(1).map((row) => row.slice(2, -2).split(' | '));
}

/** The names in the first column. */
function namesOf(rows: readonly (readonly string[])[]): readonly string[] {
  return rows.map(([first = '']) => first.replaceAll('`', ''));
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Whether a test bears the title: where one is called, in a row of a table of tests, or as a key of such a table. */
function hasTest(source: string, title: string): boolean {
  const text = quoted(title);
  return new RegExp(`[([]\\s*(['"])${text}\\1,|^ {2}${text}: [{]`, 'm').test(source);
}

const SOURCES = ['scrape/discovery', 'scrape/endpoint', 'scrape/scrape-target', 'http-client']
  .map((name) => readFileSync(join(__dirname, `../../lib/model/${name}.ts`), 'utf8'))
  .join('\n');

/** Interfaces whose fields have rows of their own, by the option that they are the type of. */
const NESTED: Readonly<Record<string, string>> = {
  authorization: 'Authorization',
  basicAuth: 'BasicAuth',
  oauth2: 'OAuth2',
  tls: 'TlsConfig',
};

/** The properties of an interface and of those that it extends. */
function propertiesOf(name: string): readonly string[] {
  const found = new RegExp(`^export interface ${name}(?: extends ([\\w, ]+))? \\{\\n(.*?)^\\}`, 'ms').exec(SOURCES);
  if (found === null) {
    throw new Error(`No interface ${name} is found.`);
  }
  const [, parents = '', body = ''] = found;
  const own = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, property = '']) => property);
  return [...parents.split(/,\s*/).filter(Boolean).flatMap(propertiesOf), ...own];
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** The fields of a schema; a reference to a key is one. */
function fieldsOf({ properties }: Schema, path = ''): readonly string[] {
  return properties === undefined || 'key' in properties
    ? [path]
    : Object.entries(properties).flatMap(([name, inner]) => fieldsOf(inner, path === '' ? name : `${path}.${name}`));
}

describe('docs/servicemonitor-options.md', () => {
  it('has every option of a target, and no other', () => {
    const options = propertiesOf('SelectorOptions').flatMap((name) => {
      const inner = NESTED[name];
      return inner === undefined ? [name] : propertiesOf(inner).map((field) => `${name}.${field}`);
    });
    expect(options.length).toBeGreaterThan(0);
    expect([...namesOf(ofTargets)].sort()).toEqual([...options].sort());
  });

  it("has every field of the serviceMonitor block of AMD's DeviceConfig, and no other", () => {
    const { 'v1alpha1/DeviceConfig': schema } = JSON.parse(
      readFileSync(join(__dirname, '../crds/amd.com.json'), 'utf8'),
    );
    const { metricsExporter } = schema.properties.spec.properties;
    const { serviceMonitor } = metricsExporter.properties.prometheus.properties;
    expect([...namesOf(ofDeviceConfig)].sort()).toEqual([...fieldsOf(serviceMonitor)].sort());
  });

  it('names files of tests that exist', () => {
    expect([...files.values()].filter((path) => !existsSync(join(docs, path)))).toEqual([]);
  });

  const rows = [...ofDeviceConfig, ...ofTargets, ...ofBadInput, ...onCluster];

  it.each(rows.map((row) => [row[0] ?? '', row.at(-1) ?? '']))('names tests of %s that exist', (_name, tests) => {
    const named = [...tests.matchAll(/\[([\w-]+)\] "([^"]+)"/g)];
    expect(named.map(([text]) => text).join('; ')).toBe(tests);
    for (const [, file = '', title = ''] of named) {
      const source = readFileSync(join(docs, files.get(file) ?? `(no file is called ${file})`), 'utf8');
      expect(hasTest(source, title), `${files.get(file)} has no test "${title}"`).toBe(true);
    }
  });
});
