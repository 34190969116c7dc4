import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fairShares, SlabShares } from '../../../../agent/receiver/transfer/slabs.ts';

test('shares are equal, never above a want, and use all that is wanted', () => {
  fc.assert(
    fc.property(fc.nat(64), fc.array(fc.nat(40), { maxLength: 40 }), (total, wants) => {
      const shares = fairShares(total, wants);
      const sum = shares.reduce((a, b) => a + b, 0);
      expect(sum).toBe(
        Math.min(
          total,
          wants.reduce((a, b) => a + b, 0),
        ),
      );
      for (const [at, share] of shares.entries()) {
        expect(share).toBeLessThanOrEqual(wants[at] ?? 0);
        // nobody who wants more has less than another, up to the rest of the division
        for (const other of shares)
          if (share < (wants[at] ?? 0)) expect(share + 1).toBeGreaterThanOrEqual(other);
      }
    }),
  );
});

test('two stations get the same, however many recordings each has', () => {
  const shares = new SlabShares<string>(32);
  shares.join('a', 'one', 100);
  for (const key of ['b', 'c', 'd', 'e']) shares.join(key, 'two', 100);
  shares.settle();
  expect(shares.granted('a')).toBe(16);
  for (const key of ['b', 'c', 'd', 'e']) expect(shares.granted(key)).toBe(4);
});

test('a grant shrinks only as units land, and the newcomer grows as it does', () => {
  const shares = new SlabShares<string>(32);
  shares.join('a', 'one', 100);
  shares.settle();
  shares.join('b', 'two', 100);
  expect(shares.settle()).toEqual([]);
  expect(shares.granted('a')).toBe(32);
  for (let landed = 1; landed <= 16; landed++) {
    shares.landed('a', 100 - landed);
    expect(shares.settle()).toEqual(['b']);
    expect([shares.granted('a'), shares.granted('b')]).toEqual([32 - landed, landed]);
  }
  shares.landed('a', 80);
  expect(shares.settle()).toEqual([]);
});

test('whoever misses fewer units than its grant gives the rest to others', () => {
  const shares = new SlabShares<string>(8);
  shares.join('a', 'one', 5);
  shares.join('b', 'one', 100);
  shares.settle();
  expect([shares.granted('a'), shares.granted('b')]).toEqual([4, 4]);
  for (const missing of [4, 3, 2, 1]) shares.landed('a', missing);
  shares.settle();
  expect([shares.granted('a'), shares.granted('b')]).toEqual([1, 7]);
  shares.leave('a');
  shares.settle();
  expect(shares.granted('b')).toBe(8);
});

test('with more recordings than slabs the first ones have one each, and one that is silent goes to the end', () => {
  const shares = new SlabShares<number>(4);
  for (let key = 0; key < 6; key++) shares.join(key, 'one', 10);
  shares.settle();
  expect([0, 1, 2, 3, 4, 5].map((key) => shares.granted(key))).toEqual([1, 1, 1, 1, 0, 0]);
  expect(shares.starving).toBe(true);
  shares.stalled(0);
  expect(shares.settle()).toEqual([4]);
  expect([0, 1, 2, 3, 4, 5].map((key) => shares.granted(key))).toEqual([0, 1, 1, 1, 1, 0]);
});

test('what one has above its share, and brings to no end, goes to whom it is owed', () => {
  const shares = new SlabShares<string>(8);
  shares.join('a', 'one', 100);
  shares.settle();
  shares.join('b', 'two', 100);
  shares.settle();
  expect([shares.isOwed, shares.isAbove('a'), shares.isAbove('b')]).toEqual([true, true, false]);
  shares.lowered('a');
  expect(shares.settle()).toEqual(['b']);
  expect([shares.granted('a'), shares.granted('b')]).toEqual([4, 4]);
  expect([shares.isOwed, shares.isAbove('a')]).toEqual([false, false]);
});

test('the grants never exceed the slabs, whatever joins, lands, stalls, is lowered and leaves', () => {
  const action = fc.tuple(
    fc.constantFrom('join', 'landed', 'leave', 'stalled', 'lowered'),
    fc.nat(9),
    fc.nat(3),
    fc.nat(50),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const shares = new SlabShares<number>(6);
      for (const [kind, key, station, wanted] of actions) {
        if (kind === 'join') shares.join(key, `s${station}`, wanted);
        else if (kind === 'landed') shares.landed(key, wanted);
        else if (kind === 'leave') shares.leave(key);
        else if (kind === 'lowered') shares.lowered(key);
        else shares.stalled(key);
        shares.settle();
        let sum = 0;
        for (let each = 0; each < 10; each++) sum += shares.granted(each);
        expect(sum).toBeLessThanOrEqual(6);
      }
    }),
  );
});
