import type { DurationNode, ModifierNode, PromqlNode, RangeNode, SubqueryNode } from './ast';
import { type Report, TYPE_NAMES } from './report';
import { typeOf } from './value-type';

/** Prometheus keeps durations as nanoseconds in a signed 64-bit number. */
const LONGEST = (2 ** 63 - 1) / 1e6;

/** Checks what stands before `[5m]`, and the duration in it. */
export function checkRange(node: RangeNode, report: Report): void {
  const inner = withoutModifiers(node.child);
  if (inner.kind !== 'selector') {
    report.add(
      node,
      `the range [${node.range.text}] follows ${describe(node.child)}. Allowed: directly after a selector, as in ` +
        'foo[5m], or with a resolution, as in (foo + bar)[5m:1m]',
    );
  } else if (node.child !== inner && (node.child.kind !== 'modifier' || isFixed(node.child))) {
    report.add(node, 'offset and @ stand before the range. Allowed: after it, as in foo[5m] offset 1h');
  }
  checkPositive(node.range, 'range', report);
}

/** Checks what stands before `[1h:5m]`, and the durations in it. */
export function checkSubquery(node: SubqueryNode, report: Report): void {
  const type = typeOf(node.child);
  if (type !== 'vector' && type !== 'unknown') {
    report.add(node.child, `a subquery is made of ${TYPE_NAMES[type]}. Allowed: an instant vector`);
  }
  checkPositive(node.range, 'range', report);
  if (node.step !== undefined) {
    checkPositive(node.step, 'resolution', report);
  }
}

function checkPositive(duration: DurationNode, what: string, report: Report): void {
  checkDuration(duration, report);
  if (duration.milliseconds !== undefined && duration.milliseconds <= 0) {
    report.add(duration, `the ${what} is ${duration.text}. Allowed: more than 0`);
  }
}

function checkDuration(duration: DurationNode, report: Report): void {
  if (Math.abs(duration.milliseconds ?? 0) > LONGEST || Number.isNaN(duration.milliseconds)) {
    report.add(duration, `the duration ${duration.text} is too long. Allowed: up to 292y`);
  }
}

/** Checks what stands before offset, @, anchored and smoothed. */
export function checkModifier(node: ModifierNode, report: Report): void {
  const inner = withoutModifiers(node.child);
  if (inner.kind !== 'selector' && inner.kind !== 'range' && inner.kind !== 'subquery') {
    report.add(
      node,
      `"${node.modifier}" follows ${describe(node.child)}. Allowed: directly after a selector, a range or a subquery`,
    );
  }
  for (let child = node.child; child.kind === 'modifier'; child = child.child) {
    if (child.modifier === node.modifier) {
      report.add(node, `"${node.modifier}" is there twice. Allowed: once`);
    }
  }
  if (node.offset !== undefined) {
    checkDuration(node.offset, report);
  }
  if (node.modifier === 'anchored' || node.modifier === 'smoothed') {
    if (inner.kind === 'subquery') {
      report.add(node, `"${node.modifier}" follows a subquery. Allowed: after a selector or a range`);
    }
    report.feature(node, `the modifier ${node.modifier} is experimental`, 'promql-extended-range-selectors');
  }
}

function withoutModifiers(node: PromqlNode): PromqlNode {
  return node.kind === 'modifier' ? withoutModifiers(node.child) : node;
}

/** Says whether a selector already has a time of its own. */
function isFixed(node: PromqlNode): boolean {
  return node.kind === 'modifier' && (node.modifier === 'offset' || node.modifier === '@' || isFixed(node.child));
}

function describe(node: PromqlNode): string {
  switch (node.kind) {
    case 'parentheses':
      return 'an expression in parentheses';
    case 'call':
    case 'aggregation':
      return `${node.name}(…)`;
    case 'range':
    case 'subquery':
    case 'modifier':
      return 'another range or modifier';
    default:
      return TYPE_NAMES[typeOf(node)];
  }
}
