// Agent and receiver, as they are shipped, started after a power cut at every call of their life: on what a strict disk and on what a real ext4
// leaves. All is delivered, once, and the log with it, says the independent checker.
import { describe, expect, test } from 'vitest';
import { lackingForExt4 } from './lacking.ts';
import { shownRestarts, sweepRestarts } from './restarts-sweep.ts';
import type { Way } from './tape-states.ts';

/** By hand some 1,900 tries of four seconds, on as many lanes as there are cores. */
const TIMEOUT_MS = 4 * 3_600_000;
const WAYS: readonly Way[] = ['nothing', 'ext4'];
const lacking = lackingForExt4();

describe.skipIf(lacking !== undefined)(
  `whole programs${lacking === undefined ? '' : ` (missing: ${lacking})`}`,
  () => {
    test('go on behind a power cut at any call of their life', { timeout: TIMEOUT_MS }, async () => {
      const figures = await sweepRestarts(WAYS);
      console.log(shownRestarts(figures));
      expect(Object.fromEntries(figures.failing)).toEqual({});
      expect(figures.tried).toBeGreaterThan(0);
    });
  },
);
