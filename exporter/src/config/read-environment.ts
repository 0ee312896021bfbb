import { type Given, listOf, type Reading } from './given.js';
import { didYouMean } from './nearest.js';
import { OPTION_NAMES, type OptionName, optionOf, PREFIX, variableOf } from './options.js';
import { quoted } from './settings-error.js';
import { BOOLEAN } from './value-types.js';

/** Environment variables, as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Variables that Kubernetes sets for a Service whose name begins with `gpu-exporter`, in every pod of its namespace.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const OF_A_SERVICE =
  /^GPU_EXPORTER_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

const VARIABLES: ReadonlyMap<string, OptionName> = new Map(
  OPTION_NAMES.flatMap((name) => {
    const { variables = [], shorthands = {} } = optionOf(name);
    return [variableOf(name), ...Object.keys(shorthands).map(variableOf), ...variables].map(
      (variable) => [variable, name] as const,
    );
  }),
);

/** Reads the variables of all options; an empty one is as good as none. */
export function readEnvironment(env: Environment): Reading {
  const given: Given[] = [];
  const problems: string[] = [];
  for (const [place, name] of VARIABLES) {
    const text = env[place]?.trim() ?? '';
    if (text !== '') {
      const { many, shorthands = {} } = optionOf(name);
      const meaning = Object.entries(shorthands).find(([flag]) => variableOf(flag) === place)?.[1];
      const value = meaning === undefined ? undefined : BOOLEAN.parse(text);
      if (meaning !== undefined && value === undefined) {
        problems.push(`${place}: ${quoted(text)} is not allowed; allowed: ${BOOLEAN.allowed}`);
      } else if (meaning !== undefined) {
        given.push({ name, place, texts: [meaning[`${value === true}`]] });
      } else {
        given.push({ name, place, texts: many ? listOf(text) : [text] });
      }
    }
  }
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith(PREFIX) && !VARIABLES.has(name) && !OF_A_SERVICE.test(name),
  );
  problems.push(
    ...unknown.map((name) => `${name.slice(0, 100)}: unknown variable${didYouMean(name, VARIABLES.keys())}`),
  );
  return { given, problems };
}
