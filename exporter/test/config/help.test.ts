import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { flagsPage } from '../../src/config/flags-page.js';
import { helpText } from '../../src/config/help.js';
import { OPTION_NAMES, optionOf, variableOf } from '../../src/config/options.js';

it('lists every flag with its variable and its default, on lines that fit a terminal', () => {
  const text = helpText();
  const joined = text.replaceAll(/\s+/g, ' ');
  for (const name of OPTION_NAMES) {
    expect(text).toMatch(new RegExp(`^ {2}--(\\[no-\\])?${name.replaceAll('.', '\\.')}(=| |$)`, 'm'));
    expect(joined).toContain(`$${variableOf(name)}`);
    expect(joined).toContain(optionOf(name).default ?? '');
  }
  for (const flag of ['--enable-k8s', '--disable-k8s', '--help', '--version']) {
    expect(text).toContain(`  ${flag}`);
  }
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(105);
});

it('is the page of the docs: npm run build && node exporter/scripts/generate-flags.mjs', () => {
  const page = readFileSync(join(__dirname, '../../../docs/gpu-exporter-flags.md'), 'utf8');
  expect(page).toBe(flagsPage());
});
