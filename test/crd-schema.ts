import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fields, isObject, type Schema, schemaProblems } from './structural-schema';

const FOLDER = join(__dirname, 'crds');

const GROUPS = new Map(
  readdirSync(FOLDER)
    .filter((file) => file !== 'digests.json')
    .map((file) => [
      file.replace(/\.json$/, ''),
      JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Readonly<Record<string, Schema>>,
    ]),
);

/** Groups that Kubernetes serves itself; their objects have no custom resource definition. */
const BUILT_IN = new Set([
  'admissionregistration.k8s.io',
  'apps',
  'autoscaling',
  'batch',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

/** What ObjectMeta has for those who write objects. The API server checks it apart from the schema. */
const METADATA: Schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: {
      type: 'string',
      maxLength: 253,
      pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
    },
    namespace: { type: 'string', maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
    labels: {
      type: 'object',
      additionalProperties: { type: 'string', maxLength: 63, pattern: '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$' },
    },
    annotations: { type: 'object', additionalProperties: { type: 'string' } },
    finalizers: { type: 'array', items: { type: 'string' } },
  },
};

/**
 * What the API server, asked to be strict about unknown fields, would say about a custom resource. The schema is the
 * one of `test/crds`, so a resource of an unknown group, version or kind is a problem too.
 */
export function crdProblems(object: unknown): readonly string[] {
  const { apiVersion, kind } = isObject(object) ? object : {};
  const [group = '', version] = String(apiVersion).split('/');
  const schemas = GROUPS.get(group);
  const schema = schemas?.[`${version}/${kind}`];
  if (schema === undefined) {
    const known = schemas === undefined ? [...GROUPS.keys()] : Object.keys(schemas).map((place) => `${group}/${place}`);
    return [`object: no schema for ${apiVersion} ${kind}; test/crds has: ${known.join(', ')}`];
  }
  return schemaProblems(
    {
      ...schema,
      properties: { ...schema.properties, metadata: METADATA },
      required: ['metadata', ...(schema.required ?? [])],
    },
    object,
  );
}

/**
 * Expects that every custom resource among the objects is valid. Objects that Kubernetes defines itself are passed over.
 *
 * @param passedOver groups of custom resources that no schema is here for; any other unknown group fails.
 * @returns how many custom resources were checked, so that a test can expect some.
 */
export function expectValidCustomResources(objects: Iterable<unknown>, passedOver: readonly string[] = []): number {
  const resources = [...objects]
    .filter((object) => isCustomResource(object))
    .filter(({ apiVersion }) => !passedOver.includes(groupOf(apiVersion)));
  const problems = resources.flatMap((object) =>
    crdProblems(object).map((problem) => `${object.kind} ${(object.metadata as Fields | undefined)?.name}: ${problem}`),
  );
  if (problems.length > 0) {
    throw new Error(problems.join('\n'));
  }
  return resources.length;
}

function isCustomResource(object: unknown): object is Fields {
  if (!isObject(object) || typeof object.apiVersion !== 'string') {
    throw new Error(`${JSON.stringify(object)} is no Kubernetes object: it has no apiVersion.`);
  }
  const group = groupOf(object.apiVersion);
  return group !== '' && !BUILT_IN.has(group);
}

/** The group of an `apiVersion`; none for the core group. */
function groupOf(apiVersion: unknown): string {
  return String(apiVersion).split('/').slice(0, -1).join('/');
}
