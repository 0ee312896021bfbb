import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process' environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default - nothing: the program's standard input is empty */
  readonly input?: string;
  /** @default 120_000 */
  readonly timeoutMilliseconds?: number;
}

/** Thrown when a program ends with another status than 0; the message holds what it printed. */
export class CommandError extends Error {
  constructor(
    readonly command: string,
    readonly stdout: string,
    readonly stderr: string,
  ) {
    super(`${command} failed:\n${stderr}\n${stdout.slice(-2000)}`.trim());
    this.name = 'CommandError';
  }
}

/** Runs a program to its end and returns what it wrote to its standard output. */
export async function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const running = execute(program, [...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
    timeout: options.timeoutMilliseconds ?? 120_000,
    killSignal: 'SIGKILL',
  });
  // A program that ends without reading its input closes the pipe; its exit status says more than EPIPE would.
  running.child.stdin?.on('error', () => undefined);
  running.child.stdin?.end(options.input ?? '');
  try {
    return (await running).stdout;
  } catch (error) {
    const { stdout = '', stderr = '', killed } = error as { stdout?: string; stderr?: string; killed?: boolean };
    const reason = stderr.length > 0 || killed !== true ? stderr : 'it did not end in time';
    throw new CommandError([program, ...args].join(' '), stdout, reason || String(error));
  }
}

/** Starts a program that outlives this call, with its output in a file. */
export function start(
  program: string,
  args: readonly string[],
  options: CommandOptions & { logFile: string },
): ChildProcess {
  const log = openSync(options.logFile, 'a');
  try {
    const child = spawn(program, [...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}
