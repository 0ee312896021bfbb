/** File descriptor of the child to which it writes where it is. */
export const PROGRESS_FD = 4;

/** Bytes of a record. */
export const RECORD_SIZE = 128;

/** Name of the step in which the driver is opened; it takes longer than others, without persistence mode. */
export const OPEN = 'open';

/** Where a collection is. */
export interface Position {
  readonly collector: string;
  /** Absent for calls about no device. */
  readonly pciBusId?: string;
}

/** Writes a position as a record; none where no call is under way. */
export function recordOf(position?: Position): Buffer {
  const record = Buffer.alloc(RECORD_SIZE);
  record.write(`${position?.collector ?? ''}\n${position?.pciBusId ?? ''}\n`, 0, RECORD_SIZE - 1, 'latin1');
  return record;
}

/** Reads a record. */
export function positionOf(record: Buffer): Position | undefined {
  const [collector, pciBusId] = record.toString('latin1').split('\n');
  if (!collector || collector.startsWith('\0')) return undefined;
  return pciBusId ? { collector, pciBusId } : { collector };
}
