import { parseFleet } from '../gpu/simulated/fleet.js';
import { SOURCE_NAMES } from '../kubernetes/source.js';
import type { OptionName } from './options.js';
import { reason } from './settings-error.js';
import type { Values } from './values.js';

/** An option that is of use only where another has one of some values. */
interface Need {
  readonly option: OptionName;
  readonly needs: OptionName;
  readonly of: readonly string[];
}

const NEEDS: readonly Need[] = [
  { option: 'gpus', needs: 'backend', of: ['simulated'] },
  { option: 'replay', needs: 'backend', of: ['replay'] },
  { option: 'nvml.library', needs: 'backend', of: ['auto', 'nvidia'] },
  { option: 'record', needs: 'backend', of: ['auto', 'nvidia'] },
];

/** Checks what values mean for each other. @returns problems, one line each */
export function checkRelations(values: Values): readonly string[] {
  const problems: string[] = [];
  const place = (name: OptionName) => values.place(name) ?? `--${name}`;
  for (const { option, needs, of } of NEEDS) {
    const value = String(values.one(needs));
    if (values.place(option) !== undefined && !of.includes(value)) {
      problems.push(`${place(option)}: needs --${needs} ${of.join(' or ')}, and it is ${value}`);
    }
  }
  if (values.one('backend') === 'replay' && values.maybe('replay') === undefined) {
    problems.push(`${place('backend')}: replay needs --replay with the path of a recording`);
  }
  if (values.one('backend') === 'simulated') {
    problems.push(...unknownModels(values).map((message) => `${place('gpus')}: ${message}`));
  }
  if (values.one('collect.staleness') < values.one('collect.interval')) {
    problems.push(
      `${place('collect.staleness')}: ${values.one('collect.staleness')}s is shorter than the interval of ` +
        `${values.one('collect.interval')}s (${place('collect.interval')}), so no value would ever be shown; allowed: the interval or more`,
    );
  }
  const sources = SOURCE_NAMES.map((name) => `kubernetes.${name}` as const);
  const on = sources.filter((name) => values.one(name) === 'on');
  if (values.one('kubernetes.enabled') === 'off') {
    problems.push(
      ...on.map((name) => `${place(name)}: on has no effect, as ${place('kubernetes.enabled')} turns all sources off`),
    );
  } else if (on.includes('kubernetes.api-server') && values.maybe('kubernetes.node-name') === undefined) {
    problems.push(
      `${place('kubernetes.api-server')}: on needs the name of the node, by --kubernetes.node-name or NODE_NAME`,
    );
  }
  return problems;
}

/** What the simulation does not know of `--gpus`. */
function unknownModels(values: Values): readonly string[] {
  try {
    parseFleet(values.one('gpus'), 0);
    return [];
  } catch (error) {
    return [reason(error)];
  }
}
