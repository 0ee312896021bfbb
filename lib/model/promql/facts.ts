import {
  type CallNode,
  childrenOf,
  type GroupingNode,
  type LabelMatcher,
  type PromqlDuration,
  type PromqlNode,
  type SelectorNode,
} from './ast';
import { RATE_LIKE } from './functions';
import { type PromqlPosition, positionAt } from './position';
import { hasVariable } from './variables';

/** Which series an expression reads at one place. */
export interface PromqlSelector {
  /** Name of the metric, from before the braces or in them; undefined when there is none, or one with a variable. */
  readonly metric: string | undefined;
  /** Conditions on labels, without the one that gives the metric and those whose label is a Grafana variable. */
  readonly matchers: readonly LabelMatcher[];
  /** The range in brackets, for a range vector. */
  readonly range: PromqlDuration | undefined;
  /** The duration after `offset`. */
  readonly offset: PromqlDuration | undefined;
  /** True when the name or a matcher holds a Grafana variable. */
  readonly hasVariables: boolean;
  readonly position: PromqlPosition;
}

/** One list of labels. */
export interface PromqlGrouping {
  readonly kind: GroupingNode['kind'];
  /** Names of the labels, without those that are Grafana variables. */
  readonly labels: readonly string[];
  readonly hasVariables: boolean;
  readonly position: PromqlPosition;
}

/** How far a function such as rate looks back. */
export interface RateWindow {
  readonly function: string;
  readonly range: PromqlDuration;
  readonly metric: string | undefined;
  readonly position: PromqlPosition;
}

/** What an expression reads and writes. */
export interface PromqlFacts {
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
}

/** Walks through an expression once and writes down what it reads and writes. */
export function collectFacts(text: string, root: PromqlNode, options: { readonly variables: boolean }): PromqlFacts {
  const walk = new Walk(text, options.variables);
  walk.visit(root, {});
  return {
    selectors: walk.selectors,
    groupings: walk.groupings,
    labelsWritten: sorted(walk.labelsWritten),
    labelsRead: sorted(walk.labelsRead),
    functions: sorted(walk.functions),
    rateWindows: walk.rateWindows,
    metricNames: sorted(new Set(walk.selectors.flatMap(({ metric }) => (metric === undefined ? [] : [metric])))),
  };
}

/** What stands around a selector and belongs to it. */
interface Surroundings {
  readonly range?: PromqlDuration | undefined;
  readonly offset?: PromqlDuration | undefined;
  readonly rateLike?: CallNode;
}

class Walk {
  public readonly selectors: PromqlSelector[] = [];
  public readonly groupings: PromqlGrouping[] = [];
  public readonly rateWindows: RateWindow[] = [];
  public readonly labelsWritten = new Set<string>();
  public readonly labelsRead = new Set<string>();
  public readonly functions = new Set<string>();

  public constructor(
    private readonly text: string,
    private readonly variables: boolean,
  ) {}

  public visit(node: PromqlNode, around: Surroundings): void {
    switch (node.kind) {
      case 'selector':
        this.selector(node, around);
        return;
      case 'range':
        this.visit(node.child, { ...around, range: durationOf(node.range) });
        return;
      case 'modifier':
        this.visit(node.child, node.offset === undefined ? around : { ...around, offset: durationOf(node.offset) });
        return;
      case 'parentheses':
        this.visit(node.child, around);
        return;
      case 'call':
        this.call(node);
        return;
      case 'aggregation':
        this.functions.add(node.name);
        this.grouping(node.grouping);
        this.writtenBy(node.name === 'count_values' ? node.args[0] : undefined);
        break;
      case 'binary':
        this.visit(node.left, {});
        this.grouping(node.matching);
        this.grouping(node.group);
        this.visit(node.right, {});
        return;
      default:
    }
    for (const child of childrenOf(node)) {
      this.visit(child, {});
    }
  }

  private call(node: CallNode): void {
    this.functions.add(node.name);
    const [, second, third, fourth] = node.args;
    if (node.name === 'label_replace') {
      this.writtenBy(second);
      this.readBy(fourth);
    } else if (node.name === 'label_join') {
      this.writtenBy(second);
      node.args.slice(3).forEach((arg) => {
        this.readBy(arg);
      });
    } else if (node.name.startsWith('sort_by_label')) {
      [second, third, ...node.args.slice(3)].forEach((arg) => {
        this.readBy(arg);
      });
    }
    for (const child of node.args) {
      this.visit(child, RATE_LIKE.has(node.name) ? { rateLike: node } : {});
    }
  }

  private selector(node: SelectorNode, { range, offset, rateLike }: Surroundings): void {
    const fixedName = node.name === undefined || node.variableName ? undefined : node.name;
    const naming = node.matchers.find(({ name, operator }) => name === '__name__' && operator === '=');
    const metric = fixedName ?? (naming === undefined || this.isOpen(naming.value) ? undefined : naming.value);
    const position = positionAt(this.text, node.start);
    this.selectors.push({
      metric,
      matchers: node.matchers
        .filter((matcher) => matcher !== naming && !this.isOpen(matcher.name))
        .map(({ name, operator, value }) => ({ name, operator, value })),
      range,
      offset,
      hasVariables:
        node.variableName || node.matchers.some(({ name, value }) => this.isOpen(name) || this.isOpen(value)),
      position,
    });
    if (range !== undefined && rateLike !== undefined) {
      this.rateWindows.push({
        function: rateLike.name,
        range,
        metric,
        position: positionAt(this.text, rateLike.start),
      });
    }
  }

  private grouping(node: GroupingNode | undefined): void {
    if (node !== undefined) {
      this.groupings.push({
        kind: node.kind,
        labels: node.labels.filter(({ variable }) => !variable).map(({ name }) => name),
        hasVariables: node.labels.some(({ variable }) => variable),
        position: positionAt(this.text, node.start),
      });
    }
  }

  private isOpen(text: string): boolean {
    return this.variables && hasVariable(text);
  }

  private writtenBy(node: PromqlNode | undefined): void {
    if (node?.kind === 'string' && !this.isOpen(node.value)) {
      this.labelsWritten.add(node.value);
    }
  }

  private readBy(node: PromqlNode | undefined): void {
    if (node?.kind === 'string' && !this.isOpen(node.value)) {
      this.labelsRead.add(node.value);
    }
  }
}

function durationOf({ text, milliseconds }: PromqlDuration): PromqlDuration {
  return { text, milliseconds };
}

function sorted(names: ReadonlySet<string>): readonly string[] {
  return [...names].sort();
}
