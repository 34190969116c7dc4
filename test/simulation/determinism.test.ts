// A seed decides everything: the same one gives the same trace, to the last disk step and message, and another one another.
import { expect, test } from 'vitest';
import { knowSignatures } from '../fakes/known-signatures.ts';
import { runSeed } from './run-seed.ts';

test('the same seed twice gives the same trace, also behind another seed and with signatures that are known', async () => {
  const first = await runSeed(1, { days: 1 });
  const other = await runSeed(2, { days: 1 });
  const undo = knowSignatures();
  const again = await runSeed(1, { days: 1 });
  undo();
  expect(again).toEqual(first);
  expect(other.digest).not.toBe(first.digest);
  expect(first.problems).toEqual([]);
});
