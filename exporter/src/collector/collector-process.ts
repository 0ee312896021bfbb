import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Logger } from '../log.js';
import { logLines } from './output.js';
import { openProgressReader, type ProgressReader } from './progress-reader.js';
import type { Position } from './progress-record.js';
import type { Reply, Request } from './protocol.js';

/**
 * Flags of V8 that keep a child small. Measured with 8 GPUs and 64 processes each, driver library and koffi loaded
 * (resident memory, of which 41 MB are Node.js itself, shared with the exporter; CPU of a collection): without flags 90 MB,
 * 1.7 ms; with these 73 MB, 1.4 ms; with 1 MiB of semi-space 67 MB, 3.1 ms; with `--optimize-for-size` 62 MB, 4.1 ms.
 */
const CHILD_FLAGS = ['--max-old-space-size=128', '--max-semi-space-size=8', '--v8-pool-size=0'] as const;

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Step that was under way. */
  readonly position?: Position;
  /** Whether V8 ended it, since its heap was full. */
  readonly heapFull: boolean;
  /** Why it could not even be started. */
  readonly error?: string;
}

/** Told what a child does. */
export interface ChildEvents {
  reply(reply: Reply): void;
  /** It is gone, or counts as gone since it survived SIGKILL; comes once. */
  ended(end: ChildEnd): void;
  /** It is gone after all, after it counted as gone. */
  reaped(): void;
}

/** How long a child that was told to end may live on, in seconds. */
export interface Grace {
  /** From SIGTERM to SIGKILL. */
  readonly terminate: number;
  /** From SIGKILL until it is given up: then it sits in a call of the kernel that does not return. */
  readonly kill: number;
}

/** One child, from its start to its end. */
export class CollectorProcess {
  private readonly child?: ChildProcess;
  private readonly progress: ProgressReader;
  private timer?: NodeJS.Timeout;
  private state: 'running' | 'ended' | 'abandoned' | 'reaped' = 'running';
  private heapFull = false;

  /**
   * @param path module that the child runs
   * @param start first message
   */
  public constructor(
    path: string,
    start: Omit<Extract<Request, { type: 'start' }>, 'seekableProgress'>,
    private readonly events: ChildEvents,
    log: Logger,
  ) {
    this.progress = openProgressReader();
    try {
      this.child = spawn(process.execPath, [...CHILD_FLAGS, path], {
        stdio: ['ignore', 'pipe', 'pipe', 'ipc', this.progress.stdio],
        serialization: 'advanced',
        env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
      });
    } catch (error) {
      // Out of file descriptors or processes; the caller hears of it as of every other end.
      setImmediate(() => this.end(null, null, (error as Error).message));
      return;
    }
    const { child } = this;
    // Without file descriptors for them there are no streams, whatever the types say; "error" follows.
    const stdio = child.stdio as ChildProcess['stdio'] | undefined;
    this.progress.attach(stdio?.[4] as Readable | null | undefined);
    child.on('message', (reply) => this.state === 'running' && this.events.reply(reply as Reply));
    child.on('error', (error) => child.pid === undefined && this.end(null, null, error.message));
    child.on('exit', (code, signal) => this.end(code, signal));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) logLines(stream, log, (line) => this.inspect(line));
    }
    this.send({ ...start, seekableProgress: this.progress.stdio !== 'pipe' });
  }

  /** Process id; absent where it could not be started. */
  public get pid(): number | undefined {
    return this.child?.pid;
  }

  public send(request: Request): void {
    // A channel that is closed shows as the end of the child.
    if (this.child?.connected) this.child.send(request, () => {});
  }

  /** The step under way. */
  public position(): Position | undefined {
    return this.progress.position();
  }

  /** Asks it to end, then forces it, then gives it up. */
  public terminate(grace: Grace): void {
    if (this.state !== 'running' || this.timer) return;
    this.child?.kill('SIGTERM');
    this.timer = setTimeout(() => {
      this.kill();
      this.timer = setTimeout(() => this.abandon(), grace.kill * 1000);
    }, grace.terminate * 1000);
  }

  /** Ends it at once, without waiting. */
  public kill(): void {
    if (this.state === 'running' || this.state === 'abandoned') this.child?.kill('SIGKILL');
  }

  private inspect(line: string): void {
    if (line.includes('heap out of memory')) this.heapFull = true;
  }

  private abandon(): void {
    const position = this.progress.position();
    this.state = 'abandoned';
    if (this.child?.connected) this.child.disconnect();
    for (const stream of [this.child?.stdout, this.child?.stderr]) stream?.destroy();
    this.child?.unref();
    this.progress.close();
    this.events.ended({ code: null, signal: null, heapFull: false, ...(position && { position }) });
  }

  private end(code: number | null, signal: NodeJS.Signals | null, error?: string): void {
    clearTimeout(this.timer);
    if (this.state === 'abandoned') {
      this.state = 'reaped';
      this.events.reaped();
    }
    if (this.state !== 'running') return;
    this.state = 'ended';
    const position = this.progress.position();
    // Its last lines arrive after its end; whether V8 ended it is written there.
    const tell = (): void => {
      this.progress.close();
      const { heapFull } = this;
      this.events.ended({
        code,
        signal,
        heapFull,
        ...(position && { position }),
        ...(error !== undefined && { error }),
      });
    };
    if (signal === 'SIGABRT') setTimeout(tell, 20);
    else tell();
  }

  /** Whether it was given up and lives on. */
  public get abandoned(): boolean {
    return this.state === 'abandoned';
  }
}
