import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Position, positionOf, RECORD_SIZE, recordOf } from './progress-record.js';

/** The exporter's side: where a child is, which it wrote before it went there. */
export interface ProgressReader {
  /** What the child is given as its descriptor. */
  readonly stdio: number | 'pipe';
  /** Takes the exporter's end of the pipe, where it is one. */
  attach(stream: Readable | null | undefined): void;
  /** The step under way; absent while none is. */
  position(): Position | undefined;
  close(): void;
}

/** A file that holds the last record. Nothing is read but when someone asks. */
class ProgressFile implements ProgressReader {
  private readonly record = Buffer.alloc(RECORD_SIZE);
  private closed = false;

  public constructor(public readonly stdio: number) {}

  public attach(): void {}

  public position(): Position | undefined {
    if (this.closed) return undefined;
    readSync(this.stdio, this.record, 0, RECORD_SIZE, 0);
    return positionOf(this.record);
  }

  public close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.stdio);
  }
}

/** A pipe in which the records follow each other. */
class ProgressPipe implements ProgressReader {
  public readonly stdio = 'pipe';
  private last = recordOf();
  private rest = Buffer.alloc(0);
  private stream?: Readable;

  public attach(stream: Readable | null | undefined): void {
    if (!stream) return;
    this.stream = stream;
    stream.on('data', (chunk: Buffer) => {
      const bytes = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
      const whole = bytes.length - (bytes.length % RECORD_SIZE);
      if (whole > 0) this.last = Buffer.from(bytes.subarray(whole - RECORD_SIZE, whole));
      this.rest = Buffer.from(bytes.subarray(whole));
    });
    // That it breaks is seen by the end of the child.
    stream.on('error', () => {});
  }

  public position(): Position | undefined {
    return positionOf(this.last);
  }

  public close(): void {
    this.stream?.destroy();
  }
}

/**
 * Opens a file in memory that has no name any more, or a pipe where no folder can be written.
 *
 * @param folders tried in this order
 */
export function openProgressReader(folders: readonly string[] = ['/dev/shm', tmpdir()]): ProgressReader {
  for (const folder of folders) {
    const path = join(folder, `gpu-exporter-progress-${process.pid}-${process.hrtime.bigint()}`);
    let fd: number | undefined;
    try {
      fd = openSync(path, 'wx+', 0o600);
      unlinkSync(path);
      // Its memory is there from the beginning: a file system that is full must not end the child that writes to it.
      writeSync(fd, recordOf());
      return new ProgressFile(fd);
    } catch {
      // The next one; a root file system that is read-only is common.
      if (fd !== undefined) closeSync(fd);
    }
  }
  return new ProgressPipe();
}
