import { defineConfig } from 'vitest/config';

/** The tests that need Node alone. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'exporter/test/**/*.test.ts'],
    globalSetup: ['test/temporary-folder.ts'],
    // Of the cluster tier only what needs no cluster.
    exclude: ['test/cluster/*.test.ts'],
  },
});
