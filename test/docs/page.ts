import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const ROOT = join(__dirname, '../..');

/** YAML or text that a page shows as the outcome of the code above it. */
export interface Outcome {
  readonly line: number;
  readonly text: string;
}

/** Code of a page that is run as one: a block, and the blocks that continue it. */
export interface Unit {
  readonly page: string;
  /** Line of the page on which the first block begins. */
  readonly line: number;
  /** A whole file; or options of a MonitoringStack; or statements. */
  readonly kind: 'file' | 'options' | 'statements';
  /** The page says that its synthesis fails. */
  readonly fails: boolean;
  /** Name of the generated file, without a folder. */
  readonly file: string;
  readonly outcomes: readonly Outcome[];
}

/** A page, and the TypeScript that is made of it; lines of a file are those of the page. */
export interface Page {
  readonly units: readonly Unit[];
  readonly files: ReadonlyMap<string, string>;
}

interface Block {
  readonly line: number;
  readonly info: readonly string[];
  readonly code: readonly string[];
}

type Joined = Omit<Unit, 'outcomes'> & { readonly blocks: Block[]; readonly outcomes: Outcome[] };

/** What statements may use without declaring it, as docs/README.md says. */
const SUPPLIED = {
  stack: "new MonitoringStack(app, 'monitoring', { cluster })",
  chart: "new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true })",
};

/** Every name that the package exports, types included. */
const EXPORTED = [
  ...readFileSync(join(ROOT, 'lib/index.ts'), 'utf8').matchAll(/export (?:type )?\{([^}]*)\}/g),
].flatMap(([, names = '']) =>
  names
    .split(',')
    .map((name) => name.replace(/^\s*type /, '').trim())
    .filter((name) => name !== ''),
);

/** In one line, so that the lines below stay where they are in the page. */
const PRELUDE = [
  "import { ApiObject, App, Chart, JsonPatch, Size, Testing } from 'cdk8s';",
  "import * as kplus from 'cdk8s-plus-28';",
  `import { ${EXPORTED.join(', ')} } from 'cdk8s-gpu-monitoring';`,
  "const cluster = ClusterProfile.kubeadm('training-1');",
  'export const units = new Map<number, (app: App) => void>();',
].join(' ');

/** Reads a page and makes files of its blocks. */
export function readPage(path: string): Page {
  const lines = readFileSync(path, 'utf8').split('\n');
  const page = basename(path, '.md');
  const units = unitsOf(page, blocksOf(lines));
  const files = new Map<string, string>();
  const shared = lines.map(() => '');
  shared[0] = PRELUDE;
  for (const unit of units) {
    const own = unit.kind === 'file' ? lines.map(() => '') : shared;
    for (const { line, code } of unit.blocks) {
      own.splice(line, code.length, ...code);
    }
    if (unit.kind === 'file') {
      files.set(unit.file, toLibrary(own));
    } else {
      wrap(unit, shared);
    }
  }
  files.set(`${page}.ts`, toLibrary(shared));
  return { units, files };
}

function toLibrary(lines: readonly string[]): string {
  return lines.join('\n').replaceAll("from 'cdk8s-gpu-monitoring'", "from '../../lib'");
}

/** Puts a function around the lines of a unit, on the lines of its fences. */
function wrap({ kind, line, blocks }: Joined, lines: string[]): void {
  const last = blocks[blocks.length - 1] ?? { line, code: [] };
  const code = blocks.flatMap((block) => block.code).join('\n');
  const supplied = Object.entries(SUPPLIED)
    .filter(([name]) => new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`const ${name}\\b`).test(code))
    .map(([name, value]) => ` const ${name} = ${value};`);
  const [begin, end] =
    kind === 'options'
      ? [" new MonitoringStack(app, 'monitoring', { ...{ cluster },", '}); });']
      : [supplied.join(''), '});'];
  lines[line - 1] = `units.set(${line}, (app: App) => {${begin}`;
  lines[last.line + last.code.length] = end;
}

function unitsOf(page: string, blocks: readonly Block[]): readonly Joined[] {
  const units: Joined[] = [];
  for (const block of blocks) {
    const [language, ...marks] = block.info;
    const last = units[units.length - 1];
    if (language === 'ts' && marks.includes('continues') && last !== undefined) {
      last.blocks.push(block);
    } else if (language === 'ts') {
      const kind = kindOf(block.code);
      const file = kind === 'file' ? `${page}.${block.line}.ts` : `${page}.ts`;
      const fails = marks.includes('fails');
      units.push({ page, line: block.line, kind, fails, file, blocks: [block], outcomes: [] });
    } else if (language === 'yaml' || language === 'text') {
      last?.outcomes.push({ line: block.line, text: block.code.join('\n') });
    }
  }
  return units;
}

function kindOf([first = '']: readonly string[]): Unit['kind'] {
  if (first.startsWith('import ')) {
    return 'file';
  }
  return /^[a-zA-Z]+: /.test(first) ? 'options' : 'statements';
}

function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let open: { line: number; info: readonly string[]; code: string[] } | undefined;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('```')) {
      open?.code.push(line);
    } else if (open === undefined) {
      open = { line: index + 1, info: line.slice(3).trim().split(/\s+/), code: [] };
    } else {
      blocks.push(open);
      open = undefined;
    }
  }
  return blocks;
}

/**
 * Whether an output holds the lines of an outcome, one after the other, at any indentation.
 *
 * A line of `...` stands for whatever was left out.
 */
export function holds(output: string, outcome: string): boolean {
  const lines = output.split('\n');
  const parts = outcome.split(/^\s*\.\.\.\n?/m).map((part) => dedent(part.replace(/\n$/, '').split('\n')));
  let from = 0;
  return parts.every((part) => {
    for (let at = from; at + part.length <= lines.length; at++) {
      if (dedent(lines.slice(at, at + part.length)).join('\n') === part.join('\n')) {
        from = at + part.length;
        return true;
      }
    }
    return false;
  });
}

function dedent(lines: readonly string[]): readonly string[] {
  const indents = lines.filter((line) => line !== '').map((line) => line.length - line.trimStart().length);
  const least = Math.min(...indents, Number.POSITIVE_INFINITY);
  return lines.map((line) => (line === '' ? line : line.slice(least)));
}
