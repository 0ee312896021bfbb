import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { tool } from '../tool';

/** What Prometheus and Alertmanager themselves say of the committed output of every app. */
const scratch = mkdtempSync(join(tmpdir(), 'upstream-'));
const folders = readdirSync(__dirname, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.name.endsWith('-prometheus.k8s.yaml'))
  .map((entry) => entry.parentPath);

afterAll(() => rmSync(scratch, { recursive: true }));

interface ConfigMap {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

function configMaps(folder: string, part: string): readonly ConfigMap[] {
  const text = readFileSync(join(folder, `monitoring-${part}.k8s.yaml`), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as ConfigMap)
    .filter(({ kind }) => kind === 'ConfigMap');
}

/** Lays the files out as the pod would see them. */
function layOut(folder: string, part: string, place: (name: string) => string): string {
  const target = mkdtempSync(join(scratch, `${part}-`));
  for (const { metadata, data = {} } of configMaps(folder, part)) {
    const into = join(target, place(metadata.name));
    mkdirSync(into, { recursive: true });
    for (const [name, content] of Object.entries(data)) {
      writeFileSync(join(into, name), content);
    }
  }
  return target;
}

describe.each(folders)('%s', (folder) => {
  it('is a configuration that Prometheus loads', (context) => {
    const promtool = tool('promtool', context);
    const target = layOut(folder, 'prometheus', (name) =>
      name.includes('-scrape-configs') ? 'scrape-configs' : name.includes('-rules') ? 'rules' : 'config',
    );
    const said = execFileSync(promtool, ['check', 'config', '--syntax-only', join(target, 'config/prometheus.yml')], {
      encoding: 'utf8',
    });
    expect(said).toContain('is valid prometheus config file syntax');
    const rules = readdirSync(join(target, 'rules')).map((file) => join(target, 'rules', file));
    const checked = execFileSync(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', ...rules], {
      encoding: 'utf8',
    });
    expect(checked.match(/SUCCESS/g)).toHaveLength(rules.length);
  });

  it('is a configuration that Alertmanager loads, where there is one', (context) => {
    if (!readdirSync(folder).includes('monitoring-alertmanager.k8s.yaml')) {
      return;
    }
    const amtool = tool('amtool', context);
    const target = layOut(folder, 'alertmanager', () => '.');
    const said = execFileSync(amtool, ['check-config', join(target, 'alertmanager.yml')], { encoding: 'utf8' });
    expect(said).toContain('SUCCESS');
  });
});
