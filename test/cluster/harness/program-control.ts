import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, start } from './command';
import { eventually } from './eventually';
import { firstPrograms, laterPrograms, type NodeProgram } from './node-programs';
import type { Sandbox } from './sandbox';

/** Starts a program of the node, with its output in the cluster's logs. */
export function startProgram(sandbox: Sandbox, runDirectory: string, { name, args }: NodeProgram): ChildProcess {
  // The working directory is entered inside: one that was opened outside has no path there.
  const enter = ['env', `--chdir=${runDirectory}`, programPath(runDirectory, name), ...args];
  return start(...sandbox.inside(enter), {
    env: { PATH: `${join(runDirectory, 'bin')}:${process.env.PATH}` },
    logFile: logFileOf(runDirectory, name),
  });
}

/** Stops a program of the node and starts it anew. */
export async function restartProgram(sandbox: Sandbox, runDirectory: string, name: string): Promise<void> {
  const program = [...firstPrograms, ...laterPrograms].find((each) => each.name === name);
  if (program === undefined) {
    throw new Error(`no program ${name} runs on the node`);
  }
  const running = () => processesOf(sandbox, programPath(runDirectory, name));
  await run(...sandbox.inside(['kill', '-TERM', ...running()]));
  await eventually(`end of ${name}`, () => {
    if (running().length > 0) {
      throw new Error('it still runs');
    }
  });
  startProgram(sandbox, runDirectory, program);
}

export function logFileOf(runDirectory: string, name: string): string {
  return join(runDirectory, 'log', `${name}.log`);
}

function programPath(runDirectory: string, name: string): string {
  return join(runDirectory, 'bin', name);
}

/** Processes by their command, with the numbers that they have inside. */
function processesOf(sandbox: Sandbox, command: string): string[] {
  const proc = sandbox.outsidePath('/proc');
  return readdirSync(proc).filter((name) => /^\d+$/.test(name) && commandOf(join(proc, name)) === command);
}

function commandOf(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'cmdline'), 'utf8').split('\0')[0];
  } catch {
    return undefined;
  }
}
