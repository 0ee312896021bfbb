import { expect, it } from 'vitest';
import { goDuration } from '../../../lib/model/alerting/go-duration';

it.each([
  ['5d', '120h'],
  ['1h30m', '1h30m'],
  ['90s', '1m30s'],
  ['200ms', '200ms'],
  ['1w', '168h'],
  ['0', '0s'],
  ['nonsense', 'nonsense'],
])('writes %s as %s', (duration, expected) => {
  expect(goDuration(duration)).toBe(expected);
});
