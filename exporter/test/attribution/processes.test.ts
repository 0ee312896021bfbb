import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessTable } from '../../src/attribution/processes.js';
import { UserNames } from '../../src/attribution/user-names.js';
import { cgroupOf, containerId, temporaryFolder, uid, writeProcess } from './fixtures.js';

describe('ProcessTable on the /proc of this machine', () => {
  const children: ChildProcess[] = [];
  afterEach(async () => {
    for (const child of children.splice(0)) await end(child);
  });

  const start = async (): Promise<number> => {
    const child = spawn('sleep', ['60']);
    children.push(child);
    await once(child, 'spawn');
    return child.pid ?? 0;
  };
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const table = (): ProcessTable => new ProcessTable({ procfs: '/proc', users: new UserNames('/') });

  it('reads a process', async () => {
    const pid = await start();
    const processes = table();
    processes.begin();
    const facts = processes.inspect(pid);
    expect(facts?.name).toBe('sleep');
    expect(facts?.user).toBe(new UserNames('/').nameOf(process.getuid?.() ?? 0));
    expect(Math.abs((facts?.startTime ?? 0) - Date.now() / 1000)).toBeLessThan(10);
  });

  it('hands out the same facts while it lives', async () => {
    const pid = await start();
    const processes = table();
    processes.begin();
    const first = processes.inspect(pid);
    for (let cycle = 0; cycle < 20; cycle++) {
      processes.begin();
      expect(processes.inspect(pid)).toBe(first);
    }
  });

  it('keeps what it knew of a process that ended after the driver listed it, and forgets it then', async () => {
    const pid = await start();
    const processes = table();
    processes.begin();
    const facts = processes.inspect(pid);
    const [child] = children;
    if (child !== undefined) await end(child);
    processes.begin();
    expect(processes.inspect(pid)).toBe(facts);
    processes.begin();
    processes.begin();
    expect(processes.size).toBe(0);
    expect(processes.inspect(pid)).toBeUndefined();
  });

  it('notices that a PID belongs to another process now', async () => {
    const processes = table();
    const first = await start();
    await start();
    processes.begin();
    const before = processes.inspect(first);
    // Gives the PID away again, which only root may ask the kernel for; else there is nothing to see here.
    const [child] = children;
    if (child !== undefined) await end(child);
    let second = 0;
    for (let attempt = 0; attempt < 50 && second !== first; attempt++) {
      try {
        writeFileSync('/proc/sys/kernel/ns_last_pid', String(first - 1));
      } catch {
        return;
      }
      const shell = spawn('sh', ['-c', 'read line']);
      children.push(shell);
      await once(shell, 'spawn');
      second = shell.pid ?? 0;
    }
    if (second !== first) return;
    expect(before?.name).toBe('sleep');
    // Setting the last PID back is what no kernel does by itself: then it takes until the next check that is made anyway.
    const names = Array.from({ length: 8 }, () => {
      processes.begin();
      return processes.inspect(first)?.name;
    });
    expect(names.at(-1)).toBe('sh');
  });
});

describe('ProcessTable on files', () => {
  let folder = temporaryFolder();
  let now = 0;
  beforeEach(() => {
    folder = temporaryFolder();
    now = 0;
    writeFileSync(join(folder.path, 'stat'), 'cpu 1 2 3\nintr 1 2\nbtime 1700000000\nprocesses 5\n');
    mkdirSync(join(folder.path, 'sys/kernel'), { recursive: true });
    writeFileSync(join(folder.path, 'sys/kernel/pid_max'), '4194304\n');
  });
  afterEach(() => folder.remove());

  const table = (options: { budget?: number; capacity?: number } = {}): ProcessTable =>
    new ProcessTable({ procfs: folder.path, users: new UserNames(folder.path), now: () => now, ...options });
  const replaceProcess = (name: string): void => {
    rmSync(join(folder.path, '70'), { recursive: true });
    // Takes the number of the folder that was removed, which files on a disk use again and /proc does not.
    writeProcess(folder.path, 7000);
    writeProcess(folder.path, 70, { name, startTicks: 6000 });
  };
  const lastPid = (pid: number): void => writeFileSync(join(folder.path, 'loadavg'), `0.1 0.2 0.3 1/200 ${pid}\n`);

  it('reads names, start times and cgroups', () => {
    writeProcess(folder.path, 70, { name: 'evil) R 1 (\nx', startTicks: 12_345, cgroup: cgroupOf(1, 2) });
    const processes = table();
    processes.begin();
    expect(processes.inspect(70)).toEqual({
      name: 'evil) R 1 (\nx',
      user: String(process.getuid?.() ?? 0),
      startTime: 1_700_000_123.45,
      cgroup: { podUids: [uid(1)], containerIds: [containerId(2)] },
    });
  });

  it('has no start time where the time of boot is unknown', () => {
    writeFileSync(join(folder.path, 'stat'), 'cpu 1\n');
    writeProcess(folder.path, 70);
    const processes = table();
    processes.begin();
    expect(processes.inspect(70)).toMatchObject({ startTime: undefined, name: 'python3' });
  });

  it('takes a PID that was given away again for another process', () => {
    lastPid(900);
    writeProcess(folder.path, 70, { name: 'first' });
    const processes = table();
    processes.begin();
    expect(processes.inspect(70)?.name).toBe('first');
    replaceProcess('second');
    // The kernel went through all PIDs.
    lastPid(120);
    processes.begin();
    expect(processes.inspect(70)?.name).toBe('second');
  });

  it.each([
    ['more processes than there are PIDs', 'processes 40000\n'],
    ['nobody knows how many', ''],
  ])('does not trust the order of PIDs where %s were started', (_name, forks) => {
    writeFileSync(join(folder.path, 'sys/kernel/pid_max'), '32768\n');
    lastPid(900);
    writeProcess(folder.path, 70, { name: 'first' });
    const processes = table();
    processes.begin();
    processes.inspect(70);
    replaceProcess('second');
    writeFileSync(join(folder.path, 'stat'), `btime 1700000000\n${forks}`);
    processes.begin();
    expect(processes.inspect(70)?.name).toBe('second');
  });

  it('checks every process in turn even where the kernel gave no PID away', () => {
    lastPid(900);
    writeProcess(folder.path, 70, { name: 'first' });
    const processes = table();
    processes.begin();
    processes.inspect(70);
    replaceProcess('second');
    const names = Array.from({ length: 8 }, () => {
      processes.begin();
      return processes.inspect(70)?.name;
    });
    expect(names.at(-1)).toBe('second');
  });

  it('reads a living process again after a minute', () => {
    writeProcess(folder.path, 70, { name: 'before' });
    const processes = table();
    processes.begin();
    processes.inspect(70);
    writeFileSync(
      join(folder.path, '70/stat'),
      readFileSync(join(folder.path, '70/stat'), 'utf8').replace('before', 'after'),
    );
    now = 61;
    processes.begin();
    expect(processes.inspect(70)?.name).toBe('after');
  });

  it('asks for a process that it could not read only now and then', () => {
    const processes = table();
    processes.begin();
    expect(processes.inspect(70)).toBeUndefined();
    writeProcess(folder.path, 70);
    now = 5;
    processes.begin();
    expect(processes.inspect(70)).toBeUndefined();
    now = 11;
    processes.begin();
    expect(processes.inspect(70)?.name).toBe('python3');
  });

  it('reads no more processes in one collection than its budget, and all in the end', () => {
    const pids = Array.from({ length: 25 }, (_, at) => at + 1);
    for (const pid of pids) writeProcess(folder.path, pid);
    lastPid(25);
    const processes = table({ budget: 10 });
    const known = Array.from({ length: 4 }, () => {
      processes.begin();
      return pids.filter((pid) => processes.inspect(pid) !== undefined).length;
    });
    expect(known[0]).toBe(10);
    expect(known.at(-1)).toBe(25);
  });

  it('comes to know new processes and checks all others in turn, when it cannot tell which PIDs are new', () => {
    const pids = Array.from({ length: 40 }, (_, at) => at + 1);
    for (const pid of pids) writeProcess(folder.path, pid);
    const processes = table({ budget: 10 });
    const cycle = () => {
      processes.begin();
      return pids.map((pid) => processes.inspect(pid)?.name);
    };
    for (let count = 0; count < 10; count++) cycle();
    expect(cycle()).not.toContain(undefined);
    for (const pid of pids) {
      rmSync(join(folder.path, String(pid)), { recursive: true });
      writeProcess(folder.path, 1000 + pid);
      writeProcess(folder.path, pid, { name: 'another' });
    }
    for (let count = 0; count < 10; count++) cycle();
    expect(new Set(cycle())).toEqual(new Set(['another']));
  });

  it('remembers no more processes than its capacity', () => {
    for (let pid = 1; pid <= 20; pid++) writeProcess(folder.path, pid);
    const processes = table({ capacity: 8 });
    processes.begin();
    for (let pid = 1; pid <= 20; pid++) processes.inspect(pid);
    expect(processes.size).toBe(8);
  });
});
