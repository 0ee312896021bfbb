/** What is passed to a function: numbers and pointers by value, buffers by address, text as a C string. */
export type Argument = number | bigint | Buffer | string | null;

/**
 * The functions of a C library that return a status, called synchronously.
 *
 * The real one calls through koffi; `--record` wraps it, and `--backend replay` answers from what was recorded.
 */
export interface NativeLibrary {
  /** Whether the library exports the function. */
  has(name: string): boolean;
  /** Calls a function of the table of signatures, and returns its status. Buffers hold what the function wrote. */
  call(name: string, ...args: readonly Argument[]): number;
  /** Lets go of the library. */
  close(): void;
}
