import { defineConfig } from 'vitest/config';
import { leftOut } from './fakes/share-of-run.ts';
import { FaultFigures } from './faults/table/fault-figures.ts';
import { keptResults } from './faults/table/kept-results.ts';

const { reporters = ['default' as const] } = keptResults('faults');

/** What takes a minute or more, and is in one of four shares in CI, beside what always tries the same code. */
const TURNS = [
  ['test/faults/tape/tape-restarts.test.ts', 'test/faults/whole-cuts-planted.test.ts'],
  ['test/faults/spool-faults.test.ts'],
  ['test/faults/tape/tape-cuts-planted.test.ts'],
  ['test/faults/docking-faults.test.ts'],
];

// Power cuts and disk faults with the real tools; needs root and the fault tools, and says so by name where they are missing. Points are
// counted in any case: the last line tells them.
export default defineConfig({
  test: {
    setupFiles: ['test/faults/table/count-points.ts'],
    reporters: [...reporters, new FaultFigures()],
    root: new URL('..', import.meta.url).pathname,
    include: ['test/faults/*.test.ts', 'test/faults/{calls,tape}/**/*.test.ts'],
    exclude: leftOut(TURNS),
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 120_000,
  },
});
