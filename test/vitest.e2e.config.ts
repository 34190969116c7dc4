import { defineConfig } from 'vitest/config';

// Whole programs against stock tools: mosquitto, minisign, age, ffmpeg. One file at a time, so that they do not starve each other.
// They run what was built: call "npm run build" first (the npm script does).
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
