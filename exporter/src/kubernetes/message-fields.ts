import type { Reader } from 'protobufjs/minimal.js';

/** Reads the length of a message inside another one, and says where it ends. */
export function endOf(reader: Reader): number {
  const length = reader.uint32();
  return reader.pos + length;
}

/** Throws where fields did not end with their message. */
export function finished(reader: Reader, end: number): void {
  if (reader.pos !== end) {
    throw new RangeError(`fields end at ${reader.pos}, their message at ${end}`);
  }
}

/** Reads a string that was passed before; empty where there was none (a position below 0). Stays where it is. */
export function stringAt(reader: Reader, position: number): string {
  if (position < 0) {
    return '';
  }
  const here = reader.pos;
  reader.pos = position;
  const text = reader.string();
  reader.pos = here;
  return text;
}
