// The writer behind a sealing, over files that a test holds back and fails: groups of syncs, digests on the way, buffers used again.
import * as fc from 'fast-check';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newTagMemory, TAG_KEY_BYTES, UnitTags } from '../../../agent/seal/unit-tags.ts';
import { UnitBuffers, UnitWriter } from '../../../agent/seal/unit-writer.ts';
import { sha256 } from '../../../protocol/format/bytes.ts';
import { DIGEST_BYTES, UNIT_BYTES } from '../../../protocol/format/limits.ts';
import type { OpenFile } from '../../../protocol/format/ports.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const GROUP_UNITS = 128; // 64 MiB
/** The next unit is with the disk as well meanwhile, and may be there sooner. */
const SYNC_OF_GROUP = expect.stringMatching(
  new RegExp(`^sync at (?:${GROUP_UNITS * UNIT_BYTES}|${(GROUP_UNITS + 1) * UNIT_BYTES})$`),
) as string;
const unit = new Uint8Array(UNIT_BYTES).map((_, at) => at * 31);

/** A file that keeps only what was done to it, and does as told. */
class ToldFile implements OpenFile {
  readonly done: string[] = [];
  writtenBytes = 0;
  writesDuringSync = 0;
  #syncing = false;
  /** What the next syncs wait for and end with; without it they succeed at once. */
  onSync: () => Promise<void> = async () => undefined;
  onWrite: () => Promise<void> = async () => undefined;

  async write(bytes: Uint8Array): Promise<void> {
    await this.onWrite();
    this.writtenBytes += bytes.length;
    if (this.#syncing) this.writesDuringSync++;
  }
  async sync(): Promise<void> {
    this.done.push(`sync at ${this.writtenBytes}`);
    this.#syncing = true;
    await this.onSync();
    this.#syncing = false;
  }
  async close(): Promise<void> {
    this.done.push('close');
  }
  async read(): Promise<number> {
    return 0;
  }
  async sizeBytes(): Promise<number> {
    return this.writtenBytes;
  }
}

interface Subject {
  readonly payload: ToldFile;
  readonly chunks: ToldFile;
  readonly writer: UnitWriter;
  readonly freed: ArrayBuffer[];
}

function make(): Subject {
  const freed: ArrayBuffer[] = [];
  return { ...makeWith(new UnitBuffers((buffer) => freed.push(buffer))), freed };
}

function makeWith(buffers: UnitBuffers): Omit<Subject, 'freed'> {
  const payload = new ToldFile();
  const chunks = new ToldFile();
  return { payload, chunks, writer: new UnitWriter(payload, chunks, { buffers }) };
}

async function putUnits(writer: UnitWriter, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    while (!writer.hasRoom) await writer.room();
    writer.put(unit);
  }
}

test('a sync is started with each 64 MiB while writing goes on, and the last one covers the rest', async () => {
  const { payload, chunks, writer } = make();
  let endSync = (): void => undefined;
  payload.onSync = () => new Promise((resolve) => (endSync = resolve));
  await putUnits(writer, GROUP_UNITS + 20);
  expect(payload.done).toEqual([SYNC_OF_GROUP]);
  expect(payload.writesDuringSync).toBeGreaterThan(10);
  payload.onSync = async () => undefined;
  endSync();
  const { sizeBytes } = await writer.finish();
  expect(sizeBytes).toBe((GROUP_UNITS + 20) * UNIT_BYTES);
  expect(payload.done.slice(1)).toEqual([`sync at ${sizeBytes}`, 'close']);
  expect(chunks.done).toEqual([`sync at ${(GROUP_UNITS + 20) * DIGEST_BYTES}`, 'close']);
});

test('digests are written on the way and are those of the units', async () => {
  const { chunks, writer } = make();
  await putUnits(writer, GROUP_UNITS);
  expect(chunks.writtenBytes).toBe(GROUP_UNITS * DIGEST_BYTES);
  writer.put(unit.subarray(0, 1));
  const { chunksSha256 } = await writer.finish();
  const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
  const all = Array.from({ length: GROUP_UNITS }, () => digest(unit));
  const expected = digest(Buffer.concat([...all, digest(unit.subarray(0, 1))]));
  expect(chunksSha256).toBe(expected.toString('hex'));
});

test('neither the size of what is put nor where it is cut changes the digests', async () => {
  const bytes = seededRandom(1).bytes(2 * UNIT_BYTES + 1000);
  const listOf = (given: Uint8Array): Buffer[] =>
    Array.from({ length: Math.ceil(given.length / UNIT_BYTES) }, (_, at) =>
      createHash('sha256')
        .update(given.subarray(at * UNIT_BYTES, (at + 1) * UNIT_BYTES))
        .digest(),
    );
  const sizes = fc.constantFrom(
    0,
    1,
    UNIT_BYTES - 1,
    UNIT_BYTES,
    UNIT_BYTES + 1,
    2 * UNIT_BYTES,
    bytes.length,
  );
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sizes, cuts, async (sizeBytes, places) => {
      const { chunks, writer } = make();
      let from = 0;
      for (const to of [...places.filter((at) => at < sizeBytes).sort((a, b) => a - b), sizeBytes]) {
        for (; from < to; from = Math.min(to, from + UNIT_BYTES)) {
          while (!writer.hasRoom) await writer.room();
          writer.put(bytes.subarray(from, Math.min(to, from + UNIT_BYTES)));
        }
      }
      const { chunksSha256 } = await writer.finish();
      const list = Buffer.concat(listOf(bytes.subarray(0, sizeBytes)));
      expect(chunks.writtenBytes).toBe(list.length);
      expect(chunksSha256).toBe(createHash('sha256').update(list).digest('hex'));
    }),
    { numRuns: 40 },
  );
});

test('each unit is known by its tag then, the short last one too', async () => {
  const tags = new UnitTags(newTagMemory(seededRandom(2).bytes(TAG_KEY_BYTES)));
  const writer = new UnitWriter(new ToldFile(), new ToldFile(), {
    buffers: new UnitBuffers(() => undefined),
    tags,
  });
  const rest = unit.subarray(0, 100);
  writer.put(unit);
  writer.put(rest);
  await writer.finish();
  for (const written of [unit, rest]) expect(tags.confirm(sha256(written), written)).toBe(true);
});

test('a sync that fails on the way ends the writer, and nothing is synced after it', async () => {
  const { payload, chunks, writer } = make();
  payload.onSync = async () => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  };
  await expect(putUnits(writer, GROUP_UNITS + 20)).rejects.toMatchObject({ code: 'EIO' });
  await expect(writer.finish()).rejects.toMatchObject({ code: 'EIO' });
  await writer.abort();
  expect(payload.done).toEqual([SYNC_OF_GROUP, 'close']);
  expect(chunks.done).toEqual(['close']);
});

test('there is no room while the disk takes nothing, and the first write that fails wakes whoever waits', async () => {
  const { payload, writer } = make();
  let failWrite = (): void => undefined;
  payload.onWrite = () =>
    new Promise((_, reject) => {
      failWrite = () => reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    });
  await putUnits(writer, 3);
  expect(writer.hasRoom).toBe(false);
  const waiting = writer.room();
  failWrite();
  await expect(waiting).rejects.toMatchObject({ code: 'ENOSPC' });
  payload.onWrite = async () => undefined;
});

test('giving up waits for what the disk is at, closes both files and gives all buffers back once', async () => {
  const { payload, chunks, writer, freed } = make();
  let endWrite = (): void => undefined;
  payload.onWrite = () => new Promise((resolve) => (endWrite = resolve));
  writer.put(unit);
  writer.put(unit.subarray(0, 10));
  const ended = writer.abort();
  await Promise.resolve();
  expect(payload.done).toEqual([]);
  endWrite();
  await Promise.all([ended, writer.abort()]);
  expect([payload.done, chunks.done]).toEqual([['close'], ['close']]);
  expect(new Set(freed).size).toBe(2);
  expect(freed).toHaveLength(2);
  await expect(writer.finish()).rejects.toMatchObject({ code: 'seal.aborted' });
});

test('files that end with a whole unit while the disk is still at the ones before give each buffer back once', async () => {
  for (let file = 0; file < 2; file++) {
    const { payload, writer, freed } = make();
    const ends: (() => void)[] = [];
    payload.onWrite = () => new Promise((resolve) => ends.push(resolve));
    for (let at = 0; at < 3; at++) writer.put(unit);
    const finished = writer.finish();
    for (const end of ends) end();
    expect((await finished).sizeBytes).toBe(3 * UNIT_BYTES);
    expect(freed.map((buffer) => buffer.byteLength)).toEqual([UNIT_BYTES, UNIT_BYTES, UNIT_BYTES]);
    expect(new Set(freed).size).toBe(3);
  }
});

test('the buffers of a long file are three, and each comes back', async () => {
  const { writer, freed } = make();
  await putUnits(writer, 40);
  await writer.finish();
  expect(new Set(freed).size).toBe(3);
});

describe('writers of one thread', () => {
  /** Writers whose files take nothing until they are told to. */
  function sharing(count: number): {
    readonly subjects: Omit<Subject, 'freed'>[];
    readonly freed: ArrayBuffer[];
    readonly ends: (() => void)[][];
  } {
    const freed: ArrayBuffer[] = [];
    const buffers = new UnitBuffers((buffer) => freed.push(buffer));
    const subjects = Array.from({ length: count }, () => makeWith(buffers));
    const ends = subjects.map(({ payload }) => {
      const waiting: (() => void)[] = [];
      payload.onWrite = () => new Promise((resolve) => waiting.push(resolve));
      return waiting;
    });
    return { subjects, freed, ends };
  }

  test('have one buffer each and two more, and go on when any of them has one back', async () => {
    const { subjects, freed, ends } = sharing(2);
    const [one, other] = subjects.map(({ writer }) => writer);
    assert(one && other);
    await putUnits(one, 3);
    other.put(unit.subarray(0, 10));
    expect([one.hasRoom, other.hasRoom]).toEqual([false, false]);
    const waiting = other.room();
    ends[0]?.[0]?.();
    await waiting;
    expect(other.hasRoom).toBe(true);
    for (const { payload } of subjects) payload.onWrite = async () => undefined;
    for (const end of ends.flat()) end();
    await one.finish();
    expect(freed).toHaveLength(1); // three are enough for the other one
    expect((await other.finish()).sizeBytes).toBe(10);
    expect(new Set(freed).size).toBe(4);
    expect(freed).toHaveLength(4);
  });

  test('never take more than that, however many wait for the one that comes back', async () => {
    const { subjects, freed, ends } = sharing(4);
    const writing = subjects.map(async ({ writer }) => {
      await putUnits(writer, 20);
      await writer.finish();
    });
    // A disk that does one after the other.
    const disk = setInterval(() => ends.find((waiting) => waiting.length > 0)?.shift()?.(), 1);
    await Promise.all(writing);
    clearInterval(disk);
    expect(new Set(freed).size).toBe(6);
    expect(freed).toHaveLength(6);
  });

  test('that are given up do not wait for a disk that others wait for', async () => {
    const { subjects, ends } = sharing(2);
    const [one, other] = subjects.map(({ writer }) => writer);
    assert(one && other);
    await putUnits(one, 4);
    const waiting = other.room();
    await other.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'seal.aborted' });
    for (const end of ends.flat()) end();
    await one.finish();
  });

  test('have room again where a write of one of them failed', async () => {
    const { subjects, ends } = sharing(2);
    const [one, other] = subjects;
    assert(one && other);
    one.payload.onWrite = async () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    for (let at = 0; at < 4; at++) one.writer.put(unit);
    expect(other.writer.hasRoom).toBe(false);
    await other.writer.room();
    await expect(one.writer.finish()).rejects.toMatchObject({ code: 'EIO' });
    await putUnits(other.writer, 3);
    for (const end of ends.flat()) end();
    expect((await other.writer.finish()).sizeBytes).toBe(3 * UNIT_BYTES);
  });
});
