import type { Problems } from '../../model/problem';

/** What is written under a name that was made of the name of a job or group of rules. */
export interface NamedObject {
  readonly kind: string;
  /** Empty where no character of the source can stand in a name. */
  readonly name: string;
  /** The job, or the group of rules. */
  readonly source: string;
  /** Where it was declared. */
  readonly path: string;
  readonly property: 'job' | 'rules';
}

/** The longest name of an object. */
const LONGEST = 253;

/** Reports jobs and groups of rules whose custom resources would have no name, one that is too long, or that of another. */
export function checkNames(objects: readonly NamedObject[], problems: Problems): void {
  const owners = new Map<string, string>();
  const reported = new Set<string>();
  for (const { kind, name, source, path, property } of objects) {
    const key = `${kind} ${name}`;
    const message = nameProblem(kind, name, source, owners.get(key));
    owners.set(key, owners.get(key) ?? source);
    // One message for all objects of a source.
    if (message !== undefined && !reported.has(`${path} ${source}`)) {
      reported.add(`${path} ${source}`);
      problems.within(path).add(property, message);
    }
  }
}

function nameProblem(kind: string, name: string, source: string, owner = source): string | undefined {
  if (name === '') {
    return `"${source}" leaves nothing for the name of a ${kind}. Allowed: at least one letter a to z, or digit.`;
  }
  if (name.length > LONGEST) {
    return `"${source}" makes the name of a ${kind} ${name.length} characters long. Allowed: at most ${LONGEST}.`;
  }
  // The same name twice is reported as such.
  return owner === source
    ? undefined
    : `"${source}" and "${owner}" would both be the ${kind} ${name}. ` +
        'Allowed: names that still differ when all but letters and digits is written as -, in lower case.';
}
