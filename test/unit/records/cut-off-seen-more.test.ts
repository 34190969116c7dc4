// A docking that a cut ended, of a camera whose files the log only counts from some point on, or does not tell of at all.
import { expect, test } from 'vitest';
import { CutOffEntries, type DurableRecording } from '../../../agent/records/cut-off-entries.ts';
import type { CustodyEvent } from '../../../protocol/custody/custody-entry.ts';
import { makeDockingId, makeRecordingId, type RecordingId } from '../../../protocol/format/ids.ts';
import { nodeRandom } from '../../../agent/platform/random-node.ts';

const [firstPath, secondPath, laterPath] = ['1', '2', '3'].map((digit) => digit.repeat(64));
const row = { size_bytes: 9, modified_at: null };
const recording = makeRecordingId(nodeRandom());
const docking = makeDockingId(nodeRandom());

function taken(rows: ConstructorParameters<typeof CutOffEntries>[0], events: readonly CustodyEvent[]) {
  const entries = new CutOffEntries(rows);
  for (const event of events) entries.take({ ...event, at: '2026-11-26T08:00:00.000Z' });
  return entries;
}

function spoolWith(ids: readonly RecordingId[], pathSha256: string) {
  const durable = ids.map((id): DurableRecording => ({
    recording: id,
    pathSha256,
    originalSizeBytes: 9,
    rejected: null,
    sealedAt: '2026-11-26T08:00:00.000Z',
  }));
  return { has: (id: RecordingId) => durable.some((each) => each.recording === id), ofDocking: durable };
}

test('files of the first listing that the log only counts keep their places in the record', () => {
  const rows = [firstPath, secondPath].map((path) => ({ ...row, path_sha256: path ?? '' }));
  const entries = taken(rows, [
    { event: 'seen', facts: { path_sha256: firstPath ?? '', size_bytes: 9 } },
    { event: 'seen-more', facts: { entries: 1, sha256: 'a'.repeat(64) } },
    { event: 'inventory', facts: { entries: 2, bytes: 18, sha256: 'b'.repeat(64) } },
    { event: 'pulled', facts: { recording, path_sha256: secondPath ?? '', size_bytes: 9 } },
  ]);
  const listed = entries.finish(spoolWith([recording], secondPath ?? ''));
  expect(listed.map(({ fate, later, recording: of }) => [fate, later, of])).toEqual([
    ['waiting', false, null],
    ['stored', false, recording],
  ]);
  expect(entries.later).toBe(0);
});

test('a later file that the log only counts shows in the record once it was pulled', () => {
  const entries = taken(
    [],
    [
      { event: 'inventory', facts: { entries: 0, bytes: 0, sha256: 'b'.repeat(64) } },
      { event: 'seen-more', facts: { entries: 2, sha256: 'a'.repeat(64) } },
      { event: 'pulled', facts: { recording, path_sha256: laterPath ?? '', size_bytes: 9 } },
    ],
  );
  const listed = entries.finish(spoolWith([recording], laterPath ?? ''));
  expect(listed).toEqual([
    {
      path_sha256: laterPath,
      size_bytes: 9,
      modified_at: null,
      later: true,
      fate: 'stored',
      recording,
      reason: null,
      erased: false,
    },
  ]);
  expect(entries.later).toBe(1);
});

test('a recording of which neither journal nor log tells stands in the record all the same', () => {
  const entries = taken([], [{ event: 'docked', facts: { bay: 'bay-1', camera: 'cam-1', docking } }]);
  const listed = entries.finish(spoolWith([recording], laterPath ?? ''));
  expect(listed.map(({ path_sha256, fate, later, recording: of }) => [path_sha256, fate, later, of])).toEqual(
    [[laterPath, 'stored', true, recording]],
  );
  expect(entries.later).toBe(1);
});

test('so does one of another state of a file than the log told', () => {
  const other = makeRecordingId(nodeRandom());
  const entries = taken(
    [{ ...row, path_sha256: firstPath ?? '' }],
    [
      { event: 'seen', facts: { path_sha256: firstPath ?? '', size_bytes: 9 } },
      { event: 'inventory', facts: { entries: 1, bytes: 9, sha256: 'b'.repeat(64) } },
      { event: 'pulled', facts: { recording, path_sha256: firstPath ?? '', size_bytes: 9 } },
    ],
  );
  const listed = entries.finish(spoolWith([recording, other], firstPath ?? ''));
  expect(listed.map(({ fate, later, recording: of }) => [fate, later, of])).toEqual([
    ['stored', false, recording],
    ['stored', true, other],
  ]);
});

test('the recordings of a camera with thousands of files are not looked through for each of them', () => {
  const paths = Array.from({ length: 3000 }, (_, at) => String(at).padStart(64, '0'));
  const ids = paths.map(() => makeRecordingId(nodeRandom()));
  const entries = taken(
    paths.map((path_sha256) => ({ ...row, path_sha256 })),
    paths.flatMap((path_sha256, at): CustodyEvent[] => [
      { event: 'seen', facts: { path_sha256, size_bytes: 9 } },
      { event: 'pulled', facts: { recording: ids[at] ?? '', path_sha256, size_bytes: 9 } },
    ]),
  );
  let asked = 0;
  const durable = ids.map((id, at) => ({
    get recording() {
      asked++;
      return id;
    },
    pathSha256: paths[at] ?? '',
    originalSizeBytes: 9,
    rejected: null,
    sealedAt: '2026-11-26T08:00:00.000Z',
  }));
  const listed = entries.finish({ has: () => true, ofDocking: durable });
  expect(listed.every(({ fate }) => fate === 'stored')).toBe(true);
  expect(asked).toBeLessThan(10 * ids.length);
});

test('two durable sealings of one state, as a disk leaves them that did not let the failed one go, are both listed', () => {
  const path = firstPath ?? '';
  const other = makeRecordingId(nodeRandom());
  const entries = taken(
    [{ ...row, path_sha256: path }],
    [
      { event: 'seen', facts: { path_sha256: path, size_bytes: 9 } },
      { event: 'inventory', facts: { entries: 1, bytes: 9, sha256: 'b'.repeat(64) } },
      ...[recording, other].map((id): CustodyEvent => ({
        event: 'pulled',
        facts: { recording: id, path_sha256: path, size_bytes: 9 },
      })),
    ],
  );
  const listed = entries.finish(spoolWith([recording, other], path));
  expect(listed.map(({ fate, later, recording: of }) => [fate, later, of])).toEqual([
    ['stored', false, other],
    ['stored', true, recording],
  ]);
  expect(entries.later).toBe(1);
});
