/** A word, sign or literal in an action. */
export interface TemplateToken {
  readonly kind: 'string' | 'number' | 'variable' | 'field' | 'word' | 'sign';
  readonly text: string;
  readonly offset: number;
}

/** What is wrong, and where in the template. */
export interface TemplateFault {
  readonly offset: number;
  readonly message: string;
}

/** The inside of `{{ … }}`, or why there is none. */
export type TemplatePart =
  | { readonly offset: number; readonly tokens: readonly TemplateToken[] }
  | { readonly fault: TemplateFault };

const PATTERNS: readonly (readonly [TemplateToken['kind'], RegExp])[] = [
  ['string', /"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`|'(?:[^'\\\n]|\\[^\n])+'/y],
  ['number', /[-+]?(?:0[xXoObB][\da-fA-F_]+|\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?![\w])/y],
  ['variable', /\$\w*/y],
  ['field', /\.\w+/y],
  ['word', /[A-Za-z_]\w*/y],
  ['sign', /:=|[|=(),.]/y],
];

const NAMES: ReadonlySet<TemplateToken['kind']> = new Set(['variable', 'field', 'word']);

/** What may stand right after a name. */
const TERMINATOR = /\s|[.,|:()]|\}\}/y;
const SPACE = /\s+/y;
const CLOSE = /\}\}/y;
const TRIMMING_CLOSE = /\s-\}\}/y;
const COMMENT = /(?:-\s+)?\/\*/y;
const COMMENT_REST = /[\s\S]*?\*\/(?:\s+-)?\}\}/y;
const TRIM = /-(?=\s)/y;

/** An action that lost its first brace, such as `{ $value }}`. */
const HALF_OPEN = /\{\s*[$.]\w[^{}]*\}\}/;

/**
 * Splits a Go template into its actions and these into tokens; stops at the first fault.
 *
 * @see https://pkg.go.dev/text/template
 */
export function templateParts(text: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let index = 0;
  for (;;) {
    const open = text.indexOf('{{', index);
    const half = HALF_OPEN.exec(text.slice(index, open < 0 ? undefined : open));
    if (half !== null) {
      parts.push({ fault: { offset: index + half.index, message: 'one "{" is missing. Allowed: "{{ … }}"' } });
      return parts;
    }
    if (open < 0) {
      return parts;
    }
    const action = readAction(text, open);
    if ('fault' in action) {
      parts.push(action);
      return parts;
    }
    if (action.tokens !== undefined) {
      parts.push({ offset: open, tokens: action.tokens });
    }
    index = action.end;
  }
}

type Action =
  | { readonly end: number; readonly tokens: readonly TemplateToken[] | undefined }
  | { readonly fault: TemplateFault };

function readAction(text: string, open: number): Action {
  let index = open + 2;
  const comment = match(COMMENT, text, index);
  if (comment !== undefined) {
    const rest = match(COMMENT_REST, text, index + comment.length);
    return rest === undefined
      ? { fault: { offset: open, message: 'the comment is not closed. Allowed: "{{/* … */}}"' } }
      : { end: index + comment.length + rest.length, tokens: undefined };
  }
  index += match(TRIM, text, index)?.length ?? 0;
  const tokens: TemplateToken[] = [];
  for (;;) {
    const close = match(TRIMMING_CLOSE, text, index) ?? match(CLOSE, text, index);
    if (close !== undefined) {
      return { end: index + close.length, tokens };
    }
    const space = match(SPACE, text, index);
    if (space !== undefined) {
      const trimming = match(TRIMMING_CLOSE, text, index + space.length - 1);
      if (trimming !== undefined) {
        return { end: index + space.length - 1 + trimming.length, tokens };
      }
      index += space.length;
      continue;
    }
    const token = readToken(text, index);
    if (token === undefined) {
      return { fault: badCharacter(text, index, open) };
    }
    tokens.push(token);
    index += token.text.length;
    if (NAMES.has(token.kind) && index < text.length && match(TERMINATOR, text, index) === undefined) {
      return { fault: badCharacter(text, index, open) };
    }
  }
}

function readToken(text: string, offset: number): TemplateToken | undefined {
  for (const [kind, pattern] of PATTERNS) {
    const found = match(pattern, text, offset);
    if (found !== undefined) {
      return { kind, text: found, offset };
    }
  }
  return undefined;
}

function badCharacter(text: string, offset: number, open: number): TemplateFault {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  if (offset >= text.length || character === '{' || (character === '}' && text[offset + 1] !== '}')) {
    return { offset: open, message: 'the action is not closed. Allowed: "{{ … }}"' };
  }
  if ('"`\''.includes(character)) {
    return { offset, message: 'the string that starts here is not closed' };
  }
  const hint = character === '-' ? ' (write index $labels "a-b" for a name with a dash)' : '';
  return { offset, message: `unexpected "${character}" in an action${hint}` };
}

function match(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}
