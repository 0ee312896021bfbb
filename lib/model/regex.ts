import type { RE2JS } from 're2js';

/**
 * Expressions that RE2 and JavaScript read alike, that cannot be wrong and that match in one pass:
 * literals, escaped punctuation, dots and alternatives, with at most one level of groups.
 * Most matchers are of this kind, and for them the engine (16 ms to load and warm up) is not needed.
 */
const ATOM = '(?:[A-Za-z0-9_:/ ,@%&=<>"\'~!#;-]|\\\\[.+*?()|[\\]{}^$\\\\/]|\\.)';
const SIMPLE = new RegExp(`^(?:${ATOM}[*+?]?|\\||\\((?:${ATOM}[*+?]?|\\|)*\\))*$`);

const CACHE = new Map<string, RE2JS | Error>();

/**
 * Says what is wrong with a regular expression as Prometheus reads it: RE2, without look-around and back-references.
 *
 * @returns a message that names the pattern and the fault, or undefined when the pattern is fine.
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function checkRegex(pattern: string): string | undefined {
  if (SIMPLE.test(pattern)) {
    return undefined;
  }
  const compiled = compile(pattern);
  if (!(compiled instanceof Error)) {
    return undefined;
  }
  return `"${pattern}" is not a regular expression that Prometheus accepts: ${fault(compiled)}. Allowed: RE2 syntax`;
}

/**
 * Says whether the whole text matches, as Prometheus anchors it: `^(?s:pattern)$`.
 *
 * @returns false also for a pattern that is not valid; see checkRegex.
 */
export function matchesRegex(pattern: string, text: string): boolean {
  if (SIMPLE.test(pattern)) {
    return new RegExp(`^(?:${pattern})$`, 'su').test(text);
  }
  const compiled = compile(pattern);
  return !(compiled instanceof Error) && compiled.testExact(text);
}

function compile(pattern: string): RE2JS | Error {
  let compiled = CACHE.get(pattern);
  if (compiled === undefined) {
    const { RE2JS } = require('re2js') as typeof import('re2js');
    try {
      compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
    } catch (error) {
      compiled = error instanceof Error ? error : new Error(String(error));
    }
    CACHE.set(pattern, compiled);
  }
  return compiled;
}

function fault(error: Error): string {
  return error.message.replace(/^error parsing regexp: /, '').replace('`(?s)', '`');
}
