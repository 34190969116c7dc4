// Erasures of which the log tells the begin and not the end, whoever entered them.
import { expect, test } from 'vitest';
import { LogReview } from '../../../agent/custody/log-review.ts';
import type { CustodyEvent } from '../../../protocol/custody-entry.ts';
import { makeDockingId, makeRecordingId, type DockingId } from '../../../protocol/ids.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const random = seededRandom(5);
const [first, second] = [makeDockingId(random), makeDockingId(random)];
const recording = makeRecordingId(random);
const PATH = 'a'.repeat(64);

const docked = (docking: DockingId, camera = 'cam-1', bay = 'bay-1'): CustodyEvent => ({
  event: 'docked',
  facts: { bay, camera, docking },
});
const erasure = (event: 'erasing' | 'erased' | 'not-erased', docking = first): CustodyEvent => ({
  event,
  facts: { recording, docking, path_sha256: PATH },
});

/** What is open of that camera behind this; `|` in between: the review of earlier runs is over. */
function open(
  camera: string,
  ...told: readonly (readonly ['earlier' | 'now', CustodyEvent] | '|')[]
): string[] {
  const review = new LogReview();
  for (const each of told) {
    if (each === '|') review.lookedThrough();
    else if (each[0] === 'earlier') review.earlier(each[1]);
    else review.appended(each[1]);
  }
  return [...review.erasures.of(camera).keys()];
}

test.each(['earlier', 'now'] as const)('one that was begun and has no end is open: entered %s', (when) => {
  const told = [
    [when, docked(first)],
    [when, erasure('erasing')],
  ] as const;
  expect(open('cam-1', ...told)).toEqual([PATH]);
  expect(open('cam-2', ...told)).toEqual([]);
  for (const event of ['erased', 'not-erased'] as const)
    expect(open('cam-1', ...told, [when, erasure(event)])).toEqual([]);
});

test('one of an earlier run that this one ends is over, also where its begin is told later', () => {
  const begun = [
    ['earlier', docked(first)],
    ['earlier', erasure('erasing')],
  ] as const;
  expect(open('cam-1', ...begun, '|', ['now', erasure('erased')])).toEqual([]);
  expect(open('cam-1', ['now', erasure('erased')], ...begun, '|')).toEqual([]);
  expect(
    open(
      'cam-1',
      ['now', erasure('erased')],
      '|',
      ['now', docked(second)],
      ['now', erasure('erasing', second)],
    ),
  ).toEqual([PATH]);
});

test('one that is begun while earlier runs are told of belongs to the camera that is in the bay now', () => {
  const told = [
    ['now', docked(second, 'cam-2')],
    ['earlier', docked(first, 'cam-1')],
    ['now', erasure('erasing', second)],
  ] as const;
  expect(open('cam-2', ...told)).toEqual([PATH]);
  expect(open('cam-1', ...told)).toEqual([]);
});

test('a bay forgets the docking before', () => {
  const told = [
    ['now', docked(first)],
    ['now', docked(second)],
    ['now', erasure('erasing', first)],
  ] as const;
  expect(open('cam-1', ...told)).toEqual([]);
});
