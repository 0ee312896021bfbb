import { describe, expect, it } from 'vitest';
import { checkQuantity, parseQuantity } from '../../lib/model/quantity';

describe('parseQuantity', () => {
  it.each([
    ['0', 0],
    ['100m', 0.1],
    ['1.5', 1.5],
    ['400Mi', 400 * 1024 ** 2],
    ['2G', 2e9],
    ['1e3', 1000],
    ['1E3', 1000],
    ['1E', 1e18],
    ['12e-1', 1.2],
    ['+1Ki', 1024],
    ['-1', -1],
    ['.5Gi', 512 * 1024 ** 2],
    ['1.', 1],
    ['5n', 5e-9],
  ])('reads %j as %d', (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  it.each(['', 'Mi', '1 Gi', '1GB', '1K', '1ki', '1e', '1e1.5', '0x1', '1,5', '1MiB'])('refuses %j', (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});

describe('checkQuantity', () => {
  it('names the value and what is allowed', () => {
    expect(checkQuantity('400Mi')).toBeUndefined();
    expect(checkQuantity('400MB')).toBe(
      '"400MB" is not a quantity. Allowed: a number, alone or with one of m, k, M, G, T, P, E (base 1000) or ' +
        'Ki, Mi, Gi, Ti, Pi, Ei (base 1024), such as 100m, 1.5 or 400Mi',
    );
  });
});
