/**
 * What has to be done about an XID error.
 *
 * - `application`: the process that caused it starts again, or is mended; the GPU is fine
 * - `reset`: the GPU has to be reset before it can be relied on
 * - `reboot`: the node, or the virtual machine, has to start again
 * - `hardware`: parts of the GPU, its memory or its links wear out or are at fault, and have to be looked at
 * - `unknown`: NVIDIA names no action, or we do not know the number
 */
export type XidClass = 'application' | 'reset' | 'reboot' | 'hardware' | 'unknown';

/** What an XID number means. */
export interface Xid {
  readonly xid: number;
  readonly class: XidClass;
  /** What happened, in a few words. */
  readonly meaning: string;
  /** Whether its counter exists before the first error, so that an alert sees the very first one. */
  readonly known: boolean;
}

type Row = readonly [numbers: string, xidClass: XidClass, meaning: string, known?: 'known'];

/**
 * The class follows the immediate action of NVIDIA's catalogue for Ampere and newer GPUs; where that is a workflow, the
 * action at its end. Numbers that the catalogue calls unused are left out.
 *
 * @see https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html
 */
const ROWS: readonly Row[] = [
  ['8', 'application', 'A channel made no progress and was stopped'],
  ['11 25', 'application', 'The command stream was invalid or damaged'],
  ['13', 'application', 'A kernel ran into an exception, such as an access out of bounds', 'known'],
  ['31', 'application', 'A process touched an address that is not mapped', 'known'],
  ['32', 'application', 'The command stream was damaged on its way to the GPU', 'known'],
  ['37 66 67', 'unknown', 'Firmware met a request of the driver that it does not accept'],
  ['38', 'unknown', 'The watchdog of the context switching firmware ran out'],
  ['39-41 70-72 75-77 85 126-135', 'application', 'A copy engine ran into an exception'],
  ['43', 'application', 'A process was stopped for a fault of its own', 'known'],
  ['44', 'application', 'A fault during a context switch'],
  ['45', 'application', 'A channel was cleaned up after its process ended or another error', 'known'],
  ['46', 'reset', 'The GPU stopped making progress', 'known'],
  ['48', 'reset', 'A memory error that could not be corrected', 'known'],
  ['54', 'hardware', 'A power cable of the board is not connected'],
  ['60', 'application', 'The security engine ran into an exception'],
  ['62', 'reset', 'The power management controller halted', 'known'],
  ['63', 'hardware', 'A row or page of memory was taken out of use', 'known'],
  ['64', 'reset', 'A row or page of memory could not be taken out of use', 'known'],
  ['68 83 84 88 89 96-98', 'application', 'A video decoder ran into an exception'],
  ['69', 'application', 'The graphics engine met a method that it does not know', 'known'],
  ['74', 'reset', 'A fault of an NVLink', 'known'],
  ['78', 'unknown', 'A virtual GPU could not start'],
  ['79', 'reboot', 'The GPU no longer answers on the PCI bus', 'known'],
  ['80', 'application', 'Data arrived damaged at the GPU', 'known'],
  ['82 99-105', 'application', 'A JPEG engine ran into an exception'],
  ['86 139', 'application', 'An optical flow accelerator ran into an exception'],
  ['92', 'hardware', 'Corrected memory errors come at a high rate', 'known'],
  ['93', 'hardware', 'The information ROM reached the limit of its writes'],
  ['94', 'application', 'A memory error that hit one process alone', 'known'],
  ['95', 'reset', 'A memory error that may have hit any process', 'known'],
  ['109', 'reset', 'A context switch did not end in time', 'known'],
  ['110', 'reset', 'A security fault, which points to the hardware', 'known'],
  ['119', 'reset', 'The GSP firmware did not answer in time', 'known'],
  ['120', 'reset', 'The GSP firmware failed', 'known'],
  ['121', 'hardware', 'Errors were corrected on the link between GPU and CPU', 'known'],
  ['136', 'reset', 'An NVLink could not be trained', 'known'],
  ['137', 'application', 'A process touched memory of another GPU that it may not reach over NVLink', 'known'],
  ['140', 'reset', 'A memory error stopped the driver from setting the memory aside', 'known'],
  ['141', 'unknown', 'An error on the fast path of CUDA'],
  ['142', 'unknown', 'A video encoder ran into an exception'],
  ['143', 'reset', 'The GPU could not be initialized', 'known'],
  ['144-150', 'reset', 'A fault of an NVLink of the fifth generation', 'known'],
  ['151', 'reboot', 'The rotation of encryption keys failed', 'known'],
  ['154', 'unknown', 'The driver asks for another recovery action', 'known'],
  ['155', 'reset', 'Software took an NVLink down', 'known'],
  ['156', 'reset', 'A unit of the GPU was taken out of use', 'known'],
  ['157', 'hardware', 'A unit of the GPU could not be taken out of use', 'known'],
  ['158', 'reset', 'The GPU did not answer in time', 'known'],
  ['159', 'unknown', 'An error on the coherent link to the CPU'],
  ['160', 'hardware', 'A memory channel was taken out of use'],
  ['161', 'hardware', 'A memory channel could not be taken out of use'],
  ['162 163', 'unknown', 'Power smoothing was switched on or off by the hardware'],
  ['164 165', 'hardware', 'The circuit for power smoothing is near or at the end of its life'],
  ['166 170', 'unknown', 'Traffic on a link that is not set up for confidential computing'],
  ['167', 'unknown', 'A transfer over PCI Express did not end in time'],
  ['168', 'unknown', 'Errors in memory that the firmware needs left the GPU with less memory'],
  ['169', 'unknown', 'The security controller halted'],
  ['171', 'reset', 'The memory error of XID 48 was in DRAM'],
  ['172', 'reset', 'The memory error of XID 48 was in SRAM'],
];

const numbersOf = (text: string): readonly number[] =>
  text.split(' ').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });

/** What is known about XID numbers, by number. */
export const XIDS: ReadonlyMap<number, Xid> = new Map(
  ROWS.flatMap(([numbers, xidClass, meaning, known]) =>
    numbersOf(numbers).map((xid) => [xid, { xid, class: xidClass, meaning, known: known === 'known' }]),
  ),
);

/** Numbers whose counters start at 0 with the exporter: those worth an alert, at most 40 since each is a series per GPU. */
export const KNOWN_XIDS: readonly number[] = [...XIDS.values()].filter((xid) => xid.known).map((xid) => xid.xid);

/** Says what has to be done about an XID. */
export const classOfXid = (xid: number): XidClass => XIDS.get(xid)?.class ?? 'unknown';
