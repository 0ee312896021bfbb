/** What validates an object, and so is kept. */
const KEPT = new Set([
  'additionalProperties',
  'default',
  'enum',
  'format',
  'items',
  'maxItems',
  'maxLength',
  'maximum',
  'minItems',
  'minLength',
  'minimum',
  'pattern',
  'properties',
  'required',
  'type',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]);

/** What only explains, or tells how to merge. */
const DROPPED = new Set(['description', 'example', 'externalDocs', 'title', 'x-kubernetes-map-type']);

/** A schema without what validation does not need; a keyword that nobody has looked at yet is an error. */
export function compactSchema(schema, place) {
  const compact = {};
  for (const [keyword, value] of Object.entries(schema)) {
    // Numbers or texts always have the same anyOf.
    if (DROPPED.has(keyword) || (keyword === 'anyOf' && schema['x-kubernetes-int-or-string'])) {
      continue;
    }
    if (!KEPT.has(keyword) || (keyword === 'additionalProperties' && typeof value === 'boolean')) {
      throw new Error(
        `${place}: nothing knows ${keyword}: ${JSON.stringify(value)}. Teach test/structural-schema.ts to check it and keep it here, or drop it here.`,
      );
    }
    compact[keyword] = compactValue(keyword, value, place);
  }
  return compact;
}

function compactValue(keyword, value, place) {
  switch (keyword) {
    case 'properties':
      return Object.fromEntries(
        Object.entries(value).map(([name, property]) => [name, compactSchema(property, `${place}.${name}`)]),
      );
    case 'items':
      return compactSchema(value, `${place}[]`);
    case 'additionalProperties':
      return compactSchema(value, `${place}.*`);
    default:
      return value;
  }
}
