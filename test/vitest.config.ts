import { defineConfig } from 'vitest/config';
import { keptResults } from './faults/table/kept-results.ts';

// The quick suite: no root, nothing outside npm, under two minutes on two cores. Whole stations, end-to-end, rig and fault suites are called by
// commands of their own; of the bench, what is pure is tested here. Sweeps that take half a minute each are called *.long.test.ts and run
// beside the end-to-end suites.
export default defineConfig({
  test: {
    ...keptResults('quick'),
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/**/*.long.test.ts',
      'test/station/**',
      'test/system/*.test.ts',
      'test/system/{attacks,package,pages}/**',
      'test/rig/**',
      'test/faults/*.test.ts',
      'test/faults/{calls,tape}/**',
    ],
    env: { LC_ALL: 'C.UTF-8' }, // commands speak the language of the machine
    maxWorkers: 3, // some wait for deadlines while others work
    isolate: false, // modules hold no state: each is loaded once for a worker, not once for a file
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
