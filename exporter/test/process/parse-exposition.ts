/** One series of an exposition. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)",?/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/**
 * Reads an exposition in the text format, as strictly as a scraper: a line that is neither a comment nor a series is an error.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function parseExposition(text: string): Series[] {
  if (!text.endsWith('\n')) throw new Error(`the exposition does not end with a line: …${text.slice(-80)}`);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseLine);
}

function parseLine(line: string): Series {
  const [, name, labels = '', value] = LINE.exec(line) ?? [];
  if (name === undefined || value === undefined) throw new Error(`no series: ${line}`);
  return { name, labels: parseLabels(labels, line), value: parseValue(value, line) };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  while (end < text.length) {
    LABEL.lastIndex = end;
    const [whole, name, value] = LABEL.exec(text) ?? [];
    if (whole === undefined || name === undefined || value === undefined) throw new Error(`no label: ${line}`);
    if (name in labels) throw new Error(`the label ${name} twice: ${line}`);
    labels[name] = value.replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? `\\${character}`);
    end += whole.length;
  }
  return labels;
}

function parseValue(text: string, line: string): number {
  const value = /^[+-]?Inf$/.test(text) ? Number(`${text}inity`) : Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new Error(`no value: ${line}`);
  return value;
}
