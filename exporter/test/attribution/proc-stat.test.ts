import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProcStat } from '../../src/attribution/proc-stat.js';

const behind = (startTicks: number): string =>
  `S ${Array.from({ length: 49 }, (_, at) => (at === 18 ? startTicks : at)).join(' ')}\n`;

describe('parseProcStat', () => {
  it.each(['python3', 'a b', ') S 1 1 (', '(((', 'x\ny', ') 9 9 9 9 9 9 9 9', '', 'ä€', '\u{1f4a9}'])(
    'reads the start time behind the name %j',
    (name) => {
      expect(parseProcStat(`4711 (${name}) ${behind(987654)}`)).toEqual({ name, startTicks: 987654 });
    },
  );

  it('reads any name back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), fc.nat(), (name, ticks) => {
        expect(parseProcStat(`1 (${name}) ${behind(ticks)}`)).toEqual({ name, startTicks: ticks });
      }),
    );
  });

  it.each(['', '1 (x', 'x) (', '1 (x) S 1 2', '1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 abc 20'])(
    'knows nothing from %j',
    (text) => {
      expect(parseProcStat(text)).toBeUndefined();
    },
  );
});
