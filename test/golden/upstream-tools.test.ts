import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { tool } from '../tool';

/** What Prometheus and Alertmanager themselves say of the committed output of every app. */
const scratch = mkdtempSync(join(tmpdir(), 'upstream-'));
const outputs = readdirSync(__dirname, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name === 'images.txt')
  .map((entry) => entry.parentPath);

afterAll(() => rmSync(scratch, { recursive: true }));

interface SynthesizedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly groups?: readonly object[] };
}

type Files = Readonly<Record<string, string>>;

function objectsOf(output: string): readonly SynthesizedObject[] {
  return readdirSync(output, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.k8s.yaml'))
    .flatMap((file) => parseAllDocuments(readFileSync(join(output, file), 'utf8')))
    .map((document) => document.toJS() as SynthesizedObject)
    .filter((object) => object !== null);
}

/** The files of all ConfigMaps whose name begins so. */
function configMapFiles(objects: readonly SynthesizedObject[], name: RegExp): Files {
  const found = objects.filter(({ kind, metadata }) => kind === 'ConfigMap' && name.test(metadata.name));
  return Object.assign({}, ...found.map(({ data }) => data));
}

/** Rule files: those of the standalone back end, and one for each PrometheusRule. */
function ruleFiles(objects: readonly SynthesizedObject[]): Files {
  const custom = objects
    .filter(({ kind }) => kind === 'PrometheusRule')
    .map(({ metadata, spec }) => [`${metadata.name}.yaml`, stringify({ groups: spec?.groups })]);
  return { ...configMapFiles(objects, /^prometheus-rules/), ...Object.fromEntries(custom) };
}

/** Alertmanager's files: of a ConfigMap, or of the Secret that the operator reads, which holds no secret. */
function alertmanagerFiles(objects: readonly SynthesizedObject[]): Files {
  const secret = objects.find(({ kind, data }) => kind === 'Secret' && data?.['alertmanager.yaml'] !== undefined);
  const decoded = Object.entries(secret?.data ?? {}).map(([name, text]) => [
    name.replace('alertmanager.yaml', 'alertmanager.yml'),
    Buffer.from(text, 'base64').toString(),
  ]);
  return { ...configMapFiles(objects, /^alertmanager-config$/), ...Object.fromEntries(decoded) };
}

function write(folder: string, files: Files): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

describe.each(outputs)('%s', (output) => {
  const objects = objectsOf(output);
  const config = configMapFiles(objects, /^prometheus-config$/);
  const rules = ruleFiles(objects);
  const alertmanager = alertmanagerFiles(objects);

  it.runIf('prometheus.yml' in config)('is a configuration that Prometheus loads', (context) => {
    const promtool = tool('promtool', context);
    const target = mkdtempSync(join(scratch, 'prometheus-'));
    write(join(target, 'config'), config);
    write(join(target, 'scrape-configs'), configMapFiles(objects, /^prometheus-scrape-configs/));
    write(join(target, 'rules'), rules);
    const said = execFileSync(promtool, ['check', 'config', '--syntax-only', join(target, 'config/prometheus.yml')], {
      encoding: 'utf8',
    });
    expect(said).toContain('is valid prometheus config file syntax');
  });

  it('has rules without a finding of any lint', (context) => {
    const promtool = tool('promtool', context);
    const folder = write(mkdtempSync(join(scratch, 'rules-')), rules);
    const files = Object.keys(rules).map((file) => join(folder, file));
    expect(files.length).toBeGreaterThan(0);
    const checked = execFileSync(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', ...files], {
      encoding: 'utf8',
    });
    expect(checked.match(/SUCCESS/g)).toHaveLength(files.length);
  });

  it.runIf('alertmanager.yml' in alertmanager)('is a configuration that Alertmanager loads', (context) => {
    const amtool = tool('amtool', context);
    const folder = write(mkdtempSync(join(scratch, 'alertmanager-')), alertmanager);
    const said = execFileSync(amtool, ['check-config', join(folder, 'alertmanager.yml')], { encoding: 'utf8' });
    expect(said).toContain('SUCCESS');
  });
});

it('finds what it checks', () => {
  const all = outputs.map(objectsOf);
  expect(all.filter((objects) => 'prometheus.yml' in configMapFiles(objects, /^prometheus-config$/)).length).toBe(8);
  expect(all.filter((objects) => 'alertmanager.yml' in alertmanagerFiles(objects)).length).toBeGreaterThan(5);
});
