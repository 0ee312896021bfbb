import type { ChildEnd } from './collector-process.js';
import type { RestartReason } from './state.js';

/**
 * Why a child ended that was not told to. SIGKILL comes from the kernel's OOM killer or from an administrator, and a full
 * heap is our own doing: neither says anything about a device.
 */
export function restartReason({ signal, heapFull }: Pick<ChildEnd, 'signal' | 'heapFull'>): RestartReason {
  if (heapFull) return 'memory';
  if (signal === null) return 'exit';
  return signal === 'SIGKILL' || signal === 'SIGTERM' ? 'killed' : 'crash';
}
