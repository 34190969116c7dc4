import { defineConfig } from 'vitest/config';

// Power cuts and disk faults with the real tools; needs root and the fault tools, and says so by name where they are missing.
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/faults/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
