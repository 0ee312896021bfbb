import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const RECHECK_MILLISECONDS = 60_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Names of users by the node's own `/etc/passwd`. A user of a container alone has a number. */
export class UserNames {
  private readonly path: string;
  private names = new Map<number, string>();
  private checked = Number.NEGATIVE_INFINITY;
  private modified: number | undefined;

  /** @param rootfs where the root of the node is mounted */
  public constructor(
    rootfs: string,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.path = join(rootfs, 'etc/passwd');
  }

  /** The name of a user, or the number where the node has no such user or its file cannot be read. */
  public nameOf(uid: number): string {
    if (this.now() - this.checked >= RECHECK_MILLISECONDS) this.check();
    return this.names.get(uid) ?? String(uid);
  }

  private check(): void {
    this.checked = this.now();
    try {
      const { mtimeMs, size } = statSync(this.path);
      if (mtimeMs === this.modified) return;
      this.modified = mtimeMs;
      this.names = size > MAX_BYTES ? new Map() : parsePasswd(readFileSync(this.path, 'utf8'));
    } catch {
      this.names.clear();
      this.modified = undefined;
    }
  }
}

/** Reads `name:password:uid:…`; the first of two names of a number is its name, as for the C library. */
function parsePasswd(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':', 3);
    if (name === undefined || name === '' || uid === undefined || !/^\d{1,10}$/.test(uid)) continue;
    if (!names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}
