import { didYouMean } from '../config/nearest.js';
import { quoted } from '../config/settings-error.js';

/** A map of a configuration file, read key by key; what is wrong gathers in a list that all sections share. */
export class ConfigSection {
  private readonly values: Readonly<Record<string, unknown>>;

  /**
   * @param place how messages begin, such as `web.yml: tls_server_config`
   * @param keys all keys that may stand here; any, where it is left out
   */
  constructor(
    private readonly place: string,
    value: unknown,
    private readonly problems: string[],
    keys?: readonly string[],
  ) {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isMap && value !== undefined && value !== null) {
      problems.push(`${place.replace(/:$/, '')}: must have keys of its own`);
    }
    this.values = isMap ? (value as Record<string, unknown>) : {};
    for (const key of keys === undefined ? [] : Object.keys(this.values)) {
      if (!keys?.includes(key)) {
        this.problem(key, `unknown key${didYouMean(key, keys ?? [])}`);
      }
    }
  }

  /** Keys that have a value. */
  get keys(): readonly string[] {
    return Object.keys(this.values).filter((key) => this.values[key] !== undefined && this.values[key] !== null);
  }

  /** Says that something is wrong with a key. */
  problem(key: string, message: string): void {
    this.problems.push(`${this.place}${this.place.endsWith(':') ? ' ' : '.'}${key.slice(0, 100)}: ${message}`);
  }

  section(key: string, keys?: readonly string[]): ConfigSection {
    const separator = this.place.endsWith(':') ? ' ' : '.';
    return new ConfigSection(this.place + separator + key, this.values[key], this.problems, keys);
  }

  /** A text; an empty one is as good as none. A secret is not shown in messages. */
  text(key: string, secret = false): string | undefined {
    const value = this.values[key];
    if (typeof value === 'string' || value === undefined || value === null) {
      return value === '' ? undefined : (value ?? undefined);
    }
    this.problem(key, `${secret ? '' : `${quoted(value)} `}is not allowed; allowed: a text`);
    return undefined;
  }

  boolean(key: string): boolean | undefined {
    const value = this.values[key];
    if (typeof value === 'boolean' || value === undefined || value === null) {
      return value ?? undefined;
    }
    this.problem(key, `${quoted(value)} is not allowed; allowed: true, false`);
    return undefined;
  }

  integer(key: string, least: number): number | undefined {
    const value = this.values[key];
    if (value === undefined || value === null) {
      return undefined;
    }
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) {
      return value;
    }
    this.problem(key, `${quoted(value)} is not allowed; allowed: a whole number from ${least}`);
    return undefined;
  }

  texts(key: string): readonly string[] {
    const value = this.values[key] ?? [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) {
      return value;
    }
    this.problem(key, `${quoted(value)} is not allowed; allowed: a list of texts`);
    return [];
  }

  /** What a word of a table stands for. */
  oneOf<T>(key: string, table: Readonly<Record<string, T>>, word = this.text(key)): T | undefined {
    if (word === undefined) {
      return undefined;
    }
    if (!Object.hasOwn(table, word)) {
      const names = Object.keys(table);
      this.problem(key, `${quoted(word)} is not allowed${didYouMean(word, names)}; allowed: ${names.join(', ')}`);
      return undefined;
    }
    return table[word];
  }

  /** What the words of a list stand for, in its order. */
  listOf<T>(key: string, table: Readonly<Record<string, T>>): readonly T[] {
    return this.texts(key).flatMap((word) => this.oneOf(key, table, word) ?? []);
  }
}
