const blockSize = 512;

export interface TarEntry {
  /** A path without a leading slash; a folder where `content` is absent. At most 99 bytes. */
  readonly path: string;
  readonly content?: Buffer;
  /** @default 0o755 */
  readonly mode?: number;
  /** @default 0 */
  readonly owner?: number;
}

/** Writes a tape archive in the ustar format. The same entries give the same bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = entry.content ?? Buffer.alloc(0);
    return [header(entry), content, Buffer.alloc((blockSize - (content.length % blockSize)) % blockSize)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockSize)]);
}

function header(entry: TarEntry): Buffer {
  const block = Buffer.alloc(blockSize);
  const path = entry.content === undefined ? `${entry.path}/` : entry.path;
  if (Buffer.byteLength(path) > 99) {
    throw new Error(`the path ${path} is too long for this archive: at most 99 bytes`);
  }
  const octal = (value: number, offset: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset, 'latin1');
  block.write(path, 0, 'utf8');
  octal(entry.mode ?? 0o755, 100, 8);
  octal(entry.owner ?? 0, 108, 8);
  octal(entry.owner ?? 0, 116, 8);
  octal(entry.content?.length ?? 0, 124, 12);
  octal(0, 136, 12);
  block.write(entry.content === undefined ? '5' : '0', 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  // The checksum counts its own field as blanks.
  block.write(' '.repeat(8), 148, 'latin1');
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
