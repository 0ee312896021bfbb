import { RE2JS } from 're2js';
import { type CelRule, celProblems } from './crd-cel';

/** The part of a structural schema that `npm run import` keeps. */
export interface Schema {
  readonly type?: 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string';
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: unknown;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-validations'?: readonly CelRule[];
}

/** An object as JSON has it. */
export type Fields = Readonly<Record<string, unknown>>;

type Report = (path: string, message: string) => void;

/** What a structural schema, strict about unknown fields, says about a value: each with the path that it is at. */
export function schemaProblems(schema: Schema, value: unknown): readonly string[] {
  const problems: string[] = [];
  check(schema, value, '', (path, message) =>
    problems.push(`${path === '' ? 'object' : path.replace(/^\./, '')}: ${message}`),
  );
  return problems;
}

/** Whether a value is a JSON object: no list and not null. */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function check(schema: Schema, value: unknown, path: string, report: Report): void {
  const type = typeOf(value);
  const allowed = schema['x-kubernetes-int-or-string'] ? ['integer', 'string'] : schema.type && [schema.type];
  if (allowed !== undefined && !allowed.includes(type) && !(type === 'integer' && allowed.includes('number'))) {
    report(path, `${JSON.stringify(value)} is of type ${type}; allowed: ${allowed.join(' or ')}`);
    return;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    report(path, `${JSON.stringify(value)} is not in the enum; allowed: ${schema.enum.join(', ')}`);
  }
  if (typeof value === 'string') {
    checkString(schema, value, path, report);
  } else if (typeof value === 'number') {
    checkNumber(schema, value, path, report);
  } else if (Array.isArray(value)) {
    checkArray(schema, value, path, report);
  } else if (isObject(value)) {
    checkObject(schema, value, path, report);
  }
  for (const message of celProblems(schema['x-kubernetes-validations'] ?? [], value)) {
    report(path, message);
  }
}

function typeOf(value: unknown): string {
  if (value === null) {
    return 'null';
  }
  if (Array.isArray(value)) {
    return 'array';
  }
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function checkString(schema: Schema, value: string, path: string, report: Report): void {
  if (schema.pattern !== undefined && !RE2JS.compile(schema.pattern).matcher(value).find()) {
    report(path, `"${value}" does not match ${schema.pattern}`);
  }
  // The API server counts code points.
  const length = [...value].length;
  checkSize(length, 'characters', schema.minLength, schema.maxLength, path, report);
  if (schema.format === 'date-time' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) {
    report(path, `"${value}" is no date-time of RFC 3339`);
  }
}

function checkNumber(schema: Schema, value: number, path: string, report: Report): void {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
  if (value < minimum || value > maximum) {
    report(path, `${value} is out of range; allowed: ${minimum} to ${maximum}`);
  }
  const bits = schema.format === 'int32' ? 31 : 63;
  if (schema.format?.startsWith('int') && (value < -(2 ** bits) || value >= 2 ** bits)) {
    report(path, `${value} is no ${schema.format}`);
  }
}

function checkArray(schema: Schema, values: readonly unknown[], path: string, report: Report): void {
  checkSize(values.length, 'items', schema.minItems, schema.maxItems, path, report);
  for (const [index, value] of values.entries()) {
    check(schema.items ?? {}, value, `${path}[${index}]`, report);
  }
  const listType = schema['x-kubernetes-list-type'];
  if (listType === 'set' || listType === 'map') {
    checkDuplicates(schema, values, path, report);
  }
}

function checkDuplicates(schema: Schema, values: readonly unknown[], path: string, report: Report): void {
  const keys = schema['x-kubernetes-list-map-keys'];
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    // A key that is left out counts with its default.
    const key = isObject(value) && keys?.map((name) => value[name] ?? schema.items?.properties?.[name]?.default);
    const identity = JSON.stringify(key || value);
    if (seen.has(identity)) {
      report(`${path}[${index}]`, `${identity} is there twice${keys === undefined ? '' : `, by ${keys.join(', ')}`}`);
    }
    seen.add(identity);
  }
}

function checkObject(schema: Schema, value: Fields, path: string, report: Report): void {
  const { properties = {}, additionalProperties, required = [] } = schema;
  for (const name of required) {
    // Defaults are filled in before the object is validated.
    if (value[name] === undefined && properties[name]?.default === undefined) {
      report(path, `${name} is missing`);
    }
  }
  for (const [name, field] of Object.entries(value)) {
    const property = properties[name];
    if (field === undefined) {
      continue; // JSON leaves it out.
    }
    if (property !== undefined) {
      check(property, field, `${path}.${name}`, report);
    } else if (additionalProperties !== undefined) {
      check(additionalProperties, field, `${path}.${name}`, report);
    } else if (!schema['x-kubernetes-preserve-unknown-fields']) {
      const known = Object.keys(properties).join(', ') || 'nothing';
      report(`${path}.${name}`, `unknown field; allowed: ${known}`);
    }
  }
}

function checkSize(
  size: number,
  unit: string,
  min: number | undefined,
  max: number | undefined,
  path: string,
  report: Report,
): void {
  if (size < (min ?? 0) || size > (max ?? Number.POSITIVE_INFINITY)) {
    report(path, `${size} ${unit}; allowed: ${min ?? 0} to ${max ?? 'any number'}`);
  }
}
