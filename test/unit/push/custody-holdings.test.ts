// What is made of a store that shows less of the log than it had signed for, as far as it is not sent: over starts, and where it holds something else.
import { expect, test } from 'vitest';
import { Holdings, type PushedSegment } from '../../../agent/push/custody-holdings.ts';
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

test('a start in the middle of the doubt forgets nothing: the store is still found to be rolled back', () => {
  const source = new Remembered();
  const before = new Holdings(source);
  before.forget();
  before.learned(source.at(0), 0, false);
  expect(before.isDoubtful).toBe(true);
  const known = new Holdings(source);
  known.forget();
  known.learned(source.at(0), 0, false);
  expect(known.isDoubtful).toBe(true);
  expect(known.next()).toMatchObject({ segment: source.at(-1).segment, held: undefined });
  known.learned(source.at(-1), 0, true);
  expect(known.showsLess).toMatchObject({ segment: source.at(-1).segment, acknowledged: 3, shown: 0 });
  expect(source.list.map(({ held }) => held)).toEqual([false, false, false]);
});

test('an older segment that the store dropped is not held any more once the doubt is over', () => {
  const source = new Remembered();
  const known = new Holdings(source);
  known.learned(source.at(1), 0, false);
  known.learned(source.at(-1), 3, false);
  expect([known.isDoubtful, known.showsLess]).toEqual([false, undefined]);
  expect(source.list.map(({ held }) => held)).toEqual([true, false, false]);
});

test('a store that holds something else in place of the newest that it had signed for is rolled back, and not asked for ever', () => {
  const source = new Remembered();
  const known = new Holdings(source);
  known.learned(source.at(0), 0, false);
  known.next();
  known.differs(source.at(-1).segment, true);
  expect([known.isDoubtful, known.showsLess?.acknowledged]).toEqual([false, 3]);
});

test('old answers roll nothing back, however many a broker kept, and one that comes late not by what was signed for after its question', () => {
  const source = new Remembered();
  const known = new Holdings(source);
  const [before, newest] = [2, 3];
  known.learned(source.at(-1), 1, false);
  known.next();
  for (let times = 0; times < 20; times++) known.learned(source.at(-1), 1, false);
  expect([known.isDoubtful, known.showsLess]).toEqual([true, undefined]);
  known.learned(source.at(-1), newest, false);
  expect(known.isDoubtful).toBe(false);
  // Of a segment that grows: what it holds is asked, a batch of before is signed for meanwhile, and an old answer comes again.
  const growing = { segment: makeSegmentId(random), lastSequence: 5, held: false };
  source.list.push(growing);
  known.learned(growing, before, false);
  known.learned(growing, 1, false);
  expect(known.next()).toMatchObject({ segment: growing.segment });
  known.learned(growing, newest, false);
  known.learned(growing, 1, false);
  known.learned(growing, before, true);
  expect([known.isDoubtful, known.showsLess]).toEqual([true, undefined]);
  known.next();
  known.learned(growing, before, true);
  expect(known.showsLess).toMatchObject({ acknowledged: newest, shown: before });
});
