/**
 * What is wrong with flags, environment variables, the configuration file or the web configuration file.
 *
 * Thrown before anything is served. Each problem is one line that names the place, the value and what is allowed.
 */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Writes a value into a message: on one line, in quotes, and not longer than a line. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is no directory',
  ELOOP: 'its links go in a circle',
  EADDRINUSE: 'address in use',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name of the host is not known',
  EMFILE: 'too many open files',
};

/** Why something failed, as words on one line. */
export function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const known = code === undefined ? undefined : REASONS[code];
  const message = error instanceof Error ? error.message : String(error);
  return known ?? message.replaceAll(/\s+/g, ' ');
}
