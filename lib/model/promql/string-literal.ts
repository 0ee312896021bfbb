const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

const CODES = [/^[0-7]{3}/, /^x([0-9a-fA-F]{2})/, /^u([0-9a-fA-F]{4})/, /^U([0-9a-fA-F]{8})/];

/** What a string literal says, or what is wrong with it and where in the literal. */
export type Unquoted = { readonly value: string } | { readonly fault: string; readonly at: number };

/**
 * Reads a string literal in double quotes, single quotes or backticks, as PromQL does.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals
 */
export function unquote(literal: string): Unquoted {
  const quote = literal[0] ?? '';
  const closed = literal.length > 1 && literal.endsWith(quote);
  const body = literal.slice(1, closed ? -1 : undefined);
  if (closed && (quote === '`' || !body.includes('\\'))) {
    return { value: body };
  }
  let value = '';
  for (let index = 0; index < body.length; index++) {
    if (body[index] !== '\\' || quote === '`') {
      value += body[index];
      continue;
    }
    const escaped = readEscape(body.slice(index + 1), quote);
    if (escaped === undefined) {
      return index + 1 === body.length
        ? { fault: 'the string that starts here is not closed', at: 0 }
        : {
            fault: `unknown escape "${body.slice(index, index + 2)}" in a string (write "\\\\" for "\\")`,
            at: index + 1,
          };
    }
    value += escaped.value;
    index += escaped.length;
  }
  return closed ? { value } : { fault: 'the string that starts here is not closed', at: 0 };
}

function readEscape(text: string, quote: string): { value: string; length: number } | undefined {
  const letter = text[0] ?? '';
  if (letter !== '' && letter === quote) {
    return { value: quote, length: 1 };
  }
  const simple = ESCAPES[letter];
  if (simple !== undefined) {
    return { value: simple, length: 1 };
  }
  for (const pattern of CODES) {
    const match = pattern.exec(text);
    if (match !== null) {
      const code = match[1] === undefined ? Number.parseInt(match[0], 8) : Number.parseInt(match[1], 16);
      const valid = match[1] === undefined ? code <= 0xff : code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
      return valid ? { value: String.fromCodePoint(code), length: match[0].length } : undefined;
    }
  }
  return undefined;
}
