import { defineConfig } from 'vitest/config';

// Every page and print that the product makes, opened in Debian's Chromium. They run what was built: call "npm run build" first (the npm
// script does). Pictures of all of them are left in out/pages, for somebody to look at.
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/system/pages/**/*.test.ts'],
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
