import { createHash } from 'node:crypto';
import { RE2JS } from 're2js';

/** Labels of a target or series, by name. */
export type LabelSet = Readonly<Record<string, string>>;

/** One entry of `relabel_configs`, as Prometheus' configuration spells it. */
export interface RelabelStep {
  readonly source_labels?: readonly string[];
  readonly separator?: string;
  readonly target_label?: string;
  readonly regex?: string;
  readonly modulus?: number;
  readonly replacement?: string;
  readonly action?: string;
}

/** The part of a `scrape_config` that decides about labels: of ours, or of one that prometheus-operator has made. */
export interface LabellingConfig {
  readonly job_name: string;
  readonly scheme?: string;
  readonly metrics_path?: string;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly honor_labels?: boolean;
  readonly relabel_configs?: readonly RelabelStep[];
  readonly metric_relabel_configs?: readonly RelabelStep[];
}

/**
 * Applies relabelings as Prometheus does.
 *
 * @returns the labels afterwards, none of them empty, or undefined for what was dropped
 * @see https://github.com/prometheus/prometheus/blob/main/model/relabel/relabel.go
 */
export function relabel(labels: LabelSet, steps: readonly RelabelStep[] = []): LabelSet | undefined {
  const current = new Map(Object.entries(labels));
  for (const step of steps) {
    if (!apply(current, step)) {
      return undefined;
    }
  }
  return withoutEmpty(current);
}

/** What a step does with the labels; whether they are kept. */
function apply(labels: Map<string, string>, step: RelabelStep): boolean {
  const { source_labels = [], separator = ';', target_label = '', regex = '(.*)', replacement = '$1' } = step;
  const value = source_labels.map((name) => labels.get(name) ?? '').join(separator);
  const action = (step.action ?? 'replace').toLowerCase();
  switch (action) {
    case 'keep':
      return match(regex, value) !== undefined;
    case 'drop':
      return match(regex, value) === undefined;
    case 'keepequal':
      return (labels.get(target_label) ?? '') === value;
    case 'dropequal':
      return (labels.get(target_label) ?? '') !== value;
    case 'replace': {
      const groups = match(regex, value);
      if (groups !== undefined) {
        set(labels, expand(target_label, groups), expand(replacement, groups));
      }
      return true;
    }
    case 'hashmod': {
      // The last eight of the sixteen bytes, as Prometheus takes them.
      const hash = createHash('md5').update(value).digest().readBigUInt64BE(8);
      set(labels, target_label, String(hash % BigInt(step.modulus ?? 1)));
      return true;
    }
    case 'lowercase':
      set(labels, target_label, value.toLowerCase());
      return true;
    case 'uppercase':
      set(labels, target_label, value.toUpperCase());
      return true;
    case 'labelmap':
      for (const [name, each] of [...labels]) {
        const groups = match(regex, name);
        if (groups !== undefined) {
          set(labels, expand(replacement, groups), each);
        }
      }
      return true;
    case 'labeldrop':
    case 'labelkeep':
      for (const name of [...labels.keys()]) {
        if ((match(regex, name) !== undefined) === (action === 'labeldrop')) {
          labels.delete(name);
        }
      }
      return true;
    default:
      throw new Error(`the evaluator does not know the action ${action}`);
  }
}

function set(labels: Map<string, string>, name: string, value: string): void {
  if (value === '') {
    labels.delete(name);
  } else if (/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
    labels.set(name, value);
  }
}

/** What an expression, anchored at both ends, captures by number and by name. */
function match(regex: string, text: string): ReadonlyMap<string, string> | undefined {
  const compiled = RE2JS.compile(`^(?s:${regex})$`);
  const matcher = compiled.matcher(text);
  if (!matcher.matches()) {
    return undefined;
  }
  const groups = new Map<string, string>();
  for (let index = 0; index <= matcher.groupCount(); index++) {
    groups.set(String(index), matcher.group(index) ?? '');
  }
  for (const [name, index] of Object.entries(compiled.namedGroups())) {
    groups.set(name, matcher.group(index) ?? '');
  }
  return groups;
}

/** As Go expands templates: the longest name counts, and one that does not exist is empty. */
function expand(template: string, groups: ReadonlyMap<string, string>): string {
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (all, braced?: string, bare?: string) =>
    all === '$$' ? '$' : (groups.get(braced ?? bare ?? '') ?? ''),
  );
}

/**
 * The labels of a target after discovery, as its series bear them.
 *
 * @returns undefined for a target that is dropped
 */
export function targetLabels(config: LabellingConfig, discovered: LabelSet): LabelSet | undefined {
  const params = Object.entries(config.params ?? {}).map(([name, [value = '']]) => [`__param_${name}`, value]);
  const labels = relabel(
    {
      job: config.job_name,
      __scheme__: config.scheme ?? 'http',
      __metrics_path__: config.metrics_path ?? '/metrics',
      ...Object.fromEntries(params),
      ...discovered,
    },
    config.relabel_configs,
  );
  const address = labels?.__address__;
  if (labels === undefined || address === undefined) {
    return undefined;
  }
  const visible = Object.entries({ instance: address, ...labels }).filter(([name]) => !name.startsWith('__'));
  return Object.fromEntries(visible);
}

/**
 * The series that are stored of one scrape.
 *
 * @param discovered labels of the target from discovery, with `__address__`
 * @param exposition what the target answers, in the text format
 * @param honorLabels whether labels of the answer win; where it is left out, what the configuration says
 * @returns labels with `__name__`, in the order of the answer; nothing for a target that is dropped
 */
export function scrapedSeries(
  config: LabellingConfig,
  discovered: LabelSet,
  exposition: string,
  honorLabels = config.honor_labels ?? false,
): readonly LabelSet[] {
  const target = targetLabels(config, discovered);
  if (target === undefined) {
    return [];
  }
  return parseExposition(exposition).flatMap((series) => {
    const joined = honorLabels ? honored(series, target) : overruled(series, target);
    const stored = relabel(joined, config.metric_relabel_configs);
    return stored === undefined ? [] : [stored];
  });
}

/** A label of the answer keeps that of the target away even if it is empty. */
function honored(series: LabelSet, target: LabelSet): LabelSet {
  return { ...target, ...series };
}

function overruled(series: LabelSet, target: LabelSet): LabelSet {
  const labels = new Map(Object.entries(series));
  for (const [name, value] of Object.entries(target)) {
    const own = labels.get(name) ?? '';
    labels.set(name, value);
    let other = `exported_${name}`;
    while (own !== '' && (series[other] !== undefined || target[other] !== undefined)) {
      other = `exported_${other}`;
    }
    if (own !== '') {
      labels.set(other, own);
    }
  }
  return withoutEmpty(labels);
}

function withoutEmpty(labels: Iterable<[string, string]>): LabelSet {
  return Object.fromEntries([...labels].filter(([, value]) => value !== ''));
}

/** Reads the series of Prometheus' text format; values and comments are left out. */
function parseExposition(text: string): readonly LabelSet[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, inner = ''] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+\S+(?:\s+\d+)?$/.exec(line) ?? [];
      if (name === undefined) {
        throw new Error(`no line of an exposition: ${line}`);
      }
      const pairs = [...inner.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)];
      return {
        __name__: name,
        ...Object.fromEntries(pairs.map(([, key = '', value = '']) => [key, unescaped(value)])),
      };
    });
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_all, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}
