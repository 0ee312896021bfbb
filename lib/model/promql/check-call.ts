import { labelNameProblem } from '../label';
import type { CallNode } from './ast';
import { FUNCTIONS, type FunctionSignature } from './functions';
import type { Report } from './report';

/** Checks number and types of the arguments of a function. */
export function checkCall(node: CallNode, report: Report): void {
  const signature = FUNCTIONS.get(node.name);
  if (signature === undefined) {
    return;
  }
  if (signature.experimental) {
    report.feature(node, `the function ${node.name} is experimental`, 'promql-experimental-functions');
  }
  checkArity(node, signature, report);
  for (const [index, arg] of node.args.entries()) {
    const wanted = signature.args[index] ?? signature.args.at(-1);
    if (wanted !== undefined && (index < signature.args.length || signature.minArgs < signature.maxArgs)) {
      report.expect(arg, wanted, `argument ${index + 1} of ${node.name}`);
    }
  }
  if (node.name === 'label_replace' || node.name === 'label_join') {
    checkLabelFunction(node, report);
  }
}

function checkArity(node: CallNode, { minArgs, maxArgs }: FunctionSignature, report: Report): void {
  const received = node.args.length;
  if (received < minArgs || received > maxArgs) {
    const range = maxArgs === Number.POSITIVE_INFINITY ? `${minArgs} or more` : `${minArgs} to ${maxArgs}`;
    report.add(
      node,
      `${node.name} receives ${received} argument${received === 1 ? '' : 's'}. Allowed: ${minArgs === maxArgs ? minArgs : range}`,
    );
  }
}

/** Checks what Prometheus finds out only when it evaluates label_replace or label_join. */
function checkLabelFunction(node: CallNode, report: Report): void {
  const [, target, , , pattern] = node.args;
  const sources = node.name === 'label_join' ? node.args.slice(3) : [];
  for (const arg of [target, ...sources]) {
    if (arg?.kind === 'string' && !report.isOpen(arg.value)) {
      report.addIf(arg, `${node.name}: `, labelNameProblem(arg.value));
    }
  }
  if (node.name === 'label_replace' && pattern?.kind === 'string') {
    const fault = report.regexProblem(pattern.value);
    if (fault !== undefined) {
      report.add(pattern, `label_replace: ${fault}`);
    }
  }
}
