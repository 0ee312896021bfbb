/** One of a schema's `x-kubernetes-validations`. */
export interface CelRule {
  readonly rule: string;
  readonly message?: string;
}

/** The part of CEL that the rules of `test/crds` use. */
const PATH = 'self(?:\\.\\w+(?![\\w(]))*';
const KNOWN = new RegExp(
  `^(?:has\\(${PATH}\\)|${PATH}|\\.size\\(\\)|\\.filter\\(x, x\\)|'[^']*'|\\d+|[!&|=<>?:()[\\], ])*$`,
);

/**
 * The messages of the rules that a value breaks.
 *
 * @throws an error where a rule uses more of CEL than this reads; only the API server could tell then.
 * @see https://kubernetes.io/docs/reference/using-api/cel/
 */
export function celProblems(rules: readonly CelRule[], self: unknown): readonly string[] {
  return rules
    .filter(({ rule }) => !holds(rule, self))
    .map(({ rule, message }) => message ?? `breaks the rule ${rule}`);
}

function holds(rule: string, self: unknown): boolean {
  if (!KNOWN.test(rule)) {
    throw new Error(`test/crd-cel.ts does not read the CEL of "${rule}". Teach it the functions that it lacks.`);
  }
  const script = rule
    .replaceAll('.size()', '.length')
    .replaceAll('.filter(x, x)', '.filter((x) => x)')
    .replaceAll(/ ([!=])= /g, ' $1== ')
    .replaceAll(/\bself(?:\.\w+)+/g, (path) => path.replaceAll('.', '?.'))
    .replaceAll(/\bhas\(([^)]+)\)/g, '($1 !== undefined)');
  return new Function('self', `return ${script}`)(self) === true;
}
