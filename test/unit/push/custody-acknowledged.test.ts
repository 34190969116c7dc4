// What is made of a store that shows less of the log than it had signed for, as far as it is not sent: over starts, and where it holds something else.
import { expect, test } from 'vitest';
import { Acknowledged, type PushedSegment } from '../../../agent/push/custody-acknowledged.ts';
import { makeSegmentId, type SegmentId } from '../../../protocol/format/ids.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const random = seededRandom(21);

/** Three ended segments that the store holds, and what is remembered of them over starts. */
class Remembered {
  readonly list = [1, 2, 3].map(() => ({ segment: makeSegmentId(random), lastSequence: 3, held: true }));

  segments(): PushedSegment[] {
    return this.list;
  }
  storeHolds(): void {}
  storeLost(segment: SegmentId): void {
    const from = this.list.findIndex((each) => each.segment === segment);
    for (const each of this.list.slice(from)) each.held = false;
  }
  at(place: number): PushedSegment {
    return this.list.at(place) as PushedSegment;
  }
}

/** An old word that the broker kept, or one that it cannot have kept. */
const kept = { atMs: 0, isFresh: false };

/** Asks as often as is needed, and has each answer brought. */
function askedThrice(known: Acknowledged, bring: (atMs: number) => void): void {
  for (const atMs of [0, 1000, 3000]) {
    expect(known.next(atMs)).toMatchObject({ held: undefined });
    bring(atMs);
  }
}

test('a start in the middle of the doubt forgets nothing: the store is still found to be rolled back', () => {
  const source = new Remembered();
  const before = new Acknowledged(source);
  before.forget();
  before.learned(source.at(0), 0, kept);
  expect(before.isDoubtful).toBe(true);
  const known = new Acknowledged(source);
  known.forget();
  known.learned(source.at(0), 0, kept);
  expect(known.isDoubtful).toBe(true);
  askedThrice(known, (atMs) => known.learned(source.at(-1), 0, { atMs, isFresh: true }));
  expect(known.showsLess).toMatchObject({ segment: source.at(-1).segment, acknowledged: 3, shown: 0 });
  expect(source.list.map(({ held }) => held)).toEqual([false, false, false]);
});

test('an older segment that the store dropped is not held any more once the doubt is over', () => {
  const source = new Remembered();
  const known = new Acknowledged(source);
  known.learned(source.at(1), 0, kept);
  known.learned(source.at(-1), 3, kept);
  expect([known.isDoubtful, known.showsLess]).toEqual([false, undefined]);
  expect(source.list.map(({ held }) => held)).toEqual([true, false, false]);
});

test('a store that holds something else in place of the newest that it had signed for is rolled back, and not asked for ever', () => {
  const source = new Remembered();
  const known = new Acknowledged(source);
  known.learned(source.at(0), 0, kept);
  askedThrice(known, (atMs) => known.differs(source.at(-1).segment, { atMs, isFresh: true }));
  expect([known.isDoubtful, known.showsLess?.acknowledged]).toEqual([false, 3]);
});

test('old answers roll nothing back, however many a broker kept', () => {
  const source = new Remembered();
  const known = new Acknowledged(source);
  known.learned(source.at(-1), 1, kept);
  known.next(0);
  for (let atMs = 0; atMs < 20_000; atMs += 1000) known.learned(source.at(-1), 1, { atMs, isFresh: false });
  expect([known.isDoubtful, known.showsLess]).toEqual([true, undefined]);
  known.learned(source.at(-1), 3, kept);
  expect(known.isDoubtful).toBe(false);
});
