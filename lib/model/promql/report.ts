import { checkRegex } from '../regex';
import type { PromqlNode, Span } from './ast';
import type { PromqlType } from './functions';
import { caretExcerpt, describePosition, type PromqlPosition, positionAt } from './position';
import { type PromqlResultType, typeOf } from './value-type';
import { hasVariable, withoutVariables } from './variables';

/** One reason why Prometheus would refuse an expression, or fail every time it evaluates it. */
export interface PromqlProblem {
  readonly position: PromqlPosition;
  /** The place, what was received and what is allowed. */
  readonly message: string;
  /** The line with a caret under the place. */
  readonly excerpt: string;
}

/** Names of the types as they read in messages. */
export const TYPE_NAMES: Readonly<Record<PromqlResultType, string>> = {
  scalar: 'a number (scalar)',
  vector: 'an instant vector',
  matrix: 'a range vector',
  string: 'a string',
  unknown: 'a variable',
};

/** Collects what is wrong with one expression. */
export class Report {
  public readonly problems: PromqlProblem[] = [];

  public constructor(
    public readonly text: string,
    /** Whether Prometheus' feature flags are on, and whether Grafana variables are replaced later. */
    public readonly options: { readonly experimental: boolean; readonly variables: boolean },
  ) {}

  /** Says whether a text is known only when Grafana has replaced the variables in it. */
  public isOpen(text: string): boolean {
    return this.options.variables && hasVariable(text);
  }

  /** The message for a text that is no regular expression, whatever its variables are. */
  public regexProblem(pattern: string): string | undefined {
    return checkRegex(this.isOpen(pattern) ? withoutVariables(pattern) : pattern);
  }

  public add(span: Span, message: string): void {
    const position = positionAt(this.text, span.start);
    this.problems.push({
      position,
      message: `${describePosition(position)}: ${message}`,
      excerpt: caretExcerpt(this.text, position),
    });
  }

  /** Reports the message of a check that returns one only when something is wrong. */
  public addIf(span: Span, before: string, message: string | undefined): void {
    if (message !== undefined) {
      this.add(span, before + message.replace(/\.$/, ''));
    }
  }

  /** Reports what needs a feature flag, unless experiments are allowed. */
  public feature(span: Span, what: string, flag: string): void {
    if (!this.options.experimental) {
      this.add(span, `${what}. Allowed: only where Prometheus runs with --enable-feature=${flag}`);
    }
  }

  /** Reports a part that does not have the one type that is allowed there. */
  public expect(node: PromqlNode, wanted: PromqlType, what: string): void {
    const received = typeOf(node);
    if (received !== wanted && received !== 'unknown') {
      this.add(node, `${what} is ${TYPE_NAMES[received]}. Allowed: ${TYPE_NAMES[wanted]}${remedy(node, wanted)}`);
    }
  }

  /** Reports a part that is neither an instant vector nor a number. */
  public expectOperand(node: PromqlNode, what: string): void {
    const type = typeOf(node);
    if (type === 'matrix' || type === 'string') {
      this.add(node, `${what} is ${TYPE_NAMES[type]}. Allowed: an instant vector or a number${remedy(node, 'vector')}`);
    }
  }
}

/** Shows how to get the wanted type from what is there. */
function remedy(node: PromqlNode, wanted: PromqlType): string {
  const type = typeOf(node);
  if (wanted === 'matrix' && type === 'vector') {
    return node.kind === 'selector' ? ', such as foo[5m]' : ', such as (…)[5m:1m]';
  }
  if (wanted === 'vector' && type === 'matrix') {
    return ', such as rate(foo[5m]) or last_over_time(foo[5m])';
  }
  if (wanted === 'vector' && type === 'scalar') {
    return ', such as vector(1)';
  }
  return '';
}
