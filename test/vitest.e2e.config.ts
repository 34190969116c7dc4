import { defineConfig } from 'vitest/config';

// Whole stations with their store in one process, and whole programs against stock tools: mosquitto, minisign, age, ffmpeg. Two files at a
// time: most of them wait for deadlines.
// They run what was built: call "npm run build" first (the npm script does).
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/station/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/**/*.long.test.ts'],
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
