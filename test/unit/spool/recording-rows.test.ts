// Rows of recordings against a plain map of their facts; the snapshot that they are written to; and the entries that a catalogue makes of them.
import { describe, expect, test } from 'vitest';
import { Catalogue } from '../../../agent/spool/catalogue.ts';
import { emptySnapshot, type SpoolSnapshotParts } from '../../../agent/spool/snapshot-rows.ts';
import { spoolLayout } from '../../../agent/spool/layout.ts';
import { RECORDING_ROW_BYTES, RecordingRows } from '../../../agent/spool/recording-rows.ts';
import type { RecordingFacts, SpoolState } from '../../../agent/spool/spooled-recording.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  makeDockingId,
  makeRecordingId,
  type CameraId,
  type RecordingId,
} from '../../../protocol/format/ids.ts';
import { seededRandom, type SeededRandom } from '../../fakes/random-seeded.ts';
import { ROOT } from './scenario.ts';

const layout = spoolLayout(ROOT);
const CAMERAS = ['cam-1', 'cam-2', 'cam-3'] as CameraId[];
const DAMAGED = { reason: 'damaged' } as const;
const digest = (text: string): string => sha256Hex(Buffer.from(text));

/** Of few places, sizes and dockings, so that many recordings share them. */
function factsOf(random: SeededRandom): RecordingFacts {
  const recording = makeRecordingId(random);
  return {
    recording,
    camera: random.pick(CAMERAS),
    docking: makeDockingId(seededRandom(random.below(9))),
    role: random.pick(['media', 'sidecar', 'other']),
    locked: random.below(4) === 0,
    rejected: random.below(5) === 0 ? DAMAGED : null,
    pathSha256: digest(`path ${random.below(5)}`),
    originalSizeBytes: random.pick([0, 7, 2 ** 33 + 7, Number.MAX_SAFE_INTEGER]),
    originalSha256: digest(`content ${random.below(5)}`),
    sealedSizeBytes: random.pick([0, 300, 2 ** 40]),
    chunksSha256: digest(`chunks ${recording}`),
    manifestSha256: digest(recording),
    previousManifestSha256: random.below(3) === 0 ? null : digest(`before ${recording}`),
    recipients: random.pick([[], ['age1a'], ['age1a', 'age1b']]),
    sealedAt: new Date(random.pick([0, -1, Date.UTC(2026, 10, 25) + random.below(999_999)])).toISOString(),
    keyId: random.pick([null, '0123456789ABCDEF']),
  };
}

/** As the next start has them from the snapshot. */
function again(part: SpoolSnapshotParts['recordings']): SpoolSnapshotParts['recordings'] {
  const next = emptySnapshot().recordings;
  for (const line of part.lines())
    expect(next.take(JSON.parse(JSON.stringify(line)) as unknown[])).toBe(true);
  return next;
}

type Twin = Map<RecordingId, { readonly facts: RecordingFacts; readonly state: SpoolState }>;

function filled(random: SeededRandom, rows: RecordingRows, twin: Twin, count: number): void {
  for (let at = 0; at < count; at++) {
    const [facts, state] = [factsOf(random), random.pick(['spooled', 'receipted'] as const)];
    rows.put(facts, state);
    twin.set(facts.recording, { facts, state });
  }
}

function compare(rows: RecordingRows, twin: Twin, random: SeededRandom): void {
  expect(rows.size).toBe(twin.size);
  for (const [recording, held] of twin) expect(rows.get(recording)).toEqual(held);
  const ids = (found: readonly number[]): string[] => found.map((row) => rows.idAt(row)).toSorted();
  const all = [...twin.values()];
  const wanted = (is: (facts: RecordingFacts) => boolean): string[] =>
    all
      .filter(({ facts }) => is(facts))
      .map(({ facts }) => facts.recording)
      .toSorted();
  const { facts: one } = random.pick(all);
  const { camera, pathSha256, originalSizeBytes: sizeBytes, docking } = one;
  const found = rows.atPath(camera, { pathSha256, sizeBytes });
  expect(ids(found)).toEqual(
    wanted((f) => f.camera === camera && f.pathSha256 === pathSha256 && f.originalSizeBytes === sizeBytes),
  );
  const times = found.map((row) => rows.sealedMsAt(row));
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  expect(ids(rows.ofDocking(docking))).toEqual(wanted((facts) => facts.docking === docking));
  const glances = [...rows.glances()].map((each) => [
    each.recording,
    each.state,
    each.locked,
    each.rejected?.reason,
  ]);
  const told = all.map(({ facts, state }) => [facts.recording, state, facts.locked, facts.rejected?.reason]);
  expect(new Set(glances.map(String))).toEqual(new Set(told.map(String)));
}

describe('rows of recordings', () => {
  for (const seed of [1, 2, 3])
    test(`say what a map says, over snapshots too (seed ${seed})`, () => {
      const random = seededRandom(seed);
      let part = emptySnapshot().recordings;
      let { rows } = part;
      const twin: Twin = new Map();
      for (let round = 0; round < 10; round++) {
        filled(random, rows, twin, 20 + random.below(150));
        for (const [recording, { facts }] of [...twin].filter(() => random.below(4) === 0)) {
          const row = rows.find(recording) ?? -1;
          if (random.below(3) > 0) {
            rows.remove(row);
            twin.delete(recording);
          } else {
            const [other, state] = [
              { ...factsOf(random), recording },
              random.pick(['spooled', 'receipted'] as const),
            ];
            rows.put(other, state);
            twin.set(recording, { facts: other, state });
          }
          expect(rows.find(recording) !== undefined).toBe(twin.has(facts.recording));
        }
        if (random.below(2) === 0) ({ rows } = part = again(part));
        compare(rows, twin, random);
      }
      expect(rows.size).toBeGreaterThan(200);
    });

  test('cost a third of a kilobyte a recording and nothing of the heap', () => {
    const random = seededRandom(4);
    const rows = new RecordingRows();
    for (let count = 0; count < 20_000; count++) rows.put(factsOf(random), 'spooled');
    expect(rows.memoryBytes / rows.size).toBeLessThan(300);
  });

  test('know which manifests of a camera name one', () => {
    const random = seededRandom(5);
    const rows = new RecordingRows();
    const [first, second, other] = [factsOf(random), factsOf(random), factsOf(random)];
    const { camera } = first;
    const linked = { ...second, camera, previousManifestSha256: first.manifestSha256 };
    const begins = { ...other, camera, previousManifestSha256: null };
    const foreign = { ...factsOf(random), camera: 'cam-9' as CameraId, previousManifestSha256: null };
    for (const facts of [first, linked, begins, foreign]) rows.put(facts, 'spooled');
    const naming = (sha256: string | null): string[] =>
      [...rows.naming(camera, sha256)].map((row) => rows.idAt(row));
    expect(naming(first.manifestSha256)).toEqual([second.recording]);
    expect(naming(second.manifestSha256)).toEqual([]);
    expect(naming('0'.repeat(64))).toEqual([]); // the one without a previous manifest names none
    expect(naming(null)).toEqual([other.recording]);
  });

  test('wait in the order in which they were sealed, and only those without a receipt', () => {
    const random = seededRandom(6);
    const rows = new RecordingRows();
    const twin: Twin = new Map();
    filled(random, rows, twin, 300);
    const waiting = rows.waiting();
    const sealed = waiting.map(({ recording }) => twin.get(recording)?.facts.sealedAt ?? '');
    expect(sealed).toEqual(sealed.toSorted());
    expect(waiting.length).toBe([...twin.values()].filter(({ state }) => state === 'spooled').length);
    for (const { recording, locked } of waiting) expect(locked).toBe(twin.get(recording)?.facts.locked);
  });

  test('of an index are passed over where they name a text that it does not have, or no state of what is here', () => {
    const random = seededRandom(7);
    const rows = new RecordingRows();
    for (let count = 0; count < 3; count++)
      rows.put({ ...factsOf(random), keyId: null, rejected: null }, 'spooled');
    const copies = Buffer.concat([...rows.downwards()].map((row) => rows.bytesAt(row)));
    const altered = [
      (bytes: Buffer) => bytes.writeUInt32LE(99, 216), // camera
      (bytes: Buffer) => bytes.writeUInt32LE(0, 216),
      (bytes: Buffer) => bytes.writeUInt32LE(99, 228), // recipients
      (bytes: Buffer) => bytes.writeUInt32LE(2 << 4, 232), // released
    ];
    for (const alter of altered) {
      const bytes = Buffer.from(copies);
      alter(bytes.subarray(RECORDING_ROW_BYTES));
      const read = new RecordingRows();
      const taken = read.copies();
      for (const text of rows.texts) taken.learn(text);
      taken.put(bytes);
      expect(read.size).toBe(2);
    }
  });
});

test('texts that no row names any more are in no snapshot of the next start', () => {
  const random = seededRandom(8);
  const part = emptySnapshot().recordings;
  const { rows } = part;
  const [gone, stays] = ['cam-gone', 'cam-stays'] as CameraId[];
  for (const camera of [gone, stays])
    if (camera !== undefined) rows.put({ ...factsOf(random), camera }, 'spooled');
  rows.remove(0);
  const { rows: read } = again(part);
  expect(rows.texts).toContain(gone);
  expect(read.texts).not.toContain(gone);
  expect([...read.glances()].map(({ recording }) => read.get(recording)?.facts.camera)).toEqual([stays]);
});

describe('an entry', () => {
  const add = (catalogue: Catalogue, seed: number): RecordingFacts => {
    const facts = factsOf(seededRandom(seed));
    catalogue.add(facts, 'spooled');
    return facts;
  };

  test('is the same for all who hold it, and its state is what the catalogue says', () => {
    const catalogue = new Catalogue(layout);
    const { recording } = add(catalogue, 1);
    const [entry, again] = [catalogue.get(recording), catalogue.get(recording)];
    expect(entry).toBe(again);
    if (entry === undefined) throw new Error('it was added');
    entry.state = 'receipted';
    expect([catalogue.stateOf(recording), again?.state]).toEqual(['receipted', 'receipted']);
    expect([...catalogue.glances()].map(({ state }) => state)).toEqual(['receipted']);
  });

  test('that was removed says nothing of one that came in its place', () => {
    const catalogue = new Catalogue(layout);
    const facts = add(catalogue, 4);
    const old = catalogue.get(facts.recording);
    catalogue.remove(facts.recording);
    expect(catalogue.get(facts.recording)).toBeUndefined();
    const entry = catalogue.enter(facts, 'spooled');
    if (old === undefined) throw new Error('it was added');
    old.state = 'released';
    expect([entry.state, catalogue.stateOf(facts.recording)]).toEqual(['spooled', 'spooled']);
    expect(entry).not.toBe(old);
  });
});
