// The manifest of an entry that was taken again and again.
import { expect, test } from 'vitest';
import { DockingEntries } from '../../../agent/inventory/docking-entries.ts';
import type { TrackedEntry } from '../../../agent/inventory/entry.ts';
import { nodeClock } from '../../../agent/platform/clock-node.ts';
import { buildManifest, type DockingFacts } from '../../../agent/seal/commit.ts';
import { encodeManifest, parseManifest } from '../../../protocol/documents/manifest.ts';
import { encodeUtf8 } from '../../../protocol/format/bytes.ts';
import { makeDockingId, makeRecordingId, type RecordingId } from '../../../protocol/format/ids.ts';
import { SUPERSEDES_MAX } from '../../../protocol/format/limits.ts';
import { MemoryCustody } from '../../fakes/custody-memory.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { prepare } from '../spool/scenario.ts';

const random = seededRandom(1);
const { manifest } = prepare(random).documents;
const { station, bay, docking, camera, recipients } = manifest;
const facts: DockingFacts = {
  station,
  bay,
  docking,
  camera: camera.id,
  identity: { vendor: 'Vendor', model: 'Model', serial: '0815', firmware: null },
  recipients,
};
const seal = {
  originalSizeBytes: manifest.original.size_bytes,
  originalSha256: manifest.original.sha256,
  sealedSizeBytes: manifest.sealed.size_bytes,
  chunksSha256: manifest.sealed.chunks_sha256,
  unreadable: [],
  media: null,
};

/** One file of a camera. */
async function entryOf(): Promise<TrackedEntry> {
  const entries = new DockingEntries({
    docking: makeDockingId(random),
    custody: new MemoryCustody(),
    journal: { inventoryTaken: async () => undefined },
    clock: nodeClock(),
    fileClock: () => undefined,
  });
  const path = encodeUtf8('DCIM/1.MP4');
  const sizeBytes = manifest.original.size_bytes;
  const common = { modifiedAt: null, modifiedStepMs: 1, stamp: 'a', locked: false, vendor: {} };
  const listed = { kind: 'file', path, sizeBytes, ...common } as const;
  await entries.track({ entries: [listed], problems: [] }, 0, new AbortController().signal);
  const [entry] = entries.all;
  if (entry === undefined) throw new Error('nothing listed');
  return entry;
}

const ids = (count: number): RecordingId[] => Array.from({ length: count }, () => makeRecordingId(random));

test('names what it replaces up to the bound, the last of them and before all others those that the store lost', async () => {
  const entry = await entryOf();
  const aside = ids(SUPERSEDES_MAX + 6);
  const lost = ids(4);
  entry.supersedes = aside;
  const sealed = {
    recording: makeRecordingId(random),
    seal,
    joints: [],
    replaced: lost,
    previousManifestSha256: null,
    sealedAt: manifest.sealed_at,
    clockSynchronised: true,
  };
  const built = await buildManifest(facts, entry, sealed, { sealSmall: async () => new Uint8Array(3) });
  const { supersedes } = parseManifest(encodeManifest(built));
  expect(supersedes).toEqual([...lost, ...aside.slice(4 - SUPERSEDES_MAX)].sort());
});
