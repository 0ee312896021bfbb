import { childrenOf, type PromqlNode } from './ast';
import { checkAggregation } from './check-aggregation';
import { checkBinary } from './check-binary';
import { checkCall } from './check-call';
import { checkModifier, checkRange, checkSubquery } from './check-range';
import { checkSelector } from './check-selector';
import { type ParseOptions, parsePromql } from './parse';
import { type PromqlProblem, Report, TYPE_NAMES } from './report';
import { typeOf } from './value-type';

export type { PromqlProblem };

/** Where an expression is used. */
export interface CheckOptions extends ParseOptions {
  /** Refuses what no rule can evaluate: a range vector or a string as the result. @default false */
  readonly rule?: boolean;
  /** Allows functions, modifiers and duration arithmetic that Prometheus has behind feature flags. @default false */
  readonly experimental?: boolean;
}

/**
 * Checks an expression as Prometheus 3.15 does when it loads it: syntax, types, selectors and regular expressions.
 *
 * Beyond that it reports what Prometheus finds out only at each evaluation, such as a bad regular expression in
 * label_replace, and labels that are listed twice.
 *
 * @returns the problems in the order of the text; a fault of syntax is always the only one.
 * @see https://prometheus.io/docs/prometheus/latest/querying/basics/
 */
export function checkPromql(expr: string, options: CheckOptions = {}): readonly PromqlProblem[] {
  const parsed = parsePromql(expr, options);
  if (parsed.kind === 'syntax error') {
    const { position, message, excerpt } = parsed;
    return [{ position, message, excerpt }];
  }
  const { rule = false, experimental = false, variables = false } = options;
  const report = new Report(expr, { experimental, variables });
  checkNode(parsed.root, report);
  if (rule) {
    checkResult(parsed.root, report);
  }
  return report.problems.sort((one, other) => one.position.offset - other.position.offset);
}

function checkNode(node: PromqlNode, report: Report): void {
  const info = node.kind === 'call' && node.name === 'info';
  for (const [index, child] of childrenOf(node).entries()) {
    if (info && index === 1) {
      checkInfoSelector(child, report);
    } else {
      checkNode(child, report);
    }
  }
  switch (node.kind) {
    case 'selector':
      checkSelector(node, report, false);
      break;
    case 'range':
      checkRange(node, report);
      break;
    case 'subquery':
      checkSubquery(node, report);
      break;
    case 'modifier':
      checkModifier(node, report);
      break;
    case 'call':
      checkCall(node, report);
      break;
    case 'aggregation':
      checkAggregation(node, report);
      break;
    case 'binary':
      checkBinary(node, report);
      break;
    case 'unary':
      report.expectOperand(node.child, 'the operand of "+" or "-"');
      break;
    default:
  }
}

function checkInfoSelector(node: PromqlNode, report: Report): void {
  if (node.kind === 'selector' && node.name === undefined) {
    checkSelector(node, report, true);
  } else {
    report.add(
      node,
      'argument 2 of info is not a bare list of matchers. Allowed: braces only, such as {data=~"k8s_.+"}',
    );
  }
}

function checkResult(root: PromqlNode, report: Report): void {
  const type = typeOf(root);
  if (type === 'matrix' || type === 'string') {
    report.add(root, `the rule yields ${TYPE_NAMES[type]}. Allowed: an instant vector or a number`);
  }
}
