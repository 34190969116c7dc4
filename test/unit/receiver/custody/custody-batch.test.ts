import { expect, test } from 'vitest';
import { encodeUtf8 } from '../../../../protocol/format/bytes.ts';
import { CHAIN_START, followChain } from '../../../../protocol/custody/custody-entry.ts';
import { makeSegmentId, parseStationId } from '../../../../protocol/format/ids.ts';
import { keyIdHex, makeSecretKey, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import {
  followBatch,
  type BatchOutcome,
  type CustodyBatch,
  type HeldSegment,
} from '../../../../agent/receiver/custody/custody-batch.ts';
import { CUSTODY_CHECKPOINTS_AT_ONCE } from '../../../../agent/receiver/limits.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { joined, SegmentMaker } from '../custody-sample.ts';
import { STATION } from '../sample.ts';

const random = new SeededRandom(1);
const key = makeSecretKey(random);
const segment = makeSegmentId(random);
const NOTHING: HeldSegment = { head: CHAIN_START, keyId: undefined };
const log = new SegmentMaker(STATION, segment, key)
  .add('agent-started', { version: '1' })
  .checkpoint()
  .add('docked', { bay: 'b', camera: 'c', docking: 'd' })
  .checkpoint();

/** Nothing else runs in between. */
const follow = (held: HeldSegment, next: CustodyBatch): Promise<BatchOutcome> =>
  followBatch(held, next, () => Promise.resolve());

function batch(from: number, payload: Uint8Array, change: Partial<CustodyBatch> = {}): CustodyBatch {
  const keys = [publicKeyOf(key)];
  return { station: STATION, segment, keys, revoked: new Set(), from, payload, ...change };
}

/** Where checkpoints stand. */
const SIGNED = [3, 5];

/** The state of a vault that holds the first `count` lines. */
function headAt(count: number): HeldSegment {
  let head = CHAIN_START;
  for (const line of log.lines.slice(0, count)) head = followChain(head, line).state;
  return { head, keyId: count < 3 ? undefined : keyIdHex(key.keyId) };
}

test('whole lines that follow are taken up to their last checkpoint, in any division into batches', async () => {
  for (let cut = 1; cut < log.lines.length; cut++) {
    const covered = SIGNED.findLast((sequence) => sequence <= cut) ?? 0;
    const first = await follow(NOTHING, batch(1, log.batch(1, cut)));
    expect(first.problem).toBeUndefined();
    expect(first.head.sequence).toBe(covered);
    expect(first.opened?.sequence).toBe(covered === 0 ? undefined : 1);
    const second = await follow(first, batch(covered + 1, log.batch(covered + 1)));
    expect(second).toMatchObject({ head: log.head, problem: undefined });
    expect(Buffer.concat([first.bytes, second.bytes]).equals(log.batch())).toBe(true);
  }
});

test('lines that the vault has are skipped, whatever the overlap', async () => {
  for (let held = 1; held <= 5; held++)
    for (let from = 1; from <= held; from++) {
      const outcome = await follow(headAt(held), batch(from, log.batch(from)));
      expect(outcome).toMatchObject({ head: log.head, problem: undefined });
      expect(Buffer.from(outcome.bytes).equals(log.batch(held + 1))).toBe(true);
    }
});

test('a batch that begins behind the next entry brings nothing and is no problem', async () => {
  const outcome = await follow(headAt(2), batch(4, log.batch(4)));
  expect(outcome).toMatchObject({ head: headAt(2).head, problem: undefined });
  expect(outcome.bytes).toHaveLength(0);
});

test('another history in a place that the vault knows is a fork', async () => {
  const other = new SegmentMaker(STATION, segment, key).add('agent-stopped').checkpoint().checkpoint();
  const outcome = await follow(headAt(3), batch(1, other.batch()));
  expect(outcome).toMatchObject({ head: headAt(3).head, problem: { kind: 'fork', sequence: 3 } });
  expect(outcome.bytes).toHaveLength(0);
  expect((await follow(headAt(3), batch(4, other.batch(4)))).problem).toMatchObject({
    kind: 'broken',
    sequence: 4,
  });
});

test('what a checkpoint covers before a broken line is taken, the rest is not', async () => {
  const lines = log.lines;
  const cases: [string, Uint8Array[]][] = [
    ['missing', [...lines.slice(0, 3), ...lines.slice(4)]],
    ['doubled', [...lines.slice(0, 3), ...lines.slice(2)]],
    ['swapped', [...lines.slice(0, 3), ...lines.slice(3).toReversed()]],
    ['no entry', [...lines.slice(0, 3), encodeUtf8('{}'), ...lines.slice(3)]],
  ];
  for (const [what, broken] of cases) {
    const outcome = await follow(NOTHING, batch(1, joined(broken)));
    expect(outcome.problem, what).toMatchObject({ kind: 'broken', sequence: 4 });
    expect(outcome.head, what).toEqual(headAt(3).head);
    expect(Buffer.from(outcome.bytes).equals(log.batch(1, 3)), what).toBe(true);
  }
});

test('a line that somebody altered or wrote on the way is not taken, wherever it stands: no checkpoint covers it', async () => {
  const camera = Buffer.from(log.lines[3] ?? []).indexOf('"camera":"c"') + 10;
  const altered = (log.lines[3] ?? new Uint8Array(0)).with(camera, 0x64); // another camera, and nothing behind it that would show it
  const forged = new SegmentMaker(STATION, segment, makeSecretKey(random)).add('agent-stopped');
  for (const payload of [joined([...log.lines.slice(0, 3), altered]), forged.batch()]) {
    const outcome = await follow(NOTHING, batch(1, payload));
    expect(outcome.problem).toBeUndefined();
    expect(Buffer.from(outcome.bytes).includes('"camera":"d"')).toBe(false);
    expect(Buffer.from(outcome.bytes).includes('agent-stopped')).toBe(false);
    expect([0, 3]).toContain(outcome.head.sequence);
  }
});

test("a checkpoint counts only with the station's signature over the entry before it", async () => {
  const stranger = makeSecretKey(random);
  const unsigned = new SegmentMaker(STATION, segment, stranger).checkpoint();
  expect((await follow(NOTHING, batch(1, unsigned.batch()))).problem).toMatchObject({ sequence: 2 });
  const { facts } = JSON.parse(Buffer.from(log.lines[2] ?? []).toString()) as {
    facts: Record<string, string>;
  };
  const replayed = new SegmentMaker(STATION, segment, key).add('agent-stopped').add('checkpoint', facts);
  expect((await follow(NOTHING, batch(1, replayed.batch()))).problem).toMatchObject({ sequence: 3 });
});

test('a checkpoint is not taken whose own time, or the unsigned text of whose signature, was altered on the way, or that was given facts: nothing follows it', async () => {
  const last = Buffer.from(log.lines[2] ?? []).toString();
  const alterations = [
    last.replace('T08:00:00.000Z","boot":null,"event"', 'T09:00:00.000Z","boot":null,"event"'),
    last.replace('"boot":null,"event"', '"boot":"b","event"'),
    last.replace(/"monotonic_ms":2,"previous"/, '"monotonic_ms":3,"previous"'),
    last.replace('comment: signature from', 'comment: signature  from'),
    last.replace(/\\n"(?=\},"monotonic_ms")/, '"'),
    last.replace('"facts":{', '"facts":{"added":"by whoever carried it",'),
    last.replace('"facts":{', '"facts":{"__proto__":{"added":["by whoever carried it"]},'),
  ];
  for (const altered of alterations) {
    expect(altered).not.toBe(last);
    const outcome = await follow(NOTHING, batch(1, joined([...log.lines.slice(0, 2), encodeUtf8(altered)])));
    expect(outcome.problem, altered).toMatchObject({ kind: 'broken', sequence: 3 });
    expect(outcome.bytes, altered).toHaveLength(0);
  }
});

test('a segment must open itself, for its own station', async () => {
  const other = new SegmentMaker(STATION, makeSegmentId(random), key);
  expect((await follow(NOTHING, batch(1, other.batch()))).problem).toMatchObject({ sequence: 1 });
  const station = parseStationId('dock-9');
  expect((await follow(NOTHING, batch(1, log.batch(), { station }))).problem).toMatchObject({ sequence: 1 });
});

test('bytes that are no whole lines, or too many, are refused', async () => {
  expect((await follow(NOTHING, batch(1, log.batch().subarray(0, -1)))).problem).toBeDefined();
  expect((await follow(NOTHING, batch(1, new Uint8Array(100_000).fill(10)))).problem).toBeDefined();
  expect((await follow(NOTHING, batch(1, Uint8Array.of(10, 10)))).problem).toBeDefined();
});

test('of a station with a revoked key the lines of another one are taken', async () => {
  const revoked = new Set(['0'.repeat(16)]);
  const first = await follow(NOTHING, batch(1, log.batch(1, 4), { revoked }));
  expect(first).toMatchObject({ head: { sequence: 3 }, keyId: keyIdHex(key.keyId), problem: undefined });
  expect(Buffer.from(first.bytes).equals(log.batch(1, 3))).toBe(true);
  const second = await follow(first, batch(4, log.batch(4), { revoked }));
  expect(second).toMatchObject({ head: log.head, problem: undefined });
  expect(await follow(NOTHING, batch(1, log.batch(1, 2), { revoked }))).toMatchObject({
    head: CHAIN_START,
    opened: undefined,
    problem: undefined,
  });
});

test('nothing is taken that a revoked key signed, and what it signed before it was revoked stays', async () => {
  const revoked = new Set([keyIdHex(key.keyId)]);
  const fresh = await follow(NOTHING, batch(1, log.batch(), { revoked }));
  expect(fresh).toMatchObject({
    head: CHAIN_START,
    opened: undefined,
    problem: { kind: 'revoked', sequence: 3 },
  });
  expect(fresh.bytes).toHaveLength(0);
  const later = await follow(headAt(3), batch(4, log.batch(4), { revoked }));
  expect(later).toMatchObject({ head: { sequence: 3 }, problem: { kind: 'revoked', sequence: 5 } });
});

test('a segment is of one key: a checkpoint by another one that is pinned does not follow', async () => {
  const other = makeSecretKey(random);
  const keys = [publicKeyOf(key), publicKeyOf(other)];
  const ofOther = new SegmentMaker(STATION, segment, other).checkpoint();
  expect(await follow(NOTHING, batch(1, ofOther.batch(), { keys }))).toMatchObject({
    keyId: keyIdHex(other.keyId),
    problem: undefined,
  });
  const mixed = await follow(
    { ...headAt(3), keyId: keyIdHex(other.keyId) },
    batch(4, log.batch(4), { keys }),
  );
  expect(mixed).toMatchObject({ head: { sequence: 3 }, problem: { kind: 'broken', sequence: 5 } });
});

test('a batch with a checkpoint behind each entry lets others run in between, and is taken whole', async () => {
  const dense = new SegmentMaker(STATION, segment, key);
  for (let count = 0; count < 40; count++) dense.add('agent-stopped').checkpoint();
  let pauses = 0;
  const pause = (): Promise<void> => Promise.resolve(void pauses++);
  const outcome = await followBatch(NOTHING, batch(1, dense.batch()), pause);
  expect(outcome).toMatchObject({ head: dense.head, problem: undefined });
  expect(pauses).toBe(Math.floor(40 / CUSTODY_CHECKPOINTS_AT_ONCE));
});
