import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/metrics/catalogue.js';
import { cataloguePage } from '../../src/metrics/catalogue-page.js';
import { libraryModule } from '../../src/metrics/library-module.js';

const root = join(__dirname, '../../..');

describe('what is made from the catalogue', () => {
  it('is current in the docs', async () => {
    expect(readFileSync(join(root, 'docs/gpu-metrics.md'), 'utf8')).toBe(await cataloguePage());
  });

  it('is current in the library', () => {
    expect(readFileSync(join(root, 'lib/targets/gpu/bundled-exporter/metrics.ts'), 'utf8')).toBe(libraryModule());
  });

  it('names every metric once in the docs of the native profile', async () => {
    const [native = ''] = (await cataloguePage()).split('## The exporter itself');
    const rows = native.match(/^\| `gpu_\w+` \|/gm) ?? [];
    expect(rows).toEqual(Object.keys(CATALOGUE).map((name) => `| \`${name}\` |`));
  });
});
