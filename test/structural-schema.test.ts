import { expect, it } from 'vitest';
import { type Schema, schemaProblems } from './structural-schema';

const ports: Schema = {
  type: 'array',
  items: { type: 'object', properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } } },
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['port', 'protocol'],
};
const set: Schema = { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' };
const port: Schema = { 'x-kubernetes-int-or-string': true, pattern: '^[a-z]+$' };
const credentials: Schema = {
  type: 'object',
  required: ['key', 'name'],
  properties: { key: { type: 'string' }, name: { type: 'string', default: '' } },
};

it.each<[string, Schema, unknown]>([
  ['an integer as a number', { type: 'number' }, 1],
  ['a number or text that is a number, whatever the pattern', port, 80],
  ['a number or text that is a text', port, 'http'],
  ['the smallest int32', { type: 'integer', format: 'int32' }, -(2 ** 31)],
  ['the largest int32', { type: 'integer', format: 'int32' }, 2 ** 31 - 1],
  ['a text that the pattern finds a part of', { type: 'string', pattern: 'b' }, 'abc'],
  ['a pattern of RE2', { type: 'string', pattern: '^(?i)(abort|warn)?$' }, 'Warn'],
  ['code points, not code units', { type: 'string', maxLength: 1 }, '😀'],
  ['a date with an offset', { type: 'string', format: 'date-time' }, '2026-01-02T03:04:05.6+01:00'],
  ['any entry of a map', { type: 'object', additionalProperties: { type: 'string' } }, { a: 'b', c: 'd' }],
  ['any field where unknown ones are preserved', { 'x-kubernetes-preserve-unknown-fields': true }, { a: { b: 1 } }],
  ['a missing field with a default', credentials, { key: 'a' }],
  ['a field that JSON leaves out', { type: 'object', properties: {} }, { a: undefined }],
  ['the same port of two protocols', ports, [{ port: 53 }, { port: 53, protocol: 'UDP' }]],
  ['items that are the same in a list that is no set', { type: 'array', items: { type: 'string' } }, ['a', 'a']],
])('allows %s', (_, schema, value) => {
  expect(schemaProblems(schema, value)).toEqual([]);
});

it.each<[string, Schema, unknown, string]>([
  ['another type', { type: 'string' }, 1, 'object: 1 is of type integer; allowed: string'],
  ['a text for a flag', { type: 'boolean' }, 'true', 'object: "true" is of type string; allowed: boolean'],
  ['a fraction for an integer', { type: 'integer' }, 1.5, 'object: 1.5 is of type number; allowed: integer'],
  ['null', { type: 'object' }, null, 'object: null is of type null; allowed: object'],
  ['a list for an object', { type: 'object' }, [], 'object: [] is of type array; allowed: object'],
  ['an object for a list', { type: 'array' }, {}, 'object: {} is of type object; allowed: array'],
  ['a flag for a number or text', port, true, 'object: true is of type boolean; allowed: integer or string'],
  ['a number or text against its pattern', port, '80', 'object: "80" does not match ^[a-z]+$'],
  ['what the enum lacks', { type: 'string', enum: ['a', 'b'] }, 'c', 'object: "c" is not in the enum; allowed: a, b'],
  ['a text against its pattern', { type: 'string', pattern: '^a$' }, 'ab', 'object: "ab" does not match ^a$'],
  ['a short text', { type: 'string', minLength: 1 }, '', 'object: 0 characters; allowed: 1 to any number'],
  ['a long text', { type: 'string', maxLength: 1 }, 'ab', 'object: 2 characters; allowed: 0 to 1'],
  ['few items', { type: 'array', minItems: 1 }, [], 'object: 0 items; allowed: 1 to any number'],
  ['many items', { type: 'array', maxItems: 1 }, [1, 2], 'object: 2 items; allowed: 0 to 1'],
  ['a small number', { type: 'integer', minimum: 0 }, -1, 'object: -1 is out of range; allowed: 0 to Infinity'],
  ['a large number', { type: 'number', maximum: 1 }, 1.5, 'object: 1.5 is out of range; allowed: -Infinity to 1'],
  ['more than int32', { type: 'integer', format: 'int32' }, 2 ** 31, 'object: 2147483648 is no int32'],
  ['less than int32', { type: 'integer', format: 'int32' }, -(2 ** 31) - 1, 'object: -2147483649 is no int32'],
  ['more than int64', { type: 'integer', format: 'int64' }, 2 ** 63, 'object: 9223372036854776000 is no int64'],
  ['no date', { type: 'string', format: 'date-time' }, '2026', 'object: "2026" is no date-time of RFC 3339'],
  ['a missing field', credentials, { name: 'a' }, 'object: key is missing'],
  ['an unknown field', { type: 'object', properties: { a: {} } }, { b: 1 }, 'b: unknown field; allowed: a'],
  ['a field where there are none', { type: 'object' }, { b: 1 }, 'b: unknown field; allowed: nothing'],
  [
    'a wrong entry of a map',
    { type: 'object', additionalProperties: { type: 'string' } },
    { a: 1 },
    'a: 1 is of type integer; allowed: string',
  ],
  [
    'a wrong item of a list in an object',
    { type: 'object', properties: { a: { type: 'array', items: { type: 'string' } } } },
    { a: ['b', 1] },
    'a[1]: 1 is of type integer; allowed: string',
  ],
  ['a set with the same item twice', set, ['a', 'b', 'a'], '[2]: "a" is there twice'],
  [
    'a list with the same key twice, once by default',
    ports,
    [{ port: 53 }, { port: 53, protocol: 'TCP' }],
    '[1]: [53,"TCP"] is there twice, by port, protocol',
  ],
  [
    'a broken rule',
    { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 1', message: 'too small' }] },
    1,
    'object: too small',
  ],
])('refuses %s', (_, schema, value, problem) => {
  expect(schemaProblems(schema, value)).toEqual([problem]);
});

it('reports all problems at once', () => {
  expect(schemaProblems(credentials, { user: 'a' })).toEqual([
    'object: key is missing',
    'user: unknown field; allowed: key, name',
  ]);
});
