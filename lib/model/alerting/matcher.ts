import { type Labels, labelNameProblem } from '../label';
import type { Problems } from '../problem';
import { checkRegex, matchesRegex } from '../regex';
import { literal } from '../relabel';

/** How a matcher compares a label with its value. */
export type MatchOperator = '=' | '!=' | '=~' | '!~';

/**
 * Conditions that must all hold: an object of labels, one matcher or text, or a list of them.
 *
 * @example
 * { severity: 'critical' }
 * { team: ['ml', 'infra'] }              // one of several values
 * 'severity=~"critical|warning", team!="ml"'
 * [Matcher.regex('namespace', 'train-.*'), 'severity="critical"']
 */
export type Matchers =
  | string
  | Matcher
  | Readonly<Record<string, string | readonly string[]>>
  | readonly (string | Matcher)[];

/**
 * One condition on a label of an alert; a label that an alert does not have counts as empty.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#label-matchers
 */
export class Matcher {
  /** The label has exactly this value; the empty value also matches a label that is missing. */
  public static equal(name: string, value: string): Matcher {
    return new Matcher(name, '=', value);
  }

  /** The label has any other value, or is missing. */
  public static notEqual(name: string, value: string): Matcher {
    return new Matcher(name, '!=', value);
  }

  /** The whole value matches the RE2 expression. */
  public static regex(name: string, pattern: string): Matcher {
    return new Matcher(name, '=~', pattern);
  }

  /** The whole value does not match the RE2 expression. */
  public static notRegex(name: string, pattern: string): Matcher {
    return new Matcher(name, '!~', pattern);
  }

  /** The label has one of these values. */
  public static oneOf(name: string, values: readonly string[]): Matcher {
    if (values.length === 0) {
      return new Matcher(name, '=', '', `"${name}" has an empty list of values. Allowed: at least one value.`);
    }
    const [only] = values;
    return values.length === 1 && only !== undefined
      ? Matcher.equal(name, only)
      : Matcher.regex(name, values.map(literal).join('|'));
  }

  /**
   * Reads one condition as Alertmanager writes it.
   *
   * A text that is no matcher is reported at synth.
   *
   * @example Matcher.parse('severity=~"critical|warning"')
   */
  public static parse(text: string): Matcher {
    const [first, ...rest] = Matcher.parseList(text);
    return first === undefined || rest.length > 0
      ? Matcher.unreadable(text, first === undefined ? 'no condition' : 'several conditions')
      : first;
  }

  /** Reads conditions in any of their forms. */
  public static list(matchers: Matchers): readonly Matcher[] {
    if (typeof matchers === 'string') {
      return Matcher.parseList(matchers);
    }
    if (matchers instanceof Matcher) {
      return [matchers];
    }
    if (isList(matchers)) {
      return matchers.flatMap((each) => (typeof each === 'string' ? Matcher.parseList(each) : [each]));
    }
    return Object.entries(matchers).map(([name, value]) =>
      typeof value === 'string' ? Matcher.equal(name, value) : Matcher.oneOf(name, value),
    );
  }

  private static parseList(text: string): readonly Matcher[] {
    const inner = text.trim().replace(/^\{([\s\S]*)\}$/, '$1');
    const found: Matcher[] = [];
    let end = 0;
    while (end < inner.trimEnd().length) {
      CONDITION.lastIndex = end;
      const [, name = '', operator = '', value = ''] = CONDITION.exec(inner) ?? [];
      if (!isOperator(operator)) {
        return [Matcher.unreadable(text, `"${inner.slice(end).trim()}"`)];
      }
      end = CONDITION.lastIndex;
      found.push(new Matcher(unquote(name), operator, unquote(value)));
    }
    return found;
  }

  private static unreadable(text: string, received: string): Matcher {
    const allowed = 'Allowed: label="value" with =, !=, =~ or !~, several separated by commas';
    return new Matcher('', '=', '', `"${text}" is not a matcher; ${received} received. ${allowed}.`);
  }

  private constructor(
    public readonly name: string,
    public readonly operator: MatchOperator,
    public readonly value: string,
    private readonly fault?: string,
  ) {}

  /** Whether an alert with these labels fulfils the condition. */
  public matches(labels: Labels): boolean {
    return this.accepts(Object.hasOwn(labels, this.name) ? (labels[this.name] ?? '') : '');
  }

  /** Whether the condition holds for a value of its label. */
  public accepts(value: string): boolean {
    switch (this.operator) {
      case '=':
        return value === this.value;
      case '!=':
        return value !== this.value;
      case '=~':
        return matchesLine(this.value, value);
      default:
        return !matchesLine(this.value, value);
    }
  }

  /** The condition as Alertmanager reads it. */
  public toString(): string {
    const escaped = this.value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
    return `${this.name}${this.operator}"${escaped}"`;
  }

  /** Checks the label's name and the expression. */
  public check(property: string, problems: Problems): void {
    if (this.fault !== undefined) {
      problems.add(property, this.fault);
      return;
    }
    problems.addIf(property, labelNameProblem(this.name));
    problems.addIf(property, this.operator.endsWith('~') ? checkRegex(this.value) : undefined);
  }
}

/** Conditions in the order and spelling in which Alertmanager shows them: `{a="b",c=~"d"}`. */
export function describeMatchers(matchers: readonly Matcher[]): string {
  const key = ({ name, value, operator }: Matcher) => [name, value, String(OPERATORS.indexOf(operator))];
  const sorted = [...matchers].sort((a, b) => compare(key(a), key(b)));
  return `{${sorted.join(',')}}`;
}

/** Whether every label set that fulfils `narrow` surely fulfils `wide`; `.*` is taken for everything, also of several lines. */
export function covers(wide: readonly Matcher[], narrow: readonly Matcher[]): boolean {
  return wide.every(
    (matcher) =>
      (matcher.operator === '=~' && /^\.\*\??$/.test(matcher.value)) ||
      narrow.some((other) => other.name === matcher.name && implies(other, matcher)),
  );
}

/** Whether no label set can fulfil both. */
export function contradicts(one: readonly Matcher[], other: readonly Matcher[]): boolean {
  const all = [...one, ...other];
  return all.some(
    (matcher) =>
      matcher.operator === '=' && all.some((each) => each.name === matcher.name && !each.accepts(matcher.value)),
  );
}

const OPERATORS: readonly MatchOperator[] = ['=', '!=', '=~', '!~'];
const WORD = /("(?:[^"\\]|\\[\s\S])*"|[^\s{}!=~,\\"'`]+)/.source;
const CONDITION = new RegExp(`\\s*${WORD}\\s*(=~|!=|!~|=)\\s*${WORD}\\s*(,|$)`, 'y');

function implies(narrow: Matcher, wide: Matcher): boolean {
  return narrow.operator === '='
    ? wide.accepts(narrow.value)
    : narrow.operator === wide.operator && narrow.value === wide.value;
}

/** Alertmanager, unlike Prometheus, lets a dot not match the end of a line. */
function matchesLine(pattern: string, text: string): boolean {
  return matchesRegex(text.includes('\n') ? `(?-s:${pattern})` : pattern, text);
}

function isList(matchers: object): matchers is readonly (string | Matcher)[] {
  return Array.isArray(matchers);
}

function isOperator(text: string): text is MatchOperator {
  return OPERATORS.some((operator) => operator === text);
}

function unquote(text: string): string {
  return text.startsWith('"')
    ? text.slice(1, -1).replace(/\\([n"\\])/g, (_, character: string) => (character === 'n' ? '\n' : character))
    : text;
}

function compare(one: readonly string[], other: readonly string[]): number {
  const index = one.findIndex((part, at) => part !== other[at]);
  return index < 0 ? 0 : (one[index] ?? '') < (other[index] ?? '') ? -1 : 1;
}
