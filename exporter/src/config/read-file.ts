import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node as YamlNode } from 'yaml';
import { type Given, listOf, type Reading } from './given.js';
import { didYouMean } from './nearest.js';
import { OPTION_NAMES, type OptionName, optionOf } from './options.js';
import { quoted, reason } from './settings-error.js';
import { BOOLEAN } from './value-types.js';

const NAMES: readonly OptionName[] = OPTION_NAMES.filter((name) => optionOf(name).notInFile !== true);

/** Flags that stand for a value of an option. */
const SHORTHANDS = new Map(
  NAMES.flatMap((name) =>
    Object.entries(optionOf(name).shorthands ?? {}).map(([flag, meaning]) => [flag, { name, meaning }] as const),
  ),
);

/** What begins the name of an option, such as `web` and `web.config`. */
const SECTIONS: ReadonlySet<string> = new Set(
  NAMES.flatMap((name) => {
    const parts = name.split('.');
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('.'));
  }),
);

/** Walks through one file; what it finds and what is wrong gathers in it. */
class FileReader {
  readonly given: Given[] = [];
  readonly problems: string[] = [];

  constructor(
    private readonly path: string,
    private readonly lines: LineCounter,
  ) {}

  /** Reads the keys of a map whose own key is `section`, with a dot at its end unless it is the whole file. */
  section(node: unknown, section: string): void {
    if (!isMap(node)) {
      this.problems.push(`${this.at(node, section.slice(0, -1))}: must have keys of its own`);
      return;
    }
    for (const { key, value } of node.items) {
      const name = section + String(isScalar(key) ? key.value : key);
      if (isMap(value) && SECTIONS.has(name)) {
        this.section(value, `${name}.`);
      } else {
        this.value(key, name, value);
      }
    }
  }

  private value(key: unknown, name: string, node: unknown): void {
    const shorthand = SHORTHANDS.get(name);
    const option = shorthand?.name ?? NAMES.find((candidate) => candidate === name);
    const place = this.at(key, name);
    if (option === undefined) {
      const candidates = [...NAMES, ...SECTIONS, ...SHORTHANDS.keys()];
      const hint = SECTIONS.has(name) ? '; it has keys of its own' : didYouMean(name, candidates);
      this.problems.push(`${place}: unknown key${hint}`);
      return;
    }
    const texts = textsOf(node);
    const many = optionOf(option).many === true;
    if (texts === undefined || (!many && isSeq(node))) {
      this.problems.push(
        `${place}: must be ${many ? 'a list' : 'one value'}; allowed: ${optionOf(option).type.allowed}`,
      );
    } else if (shorthand !== undefined) {
      this.boolean(place, option, shorthand.meaning, texts[0] ?? '');
    } else {
      this.given.push({ name: option, place, texts: many ? texts.flatMap(listOf) : texts });
    }
  }

  private boolean(place: string, name: OptionName, meaning: { true: string; false: string }, text: string): void {
    const value = BOOLEAN.parse(text);
    if (value === undefined) {
      this.problems.push(`${place}: ${quoted(text)} is not allowed; allowed: ${BOOLEAN.allowed}`);
    } else {
      this.given.push({ name, place, texts: [meaning[`${value}`]] });
    }
  }

  private at(node: unknown, name: string): string {
    const offset = (node as YamlNode | null)?.range?.[0];
    const line = offset === undefined ? '' : `:${this.lines.linePos(offset).line}`;
    return `${this.path}${line}: ${name === '' ? 'the file' : name.slice(0, 100)}`;
  }
}

/** Texts of a value or of a list of values, as they are written; undefined for anything deeper. */
function textsOf(node: unknown): readonly string[] | undefined {
  const items = isSeq(node) ? node.items : [node];
  const scalars = items.filter((item) => isScalar(item) && item.value !== null);
  // As written: 4.60 is no 4.6, and a duration of 010s no 8 s.
  return scalars.length === items.length
    ? scalars.map((item) => (isScalar(item) ? (item.source ?? String(item.value)) : ''))
    : undefined;
}

/**
 * Reads the configuration file: YAML whose keys are the names of the flags, nested at the dots.
 *
 * A key may also keep its dots, which is how `kubernetes.pod-resources` and `kubernetes.pod-resources.socket` both fit.
 */
export function readFile(path: string): Reading {
  const lines = new LineCounter();
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    return { given: [], problems: [`${path}: cannot be read: ${reason(error)}`] };
  }
  // Aliases could multiply; a file of settings needs none.
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, keepSourceTokens: true });
  const [error] = document.errors;
  if (error !== undefined) {
    return { given: [], problems: [`${path}:${lines.linePos(error.pos[0]).line}: no YAML: ${reason(error)}`] };
  }
  const reader = new FileReader(path, lines);
  if (document.contents !== null && !(isScalar(document.contents) && document.contents.value === null)) {
    reader.section(document.contents, '');
  }
  const twice = reader.given.filter(
    ({ name }, index) => reader.given.findIndex((given) => given.name === name) < index,
  );
  reader.problems.push(...twice.map(({ place }) => `${place}: is set twice in this file`));
  return reader;
}
