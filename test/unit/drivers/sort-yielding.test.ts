import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sortYielding } from '../../../drivers/large-listing.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const byNumber = (a: { number: number }, b: { number: number }): number => a.number - b.number;

test('any items come out as from a stable sort', async () => {
  const items = fc.array(fc.nat(50), { maxLength: 10_000, size: 'max' });
  await fc.assert(
    fc.asyncProperty(items, async (numbers) => {
      const given = numbers.map((number, at) => ({ number, at }));
      expect(await sortYielding(given, byNumber, async () => undefined)).toEqual(given.toSorted(byNumber));
    }),
    { numRuns: 20 },
  );
});

test('100,000 items are compared in small lots, with a pause between them', async () => {
  const random = seededRandom(7);
  const items = Array.from({ length: 100_000 }, () => ({ number: random.uint32() }));
  let compares = 0;
  let most = 0;
  const compare = (a: { number: number }, b: { number: number }): number => {
    most = Math.max(most, ++compares);
    return byNumber(a, b);
  };
  await sortYielding(items, compare, async () => {
    compares = 0;
  });
  expect(most).toBeLessThan(30_000);
});
