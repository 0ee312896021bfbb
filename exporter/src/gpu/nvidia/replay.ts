import { readFileSync } from 'node:fs';
import { FUNCTION_NOT_FOUND } from './errors.js';
import type { Argument, NativeLibrary } from './native-library.js';
import { inputOf, type RecordedCall, type RecordedSymbol, type RecordingHeader, scalarArguments } from './recorder.js';
import { type Extent, signatureOf } from './signatures.js';

interface Answer {
  readonly status: number;
  readonly out: readonly Buffer[];
}

/** Answers to one question, in the order in which they were recorded. */
interface Answers {
  readonly all: Answer[];
  next: number;
}

/**
 * A driver that answers what another one answered: from a file that `--record` wrote.
 *
 * The same question gets the recorded answers in their order, and the last of them from then on. What was never asked
 * does not exist.
 */
export class ReplayLibrary implements NativeLibrary {
  private readonly symbols = new Map<string, boolean>();
  private readonly answers = new Map<string, Answers>();

  /** Reads a recording. @throws Error that names the file, and the line that is none */
  public constructor(path: string) {
    const lines = readFileSync(path, 'utf8').split('\n');
    // After the last line break there is nothing, or half a line of a recorder that was killed.
    lines.pop();
    if (lines.length === 0) {
      throw new Error(`${path} is no recording: it has no lines`);
    }
    for (const [at, line] of lines.entries()) {
      try {
        this.add(JSON.parse(line) as unknown, at === 0);
      } catch (error) {
        throw new Error(`${path}: line ${at + 1} is no line of a recording: ${(error as Error).message}`);
      }
    }
  }

  public has(name: string): boolean {
    return this.symbols.get(name) ?? false;
  }

  public call(name: string, ...args: readonly Argument[]): number {
    const parameters = signatureOf(name) ?? [];
    const answers = this.answers.get(key(name, scalarArguments(parameters, args), inputOf(parameters, args)));
    const answer = answers?.all[answers.next];
    if (answers === undefined || answer === undefined) {
      return FUNCTION_NOT_FOUND;
    }
    answers.next = Math.min(answers.next + 1, answers.all.length - 1);
    let buffer = 0;
    for (const [at, parameter] of parameters.entries()) {
      const target = args[at];
      if (parameter.kind === 'buffer' && target instanceof Buffer) {
        fill(target, answer.out[buffer], parameter.written, args);
        buffer += 1;
      }
    }
    return answer.status;
  }

  public close(): void {
    this.answers.clear();
    this.symbols.clear();
  }

  private add(line: unknown, first: boolean): void {
    if (isHeader(line)) {
      if (line.version !== 1) {
        throw new Error(`it is of version ${String(line.version)}, and this program reads version 1`);
      }
    } else if (first) {
      throw new Error('the first line must say {"recording":"gpu-exporter","version":1}');
    } else if (isSymbol(line)) {
      this.symbols.set(line.symbol, line.exists);
    } else if (isCall(line)) {
      this.symbols.set(line.call, true);
      const question = key(line.call, line.args, line.in);
      const answer: Answer = { status: line.status, out: line.out.map((bytes) => Buffer.from(bytes, 'base64')) };
      const answers = this.answers.get(question);
      if (answers === undefined) {
        this.answers.set(question, { all: [answer], next: 0 });
      } else {
        answers.all.push(answer);
      }
    } else {
      throw new Error('it is neither a header, a symbol nor a call');
    }
  }
}

const key = (name: string, args: readonly (number | string | null)[], input: string | undefined): string =>
  `${name}(${args.join()})${input ?? ''}`;

/** Writes what was recorded into a buffer; what is left of what the function writes were zeros. */
function fill(target: Buffer, recorded: Buffer | undefined, written: Extent, args: readonly Argument[]): void {
  if (recorded === undefined) {
    return;
  }
  const copied = recorded.copy(target);
  const extent = typeof written === 'number' ? written : written(args);
  if (copied < extent) {
    target.fill(0, copied, Math.min(extent, target.length));
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isHeader = (line: unknown): line is RecordingHeader => isObject(line) && line.recording === 'gpu-exporter';

const isSymbol = (line: unknown): line is RecordedSymbol =>
  isObject(line) && typeof line.symbol === 'string' && typeof line.exists === 'boolean';

const isCall = (line: unknown): line is RecordedCall =>
  isObject(line) &&
  typeof line.call === 'string' &&
  typeof line.status === 'number' &&
  Array.isArray(line.args) &&
  Array.isArray(line.out) &&
  line.out.every((bytes) => typeof bytes === 'string');
