import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  /** @default 60_000 */
  readonly timeoutMilliseconds?: number;
  /** @default 250 */
  readonly everyMilliseconds?: number;
  /** Throws when it makes no sense to wait any longer. */
  readonly giveUp?: () => void;
}

/** Repeats an attempt until it no longer throws, and then returns its result; in the end throws the last error. */
export async function eventually<T>(
  what: string,
  attempt: () => Promise<T> | T,
  options: EventuallyOptions = {},
): Promise<T> {
  const timeout = options.timeoutMilliseconds ?? 60_000;
  const deadline = Date.now() + timeout;
  for (;;) {
    options.giveUp?.();
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) {
        throw new Error(`${what}: not within ${timeout / 1000} s: ${(error as Error).message}`, { cause: error });
      }
    }
    await sleep(options.everyMilliseconds ?? 250);
  }
}
