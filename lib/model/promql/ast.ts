/** Where something is in the text of an expression: offsets of its first character and of the one after its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A name in a list such as `by (namespace, pod)`. */
interface GroupingLabel extends Span {
  readonly name: string;
  /** True when the name is a Grafana variable. */
  readonly variable: boolean;
}

/** How a label matcher compares. */
export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** One condition of a selector, such as `job="node"`. */
export interface LabelMatcher {
  readonly name: string;
  readonly operator: MatchOperator;
  /** The value without quotes and escapes; Grafana variables are left in it. */
  readonly value: string;
}

/** A span of time in an expression. */
export interface PromqlDuration {
  /** As it is written, such as `5m` or `$__rate_interval`. */
  readonly text: string;
  /** Undefined when it is known only later: a Grafana variable or an experimental duration expression. */
  readonly milliseconds: number | undefined;
}

/** A duration with what the type check needs to know about it. */
export interface DurationNode extends PromqlDuration, Span {
  /** True when it is computed, such as `[5m + step()]`. */
  readonly computed: boolean;
}

interface NumberNode extends Span {
  readonly kind: 'number';
}

interface StringNode extends Span {
  readonly kind: 'string';
  readonly value: string;
}

/** A matcher with its place. */
export interface MatcherNode extends LabelMatcher, Span {
  /** True for a metric name in quotes inside the braces: `{"http.requests"}`. */
  readonly quotedMetric: boolean;
}

/** A name, braces with matchers, or both. */
export interface SelectorNode extends Span {
  readonly kind: 'selector';
  /** The name before the braces. */
  readonly name: string | undefined;
  /** True when the name before the braces is, or holds, a Grafana variable. */
  readonly variableName: boolean;
  readonly matchers: readonly MatcherNode[];
}

/** `child[range]` */
export interface RangeNode extends Span {
  readonly kind: 'range';
  readonly child: PromqlNode;
  readonly range: DurationNode;
}

/** `child[range:step]` */
export interface SubqueryNode extends Span {
  readonly kind: 'subquery';
  readonly child: PromqlNode;
  readonly range: DurationNode;
  readonly step: DurationNode | undefined;
}

export type ModifierName = 'offset' | '@' | 'anchored' | 'smoothed';

/** `child offset 5m`, `child @ start()`, and the experimental `child anchored` and `child smoothed`. */
export interface ModifierNode extends Span {
  readonly kind: 'modifier';
  readonly child: PromqlNode;
  readonly modifier: ModifierName;
  readonly offset: DurationNode | undefined;
}

export interface CallNode extends Span {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly PromqlNode[];
}

export interface AggregationNode extends Span {
  readonly kind: 'aggregation';
  readonly name: string;
  readonly args: readonly PromqlNode[];
  readonly grouping: GroupingNode | undefined;
}

interface UnaryNode extends Span {
  readonly kind: 'unary';
  readonly child: PromqlNode;
}

interface ParenthesesNode extends Span {
  readonly kind: 'parentheses';
  readonly child: PromqlNode;
}

/** A list of labels and the word before it. */
export interface GroupingNode extends Span {
  readonly kind: 'by' | 'without' | 'on' | 'ignoring' | 'group_left' | 'group_right';
  readonly labels: readonly GroupingLabel[];
}

/** What may stand between a binary operator and its right side. */
export interface BinaryModifiers {
  readonly bool: boolean;
  readonly matching: GroupingNode | undefined;
  readonly group: GroupingNode | undefined;
  readonly fill: boolean;
}

export interface BinaryNode extends Span, BinaryModifiers {
  readonly kind: 'binary';
  readonly operator: string;
  readonly operatorSpan: Span;
  readonly left: PromqlNode;
  readonly right: PromqlNode;
}

/** A part of a PromQL expression. */
export type PromqlNode =
  | NumberNode
  | StringNode
  | SelectorNode
  | RangeNode
  | SubqueryNode
  | ModifierNode
  | CallNode
  | AggregationNode
  | UnaryNode
  | ParenthesesNode
  | BinaryNode;

/** The parts directly below a node, in the order in which they are written. */
export function childrenOf(node: PromqlNode): readonly PromqlNode[] {
  switch (node.kind) {
    case 'number':
    case 'string':
    case 'selector':
      return [];
    case 'call':
    case 'aggregation':
      return node.args;
    case 'binary':
      return [node.left, node.right];
    default:
      return [node.child];
  }
}
