/** Waits until a condition holds; fails with what it saw last where that takes too long. */
export async function until(
  what: string,
  condition: () => boolean,
  { atMost = 10_000, show = (): unknown => undefined }: { atMost?: number; show?: () => unknown } = {},
): Promise<void> {
  const end = performance.now() + atMost;
  while (!condition()) {
    if (performance.now() > end) {
      throw new Error(`waited ${atMost} ms until ${what}: ${JSON.stringify(show())}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
