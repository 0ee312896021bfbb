import { describe, expect, it } from 'vitest';
import { checkRegex, matchesRegex } from '../../lib/model/regex';

describe('checkRegex', () => {
  it.each([
    '',
    '.*',
    'a|b|c',
    'prod-.+',
    '(a|b)?c',
    'node\\.example\\.org:9100',
    '(?i)error',
    '[a-z]{2,3}',
    '(?P<name>x)\\d+',
    '(?<name>x)',
    '\\pL+',
    'a{1000}',
    '((a|b)*c)+',
    '\\Qa.b\\E',
    'x*?',
    '^foo$',
  ])('accepts %j', (pattern) => {
    expect(checkRegex(pattern)).toBeUndefined();
  });

  it.each([
    ['(', 'missing closing )'],
    ['a)(b', 'unexpected )'],
    ['[a-', 'missing closing ]'],
    ['*a', 'missing argument to repetition operator'],
    ['a**', 'invalid nested repetition operator'],
    ['a{1001}', 'invalid repeat count'],
    ['(?=ahead)', 'invalid or unsupported Perl syntax'],
    ['(?<=behind)x', 'invalid named capture'],
    ['(a)\\1', 'invalid escape sequence'],
    ['\\', 'trailing backslash'],
    ['[z-a]', 'invalid character class range'],
  ])('refuses %j and says why', (pattern, fault) => {
    const message = checkRegex(pattern);
    expect(message).toContain(`"${pattern}" is not a regular expression that Prometheus accepts`);
    expect(message).toContain(fault);
  });
});

describe('matchesRegex', () => {
  it.each([
    ['a', 'a', true],
    ['a', 'ab', false],
    ['a|b', 'b', true],
    ['a|b', 'ab', false],
    ['.*', '', true],
    ['.+', '', false],
    ['.*', 'two\nlines', true],
    ['.', '🚀', true],
    ['(?i)PROD', 'prod', true],
    ['[a-c]+?', 'abc', true],
    ['(?m)^a$', 'a\nb', false],
    ['foo\\.bar', 'fooxbar', false],
    ['(', '(', false],
  ])('%j on %j is %j', (pattern, text, expected) => {
    expect(matchesRegex(pattern, text)).toBe(expected);
  });
});
