import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserNames } from '../../src/attribution/user-names.js';
import { temporaryFolder } from './fixtures.js';

describe('UserNames', () => {
  let folder = temporaryFolder();
  let now = 0;
  const passwd = (text: string, time = 1): void => {
    mkdirSync(join(folder.path, 'etc'), { recursive: true });
    writeFileSync(join(folder.path, 'etc/passwd'), text);
    utimesSync(join(folder.path, 'etc/passwd'), time, time);
  };

  beforeEach(() => {
    folder = temporaryFolder();
    now = 0;
  });
  afterEach(() => folder.remove());

  it('names users of the node and leaves numbers of others', () => {
    passwd(
      'root:x:0:0:root:/root:/bin/sh\nada:x:1000:1000::/home/ada:/bin/sh\nsecond:x:1000:1::/:/bin/sh\nbroken\n:x:7:\nx:x:abc:\n',
    );
    const users = new UserNames(folder.path, () => now);
    expect([0, 1000, 7, 4242].map((uid) => users.nameOf(uid))).toEqual(['root', 'ada', '7', '4242']);
  });

  it('has numbers where the file cannot be read', () => {
    expect(new UserNames(folder.path, () => now).nameOf(0)).toBe('0');
  });

  it('sees a change after a minute', () => {
    passwd('ada:x:1000:');
    const users = new UserNames(folder.path, () => now);
    expect(users.nameOf(1000)).toBe('ada');
    passwd('grace:x:1000:', 2);
    expect(users.nameOf(1000)).toBe('ada');
    now = 61_000;
    expect(users.nameOf(1000)).toBe('grace');
  });
});
