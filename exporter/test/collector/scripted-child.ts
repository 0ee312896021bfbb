import { readFileSync } from 'node:fs';
import { serve } from '../../src/collector/serve.js';
import { type CollectRequest, DriverUnavailableError, type GpuBackend, type Progress } from '../../src/gpu/backend.js';
import type { DeviceSample, Sample } from '../../src/gpu/sample.js';

/** What a call does: returns, never does, ends the process, or says that there is no driver. */
export type Behavior = 'ok' | 'spin' | 'segfault' | 'abort' | 'exit' | 'unavailable' | 'version_mismatch' | 'throw';

/** The script that the child reads at each call, from the file that `$COLLECTOR_SCRIPT` names. */
export interface Script {
  readonly open?: Behavior;
  readonly close?: Behavior;
  /** Behavior of each device by PCI address; a number sleeps for so many milliseconds. */
  readonly devices: Readonly<Record<string, Behavior | number>>;
  /** Bytes that the child allocates at each collection. */
  readonly leak?: number;
  /** Asks devices that it is told to leave alone. */
  readonly ignoreSkip?: boolean;
  /** Printed at each collection. */
  readonly print?: string;
}

const leaked: Buffer[] = [];
let collections = 0;

const read = (): Script => JSON.parse(readFileSync(process.env.COLLECTOR_SCRIPT ?? '', 'utf8')) as Script;

function behave(behavior: Behavior | number | undefined): void {
  if (typeof behavior === 'number') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, behavior);
  if (behavior === 'spin') for (;;);
  if (behavior === 'segfault') process.kill(process.pid, 'SIGSEGV');
  if (behavior === 'abort') process.abort();
  if (behavior === 'exit') process.exit(7);
  if (behavior === 'unavailable') throw new DriverUnavailableError('driver_not_loaded', 'Driver Not Loaded');
  if (behavior === 'version_mismatch')
    throw new DriverUnavailableError('version_mismatch', 'Driver/library version mismatch');
  if (behavior === 'throw') throw new Error('something of ours is broken');
}

class ScriptedBackend implements GpuBackend {
  public readonly vendor = 'nvidia';

  public open(): void {
    behave(read().open);
  }

  public collect({ skip }: CollectRequest, progress: Progress): Sample {
    const script = read();
    collections += 1;
    progress('inventory');
    if (script.leak) leaked.push(Buffer.alloc(script.leak, 1));
    if (script.print !== undefined) console.log(script.print);
    const devices: DeviceSample[] = [];
    for (const [pciBusId, behavior] of Object.entries(script.devices)) {
      if (skip.includes(pciBusId) && !script.ignoreSkip) continue;
      progress('clocks', pciBusId);
      behave(behavior);
      devices.push({
        identity: { vendor: 'nvidia', pciBusId, uuid: `GPU-${pciBusId}`, model: 'Test' },
        status: 'ok',
        points: [
          ['gpu_power_watts', 100 + collections],
          ['gpu_clock_hertz', 1e9, 'sm'],
          ['gpu_nvlink_errors_total', 0, '3', 'crc'],
        ],
        instances: [],
        processes: [{ pid: process.pid, type: 'compute', points: [['gpu_process_memory_used_bytes', 1]] }],
        processesKnown: true,
        supportedEvents: ['xid'],
      });
    }
    return {
      vendor: 'nvidia',
      time: Date.now() / 1000,
      monotonic: Number(process.hrtime.bigint()) / 1e9,
      duration: 0.001,
      driver: { driver: '1.2.3' },
      devices,
      events: [],
      outcomes: [{ collector: 'clocks', seconds: 0.001 }],
      capabilities: [{ capability: 'profiling', supported: false, reason: 'NOT_SUPPORTED' }],
    };
  }

  public close(): void {
    behave(read().close);
  }
}

serve(() => new ScriptedBackend());
