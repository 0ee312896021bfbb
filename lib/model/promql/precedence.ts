import type { BinaryModifiers, PromqlNode, Span } from './ast';

/** Operands and operators of an expression, in the order in which they are written. */
export type Piece =
  | { readonly piece: 'operand'; readonly node: PromqlNode }
  | { readonly piece: 'prefix'; readonly start: number }
  | { readonly piece: 'postfix'; readonly wrap: (child: PromqlNode) => PromqlNode }
  | { readonly piece: 'infix'; readonly operator: string; readonly span: Span; readonly modifiers: BinaryModifiers };

const LEVELS = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>', '</', '>/'],
  ['+', '-'],
  ['*', '/', '%', 'atan2'],
  ['^'],
];

const PRECEDENCE: ReadonlyMap<string, number> = new Map(
  LEVELS.flatMap((operators, level) => operators.map((operator): [string, number] => [operator, level])),
);

const POWER = LEVELS.length - 1;

/**
 * Nests operands and operators as Prometheus does.
 *
 * The grammar of the user interface lets `offset`, `@` and brackets take everything to their left, as in
 * `(a + b) offset 5m` for `a + b offset 5m`; here they belong to the one operand before them.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence
 */
export function treeOf(pieces: readonly Piece[]): PromqlNode {
  let index = 0;

  function operand(): PromqlNode {
    const piece = pieces[index++];
    if (piece?.piece === 'prefix') {
      const child = expression(POWER);
      return { kind: 'unary', child, start: piece.start, end: child.end };
    }
    let node: PromqlNode = piece?.piece === 'operand' ? piece.node : { kind: 'number', start: 0, end: 0 };
    for (let next = pieces[index]; next?.piece === 'postfix'; next = pieces[index]) {
      node = next.wrap(node);
      index++;
    }
    return node;
  }

  function expression(lowest: number): PromqlNode {
    let left = operand();
    for (let next = pieces[index]; next?.piece === 'infix'; next = pieces[index]) {
      const level = PRECEDENCE.get(next.operator) ?? 0;
      if (level < lowest) {
        break;
      }
      index++;
      const right = expression(level === POWER ? POWER : level + 1);
      const { operator, span: operatorSpan, modifiers } = next;
      left = { kind: 'binary', operator, operatorSpan, ...modifiers, left, right, start: left.start, end: right.end };
    }
    return left;
  }

  return expression(0);
}
