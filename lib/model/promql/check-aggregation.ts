import { labelNameProblem } from '../label';
import type { AggregationNode } from './ast';
import { checkGrouping } from './check-grouping';
import { AGGREGATIONS } from './functions';
import { type Report, TYPE_NAMES } from './report';

/** Checks the arguments and labels of an aggregation. */
export function checkAggregation(node: AggregationNode, report: Report): void {
  const signature = AGGREGATIONS.get(node.name);
  if (signature === undefined) {
    return;
  }
  if (signature.experimental) {
    report.feature(node, `the aggregation ${node.name} is experimental`, 'promql-experimental-functions');
  }
  const count = signature.parameter === undefined ? 1 : 2;
  const received = node.args.length;
  if (received !== count) {
    const allowed = signature.parameter === undefined ? '1' : `2, ${TYPE_NAMES[signature.parameter]} first`;
    report.add(node, `${node.name} receives ${received} argument${received === 1 ? '' : 's'}. Allowed: ${allowed}`);
  } else {
    const [parameter, vector = parameter] = node.args;
    if (parameter !== undefined && signature.parameter !== undefined) {
      report.expect(parameter, signature.parameter, `argument 1 of ${node.name}`);
      if (node.name === 'count_values' && parameter.kind === 'string' && !report.isOpen(parameter.value)) {
        report.addIf(parameter, 'count_values: ', labelNameProblem(parameter.value));
      }
    }
    if (vector !== undefined) {
      report.expect(vector, 'vector', `argument ${count} of ${node.name}`);
    }
  }
  checkGrouping(node.grouping, report);
}
