import type { Tree } from '@lezer/common';
import type { LRParser } from '@lezer/lr';

/** A node of the grammar's tree, copied once: the tree itself makes a new object for each look at a node. */
export interface GrammarNode {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly children: GrammarNode[];
}

let strictParser: LRParser | undefined;

/** The grammar of the Prometheus user interface; it takes 15 ms to load, so it waits for the first expression. */
function grammar(): LRParser {
  if (strictParser === undefined) {
    const { parser } = require('@prometheus-io/lezer-promql') as { parser: LRParser };
    strictParser = parser.configure({ strict: true });
  }
  return strictParser;
}

/**
 * Parses a text with the official grammar, or says at which offset that failed.
 *
 * @see https://github.com/prometheus/prometheus/tree/main/web/ui/module/lezer-promql
 */
export function parseGrammar(text: string): { readonly top: GrammarNode } | { readonly failedAt: number } {
  try {
    return { top: nodesOf(grammar().parse(text)) };
  } catch (error) {
    const offset = error instanceof SyntaxError ? /\d+$/.exec(error.message)?.[0] : undefined;
    if (offset === undefined) {
      throw error;
    }
    return { failedAt: Number(offset) };
  }
}

function nodesOf(tree: Tree): GrammarNode {
  const cursor = tree.cursor();
  const top: GrammarNode = { name: cursor.name, from: cursor.from, to: cursor.to, children: [] };
  const path: GrammarNode[] = [];
  let parent = top;
  let down = cursor.firstChild();
  while (down || path.length > 0) {
    if (down) {
      const node: GrammarNode = { name: cursor.name, from: cursor.from, to: cursor.to, children: [] };
      if (node.name !== 'LineComment') {
        parent.children.push(node);
      }
      path.push(parent);
      parent = node;
      down = cursor.firstChild();
    } else {
      down = cursor.nextSibling();
      parent = path.pop() ?? top;
      if (!down) {
        cursor.parent();
      }
    }
  }
  return top;
}
