import { checkRegex, matchesRegex } from '../regex';
import type { MatcherNode, SelectorNode } from './ast';
import type { Report } from './report';

/** Checks the name and the matchers of a selector. The selector in `info` may be empty, others may not. */
export function checkSelector(node: SelectorNode, report: Report, emptyAllowed: boolean): void {
  const names = node.matchers.filter((matcher) => matcher.name === '__name__');
  const [second] = node.name === undefined ? [] : names;
  if (second !== undefined) {
    report.add(second, `the metric has two names, "${node.name}" and "${second.value}". Allowed: one`);
  }
  for (const matcher of node.matchers) {
    checkMatcher(matcher, report);
  }
  if (node.name === undefined && !emptyAllowed && node.matchers.every((matcher) => acceptsEmpty(matcher, report))) {
    const received = node.matchers.length === 0 ? 'has no matchers' : 'has only matchers that accept an empty value';
    report.add(
      node,
      `the selector ${report.text.slice(node.start, node.end)} ${received}, so it would read every series. Allowed: ` +
        'at least one matcher that an empty value does not meet, such as job="node"',
    );
  }
}

function checkMatcher(matcher: MatcherNode, report: Report): void {
  if (matcher.operator === '=~' || matcher.operator === '!~') {
    const fault = report.regexProblem(matcher.value);
    if (fault !== undefined) {
      report.add(matcher, `the matcher of label ${matcher.name}: ${fault}`);
    }
  }
}

function acceptsEmpty({ operator, value }: MatcherNode, report: Report): boolean {
  if (report.isOpen(value)) {
    return false;
  }
  switch (operator) {
    case '=':
      return value === '';
    case '!=':
      return value !== '';
    case '=~':
      return matchesRegex(value, '');
    default:
      return checkRegex(value) === undefined && !matchesRegex(value, '');
  }
}
