import type { MetricType } from './definition.js';
import { escapeHelp } from './label-text.js';

/** Formats of the exposition: Prometheus' text 0.0.4, and OpenMetrics 1.0. */
export type ExpositionFormat = 'text' | 'openmetrics';

/** What a budget may take away of a metric before it touches anything else. */
export type Detail = 'link' | 'location';

/** A metric as one profile spells it. */
export interface Family {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Unit that the name ends in; absent for numbers of things and for profiles with units of their own. */
  readonly unit?: string;
  /** Set where there is a series per link or per place in memory. */
  readonly detail?: Detail;
}

/**
 * The lines that stand before the series of a family.
 *
 * In the text format an `info` and a state set are gauges. In OpenMetrics an `info` is one, by its name without `_info`; a
 * state set stays a gauge, because OpenMetrics wants the name of the family as the name of its label, and a series must be
 * the same in both formats.
 *
 * @see https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
 */
export function familyHeader(family: Family, format: ExpositionFormat): string {
  const help = escapeHelp(family.help);
  if (format === 'text') {
    const type = family.type === 'counter' ? 'counter' : 'gauge';
    return `# HELP ${family.name} ${help}\n# TYPE ${family.name} ${type}\n`;
  }
  const name = openMetricsName(family);
  const type = family.type === 'stateset' ? 'gauge' : family.type;
  const unit = family.unit === undefined ? '' : `# UNIT ${name} ${family.unit}\n`;
  return `# TYPE ${name} ${type}\n${unit}# HELP ${name} ${help.replaceAll('"', '\\"')}\n`;
}

function openMetricsName({ name, type }: Family): string {
  if (type === 'counter') {
    return name.replace(/_total$/, '');
  }
  return type === 'info' ? name.replace(/_info$/, '') : name;
}
