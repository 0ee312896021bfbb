/**
 * Lines of a stream of bytes. Bytes are made text by the line and not by the chunk, as chunks can end in the middle of a
 * character.
 */
export class Lines {
  private parts: Buffer[] = [];
  private length = 0;

  /** @param longest bytes of a line; a longer one is an error, so that a broken peer cannot fill the memory. */
  constructor(private readonly longest: number) {}

  /** Complete lines, now that these bytes came too. */
  *push(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      this.keep(chunk.subarray(from, to));
      yield this.take();
      from = to + 1;
    }
    if (from < chunk.length) {
      this.keep(chunk.subarray(from));
    }
  }

  private keep(part: Buffer): void {
    this.length += part.length;
    if (this.length > this.longest) {
      throw new Error(`a line is longer than ${this.longest} bytes`);
    }
    this.parts.push(part);
  }

  private take(): string {
    const line = this.parts.length === 1 ? this.parts[0] : Buffer.concat(this.parts, this.length);
    this.parts = [];
    this.length = 0;
    return line?.toString('utf8') ?? '';
  }
}
