import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { App } from 'cdk8s';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { SynthesisError } from '../../lib';
import { holds, readPage, type Unit } from './page';

/**
 * Every `ts` block of docs/*.md is compiled and run, and every `yaml` and `text` block is compared with what comes out.
 *
 * A block that begins with an import is a file of its own; one that begins with `name: ` is options of a
 * MonitoringStack; all others are statements. `continues` joins a block with the one above, and `fails` says that the
 * synthesis fails.
 */
const root = join(__dirname, '../..');
mkdirSync(join(root, 'build'), { recursive: true });
// Under the root, where the packages are found.
const scratch = mkdtempSync(join(root, 'build/docs-'));
// docs/alerting.md is held by test/alertmanager/guide.test.ts.
const names = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md') && name !== 'alerting.md');
const pages = names.map((name) => readPage(join(root, 'docs', name)));

for (const [file, text] of pages.flatMap(({ files }) => [...files])) {
  writeFileSync(join(scratch, file), text);
}
writeFileSync(
  join(scratch, 'tsconfig.json'),
  JSON.stringify({ extends: '../../tsconfig.json', compilerOptions: { noEmit: true }, include: ['*.ts'], exclude: [] }),
);

const outdir = join(scratch, 'output');
const stderr: string[] = [];

beforeEach(() => {
  rmSync(outdir, { recursive: true, force: true });
  process.env.CDK8S_OUTDIR = outdir;
  stderr.length = 0;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => stderr.push(String(text)) > 0);
  return () => {
    delete process.env.CDK8S_OUTDIR;
    vi.restoreAllMocks();
  };
});

afterAll(() => rmSync(scratch, { recursive: true }));

async function run({ file, kind, line }: Unit): Promise<void> {
  const module = (await import(join(scratch, file))) as { units?: ReadonlyMap<number, (app: App) => void> };
  if (kind !== 'file') {
    const app = new App({ outdir });
    module.units?.get(line)?.(app);
    app.synth();
  }
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((entry) => join(folder, entry))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'utf8'));
}

/** What a unit says and writes. */
async function outputOf(unit: Unit): Promise<readonly string[]> {
  try {
    await run(unit);
  } catch (error) {
    if (unit.fails && error instanceof SynthesisError) {
      return [error.message];
    }
    throw error;
  }
  expect(unit.fails, 'the page says that the synthesis fails').toBe(false);
  return [stderr.join(''), ...filesOf(outdir)];
}

describe('docs', () => {
  it('has code that compiles', { timeout: 60_000 }, () => {
    const compile = () =>
      execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', scratch], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    let errors = '';
    try {
      compile();
    } catch (error) {
      errors = String((error as { stdout?: string }).stdout);
    }
    // `page.ts(34,5)` is line 34 of docs/page.md.
    expect(errors).toBe('');
  });

  it('names every page in the index, and links to nothing that is missing', () => {
    const all = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    const index = readFileSync(join(root, 'docs/README.md'), 'utf8');
    expect(all.filter((name) => name !== 'README.md' && !index.includes(`(${name})`))).toEqual([]);
    const links = all.flatMap((name) =>
      [...readFileSync(join(root, 'docs', name), 'utf8').matchAll(/\]\(([^)#:]+)\)/g)].map(([, to = '']) => to),
    );
    expect(links.filter((to) => !existsSync(join(root, 'docs', to)))).toEqual([]);
  });

  for (const unit of pages.flatMap(({ units }) => units)) {
    const name = `docs/${unit.page}.md:${unit.line}`;
    const text = unit.kind === 'file' ? readFileSync(join(scratch, unit.file), 'utf8') : '';
    if (text.includes("from 'vitest'")) {
      describe(name, async () => {
        await import(join(scratch, unit.file));
      });
      continue;
    }
    it(`${name} ${unit.fails ? 'fails as the page says' : 'runs'}`, async () => {
      const outputs = await outputOf(unit);
      for (const { line, text: outcome } of unit.outcomes) {
        const shown = outputs.some((output) => holds(output, outcome));
        expect(shown, `docs/${unit.page}.md:${line} is not what comes out:\n${outputs.join('\n---\n')}`).toBe(true);
      }
    });
  }
});
