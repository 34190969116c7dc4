import { beforeEach, expect, test } from 'vitest';
import type { EntryPlace } from '../../../../agent/evidence/verify/custody-segment.ts';
import { CoveredEntries } from '../../../../agent/evidence/verify/covered-entries.ts';
import type { CustodyEntry } from '../../../../protocol/custody/custody-entry.ts';
import { CUSTODY_GROUP_ENTRIES } from '../../../../protocol/format/limits.ts';

const ONE = 'segment-1';
const TWO = 'segment-2';
const KEY = '0123456789abcdef';

let told: string[];
let entries: CoveredEntries;
beforeEach(() => {
  told = [];
  entries = new CoveredEntries((entry, segment, keyId) =>
    told.push(`${segment} ${entry.sequence} ${keyId ?? 'nobody'}`),
  );
});

function take(segment: string, sequence: number, place: Partial<EntryPlace> = {}, facts = {}): void {
  const event =
    sequence === 1 ? 'segment-opened' : place.vouchedBy === undefined ? 'clock-checked' : 'checkpoint';
  const at = '2026-11-25T08:00:00.000Z';
  const entry = { sequence, previous: '', at, boot: null, monotonic_ms: 0, event, facts } as CustodyEntry;
  const sha256 = `${segment} ${sequence}`;
  entries.take(entry, { segment, sha256, follows: true, vouchedBy: undefined, ...place });
}

function link(sequence: number): Record<string, string | number> {
  return { last_segment: ONE, last_sequence: sequence, last_sha256: `${ONE} ${sequence}` };
}

test('an entry is given on when its checkpoint comes, and the last ones with nobody who vouches for them', () => {
  take(ONE, 1);
  expect(told).toEqual([]);
  take(ONE, 2, { vouchedBy: KEY });
  take(ONE, 3);
  entries.ended(ONE, undefined);
  entries.close();
  expect(told).toEqual([`${ONE} 1 ${KEY}`, `${ONE} 2 ${KEY}`, `${ONE} 3 nobody`]);
});

test('a signature over the whole file vouches for what no checkpoint covers', () => {
  take(ONE, 1);
  entries.ended(ONE, KEY);
  expect(told).toEqual([`${ONE} 1 ${KEY}`]);
});

test('so does the first checkpoint of the segment that follows, up to the entry that it names', () => {
  take(ONE, 1);
  take(ONE, 2);
  take(ONE, 3);
  entries.ended(ONE, undefined);
  take(TWO, 1, {}, link(2));
  expect(told).toEqual([]);
  take(TWO, 2, { vouchedBy: KEY });
  expect(told).toEqual(
    [1, 2].map((at) => `${ONE} ${at} ${KEY}`).concat(`${ONE} 3 nobody`, `${TWO} 1 ${KEY}`, `${TWO} 2 ${KEY}`),
  );
});

test.each([
  ['names another entry', link(7), {}],
  ['does not hold as a chain', link(1), { follows: false }],
])('not where that segment %s', (_, facts, place) => {
  take(ONE, 1);
  entries.ended(ONE, undefined);
  take(TWO, 1, place, facts);
  take(TWO, 2, { vouchedBy: KEY });
  expect(told[0]).toBe(`${ONE} 1 nobody`);
});

test('what is longer than a group waits no longer', () => {
  for (let at = 1; at <= CUSTODY_GROUP_ENTRIES; at++) take(ONE, at);
  expect(told).toEqual([]);
  take(ONE, CUSTODY_GROUP_ENTRIES + 1);
  expect(told).toHaveLength(CUSTODY_GROUP_ENTRIES + 1);
  expect(told.every((line) => line.endsWith(' nobody'))).toBe(true);
});
