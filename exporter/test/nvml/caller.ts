import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi, { type KoffiFunc, type LibraryHandle } from 'koffi';
import { NvmlScript } from './script.js';

const KOFFI = createRequire(import.meta.url).resolve('koffi');

/** A number is passed as 32 bits, a bigint (a handle, a time stamp) as 64. */
type Argument = number | bigint | Buffer | string | null;

/**
 * Calls the C library in this process, with a script of its own. For tests of the library itself: tests of the exporter go through
 * the exporter.
 */
export class NvmlCaller {
  public readonly folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-nvml-test-'));
  public readonly script = new NvmlScript(join(this.folder, 'script'));
  public readonly callsPath = join(this.folder, 'calls');
  private readonly library: LibraryHandle;
  private readonly functions = new Map<string, KoffiFunc<(...args: unknown[]) => number>>();

  public constructor(private readonly path: string) {
    process.env.NVML_SCRIPT = this.script.path;
    process.env.NVML_CALLS = this.callsPath;
    this.library = koffi.load(path);
  }

  /** Calls a function, and returns its code. */
  public call(name: string, ...args: readonly Argument[]): number {
    const types = args.map(typeOf);
    const key = `${name}(${types.join()})`;
    const declared = this.functions.get(key) ?? this.library.func(name, 'int', types);
    this.functions.set(key, declared);
    return declared(...args);
  }

  /** Handle of the device with an index. */
  public handle(index = 0): bigint {
    const out = Buffer.alloc(8);
    const code = this.call('nvmlDeviceGetHandleByIndex_v2', index, out);
    if (code !== 0) throw new Error(`nvmlDeviceGetHandleByIndex_v2 answers ${code}`);
    return out.readBigUInt64LE();
  }

  /** What a function writes into 32 bits, or its code: `error 3`. */
  public u32(name: string, ...args: readonly Argument[]): number | string {
    const out = Buffer.alloc(4);
    const code = this.call(name, ...args, out);
    return code === 0 ? out.readUInt32LE() : `error ${code}`;
  }

  /** What a function writes into 64 bits, or its code. */
  public u64(name: string, ...args: readonly Argument[]): bigint | string {
    const out = Buffer.alloc(8);
    const code = this.call(name, ...args, out);
    return code === 0 ? out.readBigUInt64LE() : `error ${code}`;
  }

  /** What the library prints about a line that it does not understand. */
  public problemOf(line: string): string {
    const code = `require(${JSON.stringify(KOFFI)}).load(${JSON.stringify(this.path)}).func('nvmlInit_v2', 'int', [])()`;
    new NvmlScript(this.script.path).device().line(line).write();
    return spawnSync(process.execPath, ['-e', code], { env: { ...process.env, NVML_CALLS: '' }, encoding: 'utf8' })
      .stderr;
  }

  /** Shuts the library down as often as it was started, and removes the folder. */
  public close(): void {
    while (this.call('nvmlShutdown') === 0);
    this.library.unload();
    delete process.env.NVML_SCRIPT;
    delete process.env.NVML_CALLS;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function typeOf(argument: Argument): string {
  if (typeof argument === 'number') return 'uint32_t';
  if (typeof argument === 'bigint') return 'uint64_t';
  return typeof argument === 'string' ? 'str' : 'void *';
}
