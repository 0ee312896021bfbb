import type { Span } from './ast';

/** An expression in which every Grafana variable is replaced by something that PromQL can parse there. */
export interface Substituted {
  /** As long as the original, so that every offset means the same place in both. */
  readonly text: string;
  /** Where the variables were. */
  readonly variables: readonly Span[];
}

const VARIABLE = '\\$\\{[A-Za-z_][^}\\n]*\\}|\\$[A-Za-z_]\\w*';
const TOKEN = new RegExp(`"(?:[^"\\\\\\n]|\\\\.)*"?|'(?:[^'\\\\\\n]|\\\\.)*'?|\`[^\`]*\`?|#.*|[[\\]]|${VARIABLE}`, 'g');
const IN_STRING = new RegExp(VARIABLE, 'g');

/**
 * Replaces Grafana variables, such as `$__rate_interval`, `$metric` or `${node:regex}`, by names, numbers and durations.
 *
 * In brackets and after `offset` a variable becomes a duration, after `@` a number, elsewhere (a part of) a name.
 * Variables in strings stay as they are.
 *
 * @see https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/
 */
export function substituteVariables(expr: string): Substituted {
  if (!expr.includes('$')) {
    return { text: expr, variables: [] };
  }
  const variables: Span[] = [];
  let text = '';
  let inBrackets = false;
  for (const match of expr.matchAll(TOKEN)) {
    const [token] = match;
    text += expr.slice(text.length, match.index);
    if (token.startsWith('$')) {
      const end = match.index + token.length;
      variables.push({ start: match.index, end });
      text += standIn(token.length, { before: text, after: expr.slice(end, end + 1), inBrackets });
    } else {
      inBrackets = token === '[' || (inBrackets && token !== ']');
      text += token;
    }
  }
  return { text: text + expr.slice(text.length), variables };
}

/** Says whether a text, such as the value of a label matcher, holds a Grafana variable. */
export function hasVariable(text: string): boolean {
  return text.includes('$') && text.search(IN_STRING) >= 0;
}

/** Replaces the variables in the value of a matcher by a letter, so that the rest of a regular expression can be checked. */
export function withoutVariables(value: string): string {
  return value.replace(IN_STRING, 'x');
}

interface Surroundings {
  readonly before: string;
  readonly after: string;
  readonly inBrackets: boolean;
}

function standIn(length: number, { before, after, inBrackets }: Surroundings): string {
  if (inBrackets || /\boffset\s*[-+]?\s*\d*$/i.test(before)) {
    return durationOf(length, before, after);
  }
  if (/@\s*[-+]?\s*$/.test(before)) {
    return '1'.padStart(length, '0');
  }
  return 'v'.repeat(length);
}

function durationOf(length: number, before: string, after: string): string {
  if (/\d$/.test(before)) {
    return length === 2 ? 'ms' : `m${'0'.repeat(length - 2)}s`;
  }
  return /[\w$]/.test(after) ? '1'.padStart(length, '0') : '1m'.padStart(length, '0');
}
