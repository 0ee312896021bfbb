import { nearest } from './suggest';
import { type TemplateFault, type TemplatePart, type TemplateToken, templateParts } from './template-lexer';

/** What is wrong with a template, and which labels it shows. */
export interface TemplateCheck {
  /** Full sentences, each with its place. */
  readonly problems: readonly string[];
  /** Labels of the alert that the template reads, sorted: `$labels.x`, `.Labels.x` and `index $labels "x"`. */
  readonly labels: readonly string[];
}

const BUILT_IN = 'and call eq ge gt html index js le len lt ne not or print printf println slice urlquery';
const OF_PROMETHEUS =
  'args externalURL first graphLink humanize humanize1024 humanizeDuration humanizePercentage humanizeTimestamp label ' +
  'match now parseDuration pathPrefix query reReplaceAll safeHtml sortByLabel stripDomain stripPort strvalue tableLink ' +
  'title toDuration toLower toTime toUpper urlQueryEscape value';

const FUNCTIONS: ReadonlySet<string> = new Set(`${BUILT_IN} ${OF_PROMETHEUS}`.split(' '));
const CONSTANTS: ReadonlySet<string> = new Set(['true', 'false', 'nil']);
const KEYWORDS: ReadonlySet<string> = new Set(['block', 'define', 'else', 'end', 'if', 'range', 'template', 'with']);
const VARIABLES = ['$', '$labels', '$value', '$externalLabels', '$externalURL'];

/**
 * Checks the template in an annotation or label of an alert, as Prometheus does when it loads the rule.
 *
 * It finds actions and strings that are not closed, functions and variables that do not exist, and blocks without end.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
 * @example checkTemplate('{{ $labels.instance }} is at {{ $value | humanize }}').labels // ['instance']
 */
export function checkTemplate(text: string): TemplateCheck {
  if (!text.includes('{{') && !text.includes('}}')) {
    return { problems: [], labels: [] };
  }
  const check = new Check();
  for (const part of templateParts(text)) {
    check.part(part);
  }
  check.finish();
  const problems = check.faults.map(({ offset, message }) => `${place(text, offset)}: ${message}`);
  return { problems, labels: [...check.labels].sort() };
}

interface Block {
  readonly keyword: string;
  readonly offset: number;
  /** How many variables there were before it. */
  readonly variables: number;
  hasElse: boolean;
}

class Check {
  public readonly faults: TemplateFault[] = [];
  public readonly labels = new Set<string>();
  private readonly blocks: Block[] = [];
  private readonly variables = [...VARIABLES];

  public part(part: TemplatePart): void {
    if ('fault' in part) {
      this.faults.push(part.fault);
    } else {
      this.action(part.tokens, part.offset);
      this.readLabels(part.tokens);
    }
  }

  public finish(): void {
    for (const { keyword, offset } of this.faults.length === 0 ? this.blocks : []) {
      this.add(offset, `"${keyword}" has no {{ end }}`);
    }
  }

  private action(tokens: readonly TemplateToken[], offset: number): void {
    const [first, ...rest] = tokens;
    if (first === undefined) {
      this.add(offset, 'the action is empty. Allowed: a value such as $value, or a function');
      return;
    }
    switch (first.kind === 'word' ? first.text : '') {
      case 'if':
      case 'with':
      case 'range':
        this.open(first);
        this.pipeline(rest, first);
        break;
      case 'define':
      case 'block':
      case 'template':
        this.named(first, rest);
        break;
      case 'else':
        this.otherwise(first, rest);
        break;
      case 'end':
        this.end(first);
        break;
      case 'break':
      case 'continue':
        if (!this.blocks.some(({ keyword }) => keyword === 'range')) {
          this.add(first.offset, `"${first.text}" stands outside of a range`);
        }
        break;
      default:
        this.pipeline(tokens, first);
    }
  }

  private open({ text, offset }: TemplateToken): void {
    this.blocks.push({ keyword: text, offset, variables: this.variables.length, hasElse: false });
  }

  private named(keyword: TemplateToken, [name, ...rest]: readonly TemplateToken[]): void {
    if (name?.kind !== 'string') {
      this.add(keyword.offset, `"${keyword.text}" needs the name of a template in quotes`);
    }
    if (keyword.text !== 'template') {
      this.open(keyword);
    }
    if (rest.length > 0) {
      this.pipeline(rest, keyword);
    }
  }

  private otherwise(keyword: TemplateToken, rest: readonly TemplateToken[]): void {
    const block = this.blocks.at(-1);
    if (block === undefined || block.hasElse || block.keyword === 'define' || block.keyword === 'block') {
      this.add(keyword.offset, '"else" does not belong to an open if, with or range');
      return;
    }
    const [next, ...condition] = rest;
    if (next === undefined) {
      block.hasElse = true;
    } else if (next.text === 'if' || next.text === 'with') {
      this.pipeline(condition, next);
    } else {
      this.add(next.offset, `"${next.text}" follows "else". Allowed: nothing, if or with`);
    }
  }

  private end(keyword: TemplateToken): void {
    const block = this.blocks.pop();
    if (block === undefined) {
      this.add(keyword.offset, '"end" closes nothing: there is no open if, with or range');
    } else {
      this.variables.length = block.variables;
    }
  }

  private pipeline(tokens: readonly TemplateToken[], after: TemplateToken): void {
    const declaration = tokens.findIndex(({ text }) => text === ':=' || text === '=');
    const declared = tokens.slice(0, Math.max(0, declaration)).filter(({ kind }) => kind === 'variable');
    const value = tokens.slice(declaration + 1);
    if (tokens[declaration]?.text === '=') {
      this.names(declared);
    }
    this.names(value);
    this.commands(value, after);
    if (tokens[declaration]?.text === ':=') {
      this.variables.push(...declared.map(({ text }) => text));
    }
  }

  private names(tokens: readonly TemplateToken[]): void {
    for (const token of tokens.filter(({ kind }) => kind === 'variable' || kind === 'word')) {
      const { text, offset } = token;
      if (token.kind === 'variable') {
        if (!this.variables.includes(text)) {
          this.add(offset, `undefined variable "${text}"${hint(text, this.variables.slice(1))}`);
        }
      } else if (KEYWORDS.has(text)) {
        this.add(offset, `unexpected "${text}"`);
      } else if (!FUNCTIONS.has(text) && !CONSTANTS.has(text)) {
        this.add(offset, `unknown function "${text}"${hint(text, FUNCTIONS)}`);
      }
    }
  }

  /** Finds what has nothing before, between or after `|`, and parentheses that do not match. */
  private commands(tokens: readonly TemplateToken[], after: TemplateToken): void {
    let previous: TemplateToken | undefined;
    let depth = 0;
    for (const token of tokens) {
      const opens = previous === undefined || previous.text === '|' || previous.text === '(';
      if (opens && (token.text === '|' || token.text === ')')) {
        this.add(token.offset, `a value is missing before "${token.text}"`);
      }
      if (previous?.text === '|' && (token.kind === 'string' || token.kind === 'number')) {
        this.add(token.offset, `${token.text} follows "|". Allowed: a function`);
      }
      depth += token.text === '(' ? 1 : token.text === ')' ? -1 : 0;
      if (depth < 0) {
        this.add(token.offset, 'unexpected ")"');
        return;
      }
      previous = token;
    }
    if (previous === undefined || previous.text === '|') {
      this.add((previous ?? after).offset, `a value is missing after "${(previous ?? after).text}"`);
    } else if (depth > 0) {
      this.add(after.offset, '"(" is not closed');
    }
  }

  private readLabels(tokens: readonly TemplateToken[]): void {
    const dotIsAlert = this.blocks.every(({ keyword }) => keyword === 'if');
    for (const [index, token] of tokens.entries()) {
      const next = tokens[index + 1];
      const before = tokens[index - 1];
      const first = before === undefined || before.offset + before.text.length < token.offset || before.text === '(';
      const ofDollar = before?.text === '$' && !first;
      const isLabels = token.text === '$labels' || (token.text === '.Labels' && (ofDollar || (first && dotIsAlert)));
      if (!isLabels || next === undefined) {
        continue;
      }
      if (next.kind === 'field' && next.offset === token.offset + token.text.length) {
        this.labels.add(next.text.slice(1));
      } else if (next.kind === 'string' && (before?.text === 'index' || tokens[index - 2]?.text === 'index')) {
        this.labels.add(next.text.slice(1, -1));
      }
    }
  }

  private add(offset: number, message: string): void {
    this.faults.push({ offset, message });
  }
}

function hint(name: string, candidates: Iterable<string>): string {
  const near = nearest(name, candidates);
  return near === undefined ? '' : `. Did you mean "${near}"?`;
}

function place(text: string, offset: number): string {
  const lines = text.slice(0, offset).split('\n');
  return `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}
