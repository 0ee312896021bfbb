/** Labels of one series, written as between the braces: `gpu="0",model="H100"`. */
export type LabelText = string;

const ESCAPED = /[\\"\n]/;

/**
 * A label value as the text formats want it: backslash, quote and line feed escaped.
 *
 * Half a surrogate pair, which UTF-8 cannot hold, becomes U+FFFD where the text is turned into bytes.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
function escapeLabelValue(value: string): string {
  return ESCAPED.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
}

/** A text of `# HELP`, where quotes need no escape. */
export function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/** Labels in their order; a label without a value is left out, since an empty label is the same as none. */
export function labelText(labels: Readonly<Record<string, string | undefined>>): LabelText {
  let text = '';
  for (const name in labels) {
    text = withLabel(text, name, labels[name]);
  }
  return text;
}

/** One more label. */
export function withLabel(text: LabelText, name: string, value: string | undefined): LabelText {
  if (value === undefined || value === '') {
    return text;
  }
  const pair = `${name}="${escapeLabelValue(value)}"`;
  return text === '' ? pair : `${text},${pair}`;
}

/** What stands before the value of a series. */
export function seriesStart(name: string, labels: LabelText): string {
  return labels === '' ? `${name} ` : `${name}{${labels}} `;
}
