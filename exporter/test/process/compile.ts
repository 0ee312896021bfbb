import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Compiles a C file of this folder. @param name without its ending @returns the path of the program, or of the library to preload */
export function compile(name: string, folder: string, kind: 'program' | 'preload'): string {
  const path = join(folder, kind === 'program' ? name : `${name}.so`);
  const how = kind === 'program' ? [] : ['-shared', '-fPIC'];
  const source = join(import.meta.dirname, `${name}.c`);
  execFileSync('cc', ['-std=c11', '-D_GNU_SOURCE', '-O1', '-Wall', '-Wextra', '-Werror', ...how, '-o', path, source]);
  return path;
}
