import type { BinaryNode } from './ast';
import { checkGrouping } from './check-grouping';
import type { Report } from './report';
import { type PromqlResultType, typeOf } from './value-type';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<=', '<', '>=', '>']);
const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

/** Checks both sides of an operator, and what stands after it. */
export function checkBinary(node: BinaryNode, report: Report): void {
  report.expectOperand(node.left, `the left side of "${node.operator}"`);
  report.expectOperand(node.right, `the right side of "${node.operator}"`);
  checkGrouping(node.matching, report);
  checkGrouping(node.group, report);
  const types = [typeOf(node.left), typeOf(node.right)];
  const comparison = COMPARISONS.has(node.operator);
  if (node.bool && !comparison) {
    report.add(node.operatorSpan, `"${node.operator}" has "bool". Allowed: only after ${[...COMPARISONS].join(' ')}`);
  }
  if (comparison && !node.bool && types.every((type) => type === 'scalar')) {
    const { operator } = node;
    report.add(node.operatorSpan, `"${operator}" compares two numbers. Allowed: "${operator} bool" between numbers`);
  }
  checkMatching(node, types, report);
}

function checkMatching(node: BinaryNode, types: readonly PromqlResultType[], report: Report): void {
  const between = types.every((type) => type === 'vector' || type === 'unknown');
  const setOperator = SET_OPERATORS.has(node.operator);
  if (node.fill) {
    report.feature(node.operatorSpan, 'the modifier fill is experimental', 'promql-binop-fill-modifiers');
  }
  if (!between) {
    if (node.matching !== undefined && node.matching.labels.length > 0) {
      report.add(
        node.matching,
        `"${node.matching.kind}" matches labels with a number. Allowed: between two instant vectors`,
      );
    }
    if (node.fill) {
      report.add(node.operatorSpan, '"fill" stands beside a number. Allowed: between two instant vectors');
    }
    if (setOperator && types.includes('scalar')) {
      report.add(
        node.operatorSpan,
        `"${node.operator}" has a number on one side. Allowed: instant vectors on both sides`,
      );
    }
  } else if (setOperator && (node.group !== undefined || node.fill)) {
    const modifier = node.group?.kind ?? 'fill';
    report.add(node.group ?? node.operatorSpan, `"${node.operator}" has "${modifier}". Allowed: only on and ignoring`);
  }
  if (node.matching?.kind === 'on') {
    const joined = node.matching.labels.find(({ name }) => node.group?.labels.some((label) => label.name === name));
    if (joined !== undefined && node.group !== undefined) {
      report.add(node.group, `label "${joined.name}" is both in on and in ${node.group.kind}. Allowed: in one of them`);
    }
  }
}
