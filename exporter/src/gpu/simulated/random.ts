/** Numbers that look random and depend on nothing but their keys, so that two processes see the same simulation. */

/** A whole number of 32 bits. */
export function hash(...keys: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const key of keys) {
    state = Math.imul(state ^ (key | 0), 0x85ebca6b);
    state ^= state >>> 13;
    state = Math.imul(state, 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return state >>> 0;
}

/** From 0 up to 1. */
export function fraction(...keys: readonly number[]): number {
  return hash(...keys) / 0x1_0000_0000;
}

/** Hexadecimal digits in lower case. */
export function hexDigits(count: number, ...keys: readonly number[]): string {
  let digits = '';
  for (let part = 0; digits.length < count; part += 1)
    digits += hash(...keys, part)
      .toString(16)
      .padStart(8, '0');
  return digits.slice(0, count);
}

/** A UUID of version 4. */
export function uuid(...keys: readonly number[]): string {
  const digits = hexDigits(32, ...keys);
  const groups = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `a${digits.slice(17, 20)}`];
  return `${groups.join('-')}-${digits.slice(20)}`;
}
