import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contradicts, covers, describeMatchers, Matcher, type Matchers } from '../../../lib/model/alerting/matcher';
import { Problems } from '../../../lib/model/problem';

const list = (matchers: Matchers) => Matcher.list(matchers).map(String);

function problemsOf(matchers: Matchers): readonly string[] {
  const problems = Problems.at('');
  for (const matcher of Matcher.list(matchers)) {
    matcher.check('matchers', problems);
  }
  return problems.all.map(({ message }) => message);
}

describe('Matcher.list', () => {
  it.each<[Matchers, string[]]>([
    [{ severity: 'critical' }, ['severity="critical"']],
    [{ team: ['ml', 'a.b'] }, ['team=~"ml|a\\\\.b"']],
    [{ team: ['ml'] }, ['team="ml"']],
    [{}, []],
    ['severity=~"critical|warning"', ['severity=~"critical|warning"']],
    ['{ a="b" , c!~d, "e" != f, }', ['a="b"', 'c!~"d"', 'e!="f"']],
    ['a="x, y = z"', ['a="x, y = z"']],
    ['a="say \\"hi\\"\\n\\\\"', ['a="say \\"hi\\"\\n\\\\"']],
    ['a="\\d+"', ['a="\\\\d+"']],
    [Matcher.notRegex('a', 'x.*'), ['a!~"x.*"']],
    [
      [Matcher.equal('a', 'b'), 'c="d"'],
      ['a="b"', 'c="d"'],
    ],
    ['', []],
  ])('reads %j', (matchers, expected) => {
    expect(list(matchers)).toEqual(expected);
    expect(problemsOf(matchers)).toEqual([]);
  });

  it.each<[Matchers, string]>([
    ['severity', '"severity" is not a matcher; "severity" received. Allowed: label="value" with =, !=, =~ or !~'],
    ['a="b" c="d"', '"a="b" c="d"" is not a matcher'],
    ['a="b', 'is not a matcher'],
    ['a=', 'is not a matcher'],
    [{ 'severity-level': 'x' }, '"severity-level" is not a label name.'],
    [Matcher.regex('a', '('), '"(" is not a regular expression that Prometheus accepts: missing closing )'],
    [Matcher.parse('a="b",c="d"'), 'several conditions received'],
    [Matcher.parse(''), 'no condition received'],
    [{ team: [] }, '"team" has an empty list of values. Allowed: at least one value.'],
  ])('reports %j', (matchers, message) => {
    expect(problemsOf(matchers)).toEqual([expect.stringContaining(message)]);
  });
});

describe('Matcher.matches', () => {
  it.each<[string, Record<string, string>, boolean]>([
    ['a="b"', { a: 'b' }, true],
    ['a="b"', {}, false],
    ['a=""', {}, true],
    ['a!="b"', {}, true],
    ['a=~"b|c"', { a: 'bc' }, false],
    ['a=~"b|c"', { a: 'c' }, true],
    ['a=~".*"', {}, true],
    ['a=~".+"', {}, false],
    ['a!~"b.*"', { a: 'bcd' }, false],
    ['a!~"b.*"', {}, true],
    ['a=~"x.y"', { a: 'x\ny' }, false],
    ['a=~"(?s)x.y"', { a: 'x\ny' }, true],
    ['constructor=""', {}, true],
  ])('%s on %j is %j', (text, labels, expected) => {
    expect(Matcher.parse(text).matches(labels)).toBe(expected);
  });
});

it('describes matchers sorted by name, value and operator, as Alertmanager does', () => {
  expect(describeMatchers(Matcher.list('b="2",a=~"2",a="1",a!="1"'))).toBe('{a="1",a!="1",a=~"2",b="2"}');
});

describe('covers', () => {
  it.each<[Matchers, Matchers, boolean]>([
    [{}, { a: 'b' }, true],
    ['a=~".*"', {}, true],
    [{ a: 'b' }, { a: 'b', c: 'd' }, true],
    ['a=~"b|c"', { a: 'b' }, true],
    ['a!="x"', { a: 'b' }, true],
    [{ a: 'b', c: 'd' }, { a: 'b' }, false],
    [{ a: 'b' }, 'a=~"b|c"', false],
    ['a=~"b.*"', 'a=~"b.*", c="d"', true],
  ])('%j covers %j: %j', (wide, narrow, expected) => {
    expect(covers(Matcher.list(wide), Matcher.list(narrow))).toBe(expected);
  });
});

describe('contradicts', () => {
  it.each<[Matchers, Matchers, boolean]>([
    [{ a: 'b' }, { a: 'c' }, true],
    [{ a: 'b' }, 'a!~"b.*"', true],
    [{ a: 'b' }, { c: 'd' }, false],
    ['a=~"b.*"', 'a=~"c.*"', false],
  ])('%j and %j: %j', (one, other, expected) => {
    expect(contradicts(Matcher.list(one), Matcher.list(other))).toBe(expected);
  });
});

describe('for any matchers and labels', () => {
  const name = fc.constantFrom('a', 'b');
  const value = fc.constantFrom('', 'x', 'y', 'x"y', '\\', 'x\ny');
  const pattern = fc.constantFrom('', 'x', 'x|y', '.*', '.+', 'x.*', '[^x]+');
  const matcher = fc.oneof(
    fc.tuple(name, value).map(([label, text]) => Matcher.equal(label, text)),
    fc.tuple(name, value).map(([label, text]) => Matcher.notEqual(label, text)),
    fc.tuple(name, pattern).map(([label, text]) => Matcher.regex(label, text)),
    fc.tuple(name, pattern).map(([label, text]) => Matcher.notRegex(label, text)),
  );
  const matchers = fc.array(matcher, { maxLength: 3 });
  const labels = fc.dictionary(name, value);
  const oneLine = labels.filter((given) => !Object.values(given).some((text) => text.includes('\n')));
  const all = (list: readonly Matcher[], given: Record<string, string>) => list.every((each) => each.matches(given));

  it('what is covered never matches alone', () => {
    fc.assert(
      fc.property(matchers, matchers, oneLine, (wide, narrow, given) => {
        expect(covers(wide, narrow) && all(narrow, given) && !all(wide, given)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('what contradicts never matches together', () => {
    fc.assert(
      fc.property(matchers, matchers, labels, (one, other, given) => {
        expect(contradicts(one, other) && all(one, given) && all(other, given)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('a matcher is read as it was written', () => {
    fc.assert(
      fc.property(matcher, (given) => {
        expect(Matcher.parse(String(given))).toEqual(given);
      }),
    );
  });
});
