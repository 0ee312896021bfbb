import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/metrics/catalogue.js';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/gpu-exporter-faults.md'), 'utf8');
const SOURCES = join(import.meta.dirname, '../../src');

/** Cells of every row of the tables, without their heads. */
const ROWS = PAGE.split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| fault'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** Titles of the tests of the whole program; `%s` stands for what a table of cases puts there. */
function titles(): RegExp[] {
  const files = readdirSync(import.meta.dirname).filter(
    (name) => name.endsWith('-faults.test.ts') || name === 'abandoned.test.ts',
  );
  return files.flatMap((name) => {
    const text = readFileSync(join(import.meta.dirname, name), 'utf8');
    return [...text.matchAll(/(?:\bit|\bit\.skipIf\([^)]*\)|\] as const\))\(\s*'([^'\n]+)',/g)].map(
      ([, title = '']) => new RegExp(`^${title.replaceAll(/[.()?]/g, '\\$&').replace('%s', '.+')}$`),
    );
  });
}

const sources = (): string =>
  readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(SOURCES, name), 'utf8'))
    .join('\n');

/** What stands in code in a column. */
const codeIn = (column: number): string[] =>
  ROWS.flatMap((row) => [...(row[column] ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));

describe('the page about faults', () => {
  it('names a test for every fault, and a fault for every test', () => {
    const known = titles();
    const named = ROWS.map((row) => row[4] ?? '');
    expect(ROWS.length).toBeGreaterThan(30);
    expect(new Set(named).size).toBe(ROWS.length);
    expect(named.filter((title) => !known.some((pattern) => pattern.test(title)))).toEqual([]);
    expect(known.filter((pattern) => !named.some((title) => pattern.test(title)))).toEqual([]);
  });

  it('names metrics, reasons and flags that exist', () => {
    const text = sources();
    const names = [...PAGE.matchAll(/\bgpu_[a-z_]+/g)].map(([name]) => name);
    const unknown = names.filter(
      (name) => !(name in CATALOGUE) && !text.includes(`'${name.replace('gpu_exporter_', '')}'`),
    );
    expect(unknown).toEqual([]);
    const reasons = [...PAGE.matchAll(/\b(?:reason|status)="(\w+)"/g)].map(([, reason = '']) => reason);
    expect(reasons.filter((reason) => !text.includes(`'${reason}'`) && !text.includes(`${reason}:`))).toEqual([]);
    const flags = [...PAGE.matchAll(/`--([\w.-]+)`/g)].map(([, flag = '']) => flag);
    expect(flags.filter((flag) => !text.includes(`'${flag}'`) && !text.includes(`\n  ${flag}: option`))).toEqual([]);
  });

  it('quotes lines that are logged', () => {
    const text = sources();
    const lines = codeIn(2).filter((code) => code !== 'EMFILE');
    const logged = (line: string): boolean =>
      text.includes(line) ||
      text.includes(line.replace(/(?<=source )[a-z-]+/, '${source}')) ||
      text.includes(line.replace(/(?<=source )[a-z-]+/, '${this.source}'));
    expect(lines.filter((line) => !logged(line))).toEqual([]);
  });
});
