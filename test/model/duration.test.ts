import { describe, expect, it } from 'vitest';
import { checkDuration, formatDuration, parseDuration } from '../../lib/model/duration';

describe('parseDuration', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['15ms', 15],
    ['30s', 30_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['1y2w3d4h5m6s7ms', 33_019_506_007],
    ['90m', 5_400_000],
  ])('reads %j as %d milliseconds', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '5', '5 m', '5 minutes', '30m1h', '1.5h', '-5m', '5M', '1h1h', '300y', 'm'])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0s'],
    [1500, '1s500ms'],
    [5_400_000, '1h30m'],
    [90 * 86_400_000, '90d'],
    [14 * 86_400_000, '2w'],
    [365 * 86_400_000, '1y'],
    [-60_000, '-1m'],
  ])('writes %d milliseconds as %j', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

describe('checkDuration', () => {
  it('names the value and what is allowed', () => {
    expect(checkDuration('30s')).toBeUndefined();
    expect(checkDuration('5 minutes')).toBe(
      '"5 minutes" is not a duration. Allowed: a number and a unit of ms, s, m, h, d, w, y, largest first, ' +
        'such as 30s or 1h30m',
    );
    expect(checkDuration('300y')).toBe('"300y" is too long for a duration. Allowed: up to 292y');
  });
});
