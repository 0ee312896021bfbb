import { crc32, deflateRawSync, constants as zlib } from 'node:zlib';

const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** Fast: the text repeats itself so much that more effort saves little. */
const LEVEL = 1;
/** For the short end: with zlib's own sizes it would set 256 KiB up for each scrape. */
const SMALL = { level: LEVEL, windowBits: 13, memLevel: 6 };

/** The start of a text, compressed once, that many ends can follow. */
export interface CompressedStart {
  readonly deflated: Buffer;
  readonly crc: number;
  readonly length: number;
}

/** Compresses what stays the same from scrape to scrape; it ends at a byte, so that more can follow. */
export function compressStart(start: Buffer): CompressedStart {
  return {
    deflated: deflateRawSync(start, { level: LEVEL, finishFlush: zlib.Z_FULL_FLUSH }),
    crc: crc32(start),
    length: start.length,
  };
}

/**
 * One gzip member of a start and an end. Only the end is compressed here.
 *
 * One member, because not every client reads a body of several.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1952
 */
export function gzipWithEnd({ deflated, crc, length }: CompressedStart, end: Buffer): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(end, crc), 0);
  trailer.writeUInt32LE((length + end.length) % 2 ** 32, 4);
  return Buffer.concat([HEADER, deflated, deflateRawSync(end, SMALL), trailer]);
}
