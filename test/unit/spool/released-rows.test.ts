// Rows of released recordings against a plain map, under random actions; and what they cost.
import { describe, expect, test } from 'vitest';
import { ReleasedRows, type RowFacts } from '../../../agent/spool/released-rows.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  bytesOfId,
  makeDockingId,
  makeIdFrom,
  makeRecordingId,
  type CameraId,
  type RecordingId,
} from '../../../protocol/format/ids.ts';
import { seededRandom, type SeededRandom } from '../../fakes/random-seeded.ts';

const CAMERAS = ['cam-1', 'cam-2', 'cam-3'] as CameraId[];
const digest = (text: string): string => sha256Hex(Buffer.from(text));

/** One of few places and sizes, so that many recordings share them. */
function factsOf(random: SeededRandom): RowFacts {
  const recording = makeRecordingId(random);
  return {
    recording,
    camera: random.pick(CAMERAS),
    docking: makeDockingId(random),
    pathSha256: digest(`path ${random.below(5)}`),
    originalSizeBytes: random.pick([0, 7, 2 ** 33 + 7]),
    originalSha256: digest(`content ${random.below(5)}`),
    manifestSha256: digest(recording),
    previousManifestSha256: null,
    sealedAt: new Date(Date.UTC(2026, 10, 25) + random.below(1000) * 1000).toISOString(),
    rejected: random.below(9) === 0 ? { reason: 'damaged' } : null,
  };
}

const question = (now: string): { now: number; sealedBefore: number; listedBefore: number } => {
  const second = Date.parse(now) / 1000;
  return { now: second, sealedBefore: second, listedBefore: second - 1000 * 86_400 };
};

function compare(rows: ReleasedRows, twin: ReadonlyMap<RecordingId, RowFacts>, gone: RecordingId[]): void {
  expect(rows.size).toBe(twin.size);
  for (const facts of twin.values()) {
    const { recording, camera, pathSha256, originalSizeBytes: sizeBytes, originalSha256 } = facts;
    expect(rows.has(recording)).toBe(true);
    expect(rows.sealedAt(recording)).toBe(Date.parse(facts.sealedAt) / 1000);
    expect(rows.ofDocking(facts.docking)).toEqual([recording]);
    const found = rows.ofFile(camera, { pathSha256, sizeBytes }, originalSha256);
    const wanted = [...twin.values()].filter(
      (each) =>
        each.camera === camera &&
        each.pathSha256 === pathSha256 &&
        each.originalSizeBytes % 2 ** 32 === sizeBytes % 2 ** 32 &&
        each.originalSha256 === originalSha256 &&
        each.rejected === null,
    );
    expect([...found].sort()).toEqual(wanted.map((each) => each.recording).sort());
    const times = found.map((id) => twin.get(id)?.sealedAt ?? '');
    expect(times).toEqual(times.toSorted().toReversed());
  }
  for (const recording of gone) expect(rows.has(recording)).toBe(false);
}

describe('rows', () => {
  for (const seed of [1, 2, 3])
    test(`say what a map says, over snapshots too (seed ${seed})`, () => {
      const random = seededRandom(seed);
      let rows = new ReleasedRows();
      const twin = new Map<RecordingId, RowFacts>();
      const gone: RecordingId[] = [];
      const forget = (recording: RecordingId): void => {
        twin.delete(recording);
        gone.push(recording);
      };
      for (let round = 0; round < 12; round++) {
        for (let count = random.below(120); count > 0; count--) {
          const facts = factsOf(random);
          rows.add(facts);
          rows.add(facts);
          twin.set(facts.recording, facts);
        }
        for (const recording of [...twin.keys()].filter(() => random.below(4) === 0)) {
          rows.remove(recording);
          forget(recording);
        }
        if (random.below(4) === 0) {
          const kept = [...twin.keys()].filter(() => random.below(3) > 0);
          for (const recording of twin.keys()) if (!kept.includes(recording)) forget(recording);
          rows.retain([...kept, makeRecordingId(random)]);
        }
        if (random.below(3) === 0) {
          const without = [...twin.keys()].slice(0, 2);
          for (const recording of without) forget(recording);
          const bytes = rows.snapshot(without);
          const half = 64 * Math.floor(bytes.length / 128);
          const { cameras } = rows;
          rows = new ReleasedRows();
          for (const camera of cameras) rows.learn(camera);
          for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) rows.addRows(part);
        }
        compare(rows, twin, gone);
      }
      expect(gone.length).toBeGreaterThan(50);
    });

  test('cost a hundred bytes a recording and nothing of the heap', () => {
    const random = seededRandom(4);
    const rows = new ReleasedRows();
    for (let count = 0; count < 20_000; count++) rows.add(factsOf(random));
    expect(rows.size).toBe(20_000);
    expect(rows.memoryBytes / rows.size).toBeLessThan(100);
  });

  test('know those of a camera, the newest first', () => {
    const random = seededRandom(5);
    const rows = new ReleasedRows();
    const [first, second, other] = [factsOf(random), factsOf(random), factsOf(random)];
    const camera = CAMERAS[0] as CameraId;
    rows.add({ ...first, camera, sealedAt: '2026-11-25T09:30:00.000Z' });
    rows.add({ ...second, camera, sealedAt: '2026-11-25T09:31:00.000Z' });
    rows.add({ ...other, camera: 'cam-9' as CameraId });
    expect(rows.ofCamera(camera)).toEqual([second.recording, first.recording]);
  });

  test('may go where the last whole listing of their camera does not show the file any more', () => {
    const random = seededRandom(6);
    const rows = new ReleasedRows();
    const camera = CAMERAS[0] as CameraId;
    const [first, second] = [0, 1].map((at) => ({ ...factsOf(random), camera, pathSha256: digest(`${at}`) }));
    if (first === undefined || second === undefined) throw new Error('two facts are needed');
    for (const facts of [first, second]) rows.add(facts);
    const may = (now = '2026-12-01T00:00:00.000Z'): string[] => rows.droppable(question(now), 0, 10).found;
    const shown = ({ pathSha256, originalSizeBytes: sizeBytes }: RowFacts): void =>
      rows.shown(camera, { pathSha256, sizeBytes });
    expect(may()).toEqual([]); // nothing was listed since they came
    shown(first);
    expect(may()).toEqual([]); // the listing is not whole yet
    rows.listed(camera, Date.parse('2026-11-30T00:00:00.000Z'));
    expect(may()).toEqual([second.recording]);
    expect(rows.isDroppable(first.recording, question('2026-12-01T00:00:00.000Z'))).toBe(false);
    expect(may('2026-11-20T00:00:00.000Z')).toEqual([second.recording]); // sealed by a clock that was ahead
    const inOrder = [first, second].toSorted((a, b) => (a.sealedAt < b.sealedAt ? -1 : 1));
    expect(may('2029-12-01T00:00:00.000Z')).toEqual(inOrder.map(({ recording }) => recording)); // the camera never came again
  });

  test('are kept by a listing that a clock far ahead stamped for as long as by one of the day on which that shows', () => {
    const rows = new ReleasedRows();
    const facts = factsOf(seededRandom(7));
    const { camera, pathSha256, originalSizeBytes: sizeBytes } = facts;
    rows.add(facts);
    rows.shown(camera, { pathSha256, sizeBytes });
    rows.listed(camera, Date.parse('2099-01-01T00:00:00.000Z'));
    const at = (now: string): boolean => {
      rows.believe(question(now).now);
      return rows.isDroppable(facts.recording, question(now));
    };
    expect(at('2026-12-01T00:00:00.000Z')).toBe(false);
    expect(at('2029-08-26T00:00:00.000Z')).toBe(false); // a thousand days later but one
    expect(at('2029-08-29T00:00:00.000Z')).toBe(true);
  });

  test('are proposed in the order in which they were sealed, group by group, whatever goes or stays in between', () => {
    const random = seededRandom(8);
    const rows = new ReleasedRows();
    const all = Array.from({ length: 700 }, () => factsOf(random)); // several of one second each
    for (const facts of all) rows.add(facts);
    const sealed = new Map(all.map(({ recording, sealedAt }) => [recording, Date.parse(sealedAt)]));
    const asked = question('2036-12-01T00:00:00.000Z');
    const seen: RecordingId[] = [];
    for (let next = 0, groups = 0; ; groups++) {
      const answer = rows.droppable(asked, next, 40);
      expect(answer.found.length).toBeGreaterThanOrEqual(answer.next > 0 ? 40 : 1);
      expect(answer.found.length).toBeLessThan(44);
      seen.push(...answer.found);
      for (const recording of answer.found) if (random.below(3) > 0) rows.remove(recording);
      rows.add(factsOf(seededRandom(1000 + groups)));
      next = answer.next;
      if (next === 0) break;
    }
    const old = seen.filter((recording) => sealed.has(recording));
    expect(old.toSorted()).toEqual([...sealed.keys()].toSorted());
    const times = seen
      .map((recording) => sealed.get(recording) ?? Number.NaN)
      .filter((time) => !Number.isNaN(time));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});

test('an id and its bytes are the same thing', () => {
  const random = seededRandom(7);
  for (let count = 0; count < 100; count++) {
    const id = makeRecordingId(random);
    expect(makeIdFrom(bytesOfId(id))).toBe(id);
  }
});
