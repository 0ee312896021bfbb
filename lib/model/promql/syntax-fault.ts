import { nearest } from '../suggest';
import { AGGREGATIONS, FUNCTIONS } from './functions';
import { positionAt } from './position';
import { unquote } from './string-literal';

/** A fault of syntax: where it is and what it is, without the place. */
export interface SyntaxFault {
  readonly offset: number;
  readonly message: string;
}

const TOKEN =
  /(?<space>[ \t\r\n]+|#.*)|(?<string>"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`[^`]*`?)|(?<word>[A-Za-z_:][\w:]*)|(?<number>\.?\d[\w.]*)|(?<operator>==|!=|<=|>=|=~|!~|<\/|>\/|[-+*/%^<>=@,:()[\]{}])|(?<other>&&|\|\||[\s\S])/gu;

const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

const HINTS: Readonly<Record<string, string>> = {
  '&&': ' (write "and")',
  '||': ' (write "or")',
  '!': ' (write "unless" or "== bool 0")',
  '“': ' (write plain quotes)',
  '”': ' (write plain quotes)',
  '‘': ' (write plain quotes)',
  '’': ' (write plain quotes)',
  '.': ' (a name with dots stands in quotes and braces: {"a.b"})',
  $: ' (variables are replaced by Grafana only)',
};

const MATCH_OPERATORS: ReadonlySet<string> = new Set(['=', '!=', '=~', '!~']);
const LISTS: ReadonlySet<string> = new Set(['by', 'without', 'on', 'ignoring']);

/** Functions that have a new name. */
const RENAMED: Readonly<Record<string, string>> = { holt_winters: 'double_exponential_smoothing' };

interface Token {
  readonly kind: string;
  readonly text: string;
  readonly offset: number;
}

/**
 * Finds a fault that the grammar tolerates: a character that PromQL does not know, or a string that is not closed.
 */
export function findBadToken(text: string): SyntaxFault | undefined {
  for (const token of tokensOf(text)) {
    if (token.kind === 'other') {
      const shown = /\s/.test(token.text) ? 'white space (write plain spaces)' : `character "${token.text}"`;
      return { offset: token.offset, message: `unexpected ${shown}${HINTS[token.text] ?? ''}` };
    }
    if (token.kind === 'string') {
      const unquoted = unquote(token.text);
      if ('fault' in unquoted) {
        return { offset: token.offset + unquoted.at, message: unquoted.fault };
      }
    }
  }
  return undefined;
}

/** Explains why the grammar stopped at an offset. */
export function explainFault(text: string, offset: number): SyntaxFault {
  const badToken = findBadToken(text);
  if (badToken !== undefined) {
    return badToken;
  }
  const before: Token[] = [];
  const open: Token[] = [];
  let found: Token | undefined;
  for (const token of tokensOf(text)) {
    if (token.offset + token.text.length > offset) {
      found = token;
      break;
    }
    before.push(token);
    if ('([{'.includes(token.text)) {
      open.push(token);
    } else if (OPENING[token.text] !== undefined) {
      open.pop();
    }
  }
  if (found === undefined) {
    return unexpectedEnd(text, before, open.at(-1));
  }
  const previous = before.at(-1);
  if (found.text === '(' && previous?.kind === 'word') {
    return unknownFunction(previous, offset);
  }
  const shown = found.kind === 'string' ? `string ${found.text}` : `"${found.text}"`;
  const message = `unexpected ${shown}${reason(found, previous, open.at(-1), text)}`;
  return { offset: found.offset, message };
}

function unexpectedEnd(text: string, before: readonly Token[], open: Token | undefined): SyntaxFault {
  if (before.length === 0) {
    return { offset: 0, message: 'the expression is empty' };
  }
  const message =
    open === undefined
      ? `unexpected end of the expression after "${before.at(-1)?.text}"`
      : `unexpected end of the expression; the "${open.text}" at ${place(text, open)} is not closed`;
  return { offset: text.length, message };
}

function unknownFunction(name: Token, offset: number): SyntaxFault {
  if (FUNCTIONS.has(name.text) || AGGREGATIONS.has(name.text)) {
    return FUNCTIONS.get(name.text)?.experimental === true
      ? { offset: name.offset, message: `the function ${name.text} is experimental` }
      : { offset, message: `unexpected "(" after "${name.text}"` };
  }
  const near = RENAMED[name.text] ?? nearest(name.text, [...FUNCTIONS.keys(), ...AGGREGATIONS.keys()]);
  const hint = near === undefined ? '' : `. Did you mean "${near}"?`;
  return { offset: name.offset, message: `unknown function "${name.text}"${hint}` };
}

function reason(found: Token, previous: Token | undefined, open: Token | undefined, text: string): string {
  if (found.kind === 'number' && /[a-z]/i.test(found.text)) {
    return ' (neither a number nor a duration; units of durations, largest first: y, w, d, h, m, s, ms)';
  }
  if (found.kind === 'word' && open?.text === '{' && MATCH_OPERATORS.has(previous?.text ?? '')) {
    return ' (a value stands in quotes)';
  }
  if (found.text !== '(' && LISTS.has(previous?.text.toLowerCase() ?? '')) {
    return ` (the labels after "${previous?.text}" stand in parentheses)`;
  }
  if (found.text === '=' && open?.text !== '{') {
    return ' (a comparison is written "==")';
  }
  if (found.text === '==' && open?.text === '{') {
    return ' (in braces write "=")';
  }
  if (previous?.text === ',' && ')]}'.includes(found.text)) {
    return ' after ","';
  }
  const wanted = OPENING[found.text];
  if (wanted === undefined) {
    return '';
  }
  if (open === undefined) {
    return `; there is no "${wanted}" for it`;
  }
  return open.text === wanted ? '' : `; the "${open.text}" at ${place(text, open)} is not closed`;
}

function place(text: string, token: Token): string {
  const { line, column } = positionAt(text, token.offset);
  return line === 1 ? `column ${column}` : `line ${line}, column ${column}`;
}

function* tokensOf(text: string): Generator<Token> {
  for (const match of text.matchAll(TOKEN)) {
    const kind = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined)?.[0] ?? 'other';
    if (kind !== 'space') {
      yield { kind, text: match[0], offset: match.index };
    }
  }
}
