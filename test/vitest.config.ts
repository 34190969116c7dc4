import { defineConfig } from 'vitest/config';

// The quick suite: no root, nothing outside npm. End-to-end, rig, fault and bench suites run compiled code.
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/rig/**', 'test/faults/**', 'test/bench/**', 'test/soak/**'],
    maxWorkers: '100%', // by default one core is left idle, which on two cores is half the machine
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
