import type { LogFields, Logger, LogLevel } from './log.js';

/** How lines are written, and where to. */
export interface LineLoggerOptions {
  /** Least grave level that is written. */
  readonly level: LogLevel;
  readonly format: 'logfmt' | 'json';
  /** Takes a line with its end. @default standard error */
  readonly write?: (line: string) => void;
  /** Unix time in milliseconds. @default that of the clock */
  readonly now?: () => number;
}

const SEVERITY: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Lines with the same message that are written within {@link WINDOW}; the rest is counted. */
const MOST_PER_WINDOW = 10;
const WINDOW = 60_000;
/** Messages whose repetitions are counted at the same time. */
const MOST_MESSAGES = 500;
/** Longest value: a hostile name must not fill the disk of the node. */
const LONGEST_VALUE = 2_000;

/** How often a message was written in its window, and how often it was not. */
interface Repetition {
  until: number;
  written: number;
  suppressed: number;
}

/**
 * Characters that would end a line, move the cursor of a terminal, or turn the direction of text: control characters,
 * the separators of lines and paragraphs, bidirectional controls and halves of a surrogate pair.
 */
const UNSAFE = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(character: string): string {
  return SHORT_ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Cuts a value that is too long. */
function bounded(value: string): string {
  return value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
}

function inQuotes(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&').replaceAll(UNSAFE, escaped)}"`;
}

function logfmtValue(value: string | number | boolean): string {
  const text = bounded(String(value));
  return /^[\w./:@+,-]+$/.test(text) ? text : inQuotes(text);
}

function logfmt(fields: readonly (readonly [string, string | number | boolean])[]): string {
  return fields
    .map(([key, value]) => `${key}=${key === 'msg' ? inQuotes(bounded(String(value))) : logfmtValue(value)}`)
    .join(' ');
}

function json(fields: readonly (readonly [string, string | number | boolean])[]): string {
  const values = fields.map(([key, value]) => [key, typeof value === 'string' ? bounded(value) : value] as const);
  // JSON lets some of them stand as they are.
  return JSON.stringify(Object.fromEntries(values)).replaceAll(UNSAFE, escaped);
}

/** Keeps keys to what both formats can carry, and apart from those that every line has. */
function keyOf(key: string): string {
  const safe = key.replaceAll(/[^\w.-]/g, '_');
  return ['time', 'level', 'msg', 'suppressed'].includes(safe) ? `field_${safe}` : safe;
}

/**
 * Writes one line per event to standard error, as logfmt or as JSON.
 *
 * A message that repeats more than ten times a minute is counted instead; the next of its lines that is written says
 * how many were not, in the field `suppressed`.
 */
export class LineLogger implements Logger {
  private readonly repetitions = new Map<string, Repetition>();
  private readonly write: (line: string) => void;
  private readonly now: () => number;

  constructor(private readonly options: LineLoggerOptions) {
    this.write = options.write ?? toStandardError();
    this.now = options.now ?? Date.now;
  }

  log(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (SEVERITY[level] < SEVERITY[this.options.level]) {
      return;
    }
    const now = this.now();
    const suppressed = this.suppressed(`${level} ${message}`, now);
    if (suppressed === undefined) {
      return;
    }
    const given = Object.entries(fields).flatMap(([key, value]) =>
      value === undefined ? [] : [[keyOf(key), value] as const],
    );
    const all = [
      ['time', new Date(now).toISOString()] as const,
      ['level', level] as const,
      ['msg', message] as const,
      ...given,
      ...(suppressed > 0 ? [['suppressed', suppressed] as const] : []),
    ];
    this.write(`${this.options.format === 'json' ? json(all) : logfmt(all)}\n`);
  }

  /** @returns how many lines like this were left out before it, or undefined where this one is left out too */
  private suppressed(key: string, now: number): number | undefined {
    const before = this.repetitions.get(key);
    // A clock that was set back must not silence a message for long.
    const sameWindow = before !== undefined && now < before.until && now >= before.until - WINDOW;
    if (sameWindow && before.written >= MOST_PER_WINDOW) {
      before.suppressed += 1;
      return undefined;
    }
    if (sameWindow) {
      before.written += 1;
      return 0;
    }
    this.repetitions.delete(key);
    this.repetitions.set(key, { until: now + WINDOW, written: 1, suppressed: 0 });
    for (const oldest of this.repetitions.keys()) {
      if (this.repetitions.size <= MOST_MESSAGES) {
        break;
      }
      this.repetitions.delete(oldest);
    }
    return before?.suppressed ?? 0;
  }
}

/** Writes to standard error; that nobody reads it any more is no reason to end. */
function toStandardError(): (line: string) => void {
  process.stderr.on('error', () => {});
  return (line) => process.stderr.write(line);
}
