import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkPromql } from '../../../lib/model/promql/types';
import { tool } from '../../tool';
import { ACCEPTED, EXPERIMENTAL, REFUSED, REFUSED_EXPERIMENTAL, STRICTER } from './expressions';

const messages = (expr: string, options = {}) => checkPromql(expr, options).map(({ message }) => message);

describe('checkPromql', () => {
  it.each(ACCEPTED)('accepts %j as promtool does', (expr) => {
    expect(messages(expr)).toEqual([]);
  });

  it.each(REFUSED)('refuses %j as promtool does', (expr) => {
    expect(messages(expr)).not.toEqual([]);
  });

  it.each(STRICTER)('refuses $expr because $because', ({ expr }) => {
    expect(messages(expr)).toHaveLength(1);
  });

  it.each(EXPERIMENTAL)('accepts %j only among experiments', (expr) => {
    expect(messages(expr)).not.toEqual([]);
    expect(messages(expr, { experimental: true })).toEqual([]);
  });

  it.each(REFUSED_EXPERIMENTAL)('refuses %j even among experiments', (expr) => {
    expect(messages(expr, { experimental: true })).not.toEqual([]);
  });

  it.each([
    ['rate(up)', 'line 1, column 6: argument 1 of rate is an instant vector. Allowed: a range vector, such as foo[5m]'],
    ['rate()', 'line 1, column 1: rate receives 0 arguments. Allowed: 1'],
    ['round(up, 1, 2)', 'line 1, column 1: round receives 3 arguments. Allowed: 1 to 2'],
    ['label_join(up, "a")', 'line 1, column 1: label_join receives 2 arguments. Allowed: 3 or more'],
    ['topk(up)', 'line 1, column 1: topk receives 1 argument. Allowed: 2, a number (scalar) first'],
    ['1 == 2', 'line 1, column 3: "==" compares two numbers. Allowed: "== bool" between numbers'],
    ['up + bool up', 'line 1, column 4: "+" has "bool". Allowed: only after == != <= < >= >'],
    ['up and 1', 'line 1, column 4: "and" has a number on one side. Allowed: instant vectors on both sides'],
    ['up * on(a) 2', 'line 1, column 6: "on" matches labels with a number. Allowed: between two instant vectors'],
    ['up and on(a) group_left up', 'line 1, column 14: "and" has "group_left". Allowed: only on and ignoring'],
    [
      'up * on(a) group_left(a) up',
      'line 1, column 12: label "a" is both in on and in group_left. Allowed: in one of them',
    ],
    ['up[0s]', 'line 1, column 4: the range is 0s. Allowed: more than 0'],
    ['up[300y]', 'line 1, column 4: the duration 300y is too long. Allowed: up to 292y'],
    ['up{__name__="x"}', 'line 1, column 4: the metric has two names, "up" and "x". Allowed: one'],
    ['-up[5m:]', expect.stringContaining('the operand of "+" or "-" is a range vector')],
    ['{job=~".*"}', expect.stringContaining('has only matchers that accept an empty value')],
    ['up{job=~"("}', expect.stringContaining('the matcher of label job: "(" is not a regular expression')],
    ['(up)[5m]', expect.stringContaining('the range [5m] follows an expression in parentheses')],
    ['rate(up[5m]) offset 1h', expect.stringContaining('"offset" follows rate(…)')],
    ['up offset 1m offset 2m', 'line 1, column 1: "offset" is there twice. Allowed: once'],
    ['mad_over_time(up[5m])', expect.stringContaining('--enable-feature=promql-experimental-functions')],
    ['label_replace(up, "a", "", "b", "(")', expect.stringContaining('line 1, column 33: label_replace: "(" is not')],
  ])('says what is wrong with %j', (expr, expected) => {
    expect(messages(expr)).toEqual([expected]);
  });

  it('lists every problem in the order of the text, with a caret', () => {
    const problems = checkPromql('rate(up)\n  + abs(1)');
    expect(problems.map(({ position }) => [position.line, position.column])).toEqual([
      [1, 6],
      [2, 9],
    ]);
    expect(problems[1]?.excerpt).toBe('  + abs(1)\n        ^');
  });

  it('binds offset to the selector before it, not to the whole sum', () => {
    expect(messages('up + up offset 5m')).toEqual([]);
    expect(messages('sum(up) - up[5m:1m] offset 5m')).toHaveLength(1);
  });

  it.each(['up[5m]', 'up[5m:1m]', '"text"', '(up[5m])'])('refuses %j as the expression of a rule', (expr) => {
    expect(messages(expr)).toEqual([]);
    expect(messages(expr, { rule: true })).toEqual([expect.stringContaining('the rule yields')]);
  });

  it.each([
    'rate($metric[$__rate_interval])',
    'sum by ($label) (up{cluster="$cluster", pod=~"${pod:regex}.*"})',
    'topk($n, $metric)',
    '$a / $b > $threshold',
    '{job=~"$job"}',
    'up offset $shift',
    'max_over_time(up[$__range:${step}])',
    'rate(${prefix}_total[${minutes}m])',
    'up[5$unit] @ $__from',
  ])('accepts the Grafana variables in %j', (expr) => {
    expect(messages(expr, { variables: true })).toEqual([]);
    expect(messages('rate(up[$__interval]) + rate($x)', { variables: true })).toEqual([]);
  });

  it('still finds mistakes around Grafana variables', () => {
    expect(messages('rate(up{job=~"$job["}[$__rate_interval])', { variables: true })).toHaveLength(1);
    expect(messages('up[$__interval] + 1', { variables: true })).toHaveLength(1);
  });
});

describe('the tables of expressions', () => {
  function refusedByPromtool(promtool: string, expressions: readonly string[], flags: readonly string[]): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'promql-'));
    try {
      const rules = expressions.map((expr, index) => `  - record: r_${index}\n    expr: ${yaml(expr)}\n`);
      writeFileSync(join(folder, 'rules.yml'), `groups:\n- name: g\n  rules:\n${rules.join('')}`);
      const run = spawnSync(promtool, [...flags, 'check', 'rules', join(folder, 'rules.yml')], { encoding: 'utf8' });
      const refused = [...`${run.stdout}${run.stderr}`.matchAll(/"r_(\d+)"/g)].map(([, index]) => Number(index));
      return expressions.filter((_, index) => refused.includes(index));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('say the same as promtool', (context) => {
    const promtool = tool('promtool', context);
    const stricter = STRICTER.map(({ expr }) => expr);
    const plain = [...ACCEPTED, ...stricter, ...REFUSED, ...EXPERIMENTAL];
    expect(refusedByPromtool(promtool, plain, [])).toEqual([...REFUSED, ...EXPERIMENTAL]);
    const flags = ['--enable-feature=promql-experimental-functions,promql-extended-range-selectors'];
    const experimental = [...EXPERIMENTAL, ...REFUSED_EXPERIMENTAL];
    expect(refusedByPromtool(promtool, experimental, flags)).toEqual(REFUSED_EXPERIMENTAL);
  });
});

/** A double-quoted YAML scalar; JSON is one, but for characters that YAML does not take as they are. */
function yaml(text: string): string {
  return JSON.stringify(text).replace(/\s/g, (space) =>
    space === ' ' ? space : `\\u${space.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
