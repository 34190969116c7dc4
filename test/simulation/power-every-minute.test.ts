// A station whose power goes every minute still gets on, and everything is delivered in the end.
import { expect, test } from 'vitest';
import { runSeed } from './run-seed.ts';

test('a power cut every minute: recordings are delivered between two cuts, and all of them in the end', async () => {
  const { problems, recordings, early } = await runSeed(60, {
    kinds: [],
    days: 2,
    cutEveryMs: 60_000,
    generation: 1,
  });
  expect(problems).toEqual([]);
  expect(recordings).toBe(9); // three of them still went on when their cameras were docked
  expect(early).toBeGreaterThan(2);
});
