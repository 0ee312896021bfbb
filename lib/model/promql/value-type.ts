import type { PromqlNode } from './ast';
import { FUNCTIONS, type PromqlType } from './functions';

/** What an expression yields; `unknown` when that depends on a Grafana variable. */
export type PromqlResultType = PromqlType | 'unknown';

/** Says what a part of an expression yields, whether or not its own parts have the right types. */
export function typeOf(node: PromqlNode): PromqlResultType {
  switch (node.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
      return node.variableName && node.matchers.length === 0 ? 'unknown' : 'vector';
    case 'range':
    case 'subquery':
      return 'matrix';
    case 'call':
      return FUNCTIONS.get(node.name)?.returns ?? 'vector';
    case 'aggregation':
      return 'vector';
    case 'binary':
      return typeOfPair(typeOf(node.left), typeOf(node.right));
    default:
      return typeOf(node.child);
  }
}

function typeOfPair(left: PromqlResultType, right: PromqlResultType): PromqlResultType {
  if (left === 'scalar' && right === 'scalar') {
    return 'scalar';
  }
  const types = new Set([left, right]);
  return types.has('unknown') && !types.has('vector') ? 'unknown' : 'vector';
}
