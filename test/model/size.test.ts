import { describe, expect, it } from 'vitest';
import { checkSize, formatSize, parseSize } from '../../lib/model/size';

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['512MB', 512 * 1024 ** 2],
    ['10GB', 10 * 1024 ** 3],
    ['10GiB', 10 * 1024 ** 3],
    ['1.5KB', 1536],
    ['.5KB', 512],
    ['1GB512MB', 1536 * 1024 ** 2],
    ['7EB', 7 * 1024 ** 6],
    ['100B', 100],
  ])('reads %j as %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '512', '512 MB', '512mb', '10kB', '10G', '10Gi', '1GB1MiB', '-1GB', '8EB', 'GB'])(
    'refuses %j',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});

describe('formatSize', () => {
  it.each([
    [40 * 1024 ** 3, '40GB'],
    [1.6 * 1024 ** 3, '1638MB'],
    [100, '100B'],
    [0, '0B'],
  ])('writes %d bytes as %j', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe('checkSize', () => {
  it('names the value and what is allowed', () => {
    expect(checkSize('1TB')).toBeUndefined();
    expect(checkSize('10Gi')).toBe(
      '"10Gi" is not a size. Allowed: a number and a unit of B, KB, MB, GB, TB, PB, EB (base 1024), ' +
        'such as 512MB or 10GB',
    );
  });
});
