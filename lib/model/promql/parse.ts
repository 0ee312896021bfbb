import type { PromqlNode } from './ast';
import { collectFacts, type PromqlGrouping, type PromqlSelector, type RateWindow } from './facts';
import { caretExcerpt, describePosition, type PromqlPosition, positionAt } from './position';
import { parseSyntax } from './syntax';
import { type PromqlResultType, typeOf } from './value-type';

/** A parsed expression, and what it reads and writes. */
export interface PromqlExpression {
  readonly kind: 'expression';
  /** The expression as it was given. */
  readonly text: string;
  /** Every selector, in the order in which they are written. */
  readonly selectors: readonly PromqlSelector[];
  /** Every list of labels after by, without, on, ignoring, group_left and group_right. */
  readonly groupings: readonly PromqlGrouping[];
  /** Labels that label_replace, label_join and count_values write, sorted. */
  readonly labelsWritten: readonly string[];
  /** Labels that label_replace, label_join and sort_by_label read, sorted. */
  readonly labelsRead: readonly string[];
  /** Names of the functions and aggregations, sorted. */
  readonly functions: readonly string[];
  /** Ranges that functions such as rate and increase look back over. */
  readonly rateWindows: readonly RateWindow[];
  /** Names of the metrics that are read, sorted; names with a Grafana variable in them are left out. */
  readonly metricNames: readonly string[];
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
