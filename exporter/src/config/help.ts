import { GROUPS, OPTION_NAMES, type OptionName, optionOf, variableOf } from './options.js';
import { BOOLEAN } from './value-types.js';

/** A flag as tables of flags show it. */
export interface FlagEntry {
  /** With what follows it: `--log.level=debug|info|warn|error`, `--[no-]collect.processes`. */
  readonly usage: string;
  readonly help: string;
  /** The default, in words. */
  readonly default: string;
  readonly variables: readonly string[];
  /** Key in the configuration file. */
  readonly key?: string;
}

/** All flags under their headings, in the order in which they are shown. */
export function flagTable(): readonly { readonly group: string; readonly flags: readonly FlagEntry[] }[] {
  return GROUPS.map((group) => ({
    group,
    flags: [
      ...OPTION_NAMES.filter((name) => optionOf(name).group === group).flatMap(entriesOf),
      ...(group === 'Program' ? TEXTS : []),
    ],
  }));
}

const TEXTS: readonly FlagEntry[] = [
  { usage: '--help, -h', help: 'Print this text and exit', default: '', variables: [] },
  { usage: '--version', help: 'Print the version and exit', default: '', variables: [] },
];

function entriesOf(name: OptionName): readonly FlagEntry[] {
  const {
    type,
    shorthands = {},
    many,
    variables = [],
    notInFile,
    default: fallback,
    defaultHelp,
    help,
  } = optionOf(name);
  const short = Object.entries(shorthands).map(([flag, meaning]) => ({
    usage: `--${flag}`,
    help: meaning.help,
    default: '',
    variables: [variableOf(flag)],
    key: flag,
  }));
  const main = {
    usage: type === BOOLEAN ? `--[no-]${name}` : `--${name}=<${type.placeholder}>${many ? ' ...' : ''}`,
    help,
    default: fallback ?? defaultHelp ?? '',
    variables: [variableOf(name), ...variables],
    key: notInFile ? undefined : name,
  };
  return [main, ...short];
}

/** Breaks a text into lines no longer than `width`, at spaces. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
    }
  }
  return lines;
}

function paragraph({ usage, help, default: fallback, variables }: FlagEntry): readonly string[] {
  const note = [fallback === '' ? [] : [`default: ${fallback}`], variables.map((name) => `$${name}`)].flat().join('; ');
  const text = note === '' ? `${help}.` : `${help}. (${note})`;
  return [`  ${usage}`, ...wrapped(text, 90).map((line) => `        ${line}`)];
}

/** What `--help` prints: every flag with its values, its default and its environment variable. */
export function helpText(): string {
  const groups = flagTable().map(({ group, flags }) => [`${group}:`, ...flags.flatMap(paragraph)].join('\n'));
  return [
    'Usage: gpu-exporter [flags]',
    'Prometheus exporter for GPUs: per device, process, pod and namespace.',
    ...groups,
    'A flag comes before its environment variable, and that before the configuration file (--config), whose\n' +
      'keys are the names of the flags, nested at the dots. A flag with "..." takes several values: repeated, or\n' +
      'with commas between.',
  ].join('\n\n');
}
