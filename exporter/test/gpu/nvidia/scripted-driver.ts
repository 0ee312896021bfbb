import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KoffiLibrary } from '../../../src/gpu/nvidia/koffi-library.js';
import { compileNvml, type NvmlOptions, readCalls } from '../../nvml/library.js';
import { NvmlScript } from '../../nvml/script.js';

/** The C library with NVML's ABI in this process, initialised, and its script. One at a time: the script is one per process. */
export class ScriptedDriver {
  public script: NvmlScript;
  public readonly library: KoffiLibrary;
  private readonly folder = mkdtempSync(join(tmpdir(), 'gpu-exporter-driver-'));

  /** @param prepare says what there is when the library is initialised */
  public constructor(prepare: (script: NvmlScript) => void, options: NvmlOptions = {}) {
    this.script = new NvmlScript(join(this.folder, 'script'));
    prepare(this.script);
    this.script.write();
    process.env.NVML_SCRIPT = this.script.path;
    process.env.NVML_CALLS = this.callsPath;
    this.library = new KoffiLibrary(compileNvml(options));
    this.library.call('nvmlInit_v2');
  }

  /** Says everything anew, so that what was said before is gone. */
  public rewrite(prepare: (script: NvmlScript) => void): void {
    this.script = new NvmlScript(this.script.path);
    prepare(this.script);
    this.script.write();
  }

  /** The handle of a device. */
  public handle(index = 0): bigint {
    const out = Buffer.alloc(8);
    this.library.call('nvmlDeviceGetHandleByIndex_v2', index, out);
    return out.readBigUInt64LE(0);
  }

  /** How often a function was called so far. */
  public calls(name: string): number {
    return existsSync(this.callsPath) ? (readCalls(this.callsPath).get(name) ?? 0) : 0;
  }

  /** Unloads the library. */
  public close(): void {
    this.library.call('nvmlShutdown');
    this.library.close();
    delete process.env.NVML_SCRIPT;
    delete process.env.NVML_CALLS;
    rmSync(this.folder, { recursive: true });
  }

  private get callsPath(): string {
    return join(this.folder, 'calls');
  }
}
