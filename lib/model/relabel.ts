import { labelNameProblem } from './label';
import type { Problems } from './problem';
import { checkRegex } from './regex';

/** What a relabeling does; Prometheus' own words. */
export type RelabelAction =
  | 'replace'
  | 'keep'
  | 'drop'
  | 'keepequal'
  | 'dropequal'
  | 'hashmod'
  | 'labelmap'
  | 'labeldrop'
  | 'labelkeep'
  | 'lowercase'
  | 'uppercase';

/**
 * One step that rewrites labels or drops targets or series.
 *
 * @see https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
 */
export interface RelabelConfig {
  /** Labels whose values are joined by the separator and matched. @default - none */
  readonly sourceLabels?: readonly string[];
  /** @default ; */
  readonly separator?: string;
  /** Label that receives the result. @default - none; needed by replace, hashmod, lowercase, uppercase, keepequal, dropequal */
  readonly targetLabel?: string;
  /** RE2 expression, anchored at both ends. @default (.*) */
  readonly regex?: string;
  /** Divisor of hashmod. @default - none */
  readonly modulus?: number;
  /** Text with `$1`, `${1}` or `${name}` for what the regex captured. @default $1 */
  readonly replacement?: string;
  /** @default replace */
  readonly action?: RelabelAction;
}

/** Makes the usual relabelings in one line each. */
export const Relabel = {
  /** Keeps only what matches the whole regex. */
  keep: (sourceLabels: string | readonly string[], regex: string): RelabelConfig => ({
    sourceLabels: list(sourceLabels),
    regex,
    action: 'keep',
  }),
  /** Drops what matches the whole regex. */
  drop: (sourceLabels: string | readonly string[], regex: string): RelabelConfig => ({
    sourceLabels: list(sourceLabels),
    regex,
    action: 'drop',
  }),
  /** Copies a label's value to another label; an absent source leaves the target absent. */
  copy: (from: string, to: string): RelabelConfig => ({ sourceLabels: [from], targetLabel: to, action: 'replace' }),
  /** Sets a label to a fixed value. */
  set: (targetLabel: string, value: string): RelabelConfig => ({ targetLabel, replacement: value, action: 'replace' }),
  /** Sets a label to what the regex captured of the source labels. */
  replace: (
    sourceLabels: string | readonly string[],
    regex: string,
    targetLabel: string,
    replacement: string,
  ): RelabelConfig => ({ sourceLabels: list(sourceLabels), regex, targetLabel, replacement, action: 'replace' }),
  /** Copies every label whose name matches, under the captured part of its name. */
  labelMap: (regex: string, replacement?: string): RelabelConfig => ({
    regex,
    ...(replacement === undefined ? {} : { replacement }),
    action: 'labelmap',
  }),
  /** Removes every label whose name matches. */
  labelDrop: (regex: string): RelabelConfig => ({ regex, action: 'labeldrop' }),
  /** Removes every label whose name does not match. */
  labelKeep: (regex: string): RelabelConfig => ({ regex, action: 'labelkeep' }),
} as const;

function list(labels: string | readonly string[]): readonly string[] {
  return typeof labels === 'string' ? [labels] : labels;
}

/** Writes a regex that matches the text literally. */
export function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Renders one entry of `relabel_configs`; what is Prometheus' default is left out. */
export function renderRelabel(config: RelabelConfig): Record<string, unknown> {
  return {
    source_labels: config.sourceLabels,
    separator: config.separator,
    target_label: config.targetLabel,
    regex: config.regex,
    modulus: config.modulus,
    replacement: config.replacement === '$1' ? undefined : config.replacement,
    action: config.action === 'replace' ? undefined : config.action,
  };
}

const NEEDS_TARGET: readonly RelabelAction[] = [
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
];
const ONLY_REGEX: readonly RelabelAction[] = ['labeldrop', 'labelkeep'];

/** Checks a list of relabelings as Prometheus would when it loads them. */
export function checkRelabelings(configs: readonly RelabelConfig[], property: string, problems: Problems): void {
  for (const [index, config] of configs.entries()) {
    const at = `${property}[${index}]`;
    const action = config.action ?? 'replace';
    problems.addIf(`${at}.regex`, config.regex === undefined ? undefined : checkRegex(config.regex));
    if (NEEDS_TARGET.includes(action) && config.targetLabel === undefined) {
      problems.add(`${at}.targetLabel`, `It is missing; the action ${action} needs it.`);
    }
    if (action === 'hashmod' && !(Number.isInteger(config.modulus) && (config.modulus ?? 0) > 0)) {
      problems.add(`${at}.modulus`, `${config.modulus} received; hashmod needs a whole number above 0.`);
    }
    if (ONLY_REGEX.includes(action)) {
      for (const name of ['sourceLabels', 'targetLabel', 'replacement', 'modulus', 'separator'] as const) {
        if (config[name] !== undefined) {
          problems.add(`${at}.${name}`, `The action ${action} takes only regex.`);
        }
      }
    }
    for (const name of config.sourceLabels ?? []) {
      problems.addIf(`${at}.sourceLabels`, labelNameProblem(name));
    }
    const target = config.targetLabel;
    if (target !== undefined && !target.includes('$')) {
      problems.addIf(`${at}.targetLabel`, labelNameProblem(target));
    }
  }
}
