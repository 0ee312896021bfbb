import { describe, expect, it } from 'vitest';
import { type PromqlExpression, parsePromql } from '../../../lib/model/promql/parse';
import { caretExcerpt, positionAt } from '../../../lib/model/promql/position';

function parsed(expr: string, options = {}): PromqlExpression {
  const result = parsePromql(expr, options);
  if (result.kind === 'syntax error') {
    throw new Error(result.message);
  }
  return result;
}

describe('parsePromql', () => {
  it('gives metric, matchers, range, offset and position of every selector', () => {
    const { selectors } = parsed('up{job="a"} offset 5m\n  / rate(x{a=~"b|c", d!="e\\"f"}[1h] offset -30s)');
    expect(selectors).toEqual([
      {
        metric: 'up',
        matchers: [{ name: 'job', operator: '=', value: 'a' }],
        range: undefined,
        offset: { text: '5m', milliseconds: 300_000 },
        hasVariables: false,
        position: { offset: 0, line: 1, column: 1 },
      },
      {
        metric: 'x',
        matchers: [
          { name: 'a', operator: '=~', value: 'b|c' },
          { name: 'd', operator: '!=', value: 'e"f' },
        ],
        range: { text: '1h', milliseconds: 3_600_000 },
        offset: { text: '-30s', milliseconds: -30_000 },
        hasVariables: false,
        position: { offset: 31, line: 2, column: 10 },
      },
    ]);
  });

  it.each([
    ['{__name__="up", job="a"}', ['up']],
    ['{"http.requests", job="a"}', ['http.requests']],
    ['{__name__=~"up.*"}', []],
    ['b + a + b', ['a', 'b']],
    ['job:up:sum', ['job:up:sum']],
    ['{job="a"}', []],
  ])('finds the metric names of %j', (expr, expected) => {
    expect(parsed(expr).metricNames).toEqual(expected);
  });

  it('gives the labels that are grouped, matched and joined by', () => {
    const { groupings } = parsed('sum by (a, "b.c") (x) * on (d) group_left (e) max without () (y) + ignoring(f) z');
    expect(groupings.map(({ kind, labels }) => [kind, labels])).toEqual([
      ['by', ['a', 'b.c']],
      ['on', ['d']],
      ['group_left', ['e']],
      ['without', []],
      ['ignoring', ['f']],
    ]);
  });

  it('gives the labels that functions write and read', () => {
    const expr = 'label_join(label_replace(count_values("v", up), "w", "$1", "r", "(.*)"), "j", "-", "s", "t")';
    expect(parsed(expr)).toMatchObject({
      labelsWritten: ['j', 'v', 'w'],
      labelsRead: ['r', 's', 't'],
      functions: ['count_values', 'label_join', 'label_replace'],
    });
  });

  it('gives the windows of functions that compare samples', () => {
    const { rateWindows } = parsed('rate(a[5m]) + max_over_time(b[1h]) + increase(c[90s] offset 1d) + irate(d[300])');
    expect(rateWindows.map(({ function: name, range, metric }) => [name, range.milliseconds, metric])).toEqual([
      ['rate', 300_000, 'a'],
      ['increase', 90_000, 'c'],
      ['irate', 300_000, 'd'],
    ]);
  });

  it.each([
    ['1 + 2', 'scalar'],
    ['time() > bool 5', 'scalar'],
    ['up', 'vector'],
    ['1 - sum(up)', 'vector'],
    ['up[5m]', 'matrix'],
    ['up[5m:1m] offset 1h', 'matrix'],
    ['"a"', 'string'],
    ['-(scalar(up))', 'scalar'],
  ])('says that %j yields a %s', (expr, type) => {
    expect(parsed(expr).resultType).toBe(type);
  });

  it('keeps Grafana variables apart', () => {
    const expr = 'sum by ($by, pod) (rate($metric{job=~"$job"}[$__rate_interval])) / ${prefix}_total > $limit';
    const expression = parsed(expr, { variables: true });
    expect(expression.metricNames).toEqual([]);
    expect(expression.resultType).toBe('vector');
    expect(expression.groupings[0]).toMatchObject({ labels: ['pod'], hasVariables: true });
    expect(expression.rateWindows[0]?.range).toEqual({ text: '$__rate_interval', milliseconds: undefined });
    expect(expression.selectors[0]).toMatchObject({
      matchers: [{ name: 'job', operator: '=~', value: '$job' }],
      hasVariables: true,
      position: { offset: expr.indexOf('$metric') },
    });
    expect(parsed('$a + $b', { variables: true }).resultType).toBe('unknown');
  });

  it('parses a text once', () => {
    expect(parsePromql('sum(once)')).toBe(parsePromql('sum(once)'));
  });

  it.each([
    ['sum by (a) rate(x)', 'syntax error at line 1, column 12: unexpected "rate"'],
    [
      'sum(x) / count(x) by by',
      'syntax error at line 1, column 22: unexpected "by" (the labels after "by" stand in parentheses)',
    ],
    ['sum(up', 'syntax error at line 1, column 7: unexpected end of the expression; the "(" at column 4 is not closed'],
    ['(up\n+ (b)]', 'syntax error at line 2, column 6: unexpected "]"; the "(" at column 1 is not closed'],
    ['(up))', 'syntax error at line 1, column 5: unexpected ")"; there is no "(" for it'],
    ['rat(up[5m])', 'syntax error at line 1, column 1: unknown function "rat". Did you mean "rate"?'],
    ['holt_winters(x[5m], 1, 1)', expect.stringContaining('Did you mean "double_exponential_smoothing"?')],
    ['up{a="b}', 'syntax error at line 1, column 6: the string that starts here is not closed'],
    ['up{a="\\d"}', expect.stringContaining('column 7: unknown escape "\\d" in a string')],
    ['up{a=b}', 'syntax error at line 1, column 6: unexpected "b" (a value stands in quotes)'],
    ['up{a=="b"}', 'syntax error at line 1, column 5: unexpected "==" (in braces write "=")'],
    ['up = 1', 'syntax error at line 1, column 4: unexpected "=" (a comparison is written "==")'],
    ['up && up', 'syntax error at line 1, column 4: unexpected character "&&" (write "and")'],
    ['up\u00a0+ 1', 'syntax error at line 1, column 3: unexpected white space (write plain spaces)'],
    ['up[5x]', expect.stringContaining('column 4: unexpected "5x" (neither a number nor a duration')],
    ['up[$__interval]', expect.stringContaining('unexpected character "$" (variables are replaced by Grafana only)')],
    ['a.b', expect.stringContaining('(a name with dots stands in quotes and braces')],
    ['', 'syntax error at line 1, column 1: the expression is empty'],
    ['up +', 'syntax error at line 1, column 5: unexpected end of the expression after "+"'],
  ])('explains what is wrong with %j', (expr, message) => {
    expect(parsePromql(expr)).toMatchObject({ kind: 'syntax error', message });
  });

  it('points at the place with a caret', () => {
    expect(parsePromql('up\n\t+ + )')).toMatchObject({ excerpt: '\t+ + )\n\t    ^' });
    expect(caretExcerpt('a b', positionAt('a b', 2))).toBe('a b\n  ^');
  });
});
