import koffi from 'koffi';
import type { Argument, NativeLibrary } from './native-library.js';
import { type Parameter, signatureOf } from './signatures.js';

type NativeFunction = (...args: readonly Argument[]) => number;

/** Pointers and buffers are both `void *`: koffi takes a bigint for the one and the address of a Buffer for the other. */
const C_TYPES: Readonly<Record<Parameter['kind'], string>> = {
  buffer: 'void *',
  pointer: 'void *',
  u32: 'uint32_t',
  i32: 'int32_t',
  u64: 'uint64_t',
};

/**
 * A C library called through koffi, synchronously.
 *
 * Functions are looked up when first asked for. Structures are Buffers that the caller reads: koffi's own structures cost
 * ten times a call, and its asynchronous calls would keep a hung process from ending.
 *
 * @see https://koffi.dev/
 */
export class KoffiLibrary implements NativeLibrary {
  private readonly library: ReturnType<typeof koffi.load>;
  private readonly functions = new Map<string, NativeFunction | undefined>();

  /** Loads a library. @throws Error in the words of the dynamic linker */
  public constructor(
    /** File, or name that the dynamic linker looks for. */
    public readonly path: string,
  ) {
    this.library = koffi.load(path);
  }

  public has(name: string): boolean {
    return this.lookUp(name) !== undefined;
  }

  public call(name: string, ...args: readonly Argument[]): number {
    const native = this.functions.get(name) ?? this.lookUp(name);
    if (native === undefined) {
      throw new Error(`the library ${this.path} has no function ${name}`);
    }
    return native(...args);
  }

  public close(): void {
    this.functions.clear();
    this.library.unload();
  }

  private lookUp(name: string): NativeFunction | undefined {
    if (!this.functions.has(name)) {
      this.functions.set(name, this.declare(name));
    }
    return this.functions.get(name);
  }

  private declare(name: string): NativeFunction | undefined {
    const parameters = signatureOf(name);
    if (parameters === undefined) {
      throw new Error(`no signature of ${name}`);
    }
    const types = parameters.map(({ kind }) => C_TYPES[kind]);
    try {
      return this.library.func(name, 'int32_t', types) as NativeFunction;
    } catch {
      // The only failure left: the library does not export the function.
      return undefined;
    }
  }
}
