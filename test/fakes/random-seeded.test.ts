import assert from 'node:assert/strict';
import { describe, test } from 'vitest';
import { randomContract } from '../contracts/random-contract.ts';
import { seededRandom } from './random-seeded.ts';

describe('the randomness that repeats', () => {
  for (const seed of [0, 1, 2, 4_294_967_295])
    describe(`of seed ${seed}`, () => randomContract({ test }, () => seededRandom(seed)));

  test('one seed gives the same bytes again, another one others', () => {
    const [a, b, c] = [seededRandom(7), seededRandom(7), seededRandom(8)].map((random) => random.bytes(64));
    assert.deepEqual(a, b);
    assert.notDeepEqual(a, c);
  });
});
