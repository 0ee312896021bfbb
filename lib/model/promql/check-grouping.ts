import type { GroupingNode } from './ast';
import type { Report } from './report';

/** Checks the names in a list of labels. */
export function checkGrouping(grouping: GroupingNode | undefined, report: Report): void {
  const seen = new Set<string>();
  for (const label of grouping?.labels ?? []) {
    if (label.name === '') {
      report.add(label, 'the name of the label is empty. Allowed: at least one character');
    } else if (seen.has(label.name)) {
      report.add(label, `label "${label.name}" is twice in ${grouping?.kind}. Allowed: once`);
    }
    seen.add(label.name);
  }
}
