import { readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { type CgroupIdentity, parseCgroup } from './cgroup.js';
import { PidCursor } from './pid-cursor.js';
import { readProcFile } from './proc-file.js';
import { parseProcStat, TICKS_PER_SECOND } from './proc-stat.js';
import type { UserNames } from './user-names.js';

/** What is known about a process beside what the driver says. */
export interface ProcessFacts {
  /** Name of the command. */
  readonly name: string;
  /** Name or number of its user. */
  readonly user?: string;
  /** Unix time in seconds. */
  readonly startTime?: number;
  readonly cgroup: CgroupIdentity;
}

/** Looks processes up. */
export interface ProcessInspector {
  /** Called before the processes of one collection are looked up. */
  begin(): void;
  /** What is known about a process; undefined where it is gone, hidden, or its turn comes with the next collection. */
  inspect(pid: number): ProcessFacts | undefined;
}

/** How a {@link ProcessTable} reads. */
export interface ProcessTableOptions {
  /** Where the `/proc` of the node is. */
  readonly procfs: string;
  readonly users: UserNames;
  /**
   * Processes that are read or checked in one collection; the rest has its turn in the next ones.
   *
   * @default 2000 about 60 ms where all of them are new
   */
  readonly budget?: number;
  /**
   * Processes that are remembered.
   *
   * @default 16384 more than the driver lists for 16 GPUs
   */
  readonly capacity?: number;
  /** Seconds of a clock that never jumps. */
  readonly now?: () => number;
}

interface Entry {
  facts: ProcessFacts | undefined;
  /** Number and time of the directory of the process: the kernel makes new ones for another process. */
  inode: number;
  changed: number;
  /** Collections in which it was last asked for, and last found to be the same process. */
  seen: number;
  checked: number;
  /** When it was read. */
  read: number;
}

/** One process in so many is checked in each collection even where its PID cannot have been given away. */
const CHECK_EVERY = 8;
/** Names and cgroups of living processes are read again after so many seconds, since both can change. */
const REFRESH = 60;
/** A process that could not be read is tried again after so many seconds. */
const RETRY = 10;
const BOOT_TIME_REFRESH = 3600;

/**
 * Reads what `/proc` says about processes, and remembers it while they live.
 *
 * A PID that is given to another process is noticed before the next answer about it: the kernel gives PIDs away in order
 * ({@link PidCursor}), so that only those which it passed since the last collection are checked, and a part of the others.
 * The check is one call: the directory of a process in `/proc` has a number and a time that no other process gets.
 */
export class ProcessTable implements ProcessInspector {
  private readonly entries = new Map<number, Entry>();
  private readonly cursor: PidCursor;
  private readonly budget: number;
  private readonly capacity: number;
  private readonly now: () => number;
  private cycle = 0;
  private left = 0;
  private checksLeft = 0;
  /** Remembered processes that were to be checked in this collection. */
  private due = 0;
  /** Of those, one in so many has its turn: when there are too many, those that are listed first must not take all turns. */
  private turns = 1;
  private time = 0;
  private bootTime: number | undefined;
  private bootTimeRead = Number.NEGATIVE_INFINITY;

  public constructor(private readonly options: ProcessTableOptions) {
    this.budget = options.budget ?? 2000;
    this.capacity = options.capacity ?? 16_384;
    this.now = options.now ?? (() => performance.now() / 1000);
    this.cursor = new PidCursor(options.procfs);
  }

  /** Processes that are remembered. */
  public get size(): number {
    return this.entries.size;
  }

  public begin(): void {
    for (const [pid, entry] of this.entries) if (entry.seen < this.cycle) this.entries.delete(pid);
    this.cycle++;
    this.left = this.budget;
    // The other half is for processes of which nothing is known yet.
    this.checksLeft = Math.ceil(this.budget / 2);
    this.turns = Math.max(1, Math.ceil(this.due / this.checksLeft));
    this.due = 0;
    this.time = this.now();
    this.cursor.advance();
  }

  public inspect(pid: number): ProcessFacts | undefined {
    const entry = this.entries.get(pid);
    if (entry === undefined) return this.remember(pid);
    entry.seen = this.cycle;
    if (entry.checked !== this.cycle && this.isDue(pid, entry)) {
      this.due++;
      if (this.hasTurn(pid)) {
        this.left--;
        this.checksLeft--;
        entry.checked = this.cycle;
        this.check(pid, entry);
      }
    }
    return entry.facts;
  }

  private hasTurn(pid: number): boolean {
    return this.left > 0 && this.checksLeft > 0 && (pid + this.cycle) % this.turns === 0;
  }

  private isDue(pid: number, entry: Entry): boolean {
    if (entry.facts === undefined) return this.time - entry.read >= RETRY;
    return (
      this.cursor.mayBeNew(pid) || (pid + this.cycle) % CHECK_EVERY === 0 || entry.checked < this.cycle - CHECK_EVERY
    );
  }

  private remember(pid: number): ProcessFacts | undefined {
    if (this.left <= 0 || this.entries.size >= this.capacity) return undefined;
    this.left--;
    const entry: Entry = {
      facts: undefined,
      inode: -1,
      changed: -1,
      seen: this.cycle,
      checked: this.cycle,
      read: this.time,
    };
    this.entries.set(pid, entry);
    this.check(pid, entry);
    return entry.facts;
  }

  private check(pid: number, entry: Entry): void {
    const directory = join(this.options.procfs, String(pid));
    const status = statOf(directory);
    if (status === undefined) {
      // It ended after the driver listed it: what it was is still true of the collection that is looked at.
      if (entry.facts === undefined) entry.read = this.time;
      return;
    }
    const same = status.ino === entry.inode && status.ctimeMs === entry.changed;
    if (same && entry.facts !== undefined && this.time - entry.read < REFRESH) return;
    entry.inode = status.ino;
    entry.changed = status.ctimeMs;
    entry.read = this.time;
    const stat = parseProcStat(readProcFile(`${directory}/stat`) ?? '');
    if (stat === undefined) {
      // Out of file descriptors, or it ends right now: of the same process, what was known stays true.
      if (!same) entry.facts = undefined;
      return;
    }
    const boot = this.boot();
    entry.facts = {
      name: stat.name,
      user: this.options.users.nameOf(status.uid),
      startTime: boot === undefined ? undefined : boot + stat.startTicks / TICKS_PER_SECOND,
      cgroup: parseCgroup(readProcFile(`${directory}/cgroup`) ?? ''),
    };
  }

  /** When the machine started. Read now and then, since it moves when the clock is set. */
  private boot(): number | undefined {
    if (this.time - this.bootTimeRead >= BOOT_TIME_REFRESH) {
      this.bootTimeRead = this.time;
      this.bootTime = readBootTime(this.options.procfs);
    }
    return this.bootTime;
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function readBootTime(procfs: string): number | undefined {
  try {
    const seconds = /^btime (\d{1,12})$/m.exec(readFileSync(join(procfs, 'stat'), 'utf8'))?.[1];
    return seconds === undefined ? undefined : Number(seconds);
  } catch {
    return undefined;
  }
}
