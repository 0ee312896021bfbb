import { closeSync, constants, openSync, readSync } from 'node:fs';
import { normalizePciBusId } from './names.js';

/** An XID error that the kernel logged. */
export interface LoggedXid {
  readonly pciBusId: string;
  readonly xid: number;
  readonly gpuInstanceId?: number;
  readonly computeInstanceId?: number;
}

/** The kernel cuts records at so many bytes; a shorter buffer makes a read fail. */
const RECORD_SIZE = 8192;
/** Records of one collection; the rest waits in the kernel. */
const MOST_RECORDS = 10_000;
/** Records that are passed over at the start, at most. */
const MOST_OLD_RECORDS = 1_000_000;
/** Errors among these that are kept, the last ones. */
const MOST_OLD_ERRORS = 1_000;

const XID_LINE =
  /NVRM: Xid \((?:PCI:)?([0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2})(?:\.\d)?(?: GPU-I:(\d{1,3}))?(?: GPU-CI:(\d{1,3}))?[^)]*\): (\d{1,5})\b/i;

/** `priority,sequence,microseconds,flags;` before the text of a record of `/dev/kmsg`. */
const PREFIX = /^(\d+),(\d+),\d+,[^;]*;/;

/**
 * Reads an XID error from a line of the kernel's log, with or without the prefix of `/dev/kmsg`.
 *
 * A record that a process wrote does not count: the kernel gives it a facility other than its own.
 */
export function xidOfKernelLine(line: string): LoggedXid | undefined {
  const priority = PREFIX.exec(line)?.[1];
  const [, address, gpuInstance, computeInstance, xid] = XID_LINE.exec(line) ?? [];
  const pciBusId = address === undefined ? undefined : normalizePciBusId(address);
  if (pciBusId === undefined || (priority !== undefined && Number(priority) >= 8)) {
    return undefined;
  }
  return {
    pciBusId,
    xid: Number(xid),
    ...(gpuInstance === undefined ? {} : { gpuInstanceId: Number(gpuInstance) }),
    ...(computeInstance === undefined ? {} : { computeInstanceId: Number(computeInstance) }),
  };
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'error';

/**
 * The kernel's log as a second source of XID errors: some never come as an event, and none do from a driver whose events
 * fail.
 *
 * Reads never wait. What was logged before the exporter started is passed over; what was logged while its process was
 * replaced is not, since a call that hangs comes with the errors that matter most.
 *
 * @see https://www.kernel.org/doc/Documentation/ABI/testing/dev-kmsg
 */
export class KernelLog {
  /** Why it cannot be read: a code of the operating system; empty while it can. */
  public reason = '';
  /** Number of the last record that was read, which the kernel counts from its start; absent where there are no numbers. */
  public position: number | undefined;
  private earlier: { readonly position: number; readonly logged: LoggedXid }[] = [];
  private fd: number | undefined;
  private rest = '';
  private readonly buffer = Buffer.alloc(RECORD_SIZE);

  /** Opens the log, usually `/dev/kmsg`. Where that fails there are no errors to read, and a reason. */
  public constructor(path: string) {
    try {
      this.fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      this.records(MOST_OLD_RECORDS, (logged) => {
        if (this.position !== undefined) this.earlier.push({ position: this.position, logged });
        if (this.earlier.length > MOST_OLD_ERRORS) this.earlier.shift();
      });
      this.rest = '';
    } catch (error) {
      this.reason = codeOf(error);
    }
  }

  /**
   * XID errors since the last call.
   *
   * @param after number of the last record that was read before the log was opened; the first call gives what came after it
   */
  public read(after = Number.POSITIVE_INFINITY): readonly LoggedXid[] {
    const xids = this.earlier.flatMap(({ position, logged }) => (position > after ? [logged] : []));
    this.earlier = [];
    this.records(MOST_RECORDS, (logged) => xids.push(logged));
    return xids;
  }

  public close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  /** Each read of `/dev/kmsg` gives one record; other files give what there is, and may end within a line. */
  private records(most: number, each: (logged: LoggedXid) => void): void {
    for (let count = 0; count < most && this.fd !== undefined; count += 1) {
      let length: number;
      try {
        length = readSync(this.fd, this.buffer, 0, RECORD_SIZE, null);
      } catch (error) {
        const code = codeOf(error);
        if (code === 'EPIPE') {
          // Records were overwritten before we read them; the next read goes on with the oldest that is left.
          continue;
        }
        if (code !== 'EAGAIN') {
          this.reason = code;
          this.close();
        }
        return;
      }
      if (length === 0) {
        return;
      }
      const lines = (this.rest + this.buffer.toString('latin1', 0, length)).split('\n');
      this.rest = (lines.pop() ?? '').slice(0, RECORD_SIZE);
      for (const line of lines) this.take(line, each);
    }
  }

  private take(line: string, each: (logged: LoggedXid) => void): void {
    const position = PREFIX.exec(line)?.[2];
    if (position !== undefined) this.position = Number(position);
    const logged = line.includes('NVRM') ? xidOfKernelLine(line) : undefined;
    if (logged !== undefined) each(logged);
  }
}
