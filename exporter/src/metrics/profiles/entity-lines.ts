import { type LabelText, seriesStart, withLabel } from '../label-text.js';
import { SeriesLine } from '../series-writer.js';

/** Labels by name; those without a value are left out. */
export type Labels = Readonly<Record<string, string>>;

/** Lines that are kept per entity; labels whose values come and go must not add up. */
const MOST_LINES = 1000;
const NO_LABELS: Labels = {};

/** The lines of one entity, by metric and further labels; they are made anew when the labels of the entity change. */
export class EntityLines {
  private labels: LabelText = '';
  private lines = new Map<string, SeriesLine>();

  /** Says what the labels of the entity are in this snapshot. */
  start(labels: LabelText): void {
    if (labels !== this.labels || this.lines.size > MOST_LINES) {
      this.labels = labels;
      this.lines = new Map();
    }
  }

  /** The line of a metric. */
  of(name: string, more: Labels = NO_LABELS): SeriesLine {
    let key = name;
    for (const label in more) {
      key += `\u0000${more[label]}`;
    }
    let line = this.lines.get(key);
    if (line === undefined) {
      const all = Object.entries(more).reduce((text, [label, value]) => withLabel(text, label, value), this.labels);
      line = new SeriesLine(seriesStart(name, all));
      this.lines.set(key, line);
    }
    return line;
  }
}
