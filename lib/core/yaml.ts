/** What a configuration file can hold. */
type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value | undefined };

/** Texts that YAML 1.1 or 1.2 reads as something else when they stand bare. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf|e[0-9]+)$/i;
/** Starts with a letter, `_`, `/`, `(` or `$`, and holds nothing that could end a bare text. */
const BARE = /^[A-Za-z_/($][A-Za-z0-9_/().,+*$ -]*$/;
/** Anything but printable characters in one line. */
const UNPRINTABLE = /[^\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;

/**
 * Writes a configuration file as block-style YAML; what is undefined is left out, and key order is kept.
 *
 * Rule and scrape files are most of what a stack writes. A general YAML library takes half of the whole synthesis for
 * them, since it builds a document tree first; these files are plain JSON values, so a few rules of quoting suffice.
 * `test/core/yaml.test.ts` holds them against a full parser.
 */
export function toYaml(value: unknown): string {
  return block(JSON.parse(JSON.stringify(value)) as Value, '').replace(/^\n/, '');
}

function block(value: Value, indent: string): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? ' []\n' : `\n${value.map((item) => listItem(item as Value, indent)).join('')}`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return entries.length === 0
      ? ' {}\n'
      : `\n${entries.map(([key, inner]) => entry(key, inner as Value, indent)).join('')}`;
  }
  return ` ${scalar(value as null | boolean | number | string, indent)}\n`;
}

function entry(key: string, value: Value, indent: string): string {
  return `${indent}${oneLine(key) ?? JSON.stringify(key)}:${block(value, `${indent}  `)}`;
}

/** The first line of a nested block moves up beside the dash. */
function listItem(value: Value, indent: string): string {
  const inner = block(value, `${indent}  `);
  return inner.startsWith('\n') ? `${indent}- ${inner.slice(1 + indent.length + 2)}` : `${indent}-${inner}`;
}

function scalar(value: null | boolean | number | string, indent: string): string {
  if (typeof value !== 'string') {
    return String(value);
  }
  return oneLine(value) ?? (isPlainText(value) ? `|-\n${value.replace(/^/gm, indent)}` : JSON.stringify(value));
}

/** A text that needs no escapes: bare where that is safe, else in single quotes. */
function oneLine(text: string): string | undefined {
  if (BARE.test(text) && !RESERVED.test(text) && !/ $/.test(text)) {
    return text;
  }
  return UNPRINTABLE.test(text) ? undefined : `'${text.replaceAll("'", "''")}'`;
}

/** Lines that a literal block gives back unchanged. */
function isPlainText(value: string): boolean {
  return value.split('\n').every((line) => line !== '' && !UNPRINTABLE.test(line) && !/^\s|\s$/.test(line));
}
