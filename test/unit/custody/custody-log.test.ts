// The custody log in good order and on a disk that fails: groups, checkpoints, segments, and what a start makes of what it finds.
import { ITEM } from '../../../agent/custody/ledger.ts';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import {
  CHAIN_START,
  CUSTODY_HEAD_TRUSTED_COMMENT,
  CUSTODY_SEGMENT_TRUSTED_COMMENT,
  encodeCustodyEntry,
  encodeCustodyHead,
  type ChainState,
  type CustodyEntry,
} from '../../../protocol/custody/custody-entry.ts';
import type { RecordingId, SegmentId, StationId } from '../../../protocol/format/ids.ts';
import { makeRecordingId } from '../../../protocol/format/ids.ts';
import {
  makeSecretKey,
  publicKeyOf,
  signDocument,
  verifyDocument,
} from '../../../protocol/documents/minisign.ts';
import { followBatch } from '../../../agent/receiver/custody/custody-batch.ts';
import { settle } from '../../fakes/clock-manual.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { fastSigner } from '../../fakes/signer-fast.ts';
import {
  chainsOn,
  eventsOn,
  FOLDER,
  logDisk,
  logKey,
  logSigner,
  numbered,
  numbersOn,
  openLog,
} from './custody-scenario.ts';

const keys = [publicKeyOf(logKey)];
const cut = (disk: CrashDisk): CrashDisk => disk.crash(disk.steps, 'nothing');
const pathOf = (segment: string): string => `${FOLDER}/${segment}.jsonl`;
const range = (count: number, from = 1): number[] => Array.from({ length: count }, (_, at) => from + at);

const STATION = 'office-1' as StationId;

/** Where the line of that number begins, from 0. */
function lineStart(bytes: Uint8Array, number: number): number {
  let at = 0;
  for (let line = 0; line < number; line++) at = bytes.indexOf(10, at) + 1;
  return at;
}

/** A log with that many events in one segment, stopped as it should be or cut off. */
async function written(
  count: number,
  ending: 'closed' | 'cut',
): Promise<{ disk: CrashDisk; segment: SegmentId }> {
  const disk = logDisk();
  const { custody } = await openLog(disk, 1);
  for (const number of range(count)) {
    custody.append(numbered(number));
    await custody.checkpoint();
  }
  const segment = custody.segments()[0]?.segment as SegmentId;
  if (ending === 'closed') await custody.close();
  return { disk: cut(disk), segment };
}

test('an entry counts as one from the moment at which it was taken, and is none of the ledger before it is durable', async () => {
  const { custody } = await openLog(logDisk(), 1);
  const recording = makeRecordingId(seededRandom(7));
  const facts = { recording, receiver: 'r-archive', receipt_sha256: 'a'.repeat(64) };
  custody.append({ event: 'receipted', facts });
  expect(custody.isEntered(recording, ITEM.receipted)).toBe(true);
  expect(custody.ledger.bits(recording)).toBe(0);
  await custody.checkpoint();
  expect(custody.isEntered(recording, ITEM.receipted)).toBe(true);
  expect(custody.ledger.bits(recording) & ITEM.receipted).toBe(ITEM.receipted);
});

describe('appending', () => {
  test('half a character in a fact, as a text has it that was cut, keeps no event from the log', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    custody.append(numbered(1));
    custody.append({ event: 'quarantined', facts: { name: 'name', reason: '\ud83d\ude00'.slice(0, 1) } });
    custody.append(numbered(2));
    await custody.checkpoint();
    expect(numbersOn(cut(disk))).toEqual([1, 2]);
    const entries = [...chainsOn(cut(disk)).values()][0] ?? [];
    const named = entries.find(({ event }) => event === 'quarantined');
    expect(named?.facts).toEqual({ name: 'name', reason: '\ufffd' });
  });

  test('a checkpoint makes all appended events durable in order, signed, with one write and one sync', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    for (const number of range(10)) custody.append(numbered(number));
    const before = [disk.calls('write'), disk.calls('sync')];
    await custody.checkpoint();
    expect([disk.calls('write'), disk.calls('sync')]).toEqual(before.map((count) => count + 1));
    expect(numbersOn(cut(disk))).toEqual(range(10));
    const entries = [...chainsOn(cut(disk)).values()][0] ?? [];
    expect(entries[0]?.event).toBe('segment-opened');
    for (const [position, entry] of entries.entries()) {
      if (entry.event !== 'checkpoint') continue;
      const head = Buffer.from(String(entry.facts['head']));
      verifyDocument(head, String(entry.facts['signature']), CUSTODY_HEAD_TRUSTED_COMMENT, keys);
      expect(JSON.parse(head.toString())).toMatchObject({ sequence: position, station: 'office-1' });
    }
    expect(entries.at(-1)?.event).toBe('checkpoint');
  });

  test('callers at one time share a group', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    const before = disk.calls('sync');
    await Promise.all(
      range(30).map(async (number) => {
        custody.append(numbered(number));
        await custody.checkpoint();
      }),
    );
    expect(disk.calls('sync') - before).toBe(1);
    expect(numbersOn(cut(disk))).toEqual(range(30));
  });

  test('a group closes by itself after a second, or with 64 events', async () => {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    custody.append(numbered(1));
    await clock.advance(999);
    expect(numbersOn(cut(disk))).toEqual([]);
    await clock.advance(1);
    await settle(20);
    expect(numbersOn(cut(disk))).toEqual([1]);
    for (const number of range(64, 2)) custody.append(numbered(number));
    await settle(20);
    expect(numbersOn(cut(disk))).toEqual(range(65));
    expect(clock.pending).toBe(0);
  });

  test('what is taken while a group is written shares the group of whoever waits next, or closes by itself after a second', async () => {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    const before = disk.calls('sync');
    const groupsSince = (): number => disk.calls('sync') - before;
    custody.append(numbered(1));
    const first = custody.checkpoint();
    await Promise.resolve();
    await Promise.resolve(); // the group is being written
    custody.append(numbered(2));
    await first;
    await settle(20);
    expect({ on: numbersOn(cut(disk)), groups: groupsSince() }).toEqual({ on: [1], groups: 1 });
    custody.append(numbered(3));
    const second = custody.checkpoint();
    await Promise.resolve();
    await Promise.resolve();
    custody.append(numbered(4));
    await second;
    expect({ on: numbersOn(cut(disk)), groups: groupsSince() }).toEqual({ on: [1, 2, 3], groups: 2 });
    await clock.advance(1000);
    await settle(20);
    expect({ on: numbersOn(cut(disk)), groups: groupsSince() }).toEqual({ on: range(4), groups: 3 });
    expect(clock.pending).toBe(0);
  });

  test('what one write has no room for closes by itself, too', async () => {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    const count = 8 * 64 + 8;
    for (const number of range(count)) custody.append(numbered(number));
    await settle(50);
    expect(numbersOn(cut(disk)).length).toBeLessThan(count);
    await clock.advance(1000);
    await settle(20);
    expect(numbersOn(cut(disk))).toEqual(range(count));
  });

  test('no more than 64 events lie between two checkpoints, whatever comes at once', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    for (const number of range(1500)) custody.append(numbered(number));
    await custody.checkpoint();
    let since = 0;
    for (const entry of [...chainsOn(cut(disk)).values()][0] ?? []) {
      since = entry.event === 'checkpoint' ? 0 : since + 1;
      expect(since).toBeLessThanOrEqual(64);
    }
    expect(numbersOn(cut(disk))).toEqual(range(1500));
  });

  test('the handler hears of each group when it is durable', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    const seen: number[] = [];
    custody.onCheckpoint(() => seen.push(numbersOn(cut(disk)).length));
    custody.append(numbered(1));
    await custody.checkpoint();
    custody.append(numbered(2));
    await custody.checkpoint();
    expect(seen).toEqual([1, 2]);
  });

  test('facts that no entry can hold are refused at once, and nothing else suffers', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    const facts = { reason: 'x'.repeat(8192), more: 'y'.repeat(8192) };
    expect(() => custody.append({ event: 'not-taken', facts })).toThrow(
      expect.objectContaining({ code: 'custody.refused' }),
    );
    expect(() => custody.append({ event: 'docked', facts: { ratio: 0.5 } })).toThrow(
      expect.objectContaining({ code: 'custody.refused' }),
    );
    custody.append(numbered(1));
    await custody.checkpoint();
    expect(numbersOn(cut(disk))).toEqual([1]);
  });

  test('a segment that grew large is ended and signed, and the next one names its last entry', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    const facts = { docking: 'x', path_sha256: 'y'.repeat(6000), reason: 'z' };
    for (let count = 0; count < 1000; count++) custody.append({ event: 'not-taken', facts });
    await custody.checkpoint();
    await custody.close();
    const after = cut(disk);
    const [first, second] = custody.segments();
    expect(custody.segments()).toHaveLength(2);
    expect(chainsOn(after).get(second?.segment ?? '')?.[0]?.facts).toMatchObject({
      last_segment: first?.segment,
      last_sequence: first?.lastSequence,
    });
    for (const { segment } of custody.segments()) {
      const signature = Buffer.from(after.peek(`${pathOf(segment)}.minisig`) ?? '').toString();
      verifyDocument(
        after.peek(pathOf(segment)) as Uint8Array,
        signature,
        CUSTODY_SEGMENT_TRUSTED_COMMENT,
        keys,
      );
    }
  });
});

describe('reading', () => {
  test('gives whole durable lines from any entry on, and never more than asked but for one', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    for (const number of range(300)) custody.append(numbered(number));
    await custody.checkpoint();
    custody.append(numbered(301));
    const [segment] = custody.segments();
    if (segment === undefined) throw new Error('no segment');
    for (const start of [1, 2, 64, 65, 200]) {
      let next = start;
      while (next <= segment.lastSequence) {
        const batch = await custody.read(segment.segment, next, 2000);
        if (batch === undefined) throw new Error(`nothing at ${next}`);
        expect(batch.from).toBe(next);
        expect(batch.lines.length).toBeLessThanOrEqual(2000);
        const lines = Buffer.from(batch.lines).toString().trimEnd().split('\n');
        expect(lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual(
          range(batch.to - batch.from + 1, batch.from),
        );
        next = batch.to + 1;
      }
    }
    expect(await custody.read(segment.segment, segment.lastSequence + 1, 2000)).toBeUndefined();
    expect(await custody.read(segment.segment, 0, 2000)).toBeUndefined();
    expect((await custody.read(segment.segment, 5, 1))?.to).toBe(5);
    expect(await custody.read('a'.repeat(26) as SegmentId, 1, 2000)).toBeUndefined();
  });

  test('tells the digest of an entry, and the head is the newest one', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    custody.append(numbered(1));
    await custody.checkpoint();
    const head = custody.head();
    const [segment] = custody.segments();
    expect(head).toMatchObject({ segment: segment?.segment, sequence: segment?.lastSequence });
    expect(await custody.entrySha256(head?.segment as SegmentId, head?.sequence ?? 0)).toBe(head?.sha256);
    const lines = Buffer.from(disk.peek(pathOf(segment?.segment ?? '')) ?? '')
      .toString()
      .split('\n');
    expect(await custody.entrySha256(segment?.segment as SegmentId, 2)).toBe(
      sha256Hex(Buffer.from(lines[1] ?? '')),
    );
    expect(await custody.entrySha256(segment?.segment as SegmentId, 99)).toBeUndefined();
  });

  test('finds recordings whose commit was cut off before its entry', async () => {
    const { disk } = await written(1, 'cut');
    const { custody } = await openLog(disk, 2);
    const random = seededRandom(4);
    const recordings: RecordingId[] = range(200).map(() => makeRecordingId(random));
    for (const recording of recordings.slice(0, 150)) {
      custody.append({ event: 'spooled', facts: { recording, manifest_sha256: 'x', sealed_size_bytes: 1 } });
      custody.append({ event: 'offered', facts: { recording } });
    }
    custody.append({ event: 'offered', facts: { recording: recordings[199] ?? '' } });
    await custody.checkpoint();
    const lacking = recordings.filter((recording) => !custody.isEntered(recording, ITEM.spooled));
    expect(lacking).toEqual(recordings.slice(150));
  });
});

describe('a start', () => {
  test('after a stop finds the ended segment signed and names its head', async () => {
    const { disk, segment } = await written(3, 'closed');
    const signature = Buffer.from(disk.peek(`${pathOf(segment)}.minisig`) ?? '').toString();
    verifyDocument(
      disk.peek(pathOf(segment)) as Uint8Array,
      signature,
      CUSTODY_SEGMENT_TRUSTED_COMMENT,
      keys,
    );
    const { custody, conditions } = await openLog(disk, 2);
    expect(custody.segments().map((each) => each.segment)[0]).toBe(segment);
    const opened = chainsOn(disk).get(custody.segments()[1]?.segment ?? '')?.[0];
    expect(opened?.facts).toMatchObject({
      last_segment: segment,
      last_sequence: custody.segments()[0]?.lastSequence,
      last_sha256: await custody.entrySha256(segment, custody.segments()[0]?.lastSequence ?? 0),
      version: '0.1.0',
    });
    await custody.close();
    expect(conditions.codes()).toEqual([]);
  });

  test('in an empty folder names nothing', async () => {
    const disk = logDisk();
    await openLog(disk, 1);
    expect(eventsOn(disk, 'segment-opened')[0]?.facts).toMatchObject({
      last_segment: null,
      last_sequence: null,
      last_sha256: null,
    });
  });

  test('cuts a torn last write, says so, and signs what is left', async () => {
    const { disk, segment } = await written(3, 'cut');
    const whole = disk.peek(pathOf(segment)) as Uint8Array;
    for (const torn of ['{"at":"2026', '\0'.repeat(4096), 'x']) {
      const at = disk.crash(disk.steps, 'nothing');
      at.corrupt(pathOf(segment), (bytes) => Buffer.concat([bytes, Buffer.from(torn)]));
      const { log, conditions, custody } = await openLog(at, 2);
      await custody.close();
      const after = cut(at);
      expect(after.peek(pathOf(segment))).toEqual(whole);
      const signature = Buffer.from(after.peek(`${pathOf(segment)}.minisig`) ?? '').toString();
      verifyDocument(whole, signature, CUSTODY_SEGMENT_TRUSTED_COMMENT, keys);
      expect(log.messages('warn')).toContain('custody log: torn end cut');
      expect(conditions.codes()).toEqual([]);
    }
  });

  test('closes by a checkpoint of its own what a cut left without one, which the store would not take, and once alone', async () => {
    const { disk, segment } = await written(3, 'cut');
    const before = (chainsOn(disk).get(segment) ?? []).length;
    disk.corrupt(pathOf(segment), (bytes) => bytes.subarray(0, lineStart(bytes, before - 1) + 20)); // into its last checkpoint
    const { custody, conditions } = await openLog(disk, 2);
    const entries = chainsOn(disk).get(segment) ?? [];
    expect(entries).toHaveLength(before);
    expect(entries.slice(-2).map(({ event }) => event)).toEqual([numbered(3).event, 'checkpoint']);
    const line = disk.peek(pathOf(segment)) as Uint8Array;
    const held = { head: CHAIN_START, keyId: undefined };
    const batch = { station: STATION, segment, keys, revoked: new Set<string>(), from: 1, payload: line };
    const outcome = await followBatch(held, batch, () => Promise.resolve());
    expect(outcome).toMatchObject({ head: { sequence: before }, problem: undefined });
    expect(custody.segments()[0]).toMatchObject({ segment, lastSequence: before, signed: true });
    const opened = chainsOn(disk).get(custody.segments()[1]?.segment ?? '')?.[0];
    expect(opened?.facts).toMatchObject({ last_segment: segment, last_sequence: before });
    await custody.close();
    const again = await openLog(disk, 3);
    expect(chainsOn(disk).get(segment)).toHaveLength(before);
    expect([...conditions.codes(), ...again.conditions.codes()]).toEqual([]);
  });

  test('whose signer fails closes nothing, begins all the same, and leaves what it found to the next one', async () => {
    const { disk, segment } = await written(3, 'cut');
    const before = (chainsOn(disk).get(segment) ?? []).length;
    disk.corrupt(pathOf(segment), (bytes) => bytes.subarray(0, lineStart(bytes, before - 1)));
    const state = { isBroken: true };
    const signer = {
      sign: async (...args: Parameters<typeof logSigner.sign>) => {
        if (state.isBroken) throw new Error('no signer');
        return logSigner.sign(...args);
      },
    };
    const { custody, clock } = await openLog(disk, 2, { signer });
    expect(custody.segments()[0]).toMatchObject({ segment, signed: false });
    state.isBroken = false;
    await clock.advance(30_000);
    await settle(20);
    expect(custody.segments().map(({ signed }) => signed)).toEqual([true, false]);
  });

  test('closes nothing by a key that did not sign what lies before it', async () => {
    const { disk, segment } = await written(3, 'cut');
    const before = (chainsOn(disk).get(segment) ?? []).length;
    disk.corrupt(pathOf(segment), (bytes) => bytes.subarray(0, lineStart(bytes, before - 1)));
    const next = makeSecretKey(seededRandom(202));
    const stationKeys = [publicKeyOf(next), publicKeyOf(logKey)];
    const { log } = await openLog(disk, 2, { signer: fastSigner(next), stationKeys });
    expect(chainsOn(disk).get(segment)?.at(-1)?.event).toBe(numbered(3).event);
    expect(log.messages('warn').some((message) => message.includes('signed by another key'))).toBe(true);
  });

  const lineOf = (bytes: Uint8Array, change: (lines: string[]) => void): Uint8Array => {
    const lines = Buffer.from(bytes).toString('latin1').split('\n');
    change(lines);
    return Buffer.from(lines.join('\n'), 'latin1');
  };
  const damages: Record<string, (bytes: Uint8Array) => Uint8Array> = {
    changed: (bytes) => lineOf(bytes, (lines) => (lines[4] = (lines[4] ?? '').replace('bay-1', 'bay-2'))),
    missing: (bytes) => lineOf(bytes, (lines) => lines.splice(4, 1)),
    doubled: (bytes) => lineOf(bytes, (lines) => lines.splice(4, 0, lines[4] ?? '')),
    swapped: (bytes) => lineOf(bytes, (lines) => lines.splice(4, 2, lines[5] ?? '', lines[4] ?? '')),
    zeroed: (bytes) => lineOf(bytes, (lines) => (lines[4] = '\0'.repeat((lines[4] ?? '').length))),
  };
  for (const [name, damage] of Object.entries(damages)) {
    for (const ending of ['closed', 'cut'] as const) {
      test(`names the place where an entry was ${name} in a segment that was ${ending}, and goes on`, async () => {
        const { disk, segment } = await written(6, ending);
        disk.corrupt(pathOf(segment), damage);
        const damaged = disk.peek(pathOf(segment));
        const { custody, conditions, clock } = await openLog(disk, 2);
        await settle(20);
        await clock.advance(1000);
        await settle(20);
        custody.append(numbered(7));
        await custody.checkpoint();
        await custody.close();
        expect(conditions.facts('custody.chain-broken')).toMatchObject({ segment });
        const newest = custody.segments().at(-1)?.segment ?? '';
        const entries = Buffer.from(disk.peek(pathOf(newest)) ?? '')
          .toString()
          .trimEnd()
          .split('\n');
        const broken = entries
          .map((line) => JSON.parse(line) as { event: string; facts: { segment: string; sequence: number } })
          .filter((entry) => entry.event === 'chain-broken');
        expect(broken.map(({ facts }) => [facts.segment, facts.sequence])).toEqual([
          [segment, 4 + Number(name === 'doubled' || name === 'changed')],
        ]);
        expect(disk.peek(pathOf(segment))).toEqual(damaged);
        if (ending === 'cut') {
          expect((JSON.parse(entries[1] ?? '') as { event: string }).event).toBe('chain-broken');
          expect(disk.peek(`${pathOf(segment)}.minisig`)).toBeUndefined();
        }
      });
    }
  }

  /** An insider's work: an entry changed, and the chain behind it computed anew. */
  function rechained(
    bytes: Uint8Array,
    checkpoint: (entry: CustodyEntry, before: ChainState) => CustodyEntry,
  ): Uint8Array {
    let state = CHAIN_START;
    const lines = Buffer.from(bytes).toString().trimEnd().split('\n');
    const forged = lines.map((line) => {
      const entry = JSON.parse(line.replace('"number":2', '"number":99')) as CustodyEntry;
      const chained = { ...entry, previous: state.sha256 };
      const written = encodeCustodyEntry(entry.event === 'checkpoint' ? checkpoint(chained, state) : chained);
      state = { sequence: state.sequence + 1, sha256: sha256Hex(written) };
      return `${Buffer.from(written).toString()}\n`;
    });
    return Buffer.from(forged.join(''));
  }

  test('believes no chain that was computed anew: its checkpoints name other entries', async () => {
    const { disk, segment } = await written(3, 'cut');
    disk.corrupt(pathOf(segment), (bytes) => rechained(bytes, (entry) => entry));
    const { conditions } = await openLog(disk, 2);
    expect(conditions.facts('custody.chain-broken')).toMatchObject({ segment, sequence: 5 });
    expect(disk.peek(`${pathOf(segment)}.minisig`)).toBeUndefined();
  });

  test('believes no checkpoints of another key', async () => {
    const { disk, segment } = await written(3, 'cut');
    const forger = makeSecretKey(seededRandom(666));
    disk.corrupt(pathOf(segment), (bytes) =>
      rechained(bytes, (entry, { sequence, sha256 }) => {
        const { at, boot, monotonic_ms } = entry;
        const head = encodeCustodyHead({
          type: 'custody-head',
          version: 1,
          station: 'office-1' as StationId,
          segment,
          sequence,
          sha256,
          at,
          boot,
          monotonic_ms,
        });
        const signature = signDocument(forger, head, CUSTODY_HEAD_TRUSTED_COMMENT);
        return { ...entry, facts: { head: Buffer.from(head).toString(), signature } };
      }),
    );
    const { conditions } = await openLog(disk, 2);
    expect(conditions.facts('custody.chain-broken')).toMatchObject({ segment });
    expect(disk.peek(`${pathOf(segment)}.minisig`)).toBeUndefined();
  });

  test('names entries that a later segment knows and that are gone', async () => {
    const { disk, segment } = await written(6, 'closed');
    const { custody } = await openLog(disk, 2);
    await custody.close();
    const lines = Buffer.from(disk.peek(pathOf(segment)) ?? '')
      .toString('latin1')
      .split('\n');
    disk.corrupt(pathOf(segment), () => Buffer.from(`${lines.slice(0, 4).join('\n')}\n`, 'latin1'));
    const again = await openLog(disk, 3);
    expect(again.conditions.facts('custody.chain-broken')).toMatchObject({ segment, sequence: 4 });
  });

  test('names a segment that is gone from the middle, and keeps quiet over dropped oldest ones', async () => {
    const disk = logDisk();
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) {
      const { custody } = await openLog(disk, seed);
      await custody.close();
      ids.push(custody.segments().at(-1)?.segment ?? '');
    }
    const without = async (id: string): Promise<unknown> => {
      const at = cut(disk);
      await at.unlink(pathOf(id));
      await at.unlink(`${pathOf(id)}.minisig`);
      return (await openLog(at, 9)).conditions.facts('custody.chain-broken');
    };
    expect(await without(ids[1] ?? '')).toMatchObject({ segment: ids[1] });
    expect(await without(ids[0] ?? '')).toBeUndefined();
  });

  test('shows a card image that was put back as two segments that name the same head', async () => {
    const { disk } = await written(2, 'closed');
    const image = disk.crash(disk.steps, 'nothing');
    const first = await openLog(disk, 2);
    const second = await openLog(image, 3);
    const opening = (at: CrashDisk, custody: typeof first.custody): unknown => {
      const facts = chainsOn(at).get(custody.segments().at(-1)?.segment ?? '')?.[0]?.facts;
      return [facts?.['last_segment'], facts?.['last_sequence'], facts?.['last_sha256']];
    };
    expect(opening(disk, first.custody)).toEqual(opening(image, second.custody));
    expect(first.custody.head()?.segment).not.toBe(second.custody.head()?.segment);
  });

  test('finds segments in the order of their chain whatever the clock said', async () => {
    const disk = logDisk();
    const ids: string[] = [];
    for (const seed of [5, 6, 7, 8]) {
      const { custody, clock } = await openLog(disk, seed);
      clock.jumpWall(-seed * 86_400_000);
      custody.append(numbered(seed));
      await custody.close();
      ids.push(custody.segments().at(-1)?.segment ?? '');
    }
    const { custody } = await openLog(disk, 9);
    expect(
      custody
        .segments()
        .map(({ segment }) => segment)
        .slice(0, 4),
    ).toEqual(ids);
  });

  test('leaves names that are not of a log alone', async () => {
    const disk = logDisk();
    disk.plant(`${FOLDER}/notes.txt`, 'mine');
    disk.plantFolder(`${FOLDER}/old`);
    disk.plantOther(`${FOLDER}/${'a'.repeat(26)}.jsonl`);
    const { custody, conditions } = await openLog(disk, 1);
    custody.append(numbered(1));
    await custody.checkpoint();
    expect(disk.peek(`${FOLDER}/notes.txt`)).toEqual(new Uint8Array(Buffer.from('mine')));
    expect(conditions.isRaised('custody.chain-broken')).toBe(true);
  });
});

describe('a failing disk', () => {
  test('ends the segment; everything is written into a new one that names the last durable entry', async () => {
    const disk = logDisk();
    const { custody, conditions } = await openLog(disk, 1);
    custody.append(numbered(1));
    await custody.checkpoint();
    const head = custody.head();
    disk.fail({ operation: 'sync', nth: 1, code: 'EIO' });
    custody.append(numbered(2));
    await custody.checkpoint();
    expect(conditions.codes()).toEqual([]);
    const after = cut(disk);
    expect(numbersOn(after)).toEqual(expect.arrayContaining([1, 2]));
    const opened = eventsOn(after, 'segment-opened').find((entry) => entry.facts['last_segment'] !== null);
    expect(opened?.facts).toMatchObject({ last_segment: head?.segment, last_sequence: head?.sequence });
    expect(disk.openFiles).toBe(1);
  });

  test('for good: who waits hears it, nothing is lost, and it is written when the disk takes it again', async () => {
    const disk = logDisk();
    const { custody, conditions, clock } = await openLog(disk, 1);
    disk.fail({ operation: 'write', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
    custody.append(numbered(1));
    await expect(custody.checkpoint()).rejects.toMatchObject({
      code: 'custody.write-failed',
      retry: 'later',
    });
    expect(conditions.isRaised('custody.write-failed')).toBe(true);
    custody.append(numbered(2));
    await expect(custody.checkpoint()).rejects.toMatchObject({ code: 'custody.write-failed' });
    const files = disk.tree(FOLDER).size;
    for (let count = 0; count < 20; count++) await clock.advance(30_000);
    expect(disk.tree(FOLDER).size).toBe(files);
    expect(disk.calls('create')).toBeLessThan(60);
    disk.heal();
    await clock.advance(30_000);
    await settle(20);
    expect(conditions.codes()).toEqual([]);
    expect(numbersOn(cut(disk))).toEqual([1, 2]);
    custody.append(numbered(3));
    await custody.checkpoint();
    expect(numbersOn(cut(disk))).toEqual([1, 2, 3]);
  });

  test('for want of space leaves a torn segment, which is ended without waiting for the next start', async () => {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    const torn = custody.head();
    const onDisk = (path: string): Uint8Array => disk.tree().get(path) ?? new Uint8Array();
    const lines = (): string[] =>
      Buffer.from(onDisk(pathOf(torn?.segment ?? '')))
        .toString()
        .split('\n');
    const used = [...disk.tree().values()].reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0);
    disk.capacityBytes = used + 500; // room for the first of two lines
    custody.append(numbered(1));
    await expect(custody.checkpoint()).rejects.toMatchObject({ code: 'custody.write-failed' });
    expect(lines().at(-1)).not.toBe('');
    disk.heal();
    await clock.advance(30_000);
    await settle(20);
    expect(lines().at(-1)).toBe('');
    expect(lines()).toHaveLength((torn?.sequence ?? 0) + 1);
    const path = pathOf(torn?.segment ?? '');
    const signature = Buffer.from(onDisk(`${path}.minisig`)).toString();
    verifyDocument(onDisk(path), signature, CUSTODY_SEGMENT_TRUSTED_COMMENT, keys);
    expect(custody.segments().map(({ signed }) => signed)).toEqual([true, false]);
    const again = await openLog(cut(disk), 2);
    expect(again.conditions.codes()).toEqual([]);
    expect(numbersOn(cut(disk))).toEqual([1]);
  });

  test('whose segment is then read with a bit turned: nothing of that is written back or signed, and the next start ends it where it is read right', async () => {
    const disk = logDisk();
    const { custody, log } = await openLog(disk, 1);
    custody.append(numbered(1));
    await custody.checkpoint();
    const path = pathOf(custody.head()?.segment ?? '');
    const written = disk.peek(path) ?? new Uint8Array();
    disk.fail({ operation: 'write', nth: 1, code: 'EIO' });
    const end = disk.misreadBit(path, 8 * 40);
    for (const number of [2, 3]) {
      custody.append(numbered(number));
      await custody.checkpoint();
      await settle(20);
    }
    const told = log.lines.filter(
      ({ message }) => message === 'custody segment not closed, left to the next start',
    );
    expect(told).toHaveLength(1);
    expect(disk.peek(`${path}.minisig`)).toBeUndefined();
    end();
    expect(disk.peek(path)?.subarray(0, written.length)).toEqual(written);
    await custody.close();
    expect((await openLog(disk, 2)).conditions.codes()).toEqual([]);
    expect(disk.peek(path)).toEqual(written);
    const signature = Buffer.from(disk.peek(`${path}.minisig`) ?? []).toString();
    verifyDocument(written, signature, CUSTODY_SEGMENT_TRUSTED_COMMENT, keys);
    expect(numbersOn(cut(disk))).toEqual([1, 2, 3]);
  });

  test('that neither syncs nor removes leaves no segment that was never claimed: the next start would see two logs', async () => {
    const disk = logDisk();
    await (await openLog(disk, 1)).custody.close();
    disk.fail({ operation: 'sync', nth: 1, code: 'EIO', times: 3 });
    disk.fail({ operation: 'unlink', nth: 1, code: 'EIO', times: 3 });
    const { custody, clock } = await openLog(disk, 2);
    custody.append(numbered(1));
    await clock.advance(30_000);
    await settle(20);
    expect(numbersOn(disk)).toEqual([1]);
    expect(chainsOn(disk).size).toBe(2);
    const again = await openLog(disk, 3);
    expect(again.conditions.codes()).toEqual([]);
  });

  test('that is read-only for weeks leaves a bounded number of segments to be removed when it is written again', async () => {
    const disk = logDisk();
    const { custody, clock, conditions } = await openLog(disk, 1);
    disk.fail({ operation: 'sync', nth: 1, code: 'EIO' });
    const readOnly = { nth: 1, code: 'EROFS', times: Number.POSITIVE_INFINITY } as const;
    for (const operation of ['create', 'unlink'] as const) disk.fail({ operation, ...readOnly });
    custody.append(numbered(1));
    await expect(custody.checkpoint()).rejects.toMatchObject({ code: 'custody.write-failed' });
    for (let count = 0; count < 300; count++) await clock.advance(30_000);
    disk.heal();
    const before = disk.calls('unlink');
    await clock.advance(30_000);
    await settle(50);
    expect(disk.calls('unlink') - before).toBeLessThanOrEqual(64);
    expect(conditions.codes()).toEqual([]);
    expect(numbersOn(cut(disk))).toEqual([1]);
    expect(chainsOn(disk).size).toBe(2);
  });

  test('is tried again after a pause that grows, whatever is taken meanwhile', async () => {
    const disk = logDisk();
    const { custody, clock } = await openLog(disk, 1);
    disk.fail({ operation: 'write', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
    let number = 0;
    disk.hearCalls((operation) => {
      if (operation === 'write') custody.append(numbered(++number));
    });
    custody.append(numbered(++number));
    const before = disk.calls('create');
    for (let seconds = 0; seconds < 300; seconds++) await clock.advance(1000);
    expect(disk.calls('create') - before).toBeLessThan(40);
  });

  test('that makes a file and says that it did not leaves no segment without an entry', async () => {
    const disk = logDisk();
    disk.fail({ operation: 'create', nth: 1, code: 'EIO', applied: true });
    const { custody } = await openLog(disk, 1);
    custody.append(numbered(1));
    await custody.checkpoint();
    expect(chainsOn(disk).size).toBe(1);
    expect(numbersOn(disk)).toEqual([1]);
  });

  test('that finds the name of a new segment taken leaves what lies there alone', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    const segment = custody.head()?.segment ?? '';
    await custody.close();
    const bytes = disk.peek(pathOf(segment));
    await openLog(disk, 1); // draws the same names again
    expect(disk.peek(pathOf(segment))).toEqual(bytes);
    expect(chainsOn(disk).size).toBe(2);
  });

  test('that refuses at a start to let the segment of an earlier run be ended: it is when the log is written again', async () => {
    const { disk, segment } = await written(2, 'cut');
    disk.fail({ operation: 'change', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
    const { custody, clock } = await openLog(disk, 2);
    const signedNow = (): (boolean | undefined)[] => custody.segments().map(({ signed }) => signed);
    expect(signedNow()).toEqual([false]);
    disk.heal();
    await clock.advance(30_000);
    await settle(20);
    expect(signedNow()).toEqual([true, false]);
    const after = cut(disk);
    const signature = Buffer.from(after.peek(`${pathOf(segment)}.minisig`) ?? []).toString();
    verifyDocument(
      after.peek(pathOf(segment)) ?? new Uint8Array(),
      signature,
      CUSTODY_SEGMENT_TRUSTED_COMMENT,
      keys,
    );
  });

  test('that lets a segment be written and not signed: that is done when the log is written again', async () => {
    const { disk, segment } = await written(2, 'cut');
    disk.fail({ operation: 'rename', nth: 2, code: 'EIO' }); // the first one puts the lines in their place
    const { custody } = await openLog(disk, 2);
    await settle(20);
    expect(custody.segments().map(({ signed }) => signed)).toEqual([true, false]);
    expect(cut(disk).peek(`${pathOf(segment)}.minisig`)).toBeDefined();
  });

  test('at a start does not stop the station', async () => {
    const disk = logDisk();
    disk.fail({ operation: 'change', nth: 1, code: 'EROFS', times: Number.POSITIVE_INFINITY });
    const { custody, conditions, clock } = await openLog(disk, 1);
    expect(conditions.isRaised('custody.write-failed')).toBe(true);
    custody.append(numbered(1));
    await expect(custody.checkpoint()).rejects.toMatchObject({ code: 'custody.write-failed' });
    disk.heal();
    await clock.advance(2000);
    await settle(20);
    expect(numbersOn(cut(disk))).toEqual([1]);
  });

  test('takes no more events than fit into memory', async () => {
    const disk = logDisk();
    const { custody } = await openLog(disk, 1);
    disk.fail({ operation: 'write', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
    const facts = { docking: 'x', reason: 'y'.repeat(8000) };
    const fill = (): void => {
      for (let count = 0; count < 2000; count++) custody.append({ event: 'not-taken', facts });
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'custody.overrun' }));
    await settle(20);
  });

  test('that takes nothing more ends nothing where an earlier segment is found broken: that is told all the same', async () => {
    const { disk, segment } = await written(3, 'closed');
    const bytes = Buffer.from(disk.peek(pathOf(segment)) ?? []);
    disk.plant(pathOf(segment), Buffer.from(bytes.toString().replace('"number":2', '"number":9')));
    const { custody, clock, conditions } = await openLog(disk, 2);
    disk.fail({ operation: 'write', nth: 1, code: 'EIO', times: Number.POSITIVE_INFINITY });
    const facts = { docking: 'x', reason: 'y'.repeat(8000) };
    const fill = (): void => {
      for (let count = 0; count < 2000; count++) custody.append({ event: 'not-taken', facts });
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'custody.overrun' }));
    await clock.advance(10_000);
    await settle(20);
    expect(conditions.facts('custody.chain-broken')).toMatchObject({ segment });
    await custody.close();
  });

  test('that is full gets its space from the reserve, once', async () => {
    const disk = logDisk();
    disk.plant('/spool/reserve', new Uint8Array(8192));
    let given = 0;
    const reserve = {
      giveUp: async (): Promise<boolean> => {
        if (given++ > 0) return false;
        await disk.unlink('/spool/reserve');
        return true;
      },
    };
    const { custody, conditions } = await openLog(disk, 1, { reserve });
    disk.capacityBytes =
      [...disk.tree().values()].reduce((sum, bytes) => sum + (bytes?.length ?? 0), 0) + 100;
    custody.append(numbered(1));
    await custody.checkpoint();
    expect(given).toBe(1);
    expect(conditions.codes()).toEqual([]);
    expect(numbersOn(cut(disk))).toEqual([1]);
  });

  test('of the signer keeps the segment and loses nothing', async () => {
    const disk = logDisk();
    let broken = false;
    const signer = {
      sign: (bytes: Uint8Array, comment: string): Promise<string> =>
        broken ? Promise.reject(new Error('worker died')) : logSigner.sign(bytes, comment),
    };
    const { custody, clock } = await openLog(disk, 1, { signer });
    broken = true;
    custody.append(numbered(1));
    await expect(custody.checkpoint()).rejects.toMatchObject({ code: 'custody.write-failed' });
    broken = false;
    await clock.advance(1000);
    await settle(20);
    expect(numbersOn(cut(disk))).toEqual([1]);
    expect(custody.segments()).toHaveLength(1);
  });
});
