import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from '../../lib/core/yaml';

describe('toYaml', () => {
  it('reads like a file that a person wrote', () => {
    const value = {
      groups: [
        {
          name: 'node-exporter',
          limit: 0,
          labels: {},
          rules: [
            { alert: 'A', expr: 'up{job="x"} == 0', for: '10m', labels: { team: "it's", on: 'yes' } },
            { record: 'a:b', expr: 'sum(\n  up\n)', args: ['a', 'b'], none: undefined },
          ],
        },
      ],
    };
    expect(toYaml(value)).toBe(`groups:
  - name: node-exporter
    limit: 0
    labels: {}
    rules:
      - alert: A
        expr: 'up{job="x"} == 0'
        for: '10m'
        labels:
          team: 'it''s'
          'on': 'yes'
      - record: 'a:b'
        expr: "sum(\\n  up\\n)"
        args:
          - a
          - b
`);
  });

  it('keeps lines of a text as lines', () => {
    expect(toYaml({ a: { text: 'one\ntwo: 2' } })).toBe('a:\n  text: |-\n    one\n    two: 2\n');
  });

  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.stringMatching(/^[ a-zA-Z0-9:#'"\\n\-?[\]{}&*!|>%@`~,.=$()/]*$/),
    fc.constantFrom(
      'yes',
      'No',
      '~',
      'null',
      '0x1f',
      '1_000',
      '1e3',
      '09:00',
      '.inf',
      '-',
      '- a',
      'a: b',
      'a #b',
      ' a',
      'a ',
      '',
      '\n',
      'a\n',
      'a\nb',
      '\ta',
      '=',
      '<<',
      '2001-01-01',
    ),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      texts,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('tree'), { maxLength: 4 }),
    map: fc.dictionary(
      texts.filter((key) => key !== '__proto__'),
      tie('tree'),
      { maxKeys: 4 },
    ),
  }));

  it.each(['1.1', '1.2'] as const)('is read back as what it was, by YAML %s', (version) => {
    fc.assert(
      fc.property(
        fc.dictionary(
          texts.filter((key) => key !== '__proto__'),
          tree,
          { minKeys: 1, maxKeys: 4 },
        ),
        (value) => {
          const plain = JSON.parse(JSON.stringify(value));
          expect(parse(toYaml(value), { version, uniqueKeys: false })).toEqual(plain);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
