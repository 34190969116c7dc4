import { beforeEach, expect, test } from 'vitest';
import type { TrackedEntry } from '../../../agent/bay/entry.ts';
import { VanishedEntries } from '../../../agent/bay/vanished-entries.ts';
import type { InventoryEntry } from '../../../drivers/driver.ts';
import { encodeUtf8 } from '../../../protocol/bytes.ts';
import { makeRecordingId } from '../../../protocol/ids.ts';
import { nodeRandom } from '../../../protocol/io/random-node.ts';
import { oldLooks } from '../../fakes/old-looks.ts';

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

function listed(name: string, sizeBytes: number): InventoryEntry {
  return {
    path: encodeUtf8(name),
    kind: 'file',
    sizeBytes,
    modifiedAt: null,
    modifiedStepMs: 1,
    stamp: 'a',
    locked: false,
    vendor: {},
  };
}

/** A listing of these names; sizes are the lengths of the names unless they say otherwise, as "name:7". */
function listing(...names: string[]): { entries: { pathSha256: string; listed: InventoryEntry }[] } {
  const entries = names.map((text) => {
    const [name = '', size] = text.split(':');
    return { pathSha256: name, listed: listed(name, Number(size ?? name.length)) };
  });
  return { entries };
}

beforeEach(() => {
  vanished = new VanishedEntries();
  known = new Map(
    Object.entries(FATES).map(([name, fate]) => [
      name,
      {
        pathSha256: name,
        listed: listed(name, name.length * 1000),
        role: { role: 'media', sidecarOf: null, sidecars: [] } as never,
        fate,
        attempts: 0,
        shownAtMs: 0,
        againAtMs: 0,
        looks: oldLooks(),
        supersedes: [],
      },
    ]),
  );
});

test('what was never taken, and what is here but was not erased by us, vanished; what we erased or could not has not', () => {
  expect(vanished.look(known, listing('folder'))).toBe(true);
  expect(vanished.count).toEqual({ entries: 3, entriesHere: 1 });
  expect(vanished.look(known, listing('folder')), 'told once').toBe(false);
});

test('a file that comes back has not vanished', () => {
  vanished.look(known, listing());
  expect(vanished.look(known, listing('pending', 'spooled'))).toBe(true);
  expect(vanished.count).toEqual({ entries: 1, entriesHere: 0 });
});

test('a file that was given another name has not vanished: something new has its size', () => {
  known.delete('unreadable');
  known.delete('spooled');
  vanished.look(known, listing('new-name:7000'));
  expect(vanished.count.entries).toBe(0);
  vanished.look(known, listing('new-name:7001'));
  expect(vanished.count.entries).toBe(1);
});
