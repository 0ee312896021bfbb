import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import type { Logger } from '../../log.js';
import type { Argument, NativeLibrary } from './native-library.js';
import { type Parameter, signatureOf } from './signatures.js';

/** First line of a recording. */
export interface RecordingHeader {
  readonly recording: 'gpu-exporter';
  readonly version: 1;
  readonly platform: string;
  readonly arch: string;
  readonly node: string;
  /** Unix time in seconds at which it began. */
  readonly time: number;
}

/** Answer to whether the library has a function. */
export interface RecordedSymbol {
  readonly symbol: string;
  readonly exists: boolean;
}

/** One call. */
export interface RecordedCall {
  readonly call: string;
  /** Arguments by value, those of the moment left out. */
  readonly args: readonly (number | string | null)[];
  /** What the function read of its buffers, in base64. */
  readonly in?: string;
  readonly status: number;
  /** What each buffer held afterwards, in base64 without zeros at the end. */
  readonly out: readonly string[];
  /** Microseconds that it took. */
  readonly us: number;
}

/** A recording stops at this size, so that one that was forgotten does not fill a disk. */
const MAXIMUM_RECORDING_BYTES = 64 * 1024 * 1024;

/** Numbers and texts that a call was made with; pointers and 64-bit numbers in decimal digits. */
export function scalarArguments(
  parameters: readonly Parameter[],
  args: readonly Argument[],
): readonly (number | string | null)[] {
  const scalars: (number | string | null)[] = [];
  for (const [at, parameter] of parameters.entries()) {
    const value = args[at];
    if (parameter.kind === 'buffer') {
      // Whether there was a buffer at all is part of the question: without one, functions answer the size that they need.
      if (value === null) scalars.push(null);
    } else if (!parameter.volatile && !Buffer.isBuffer(value)) {
      scalars.push(typeof value === 'bigint' ? value.toString() : (value ?? null));
    }
  }
  return scalars;
}

/** What a function reads of its buffers, in base64; undefined if it reads nothing. */
export function inputOf(parameters: readonly Parameter[], args: readonly Argument[]): string | undefined {
  const read: Buffer[] = [];
  for (const [at, parameter] of parameters.entries()) {
    const value = args[at];
    if (parameter.kind === 'buffer' && parameter.input !== undefined && value instanceof Buffer) {
      read.push(parameter.input(value, args));
    }
  }
  return read.length === 0 ? undefined : Buffer.concat(read).toString('base64');
}

/**
 * Writes every call of a library to a file, one JSON object a line, for a report about a driver that others do not have.
 *
 * The file names the GPUs (UUID, serial number) and holds the ids of processes; it holds no names of processes or pods.
 */
export class RecordingLibrary implements NativeLibrary {
  private readonly symbols = new Set<string>();
  private file: number | undefined;
  private bytes = 0;

  public constructor(
    private readonly library: NativeLibrary,
    private readonly path: string,
    private readonly log: Logger,
    private readonly maximumBytes = MAXIMUM_RECORDING_BYTES,
  ) {
    this.file = openSync(path, 'a', 0o600);
    // The collector's process may have been replaced: its recording goes on in the same file.
    this.bytes = fstatSync(this.file).size;
    const header: RecordingHeader = {
      recording: 'gpu-exporter',
      version: 1,
      platform: process.platform,
      arch: process.arch,
      node: process.version,
      time: Date.now() / 1000,
    };
    this.write(header);
  }

  public has(name: string): boolean {
    const exists = this.library.has(name);
    if (!this.symbols.has(name)) {
      this.symbols.add(name);
      const line: RecordedSymbol = { symbol: name, exists };
      this.write(line);
    }
    return exists;
  }

  public call(name: string, ...args: readonly Argument[]): number {
    const parameters = signatureOf(name);
    if (this.file === undefined || parameters === undefined) {
      return this.library.call(name, ...args);
    }
    const input = inputOf(parameters, args);
    const scalars = scalarArguments(parameters, args);
    const start = process.hrtime.bigint();
    const status = this.library.call(name, ...args);
    const us = Number(process.hrtime.bigint() - start) / 1000;
    const line: RecordedCall = { call: name, args: scalars, in: input, status, out: outputs(parameters, args), us };
    this.write(line);
    return status;
  }

  public close(): void {
    this.stop();
    this.library.close();
  }

  private write(line: RecordingHeader | RecordedSymbol | RecordedCall): void {
    if (this.file === undefined) {
      return;
    }
    const text = `${JSON.stringify(line)}\n`;
    if (this.bytes + text.length > this.maximumBytes) {
      this.stop();
      this.log.log('warn', 'the recording is full and ends here', { file: this.path, bytes: this.bytes });
      return;
    }
    try {
      this.bytes += writeSync(this.file, text);
    } catch (error) {
      this.stop();
      this.log.log('error', 'cannot write the recording, which ends here', {
        file: this.path,
        error: (error as Error).message,
      });
    }
  }

  private stop(): void {
    if (this.file !== undefined) {
      closeSync(this.file);
      this.file = undefined;
    }
  }
}

function outputs(parameters: readonly Parameter[], args: readonly Argument[]): readonly string[] {
  const written: string[] = [];
  for (const [at, parameter] of parameters.entries()) {
    const buffer = args[at];
    if (parameter.kind === 'buffer' && buffer instanceof Buffer) {
      const extent = typeof parameter.written === 'number' ? parameter.written : parameter.written(args);
      let end = Math.min(extent, buffer.length);
      while (end > 0 && buffer[end - 1] === 0) {
        end -= 1;
      }
      written.push(buffer.toString('base64', 0, end));
    }
  }
  return written;
}
