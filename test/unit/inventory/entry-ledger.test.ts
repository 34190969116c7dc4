import { expect, test } from 'vitest';
import { LATER_ENTRIES_MAX } from '../../../agent/records/docking-bounds.ts';
import { EntryLedger } from '../../../agent/inventory/entry-ledger.ts';
import type { EntryOutcome, TrackedEntry } from '../../../agent/inventory/entry.ts';
import { listedFile, trackedEntry } from '../../fakes/tracked-entry.ts';

const listed = listedFile('a', { kind: 'not-a-file', sizeBytes: 0 });
let looks = 0;

/** Of no file; each look at what became of it is counted. */
function entryOf(pathSha256: string): TrackedEntry {
  const entry = trackedEntry(listed, { kind: 'not-a-file' }, { pathSha256 });
  let outcome: EntryOutcome | undefined;
  Object.defineProperty(entry, 'outcome', {
    get: () => {
      looks++;
      return outcome;
    },
    set: (set: EntryOutcome | undefined) => {
      outcome = set;
    },
  });
  return entry;
}

const listing = (name: string, count: number): TrackedEntry[] =>
  Array.from({ length: count }, (_, at) => entryOf(`${name}.${at}`));

test('a camera that shows other names in each listing is looked through once for places, not for each name', () => {
  const account = new EntryLedger();
  const later = listing('later', LATER_ENTRIES_MAX);
  for (const entry of later) account.met(entry, true);
  for (const entry of later) account.gone(entry); // what is no file leaves something behind
  looks = 0;
  for (const entry of listing('more', 1000)) account.met(entry, true);
  expect(looks).toBeLessThanOrEqual(LATER_ENTRIES_MAX);
  expect(account.later).toBe(LATER_ENTRIES_MAX + 1000);
  expect(account.entries()).toHaveLength(LATER_ENTRIES_MAX);
});

test('places of states that left nothing are found each time that some did', () => {
  const account = new EntryLedger();
  const files = Array.from({ length: LATER_ENTRIES_MAX }, (_, at) =>
    trackedEntry(listedFile('a'), { kind: 'pending' }, { pathSha256: `file.${at}` }),
  );
  for (const file of files) account.met(file, true);
  const [one, two, ...others] = listing('more', 4);
  if (one === undefined || two === undefined) throw new Error('no entries');
  account.met(one, true); // no place
  account.gone(files[0] ?? one);
  account.met(two, true);
  account.gone(files[1] ?? one);
  for (const entry of others) account.met(entry, true); // a place for one of them
  const names = account
    .entries()
    .slice(LATER_ENTRIES_MAX - 2, LATER_ENTRIES_MAX)
    .map(({ path_sha256 }) => path_sha256);
  expect(names).toEqual(['more.1', 'more.2']);
});
