// What a day's root is computed from once documents of it were dropped (SPEC 4.10, 10.3).
import { expect, test } from 'vitest';
import { PlaceFacts } from '../../../../agent/evidence/verify/place-facts.ts';
import { StoreLog } from '../../../../agent/evidence/verify/store-log.ts';
import { DocumentDays } from '../../../../agent/evidence/verify/witness-check.ts';
import { makeRecordingId } from '../../../../protocol/format/ids.ts';
import { DayDigests } from '../../../../protocol/custody/witness-day.ts';
import { seededRandom } from '../../../fakes/random-seeded.ts';
import { timesAsLong } from '../../../fakes/growth.ts';

const DAY = '2026-11-25';
const [MANIFEST, RECEIPT, DELETION] = ['a', 'b', 'c'].map((letter) => letter.repeat(64));

/** A store's log that says then that a recording of that day went, deleted the day after. */
function logWith(droppedAt: string): StoreLog {
  const log = new StoreLog();
  const facts = {
    station: 'kod-1',
    recording: makeRecordingId(seededRandom(1)),
    manifest_sha256: MANIFEST ?? '',
    receipt_sha256: RECEIPT ?? '',
    received_at: `${DAY}T08:00:00.000Z`,
    deletion_sha256: DELETION ?? '',
    deleted_at: '2026-11-26T08:00:00.000Z',
  };
  const place = { sequence: 2, previous: '', boot: null, monotonic_ms: 0 };
  log.take('r-store', { ...place, at: droppedAt, event: 'documents-dropped', facts });
  return log;
}

function hexOf(digests: readonly Uint8Array[]): string[] {
  return digests.map((digest) => Buffer.from(digest).toString('hex'));
}

test('documents count on their days for witnesses that were made before they went, and for no later one', () => {
  const days = new DocumentDays(new Set([DAY, '2026-11-26']));
  days.takeHere(new PlaceFacts());
  days.takeDropped(logWith('2028-11-26T08:00:00.000Z'));
  const before = '2026-11-27T00:15:00.000Z';
  expect(hexOf(days.droppedSince(before, DAY, 'kod-1'))).toEqual([RECEIPT, MANIFEST]);
  expect(hexOf(days.droppedSince(before, '2026-11-26', 'kod-1'))).toEqual([DELETION]);
  expect(days.droppedSince(before, DAY, 'kod-2')).toEqual([]);
  expect([...days.stations(DAY, before)]).toEqual(['kod-1']);
  const after = '2028-11-27T00:15:00.000Z';
  expect(days.droppedSince(after, DAY, 'kod-1')).toEqual([]);
  expect([...days.stations(DAY, after)]).toEqual([]);
});

test('what is named as let go and still here counts once', () => {
  const days = new DocumentDays(new Set([DAY]));
  const here = new DayDigests();
  here.add(Buffer.from(MANIFEST ?? '', 'hex'));
  days.put('kod-1', new Map([[DAY, here]]));
  days.takeDropped(logWith('2028-11-26T08:00:00.000Z'));
  expect(hexOf(days.droppedSince('2026-11-26T00:15:00.000Z', DAY, 'kod-1'))).toEqual([RECEIPT]);
});

/** What was dropped on so many days, some documents each. */
function droppedOn(daysMax: number, each: number): { readonly names: string[]; readonly days: DocumentDays } {
  const log = new StoreLog();
  const random = seededRandom(2);
  const names = Array.from({ length: daysMax }, (_, day) =>
    new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10),
  );
  const place = { sequence: 2, previous: '', boot: null, monotonic_ms: 0, at: '2040-01-01T00:00:00.000Z' };
  for (const day of names)
    for (let at = 0; at < each; at++) {
      const facts = {
        station: 'kod-1',
        recording: makeRecordingId(random),
        manifest_sha256: MANIFEST ?? '',
        receipt_sha256: RECEIPT ?? '',
        received_at: `${day}T08:00:00.000Z`,
        deletion_sha256: null,
        deleted_at: null,
      };
      log.take('r-store', { ...place, event: 'documents-dropped', facts });
    }
  const days = new DocumentDays(new Set(names));
  days.takeDropped(log);
  return { names, days };
}

test('years of documents that were let go are looked through once, not once for each day', async () => {
  const each = 20;
  const [few, many] = [droppedOn(180, each), droppedOn(1800, each)];
  const find = ({ names, days }: ReturnType<typeof droppedOn>): number =>
    names.reduce((found, day) => found + days.droppedSince(`${day}T23:59:59.000Z`, day, 'kod-1').length, 0);
  expect(find(many)).toBe(2 * each * 1800);
  const times = await timesAsLong(
    () => find(few),
    () => find(many),
  );
  expect(times).toBeLessThan(40); // a hundred where all are looked through for each day
});
