import { defineConfig } from 'vitest/config';
import { leftOut } from './fakes/share-of-run.ts';

/** A minute each, and one of them in CI; the handbook's way is gone each time. */
const TURNS = [['test/system/package/packages.test.ts'], ['test/system/package/station-life.test.ts']];

// The packages: built, read, installed and run under the real systemd of clean machines. Needs root and what test/system/package/debian-machine.ts names.
// They run what was built: call "npm run build" first (the npm script does).
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/system/package/**/*.test.ts'],
    exclude: leftOut(TURNS),
    globalSetup: ['test/system/package/build-packages.ts'],
    env: { LC_ALL: 'C.UTF-8' }, // commands speak the language of the machine
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 360_000,
  },
});
