/** A place in an expression: line and column count from 1, the offset counts UTF-16 units from 0. */
export interface PromqlPosition {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** Says on which line and in which column an offset is. */
export function positionAt(text: string, offset: number): PromqlPosition {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let index = before.indexOf('\n'); index >= 0; index = before.indexOf('\n', index + 1)) {
    line++;
  }
  return { offset, line, column: offset - lineStart + 1 };
}

/**
 * Shows the line of an expression with a caret under the place, for the end of an error message.
 *
 * @example caretExcerpt('sum by (a) rate(x)', positionAt('sum by (a) rate(x)', 11))
 * // sum by (a) rate(x)
 * //            ^
 */
export function caretExcerpt(text: string, position: PromqlPosition): string {
  const line = text.split('\n')[position.line - 1] ?? '';
  return `${line}\n${line.slice(0, position.column - 1).replace(/[^\t]/g, ' ')}^`;
}

/** Writes a position as it reads in messages: `line 1, column 17`. */
export function describePosition(position: PromqlPosition): string {
  return `line ${position.line}, column ${position.column}`;
}
