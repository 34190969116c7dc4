// Which receipt of several counts by a station's log, in whatever order its segments are read and whatever its clock said.
import { expect, test } from 'vitest';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import { LogFates } from '../../../agent/receiver/reconcile/log-fates.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const recording = makeRecordingId(seededRandom(1));
const at = '2026-11-25T08:00:00.000Z';
const given = (receipt_sha256: string, when = at) =>
  ({ event: 'receipted', at: when, facts: { recording, receiver: 'r-a', receipt_sha256 } }) as const;
const asked = (receipt_sha256: string) =>
  ({ event: 'asked-again', at, facts: { recording, receiver: 'r-a', receipt_sha256 } }) as const;

/** A vault that was put back twice: each time the station gave the recording again, and its clock ran backwards. */
const SEGMENTS = [
  [given('first', '2026-11-25T10:00:00.000Z')],
  [asked('first'), given('second', '2026-11-25T09:00:00.000Z')],
  [asked('second'), given('third', '2026-11-25T08:00:00.000Z')],
];

for (const order of [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
])
  test(`the one that was not asked for again counts, the segments read as ${order.join(', ')}`, () => {
    const fates = new LogFates(() => true);
    for (const number of order) for (const entry of SEGMENTS[number] ?? []) fates.take(entry);
    expect(fates.of(recording)?.receipt?.sha256).toBe('third');
  });

test('where the only one was asked for again, it is the one that is told', () => {
  const fates = new LogFates(() => true);
  for (const entry of [given('first'), asked('first')]) fates.take(entry);
  expect(fates.of(recording)?.receipt?.sha256).toBe('first');
});
