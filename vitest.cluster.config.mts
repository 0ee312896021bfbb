import { defineConfig } from 'vitest/config';

/** The tests that need root on Linux and Go; see test/cluster/README.md. One cluster, so one file after the other. */
export default defineConfig({
  test: {
    include: ['test/cluster/*.test.ts'],
    globalSetup: ['test/cluster/global-setup.ts'],
    fileParallelism: false,
    testTimeout: 15 * 60_000,
    hookTimeout: 60 * 60_000,
  },
});
