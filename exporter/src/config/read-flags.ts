import { type Given, listOf, type Reading } from './given.js';
import { didYouMean } from './nearest.js';
import { OPTION_NAMES, type OptionName, optionOf } from './options.js';
import { quoted } from './settings-error.js';
import { BOOLEAN } from './value-types.js';

/** A flag of the command line, and what it stands for without a value. */
interface Flag {
  readonly name: OptionName;
  /** Values of a flag that takes none. */
  readonly meaning?: { readonly true: string; readonly false: string };
}

/** What the command line asks for: settings, or one of two texts. */
export interface CommandLine extends Reading {
  readonly asks?: 'help' | 'version';
}

const FLAGS: ReadonlyMap<string, Flag> = new Map(OPTION_NAMES.flatMap(flagsOf));

function flagsOf(name: OptionName): readonly (readonly [string, Flag])[] {
  const { type, shorthands = {} } = optionOf(name);
  const meaning = type === BOOLEAN ? { true: 'true', false: 'false' } : undefined;
  const short = Object.entries(shorthands).map(([flag, means]) => [flag, { name, meaning: means }] as const);
  return [[name, { name, meaning }], ...short];
}

/** Names that a mistyped flag is compared with. */
function* knownFlags(): Generator<string> {
  yield* ['--help', '--version'];
  for (const [flag, { meaning }] of FLAGS) {
    yield `--${flag}`;
    if (meaning !== undefined) {
      yield `--no-${flag}`;
    }
  }
}

/** Reads one argument, and the next where it is the value of this. */
class Reader {
  readonly given: { flag: string; name: OptionName; texts: string[] }[] = [];
  readonly problems: string[] = [];
  asks?: 'help' | 'version';

  /** @returns how many arguments were read */
  read(argument: string, next: string | undefined): 1 | 2 {
    const [, flag = '', inline] = /^--?([^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (!argument.startsWith('-') || flag === '') {
      this.problems.push(`${quoted(argument)}: not a flag; there are no other arguments`);
      return 1;
    }
    if (['--help', '-h', '--version'].includes(argument)) {
      this.asks = argument === '--version' && this.asks !== 'help' ? 'version' : 'help';
      return 1;
    }
    const negated = !FLAGS.has(flag) && flag.startsWith('no-');
    const found = argument.startsWith('--') ? FLAGS.get(negated ? flag.slice(3) : flag) : undefined;
    if (found === undefined || (negated && (found.meaning === undefined || inline !== undefined))) {
      const written = argument.startsWith('--') ? `--${flag}` : argument;
      this.problems.push(`${written.slice(0, 100)}: unknown flag${didYouMean(written, knownFlags())}`);
      // What follows is its value, as for any flag, and no second mistake.
      return inline === undefined && !negated && next !== undefined && !next.startsWith('-') ? 2 : 1;
    }
    if (found.meaning !== undefined) {
      this.boolean(`--${flag}`, found, found.meaning, negated ? 'false' : (inline ?? 'true'));
      return 1;
    }
    // A value that begins with a hyphen is far more often the next flag; with "=" it can be given all the same.
    const missing = inline === undefined && (next === undefined || /^--?[a-z]/.test(next));
    if (missing) {
      this.problems.push(`--${flag}: needs a value; allowed: ${optionOf(found.name).type.allowed}`);
      return 1;
    }
    this.add(`--${flag}`, found.name, inline ?? next ?? '');
    return inline === undefined ? 2 : 1;
  }

  private boolean(flag: string, { name }: Flag, meaning: { true: string; false: string }, text: string): void {
    const value = BOOLEAN.parse(text);
    if (value === undefined) {
      this.problems.push(`${flag}: ${quoted(text)} is not allowed; allowed: ${BOOLEAN.allowed}`);
    } else {
      this.add(flag, name, meaning[`${value}`]);
    }
  }

  private add(flag: string, name: OptionName, text: string): void {
    const many = optionOf(name).many === true;
    const texts = many ? listOf(text) : [text];
    const before = this.given.find((given) => given.name === name);
    if (before === undefined) {
      this.given.push({ flag, name, texts: texts.length === 0 ? [''] : [...texts] });
    } else if (many) {
      before.texts.push(...texts);
    } else if (before.texts[0] !== text) {
      const both = flag === before.flag ? flag : `${before.flag} and ${flag}`;
      const values = [before.texts[0], text].map(quoted).join(' and ');
      this.problems.push(`${both}: given as ${values}, and only one can be`);
    }
  }
}

/** Reads the command line: `--name=value`, `--name value`, `--name` and `--no-name`. */
export function readFlags(argv: readonly string[]): CommandLine {
  const reader = new Reader();
  for (let index = 0; index < argv.length; ) {
    index += reader.read(argv[index] ?? '', argv[index + 1]);
  }
  const given = reader.given.map(({ flag, name, texts }): Given => ({ place: flag, name, texts }));
  return { given, problems: reader.problems, asks: reader.asks };
}
