import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processCapability } from '../../src/attribution/pid-namespace.js';
import { cgroupOf, temporaryFolder } from './fixtures.js';

const LACKS = { capability: 'process_attribution', supported: false, reason: 'pid_namespace' };
const HAS = { capability: 'process_attribution', supported: true, reason: '' };

describe('processCapability', () => {
  let folder = temporaryFolder();
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  /** A folder like `/proc` as a process with the given properties sees it. */
  const proc = (options: {
    namespace?: string;
    pids?: string;
    init?: string;
    own?: string;
    first?: string;
  }): string => {
    const {
      namespace = 'pid:[4026532777]',
      pids = '4711',
      init = 'systemd',
      own = '0::/\n',
      first = '0::/init.scope\n',
    } = options;
    mkdirSync(join(folder.path, 'self/ns'), { recursive: true });
    mkdirSync(join(folder.path, '1'));
    symlinkSync(namespace, join(folder.path, 'self/ns/pid'));
    writeFileSync(join(folder.path, 'self/status'), `Name:\tnode\nNStgid:\t${pids}\nNSpid:\t${pids}\nNSpgid:\t1\n`);
    writeFileSync(join(folder.path, 'self/cgroup'), own);
    writeFileSync(join(folder.path, '1/cgroup'), first);
    writeFileSync(join(folder.path, '1/comm'), `${init}\n`);
    return folder.path;
  };
  const ask = (path: string, pid = 4711, inContainer = true) =>
    processCapability(path, { proc: path, pid, inContainer });

  it("has processes in the machine's first namespace, even as process 1", () => {
    expect(ask(proc({ namespace: 'pid:[4026531836]', own: '0::/x\n', first: '0::/x\n' }), 1)).toEqual(HAS);
  });

  it('has processes of a node that is a container itself', () => {
    expect(ask(proc({ own: cgroupOf(1, 1), first: '0::/init.scope\n' }))).toEqual(HAS);
  });

  it('has none as process 1 of a container', () => {
    expect(ask(proc({ pids: '1', own: '0::/\n', first: '0::/\n' }), 1)).toEqual(LACKS);
  });

  it("has none with the node's /proc in a namespace of its own", () => {
    expect(ask(proc({ pids: '4711\t12' }))).toEqual(LACKS);
  });

  it.each(['pause', 'tini'])('has none below %s', (init) => {
    expect(ask(proc({ init }))).toEqual(LACKS);
  });

  it('has none beside another process 1 in the same container', () => {
    expect(ask(proc({ own: cgroupOf(1, 1), first: cgroupOf(1, 1) }), 7, false)).toEqual(LACKS);
  });

  it('has none beside another process 1 that a cgroup namespace hides', () => {
    expect(ask(proc({ own: '0::/\n', first: '0::/\n' }))).toEqual(LACKS);
  });

  it('has processes outside of containers, whatever the namespace', () => {
    expect(ask(proc({ own: '0::/\n', first: '0::/\n' }), 4711, false)).toEqual(HAS);
  });

  it('tells of this process itself', () => {
    expect(processCapability('/proc').capability).toBe('process_attribution');
  });
});
