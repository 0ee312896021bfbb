import type { GpuBackend } from '../gpu/backend.js';
import type { Logger } from '../log.js';
import type { BackendOptions } from './backend-options.js';
import { dieWithParent } from './parent-death.js';

/** Makes the back end that is asked for; what the others need is not loaded. */
export async function createBackend(options: BackendOptions, log: Logger): Promise<GpuBackend> {
  switch (options.name) {
    case 'simulated': {
      const { SimulatedBackend } = await import('../gpu/simulated/backend.js');
      return new SimulatedBackend(options);
    }
    case 'replay': {
      const { NvidiaBackend } = await import('../gpu/nvidia/backend.js');
      return new NvidiaBackend({ ...options, replay: options.file, log });
    }
    case 'nvidia': {
      await dieWithParent();
      const { NvidiaBackend } = await import('../gpu/nvidia/backend.js');
      return new NvidiaBackend({ ...options, log });
    }
  }
}
