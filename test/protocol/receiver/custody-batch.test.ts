import { expect, test } from 'vitest';
import { encodeUtf8 } from '../../../protocol/bytes.ts';
import { CHAIN_START } from '../../../protocol/custody-entry.ts';
import { makeSegmentId, parseStationId } from '../../../protocol/ids.ts';
import { keyIdHex, makeSecretKey, publicKeyOf } from '../../../protocol/minisign.ts';
import {
  followBatch,
  type CustodyBatch,
  type HeldSegment,
} from '../../../protocol/receiver/custody-batch.ts';
import { SeededRandom } from '../../fakes/random-seeded.ts';
import { joined, SegmentMaker } from './custody-sample.ts';
import { STATION } from './sample.ts';

const random = new SeededRandom(1);
const key = makeSecretKey(random);
const segment = makeSegmentId(random);
const NOTHING: HeldSegment = { head: CHAIN_START, keyId: undefined };
const log = new SegmentMaker(STATION, segment, key)
  .add('agent-started', { version: '1' })
  .checkpoint()
  .add('docked', { bay: 'b', camera: 'c', docking: 'd' })
  .checkpoint();

function batch(from: number, payload: Uint8Array, change: Partial<CustodyBatch> = {}): CustodyBatch {
  const keys = [publicKeyOf(key)];
  return { station: STATION, segment, keys, revoked: new Set(), from, payload, ...change };
}

/** The state after the first `count` lines. */
function headAt(count: number): HeldSegment {
  return followBatch(NOTHING, batch(1, log.batch(1, count)));
}

test('whole lines that follow are taken, in any division into batches', () => {
  for (let cut = 1; cut < log.lines.length; cut++) {
    const first = followBatch(NOTHING, batch(1, log.batch(1, cut)));
    expect(first.problem).toBeUndefined();
    expect(first.head.sequence).toBe(cut);
    expect(first.opened?.sequence).toBe(1);
    const second = followBatch(first, batch(cut + 1, log.batch(cut + 1)));
    expect(second).toMatchObject({ head: log.head, problem: undefined, opened: undefined });
    expect(Buffer.concat([first.bytes, second.bytes]).equals(log.batch())).toBe(true);
  }
});

test('lines that the vault has are skipped, whatever the overlap', () => {
  for (let held = 1; held <= 5; held++)
    for (let from = 1; from <= held; from++) {
      const outcome = followBatch(headAt(held), batch(from, log.batch(from)));
      expect(outcome).toMatchObject({ head: log.head, problem: undefined });
      expect(Buffer.from(outcome.bytes).equals(log.batch(held + 1))).toBe(true);
    }
});

test('a batch that begins behind the next entry brings nothing and is no problem', () => {
  const outcome = followBatch(headAt(2), batch(4, log.batch(4)));
  expect(outcome).toMatchObject({ head: headAt(2).head, problem: undefined });
  expect(outcome.bytes).toHaveLength(0);
});

test('another history in a place that the vault knows is a fork', () => {
  const other = new SegmentMaker(STATION, segment, key).add('agent-stopped').checkpoint().checkpoint();
  const outcome = followBatch(headAt(3), batch(1, other.batch()));
  expect(outcome).toMatchObject({ head: headAt(3).head, problem: { kind: 'fork', sequence: 3 } });
  expect(outcome.bytes).toHaveLength(0);
  expect(followBatch(headAt(3), batch(4, other.batch(4))).problem).toMatchObject({
    kind: 'broken',
    sequence: 4,
  });
});

test('what holds before a broken line is taken, the rest is not', () => {
  const lines = log.lines;
  const cases: [string, Uint8Array[]][] = [
    ['missing', [...lines.slice(0, 2), ...lines.slice(3)]],
    ['doubled', [...lines.slice(0, 2), ...lines.slice(1)]],
    ['swapped', [...lines.slice(0, 2), ...lines.slice(2).toReversed()]],
    ['altered', [...lines.slice(0, 2), lines[2]?.with(60, 0x37) ?? new Uint8Array(0), ...lines.slice(3)]],
    ['no entry', [...lines.slice(0, 2), encodeUtf8('{}'), ...lines.slice(2)]],
  ];
  for (const [what, broken] of cases) {
    const outcome = followBatch(NOTHING, batch(1, joined(broken)));
    expect(outcome.problem, what).toMatchObject({ kind: 'broken', sequence: 3 });
    expect(outcome.head, what).toEqual(headAt(2).head);
    expect(Buffer.from(outcome.bytes).equals(log.batch(1, 2)), what).toBe(true);
  }
});

test("a checkpoint counts only with the station's signature over the entry before it", () => {
  const stranger = makeSecretKey(random);
  const unsigned = new SegmentMaker(STATION, segment, stranger).checkpoint();
  expect(followBatch(NOTHING, batch(1, unsigned.batch())).problem).toMatchObject({ sequence: 2 });
  const { facts } = JSON.parse(Buffer.from(log.lines[2] ?? []).toString()) as {
    facts: Record<string, string>;
  };
  const replayed = new SegmentMaker(STATION, segment, key).add('agent-stopped').add('checkpoint', facts);
  expect(followBatch(NOTHING, batch(1, replayed.batch())).problem).toMatchObject({ sequence: 3 });
});

test('a segment must open itself, for its own station', () => {
  const other = new SegmentMaker(STATION, makeSegmentId(random), key);
  expect(followBatch(NOTHING, batch(1, other.batch())).problem).toMatchObject({ sequence: 1 });
  const station = parseStationId('dock-9');
  expect(followBatch(NOTHING, batch(1, log.batch(), { station })).problem).toMatchObject({ sequence: 1 });
});

test('bytes that are no whole lines, or too many, are refused', () => {
  expect(followBatch(NOTHING, batch(1, log.batch().subarray(0, -1))).problem).toBeDefined();
  expect(followBatch(NOTHING, batch(1, new Uint8Array(100_000).fill(10))).problem).toBeDefined();
  expect(followBatch(NOTHING, batch(1, Uint8Array.of(10, 10))).problem).toBeDefined();
});

test('of a station with a revoked key only lines under a good checkpoint are taken', () => {
  const revoked = new Set(['0'.repeat(16)]);
  const first = followBatch(NOTHING, batch(1, log.batch(1, 4), { revoked }));
  expect(first).toMatchObject({ head: { sequence: 3 }, keyId: keyIdHex(key.keyId), problem: undefined });
  expect(Buffer.from(first.bytes).equals(log.batch(1, 3))).toBe(true);
  const second = followBatch(first, batch(4, log.batch(4), { revoked }));
  expect(second).toMatchObject({ head: log.head, problem: undefined });
  expect(followBatch(NOTHING, batch(1, log.batch(1, 2), { revoked }))).toMatchObject({
    head: CHAIN_START,
    opened: undefined,
    problem: undefined,
  });
});

test('nothing is taken that a revoked key signed, and what it signed before it was revoked stays', () => {
  const revoked = new Set([keyIdHex(key.keyId)]);
  const fresh = followBatch(NOTHING, batch(1, log.batch(), { revoked }));
  expect(fresh).toMatchObject({
    head: CHAIN_START,
    opened: undefined,
    problem: { kind: 'revoked', sequence: 3 },
  });
  expect(fresh.bytes).toHaveLength(0);
  const later = followBatch(headAt(3), batch(4, log.batch(4), { revoked }));
  expect(later).toMatchObject({ head: { sequence: 3 }, problem: { kind: 'revoked', sequence: 5 } });
});

test('a segment is of one key: a checkpoint by another one that is pinned does not follow', () => {
  const other = makeSecretKey(random);
  const keys = [publicKeyOf(key), publicKeyOf(other)];
  const ofOther = new SegmentMaker(STATION, segment, other).checkpoint();
  expect(followBatch(NOTHING, batch(1, ofOther.batch(), { keys }))).toMatchObject({
    keyId: keyIdHex(other.keyId),
    problem: undefined,
  });
  const mixed = followBatch({ ...headAt(3), keyId: keyIdHex(other.keyId) }, batch(4, log.batch(4), { keys }));
  expect(mixed).toMatchObject({ head: { sequence: 4 }, problem: { kind: 'broken', sequence: 5 } });
});
