import type { PromqlNode } from './ast';
import { collectFacts, type PromqlFacts } from './facts';
import { caretExcerpt, describePosition, type PromqlPosition, positionAt } from './position';
import { parseSyntax } from './syntax';
import { type PromqlResultType, typeOf } from './value-type';

/** A parsed expression, and what it reads and writes. */
export interface PromqlExpression extends PromqlFacts {
  readonly kind: 'expression';
  /** The expression as it was given. */
  readonly text: string;
  /** What the expression yields; `unknown` when that depends on a Grafana variable. */
  readonly resultType: PromqlResultType;
  readonly root: PromqlNode;
}

/** Why a text is no PromQL, and where. */
export interface PromqlSyntaxError {
  readonly kind: 'syntax error';
  readonly text: string;
  readonly position: PromqlPosition;
  /** Such as `syntax error at line 1, column 17: unexpected "by"`. */
  readonly message: string;
  /** The line with a caret under the place. */
  readonly excerpt: string;
}

export interface ParseOptions {
  /** Accepts Grafana variables such as `$__rate_interval`, `$metric` and `${node}`. @default false */
  readonly variables?: boolean;
}

const CACHE = {
  plain: new Map<string, PromqlExpression | PromqlSyntaxError>(),
  variables: new Map<string, PromqlExpression | PromqlSyntaxError>(),
};

/**
 * Reads a PromQL expression: which series it selects, by which labels it groups and what it yields.
 *
 * The types are not checked; see checkPromql. Every text is parsed once.
 *
 * @returns the expression, or the first fault of syntax; nothing is thrown.
 * @see https://prometheus.io/docs/prometheus/latest/querying/basics/
 * @example
 * const parsed = parsePromql('sum by (pod) (rate(http_requests_total{job="api"}[5m]))');
 * if (parsed.kind === 'expression') parsed.metricNames; // ['http_requests_total']
 */
export function parsePromql(expr: string, options: ParseOptions = {}): PromqlExpression | PromqlSyntaxError {
  const variables = options.variables ?? false;
  const cache = variables ? CACHE.variables : CACHE.plain;
  let parsed = cache.get(expr);
  if (parsed === undefined) {
    parsed = parse(expr, variables);
    cache.set(expr, parsed);
  }
  return parsed;
}

function parse(text: string, variables: boolean): PromqlExpression | PromqlSyntaxError {
  const syntax = parseSyntax(text, { variables });
  if ('fault' in syntax) {
    const position = positionAt(text, syntax.fault.offset);
    const message = `syntax error at ${describePosition(position)}: ${syntax.fault.message}`;
    return { kind: 'syntax error', text, position, message, excerpt: caretExcerpt(text, position) };
  }
  const { root } = syntax;
  return { kind: 'expression', text, ...collectFacts(text, root, { variables }), resultType: typeOf(root), root };
}
