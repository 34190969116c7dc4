// A log that has run for years: what a start reads of it, what it takes over from the snapshot, and what a snapshot may not hide.
import { beforeAll, describe, expect, test } from 'vitest';
import type { CustodyLog } from '../../../agent/custody/custody-log.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { chainGroups, type LooseEntry } from '../../../protocol/custody/custody-chain.ts';
import {
  CHAIN_START,
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  type ChainState,
} from '../../../protocol/custody/custody-entry.ts';
import { makeSegmentId, parseStationId, type SegmentId } from '../../../protocol/format/ids.ts';
import { settle } from '../../fakes/clock-manual.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import {
  chainsOn,
  FOLDER,
  logDisk,
  logSigner,
  numbered,
  openLog,
  type OpenedLog,
} from './custody-scenario.ts';

const SNAPSHOT = '/spool/ledger.jsonl';
const OLD = 5000;
const station = parseStationId('office-1');
const open = (disk: CrashDisk, seed: number): Promise<OpenedLog> =>
  openLog(disk, seed, { ledgerFile: SNAPSHOT });
const cut = (disk: CrashDisk): CrashDisk => disk.crash(disk.steps, 'nothing');

/** Segments of that many runs that did nothing, ended and signed, each behind the one before. */
async function oldSegments(disk: CrashDisk, count: number): Promise<SegmentId[]> {
  const random = seededRandom(77);
  const ids: SegmentId[] = [];
  let last: (ChainState & { segment: SegmentId }) | undefined;
  for (let number = 0; number < count; number++) {
    const segment = makeSegmentId(random);
    const stamp = (): Pick<LooseEntry, 'at' | 'boot' | 'monotonic_ms'> => ({
      at: new Date(Date.UTC(2024, 0, 1) + number * 3_600_000).toISOString(),
      boot: null,
      monotonic_ms: 1,
    });
    const facts = {
      segment,
      station,
      version: '0.1.0',
      last_segment: last?.segment ?? null,
      last_sequence: last?.sequence ?? null,
      last_sha256: last?.sha256 ?? null,
    };
    const opening = { ...stamp(), event: 'segment-opened' as const, facts };
    const context = { station, segment, signer: logSigner, stamp };
    const { bytes, state } = await chainGroups(CHAIN_START, [opening], context);
    disk.plant(`${FOLDER}/${segment}.jsonl`, bytes);
    const signature = await logSigner.sign(bytes, CUSTODY_SEGMENT_TRUSTED_COMMENT);
    disk.plant(`${FOLDER}/${segment}.jsonl.minisig`, Buffer.from(signature));
    ids.push(segment);
    last = { segment, ...state };
  }
  return ids;
}

function firstOf(custody: CustodyLog, count: number): SegmentId[] {
  const segments = custody.segments().slice(0, count);
  return segments.map(({ segment }) => segment);
}

/** Calls that look into a file, so far. */
const looks = (disk: CrashDisk): number =>
  disk.calls('open') +
  disk.calls('read') +
  disk.calls('readAll') +
  disk.calls('sizeBytes') +
  disk.calls('stat');

describe(`a log of ${OLD} segments`, () => {
  let disk: CrashDisk;
  let ids: SegmentId[];
  beforeAll(async () => {
    disk = logDisk();
    ids = await oldSegments(disk, OLD);
    const { custody } = await open(disk, 1);
    for (const segment of ids) custody.storeHolds(segment);
    await custody.close();
  }, 60_000);

  test('is opened by a look at the newest ones only, and known as a whole', async () => {
    const again = cut(disk);
    const before = looks(again);
    const { custody, conditions } = await open(again, 2);
    expect(looks(again) - before).toBeLessThan(20);
    expect(firstOf(custody, OLD)).toEqual(ids);
    expect(custody.segments().filter(({ held }) => held)).toHaveLength(OLD);
    expect(conditions.codes()).toEqual([]);
    const newest = custody.segments().at(-1);
    expect(chainsOn(again).get(newest?.segment ?? '')?.[0]?.facts).toMatchObject({
      last_segment: custody.segments().at(-2)?.segment,
    });
    await custody.close();
  });

  test('is still looked through behind the start, a segment at a time, and the place of a change is named', async () => {
    const again = cut(disk);
    const victim = ids[40] as SegmentId;
    again.corrupt(`${FOLDER}/${victim}.jsonl`, (bytes) =>
      Buffer.from(Buffer.from(bytes).toString().replace('"version":"0.1.0"', '"version":"0.1.1"')),
    );
    const { custody, conditions, clock } = await open(again, 2);
    expect(conditions.codes()).toEqual([]);
    for (let turn = 0; turn < 200 && conditions.codes().length === 0; turn++) {
      await clock.advance(20);
      await settle();
    }
    expect(conditions.facts('custody.chain-broken')).toMatchObject({ segment: victim, sequence: 1 });
    await custody.close();
  });

  test('that the disk does not show at one look, or for want of file handles, has no broken chain', async () => {
    const again = cut(disk);
    const { custody, conditions, clock } = await open(again, 2);
    again.fail({ operation: 'read', nth: 1, code: 'EIO', path: ids[3] as string, times: 2 });
    again.fail({ operation: 'readAll', nth: 1, code: 'EIO', path: ids[5] as string });
    again.fail({ operation: 'open', nth: 1, code: 'EMFILE', path: ids[7] as string, times: 4 });
    for (let turn = 0; turn < 2000; turn++) {
      await clock.advance(20);
      await settle();
    }
    expect(conditions.codes()).toEqual([]);
    await custody.close();
  });

  test('without its snapshot is read by the ends of its segments, and has one again', async () => {
    const again = cut(disk);
    await again.unlink(SNAPSHOT);
    const before = again.calls('open');
    const { custody } = await open(again, 2);
    expect(again.calls('open') - before).toBeGreaterThan(OLD);
    expect(firstOf(custody, OLD)).toEqual(ids);
    expect(custody.segments().filter(({ held }) => held)).toEqual([]);
    await custody.close();
    const next = await open(cut(again), 3);
    expect(next.custody.segments()).toHaveLength(OLD + 3);
  });
});

describe('the snapshot', () => {
  /** A log of three ended runs, whose snapshot names them all. */
  async function threeRuns(): Promise<{ disk: CrashDisk; ids: SegmentId[] }> {
    const disk = logDisk();
    let custody: CustodyLog | undefined;
    for (const seed of [1, 2, 3]) {
      ({ custody } = await open(disk, seed));
      custody.append(numbered(seed));
      await custody.close();
    }
    return { disk, ids: custody?.segments().map(({ segment }) => segment) ?? [] };
  }

  test('tells the same of every segment as the segments themselves', async () => {
    const { disk } = await threeRuns();
    const plain = cut(disk);
    await plain.unlink(SNAPSHOT);
    const [with_, without] = [await open(cut(disk), 4), await open(plain, 4)];
    expect(with_.custody.segments().slice(0, 3)).toEqual(without.custody.segments().slice(0, 3));
    expect(with_.custody.segments()).toHaveLength(4);
  });

  test('of before the log says that the store was restored counts none of them as held', async () => {
    const { disk, ids } = await threeRuns();
    const { custody } = await open(disk, 4);
    for (const segment of ids) custody.storeHolds(segment);
    await custody.close();
    const next = await open(disk, 5);
    const facts = { receiver: 'r-a', restored_sha256: 'a'.repeat(64) };
    next.custody.append({ event: 'store-restored', facts });
    await next.custody.checkpoint();
    next.custody.storeLost(ids[0] as SegmentId); // a cut comes before that is written
    const { custody: last } = await open(cut(disk), 6);
    expect(last.segments().filter(({ held }) => held)).toEqual([]);
  });

  test('hides no segment that is gone from the middle, and brings none back', async () => {
    const { disk, ids } = await threeRuns();
    const gone = ids[1] as SegmentId;
    await disk.unlink(`${FOLDER}/${gone}.jsonl`);
    await disk.unlink(`${FOLDER}/${gone}.jsonl.minisig`);
    const { custody, conditions } = await open(disk, 4);
    expect(conditions.facts('custody.chain-broken')).toMatchObject({
      segment: gone,
      reason: 'the segment is missing',
    });
    expect(custody.segments().map(({ segment }) => segment)).not.toContain(gone);
  });

  test('does not stand for a segment whose signature is gone: it is followed and signed anew', async () => {
    const { disk, ids } = await threeRuns();
    const path = `${FOLDER}/${ids[1]}.jsonl`;
    const before = disk.peek(`${path}.minisig`);
    await disk.unlink(`${path}.minisig`);
    const { conditions } = await open(disk, 4);
    expect(disk.peek(`${path}.minisig`)).toEqual(before);
    expect(conditions.codes()).toEqual([]);
  });

  const odd: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    cut: (bytes) => bytes.slice(0, bytes.length >> 1),
    empty: () => new Uint8Array(0),
    flipped: (bytes) => bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)),
    'of another version': (bytes) =>
      Buffer.from(Buffer.from(bytes).toString().replace('"version":2', '"version":1')),
    'of nonsense': () => Buffer.from('[]\n[1]\n{"entries":1}\n'),
  };
  for (const [name, damage] of Object.entries(odd))
    test(`that is ${name} is ignored, and made again`, async () => {
      const { disk, ids } = await threeRuns();
      const good = disk.peek(SNAPSHOT) as Uint8Array;
      disk.corrupt(SNAPSHOT, damage);
      const { custody, conditions } = await open(disk, 4);
      expect(firstOf(custody, 3)).toEqual(ids);
      expect(conditions.codes()).toEqual([]);
      await custody.close();
      const begin = (bytes: Uint8Array = new Uint8Array()): string[] =>
        Buffer.from(bytes).toString().split('\n', 4);
      expect(begin(disk.peek(SNAPSHOT))).toEqual(begin(good));
    });

  test('does not stand for a segment that was exchanged for another one of the same key', async () => {
    const { disk, ids } = await threeRuns();
    const other = logDisk();
    const { custody: foreign } = await open(other, 99);
    await foreign.close();
    const [victim, stranger] = [ids[1] as SegmentId, foreign.segments()[0]?.segment as SegmentId];
    for (const end of ['.jsonl', '.jsonl.minisig'])
      disk.corrupt(
        `${FOLDER}/${victim}${end}`,
        () => other.peek(`${FOLDER}/${stranger}${end}`) as Uint8Array,
      );
    const { custody, conditions, clock } = await open(disk, 4);
    await clock.advance(1000); // before the first segment
    for (let turn = 0; turn < 5; turn++) {
      await clock.advance(20);
      await settle(20);
    }
    expect(conditions.facts('custody.chain-broken')).toMatchObject({
      segment: victim,
      reason: 'its last entry is not the one that was known',
    });
    await custody.close();
  });

  test('that cannot be written hinders nothing', async () => {
    const { disk } = await threeRuns();
    disk.fail({ operation: 'create', nth: 1, code: 'ENOSPC', times: 99, path: 'ledger.jsonl' });
    const { custody, conditions, log } = await open(disk, 4);
    custody.append(numbered(4));
    await custody.close();
    expect(log.messages('warn')).toEqual(['snapshot of the ledger not written']);
    expect(conditions.codes()).toEqual([]);
    expect((await open(cut(disk), 5)).custody.segments()).toHaveLength(5);
  });

  test('forgets what the store held once the store lost it, of that segment and all behind it', async () => {
    const { disk, ids } = await threeRuns();
    const { custody } = await open(disk, 4);
    for (const segment of ids) custody.storeHolds(segment);
    custody.storeHolds(custody.segments().at(-1)?.segment as SegmentId); // it goes on: nothing of it is settled
    custody.storeLost(ids[1] as SegmentId);
    await custody.close();
    const next = await open(cut(disk), 5);
    expect(next.custody.segments().map(({ held }) => held)).toEqual([true, false, false, false, false]);
  });

  test('takes any cut: whatever is left of it, the next start knows all segments', async () => {
    const { disk, ids } = await threeRuns();
    const from = disk.steps;
    const { custody } = await open(disk, 4);
    for (const segment of ids) custody.storeHolds(segment);
    await custody.close();
    for (let step = from; step <= disk.steps; step++)
      for (const survival of ['nothing', 'everything', 'torn', 1] as const) {
        const { custody: next, conditions } = await open(disk.crash(step, survival), 5);
        expect(firstOf(next, 3)).toEqual(ids);
        expect(conditions.codes()).toEqual([]);
        await next.close();
      }
  });
});

test('the digest of the newest entry of a segment needs no look into it', async () => {
  const disk = logDisk();
  const { custody } = await open(disk, 1);
  custody.append(numbered(1));
  await custody.checkpoint();
  const head = custody.head();
  const before = looks(disk);
  expect(await custody.entrySha256(head?.segment as SegmentId, head?.sequence ?? 0)).toBe(head?.sha256);
  expect(looks(disk)).toBe(before);
  const bytes = Buffer.from(disk.peek(`${FOLDER}/${head?.segment}.jsonl`) ?? []);
  expect(sha256Hex(bytes.subarray(bytes.lastIndexOf(10, -2) + 1, -1))).toBe(head?.sha256);
});
