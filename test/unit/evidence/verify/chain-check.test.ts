import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkChains, type ChainLink } from '../../../../agent/evidence/verify/chain-check.ts';

/** Links of one chain in order, each following the one before. */
function chainOf(chain: string, count: number): ChainLink[] {
  return Array.from({ length: count }, (_, at) => ({
    sha256: `${chain}-${at}`,
    previous: at === 0 ? null : `${chain}-${at - 1}`,
    chain,
    name: `${chain}:${at}`,
  }));
}

test('whole chains have no fault, in whatever order their links come', () => {
  const links = fc.array(fc.nat(20), { maxLength: 5 }).chain((lengths) => {
    const all = lengths.flatMap((length, at) => chainOf(`c${at}`, length));
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  });
  fc.assert(
    fc.property(links, (shuffled) => {
      expect(checkChains(shuffled)).toEqual([]);
    }),
  );
});

test('a missing link is named by whoever follows it, and the newest one cannot be missed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.nat(), (length, draw) => {
      const links = chainOf('c', length);
      const missing = draw % length;
      const faults = checkChains(links.toSpliced(missing, 1));
      expect(faults).toEqual(
        missing === length - 1
          ? []
          : [{ kind: 'gap', chain: 'c', names: [`c:${missing + 1}`], other: `c-${missing}` }],
      );
    }),
  );
});

describe('names', () => {
  const [first, second, third] = chainOf('c', 3) as [ChainLink, ChainLink, ChainLink];

  test('a second beginning', () => {
    const other = { ...third, previous: null };
    expect(checkChains([first, second, other])).toEqual([
      { kind: 'two-starts', chain: 'c', names: ['c:0', 'c:2'], other: null },
    ]);
  });

  test('a fork, and what both follow', () => {
    const twin = { ...third, sha256: 'twin', name: 'twin' };
    expect(checkChains([twin, third, second, first])).toEqual([
      { kind: 'fork', chain: 'c', names: ['c:2', 'twin'], other: 'c-1' },
    ]);
  });

  test('a link to another chain', () => {
    const [other] = chainOf('d', 1) as [ChainLink];
    expect(checkChains([first, other, { ...second, previous: 'd-0' }])).toEqual([
      { kind: 'other-chain', chain: 'c', names: ['c:1'], other: 'd:0' },
    ]);
  });

  test('a circle once, with all in it and nothing that only leads into it', () => {
    const circle = [
      { ...first, previous: 'c-2' },
      second,
      third,
      { sha256: 'tail', previous: 'c-1', chain: 'c', name: 'tail' },
    ];
    expect(checkChains(circle)).toEqual([
      { kind: 'fork', chain: 'c', names: ['c:2', 'tail'], other: 'c-1' },
      { kind: 'cycle', chain: 'c', names: ['c:0', 'c:1', 'c:2'], other: null },
    ]);
  });

  test('a link that follows itself', () => {
    expect(checkChains([{ ...first, previous: 'c-0' }])).toEqual([
      { kind: 'cycle', chain: 'c', names: ['c:0'], other: null },
    ]);
  });

  test('nothing for a link that is there twice', () => {
    expect(checkChains([first, second, second, first])).toEqual([]);
  });
});
