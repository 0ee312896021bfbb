import { parseDuration } from '../duration';
import type {
  BinaryModifiers,
  DurationNode,
  GroupingNode,
  MatcherNode,
  MatchOperator,
  ModifierName,
  PromqlNode,
  SelectorNode,
  Span,
} from './ast';
import { type GrammarNode, parseGrammar } from './grammar';
import { type Piece, treeOf } from './precedence';
import { unquote } from './string-literal';
import { explainFault, findBadToken, type SyntaxFault } from './syntax-fault';
import { type Substituted, substituteVariables } from './variables';

/** An expression as a tree, or its first fault of syntax. */
export type SyntaxResult = { readonly root: PromqlNode } | { readonly fault: SyntaxFault };

/** Parses an expression with the official grammar into a tree with Prometheus' own precedences. */
export function parseSyntax(expr: string, options: { readonly variables: boolean }): SyntaxResult {
  const substituted = options.variables ? substituteVariables(expr) : { text: expr, variables: [] };
  const parsed = parseGrammar(substituted.text);
  if ('failedAt' in parsed) {
    return { fault: explainFault(substituted.text, parsed.failedAt) };
  }
  const [first] = parsed.top.children;
  const reader = new TreeReader(expr, substituted);
  const root = first === undefined ? undefined : reader.expression(first);
  // The grammar skips all white space; Prometheus only these four characters.
  const fault = reader.fault ?? (/[^\S \t\r\n]/.test(expr) ? findBadToken(substituted.text) : undefined);
  if (fault !== undefined) {
    return { fault };
  }
  return root === undefined ? { fault: explainFault(substituted.text, 0) } : { root };
}

const POSTFIX: ReadonlySet<string> = new Set([
  'AnchoredExpr',
  'MatrixSelector',
  'OffsetExpr',
  'SmoothedExpr',
  'StepInvariantExpr',
  'SubqueryExpr',
]);

/** Turns the nodes of the grammar into ours. */
class TreeReader {
  public fault: SyntaxFault | undefined;

  public constructor(
    private readonly original: string,
    private readonly source: Substituted,
  ) {}

  public expression(node: GrammarNode): PromqlNode {
    const pieces: Piece[] = [];
    this.collect(node, pieces);
    const only = pieces[0];
    return pieces.length === 1 && only?.piece === 'operand' ? only.node : treeOf(pieces);
  }

  /** Writes down operands and operators in the order of the text, because the grammar nests some of them wrongly. */
  private collect(node: GrammarNode, pieces: Piece[]): void {
    const { name } = node;
    if (name === 'NumberDurationLiteral') {
      this.endOfNumber(node);
    }
    if (name === 'BinaryExpr') {
      const [left, operator, ...rest] = node.children;
      const right = rest.pop();
      if (left !== undefined && operator !== undefined && right !== undefined) {
        this.collect(left, pieces);
        const span = spanOf(operator);
        const modifiers = this.binaryModifiers(rest);
        pieces.push({ piece: 'infix', operator: this.textOf(operator).toLowerCase(), span, modifiers });
        this.collect(right, pieces);
      }
    } else if (name === 'UnaryExpr') {
      const [operator, operand] = node.children;
      if (operator !== undefined && operand !== undefined) {
        pieces.push({ piece: 'prefix', start: operator.from });
        this.collect(operand, pieces);
      }
    } else if (POSTFIX.has(name)) {
      const [operand, ...rest] = node.children;
      if (operand !== undefined) {
        this.collect(operand, pieces);
        pieces.push({ piece: 'postfix', wrap: this.postfix(node, rest) });
      }
    } else if (name === 'NumberDurationLiteral' && /^[-+]/.test(this.source.text[node.from] ?? '')) {
      pieces.push({ piece: 'prefix', start: node.from });
      pieces.push({ piece: 'operand', node: { kind: 'number', start: node.to - 1, end: node.to } });
    } else {
      pieces.push({ piece: 'operand', node: this.operand(node) });
    }
  }

  private operand(node: GrammarNode): PromqlNode {
    const span = spanOf(node);
    const children = node.children;
    const [first] = children;
    switch (node.name) {
      case 'AggregateExpr': {
        const modifier = children.find((child) => child.name === 'AggregateModifier');
        const name = first === undefined ? '' : this.textOf(first).toLowerCase();
        const grouping = modifier === undefined ? undefined : this.groupings(modifier.children)[0];
        return { kind: 'aggregation', name, args: this.args(children), grouping, ...span };
      }
      case 'FunctionCall':
        return {
          kind: 'call',
          name: first === undefined ? '' : this.textOf(first),
          args: this.args(children),
          ...span,
        };
      case 'ParenExpr':
        return first === undefined
          ? { kind: 'number', ...span }
          : { kind: 'parentheses', child: this.expression(first), ...span };
      case 'StringLiteral':
        return { kind: 'string', value: this.unquoted(node), ...span };
      case 'VectorSelector':
        return this.selector(children, span);
      default:
        return { kind: 'number', ...span };
    }
  }

  private args(children: readonly GrammarNode[]): PromqlNode[] {
    const body = children.find((child) => child.name === 'FunctionCallBody');
    return body === undefined ? [] : body.children.map((child) => this.expression(child));
  }

  private postfix(node: GrammarNode, rest: readonly GrammarNode[]): (child: PromqlNode) => PromqlNode {
    const end = node.to;
    const durations = rest.filter((child) => child.name.endsWith('DurationExpr')).map((child) => this.duration(child));
    const [first, second] = durations;
    if (first !== undefined && node.name === 'MatrixSelector') {
      return (child) => ({ kind: 'range', child, range: first, start: child.start, end });
    }
    if (first !== undefined && node.name === 'SubqueryExpr') {
      return (child) => ({ kind: 'subquery', child, range: first, step: second, start: child.start, end });
    }
    const timestamp = rest.find((child) => child.name === 'NumberDurationLiteral');
    if (timestamp !== undefined) {
      this.endOfNumber(timestamp);
    }
    const modifier = MODIFIERS[node.name] ?? 'offset';
    return (child) => ({ kind: 'modifier', child, modifier, offset: first, start: child.start, end });
  }

  private duration(node: GrammarNode): DurationNode {
    this.endOfNumber(node);
    const written = this.original.slice(node.from, node.to);
    const [, sign = '', number] = DURATION.exec(this.textOf(node).replace(/\s+/g, '')) ?? [];
    const span = { text: written, ...spanOf(node) };
    if (number === undefined) {
      return { milliseconds: undefined, computed: true, ...span };
    }
    if (this.isVariable(span)) {
      return { milliseconds: undefined, computed: false, ...span };
    }
    const negative = sign.replaceAll('+', '').length % 2 === 1;
    const milliseconds = parseDuration(number) ?? Number(number.replaceAll('_', '')) * 1000;
    return { milliseconds: negative ? -milliseconds : milliseconds, computed: false, ...span };
  }

  /** The grammar reads `5offset 1m` as if there were a space after the number; Prometheus does not. */
  private endOfNumber(node: GrammarNode): void {
    if (/\w/.test(this.source.text[node.to] ?? '')) {
      this.fault ??= explainFault(this.source.text, node.to);
    }
  }

  private selector(children: readonly GrammarNode[], span: Span): SelectorNode {
    const identifier = children.find((child) => child.name === 'Identifier');
    if (identifier !== undefined && this.textOf(identifier).toLowerCase() === 'atan2') {
      this.fault ??= { offset: identifier.from, message: 'unexpected operator "atan2"' };
    }
    const braces = children.find((child) => child.name === 'LabelMatchers');
    return {
      kind: 'selector',
      name: identifier === undefined ? undefined : this.originalOf(identifier),
      variableName: identifier !== undefined && this.isVariable(spanOf(identifier)),
      matchers: braces === undefined ? [] : braces.children.map((child) => this.matcher(child)),
      ...span,
    };
  }

  private matcher(node: GrammarNode): MatcherNode {
    const span = spanOf(node);
    if (node.name === 'QuotedLabelName') {
      return { name: '__name__', operator: '=', value: this.quotedName(node), quotedMetric: true, ...span };
    }
    const [label, operator, value] = node.children;
    return {
      name: label === undefined ? '' : this.labelName(label),
      operator: operator === undefined ? '=' : (this.textOf(operator) as MatchOperator),
      value: value === undefined ? '' : this.unquoted(value),
      quotedMetric: false,
      ...span,
    };
  }

  private binaryModifiers(nodes: readonly GrammarNode[]): BinaryModifiers {
    const clause = nodes.find((node) => node.name === 'MatchingModifierClause');
    const groupings = clause === undefined ? [] : this.groupings(clause.children);
    return {
      bool: nodes.some((node) => node.name === 'BoolModifier'),
      fill: nodes.some((node) => node.name === 'FillModifier'),
      matching: groupings[0],
      group: groupings[1],
    };
  }

  /** Reads words such as `by` or `group_left`, each with the labels after it. */
  private groupings(nodes: readonly GrammarNode[]): GroupingNode[] {
    const groupings: GroupingNode[] = [];
    for (const [index, node] of nodes.entries()) {
      if (node.name !== 'GroupingLabels') {
        const kind = this.textOf(node).toLowerCase() as GroupingNode['kind'];
        const next = nodes[index + 1];
        const list = next?.name === 'GroupingLabels' ? next : undefined;
        const labels = list === undefined ? [] : list.children.map((label) => this.groupingLabel(label));
        groupings.push({ kind, labels, start: node.from, end: (list ?? node).to });
      }
    }
    return groupings;
  }

  private groupingLabel(node: GrammarNode): GroupingNode['labels'][number] {
    const span = spanOf(node);
    return { name: this.labelName(node), variable: this.isVariable(span), ...span };
  }

  private labelName(node: GrammarNode): string {
    return node.name === 'QuotedLabelName' ? this.quotedName(node) : this.originalOf(node);
  }

  private quotedName(node: GrammarNode): string {
    return this.unquoted(node.children[0] ?? node);
  }

  private unquoted(node: GrammarNode): string {
    const result = unquote(this.textOf(node));
    if ('fault' in result) {
      this.fault ??= { offset: node.from + result.at, message: result.fault };
      return '';
    }
    return result.value;
  }

  private textOf(node: GrammarNode): string {
    return this.source.text.slice(node.from, node.to);
  }

  private originalOf(node: GrammarNode): string {
    return this.original.slice(node.from, node.to);
  }

  private isVariable(span: Span): boolean {
    return this.source.variables.some((variable) => variable.start < span.end && span.start < variable.end);
  }
}

const MODIFIERS: Readonly<Record<string, ModifierName>> = {
  AnchoredExpr: 'anchored',
  SmoothedExpr: 'smoothed',
  StepInvariantExpr: '@',
};

const DURATION = /^([-+]*)([\d.][\w.]*(?:[eE][-+]\d+)?|inf|nan)$/i;

function spanOf(node: GrammarNode): Span {
  return { start: node.from, end: node.to };
}
