import { beforeEach, expect, test } from 'vitest';
import { ALREADY_GONE, type TrackedEntry } from '../../../agent/inventory/entry.ts';
import { VanishedEntries } from '../../../agent/inventory/looks.ts';
import type { Listing } from '../../../agent/inventory/roles.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import { listedFile, trackedEntry } from '../../fakes/tracked-entry.ts';

const recording = makeRecordingId(nodeRandom());
const FATES: Readonly<Record<string, TrackedEntry['fate']>> = {
  pending: { kind: 'pending' },
  changing: { kind: 'waiting', reason: 'changing' },
  unreadable: { kind: 'waiting', reason: 'unreadable' },
  spooled: { kind: 'spooled', recording, sha256: null, stamp: 'a' },
  erased: { kind: 'erased', recording },
  kept: { kind: 'kept', recording, reason: 'still-listed' },
  folder: { kind: 'not-a-file' },
};
let known: Map<string, TrackedEntry>;
let vanished: VanishedEntries;

/** A listing of these names; sizes are the lengths of the names unless they say otherwise, as "name:7". */
function listing(...names: string[]): Pick<Listing, 'entries' | 'paths'> {
  const entries = names.map((text) => {
    const [name = '', size] = text.split(':');
    return { pathSha256: name, listed: listedFile(name, { sizeBytes: Number(size ?? name.length) }) };
  });
  return { entries, paths: new Set(entries.map(({ pathSha256 }) => pathSha256)) };
}

beforeEach(() => {
  vanished = new VanishedEntries();
  known = new Map(
    Object.entries(FATES).map(([name, fate]) => [
      name,
      trackedEntry(listedFile(name, { sizeBytes: name.length * 1000 }), fate, { pathSha256: name }),
    ]),
  );
});

const look = (at: Pick<Listing, 'entries' | 'paths'>): Promise<boolean> =>
  vanished.look(known, at, async () => undefined);

test('what was never taken, and what is here but was not erased by us, vanished; what we erased or could not has not', async () => {
  expect(await look(listing('folder'))).toBe(true);
  expect(vanished.count).toEqual({ entries: 3, entriesHere: 1 });
  expect(await look(listing('folder')), 'told once').toBe(false);
});

test('a file that comes back has not vanished', async () => {
  await look(listing());
  expect(await look(listing('pending', 'spooled'))).toBe(true);
  expect(vanished.count).toEqual({ entries: 1, entriesHere: 0 });
});

test('a file that comes back has not vanished, where nothing else is known any more, either', async () => {
  await look(listing());
  known.clear();
  expect(await look(listing('pending', 'spooled', 'unreadable'))).toBe(true);
  expect(vanished.count).toEqual({ entries: 0, entriesHere: 0 });
});

test('a file that was given another name has not vanished: something new has its size', async () => {
  known.delete('unreadable');
  known.delete('spooled');
  await look(listing('new-name:7000'));
  expect(vanished.count.entries).toBe(0);
  await look(listing('new-name:7001'));
  expect(vanished.count.entries).toBe(1);
});

test('a file that was gone when it was to be erased has vanished, from what is here', async () => {
  const gone = { kind: 'kept', recording, reason: ALREADY_GONE } as const;
  known.set('gone', trackedEntry(listedFile('gone'), gone, { pathSha256: 'gone' }));
  const others = Object.keys(FATES);
  expect(await vanished.look(known, listing(...others), async () => undefined)).toBe(true);
  expect(vanished.count).toEqual({ entries: 1, entriesHere: 1 });
});
