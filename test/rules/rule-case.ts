import type { Labels } from '../../lib/model/label';

/** Samples at one-minute steps, in promtool's notation, or a constant. */
export type Samples = string | number;

/** A series that exists in a case. */
export type Series = readonly [name: string, samples: Samples];

/** Series, and the time at which to look. */
export interface Situation {
  readonly series: readonly Series[];
  /** @default 150m */
  readonly at?: string;
}

/** For one alert, a situation in which it fires and one close to it in which it must not. */
export interface RuleCase {
  readonly alert: string;
  readonly fires: Situation & {
    /** Labels of the alert besides `alertname` and `severity`, complete. */
    readonly labels: Labels;
    /** The rendered description. */
    readonly says: string;
  };
  readonly quiet: Situation | 'always fires';
}

/** Minutes for which the samples of a case last. */
const LENGTH = 400;

/** The name of a series with its labels. */
export function series(metric: string, ...labels: readonly Labels[]): string {
  const pairs = Object.entries<string>(Object.assign({}, ...labels));
  return `${metric}{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** A counter or gauge that changes by `step` each minute. */
export function growing(step: number, from = 0): string {
  return `${from}${step < 0 ? '-' : '+'}${Math.abs(step)}x${LENGTH}`;
}

/** The samples in promtool's notation. */
export function notation(samples: Samples): string {
  return typeof samples === 'number' ? `${samples}x${LENGTH}` : samples;
}
