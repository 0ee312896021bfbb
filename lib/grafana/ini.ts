import type { FileSource } from '../model/http-client';
import type { Problems } from '../model/problem';
import { type FileResolver, SecretKey } from '../model/references';
import { didYouMean } from '../model/suggest';
import { iniSections, isIniSection } from './ini-sections';

/** A value of the configuration file; a secret stands in it as a reference to a mounted file. */
export type IniValue = string | number | boolean | SecretKey;

/** The path of a file, where Grafana wants a file and not its content. */
export interface IniFile {
  readonly file: FileSource;
}

/** What the typed settings render: a value, a list, the path of a file, or nothing. */
export type IniSetting = IniValue | readonly string[] | IniFile | undefined;

/** Sections by name, keys within. */
export type IniSections = Readonly<Record<string, Readonly<Record<string, IniSetting>>>>;

/** Joins sections; later values win. */
export function mergeIni(...parts: readonly IniSections[]): IniSections {
  const merged: Record<string, Record<string, IniSetting>> = {};
  for (const [section, values] of parts.flatMap((part) => Object.entries(part))) {
    merged[section] = { ...merged[section], ...values };
  }
  return merged;
}

/** Renders the file, sections and keys sorted; what is undefined is left out. */
export function renderIni(sections: IniSections, files: FileResolver): string {
  return Object.entries(sections)
    .sort(byName)
    .flatMap(([section, values]) => {
      const lines = Object.entries(values)
        .sort(byName)
        .flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${render(value, files)}\n`]));
      return lines.length === 0 ? [] : [`[${section}]\n${lines.join('')}`];
    })
    .join('\n');
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function render(value: Exclude<IniSetting, undefined>, files: FileResolver): string {
  if (value instanceof SecretKey) {
    return `$__file{${files.path(value)}}`;
  }
  if (typeof value === 'object' && 'file' in value) {
    return quote(typeof value.file === 'string' ? value.file : files.path(value.file));
  }
  return quote(typeof value === 'object' ? list(value) : String(value));
}

/** Grafana splits lists at blanks and commas, and reads JSON where an item has one of them. */
function list(items: readonly string[]): string {
  return items.some((item) => /[\s,]/.test(item)) ? JSON.stringify(items) : items.join(' ');
}

/**
 * Between backquotes everything up to the last one of the line is literal; without, `;` and `#` begin a comment, a
 * backslash at the end continues the line, and surrounding quotes are lost.
 */
function quote(text: string): string {
  return /^[A-Za-z0-9_/][A-Za-z0-9_.,:/@+= -]*$/.test(text) && text.trim() === text ? text : `\`${text}\``;
}

const SECRET_KEY = /(^|_)(password|secret|secret_key|token|access_key|account_key|private_key|api_key)$/;

/**
 * Checks sections as Grafana reads them.
 *
 * @param name how a key is called in a message, such as `config.server.domain`.
 */
export function checkIni(
  sections: IniSections,
  name: (section: string, key: string) => string,
  problems: Problems,
): void {
  for (const [section, values] of Object.entries(sections)) {
    if (!isIniSection(section)) {
      const hint = didYouMean(section, iniSections());
      problems.add(name(section, '').replace(/\.$/, ''), `Grafana has no section "${section}".${hint}`);
      continue;
    }
    for (const [key, value] of Object.entries(values)) {
      if (!/^[A-Za-z0-9_.-]+$/.test(key)) {
        problems.add(name(section, key), `"${key}" is no key. Allowed: letters, digits, _, - and dots.`);
      }
      problems.addIf(name(section, key), valueProblem(key, value));
    }
  }
}

function valueProblem(key: string, value: IniSetting): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return `${value} received. Allowed: a finite number.`;
  }
  const texts = typeof value === 'string' ? [value] : Array.isArray(value) ? (value as readonly string[]) : [];
  const secret = typeof value === 'string' && value !== '' && SECRET_KEY.test(key);
  if (secret || texts.some((text) => /:\/\/[^/@\s]*:[^/@\s]+@/.test(text))) {
    return 'A literal secret is not allowed, as it would be in the output. Allowed: SecretKey.of(secret, key).';
  }
  for (const text of texts) {
    const control = [...text].find((letter) => letter < ' ' || letter === '\u007f');
    if (control !== undefined) {
      return `${JSON.stringify(text)} holds ${control === '\n' || control === '\r' ? 'a line break' : 'a control character'}. Allowed: one line.`;
    }
    const expansion = /\$(__\w+)?\{|%\([^)]*\)s/.exec(text)?.[0];
    if (expansion !== undefined) {
      return `"${text}" holds ${expansion}, which Grafana would replace. Allowed: the final text, or SecretKey.of(secret, key).`;
    }
  }
  return undefined;
}
