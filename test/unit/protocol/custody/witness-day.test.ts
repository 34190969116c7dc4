import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../../../protocol/format/bytes.ts';
import { nodeFiles } from '../../../../agent/platform/files-node.ts';
import { merkleRoot } from '../../../../protocol/transparency/merkle.ts';
import { NO_CHUNKS_SHA256 } from '../../../../protocol/documents/item-documents.ts';
import { encodeCanonical } from '../../../../protocol/format/canonical.ts';
import { dayAfter, dayOf } from '../../../../protocol/custody/witness.ts';
import { DayDigests, stationDays } from '../../../../protocol/custody/witness-day.ts';

const signal = new AbortController().signal;
const atOnce = (): Promise<void> => Promise.resolve();
const id = (number: number): string =>
  `${'abcdefghijklmnopqrstuvwxy'.slice(0, 21)}${String(number)
    .padStart(4, '0')
    .replaceAll(/[0-9]/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}a`;
const receipt = (of: string, receivedAt: string, kind = 'recording'): Uint8Array =>
  encodeCanonical({
    type: 'receipt',
    version: 1,
    kind,
    recording: of,
    station: 'kod-1',
    manifest_sha256: '5'.repeat(64),
    sealed_size_bytes: kind === 'docking' ? 0 : 200,
    chunks_sha256: kind === 'docking' ? NO_CHUNKS_SHA256 : '3'.repeat(64),
    receiver: 'r-store',
    vault: 'abcdefghijklmnopqrstuvwxym',
    custody_head: null,
    received_at: receivedAt,
  });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodydock-witness-day-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Puts files into the folder of one recording. */
async function put(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  await mkdir(join(folder, name));
  for (const [file, bytes] of Object.entries(files)) await writeFile(join(folder, name, file), bytes);
}

const rootOf = (...documents: readonly (Uint8Array | string)[]): string =>
  merkleRoot(
    documents
      .map((document) => sha256(Buffer.from(document)))
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );

describe('the documents of a day', () => {
  test('are its receipts with what each is for, and its deletion records; nothing else of the folders counts', async () => {
    const first = receipt(id(1), '2026-11-25T00:00:00.000Z');
    const docking = receipt(id(2), '2026-11-25T23:59:59.999Z', 'docking');
    const next = receipt(id(3), '2026-11-26T00:00:00.000Z');
    const deletion = encodeCanonical({
      type: 'deletion-record',
      version: 1,
      station: 'kod-1',
      recording: id(1),
      receiver: 'r-store',
      vault: 'abcdefghijklmnopqrstuvwxym',
      manifest_sha256: '5'.repeat(64),
      receipt_sha256: '7'.repeat(64),
      sealed_size_bytes: 200,
      reason: 'expired',
      retention: {
        days: 1,
        basis: 'received',
        from_at: '2026-11-25T00:00:00.000Z',
        due_at: '2026-11-26T00:00:00.000Z',
      },
      order_sha256: null,
      deleted_at: '2026-11-26T08:00:00.000Z',
    });
    await put(id(1), {
      'manifest.json': 'm1',
      'receipt.json': first,
      'receipt.json.minisig': 'x',
      'deletion.json': deletion,
    });
    await put(id(2), { 'docking.json': 'd2', 'receipt.json': docking });
    await put(id(3), { 'manifest.json': 'm3', 'receipt.json': next, 'payload.age': 'p' });
    await put(id(4), { 'manifest.json': 'not receipted' });
    await put('custody', { 'a.jsonl': '{}\n' });
    await put('orders', { 'order.json': '{}' });

    const seen: string[] = [];
    const { days, unreadable } = await stationDays({
      files: nodeFiles(),
      folder,
      wanted: (day) => seen.push(day) > 0,
      signal,
    });
    expect(new Set(seen)).toEqual(new Set(['2026-11-25', '2026-11-26']));
    expect(unreadable).toEqual([]);
    expect(await days.get('2026-11-25')?.root(atOnce)).toBe(rootOf(first, 'm1', docking, 'd2'));
    expect(await days.get('2026-11-26')?.root(atOnce)).toBe(rootOf(next, 'm3', deletion));
    const one = await stationDays({
      files: nodeFiles(),
      folder,
      wanted: (day) => day === '2026-11-26',
      signal,
    });
    expect([...one.days].map(([day, { count }]) => [day, count])).toEqual([['2026-11-26', 3]]);
  });

  test('do not end with a folder that cannot be read: it is named', async () => {
    await put(id(5), { 'manifest.json': 'm', 'receipt.json': 'no receipt' });
    await put(id(6), { 'manifest.json': 'm' });
    await mkdir(join(folder, id(6), 'receipt.json'));
    await writeFile(join(folder, id(7)), 'a file where a folder belongs');
    const { unreadable } = await stationDays({ files: nodeFiles(), folder, wanted: () => true, signal });
    expect(unreadable).toEqual([id(5), id(6), id(7)]);
  });

  test('are not guessed where the disk cannot be read now', async () => {
    const files = {
      ...nodeFiles(),
      readAll: () => Promise.reject(Object.assign(new Error('EIO: read'), { code: 'EIO' })),
    };
    await expect(stationDays({ files, folder, wanted: () => true, signal })).rejects.toThrow('EIO');
  });
});

describe('the digests of a day', () => {
  test('give the same root in whatever order they came', async () => {
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
    await fc.assert(
      fc.asyncProperty(fc.array(digest, { maxLength: 300 }), async (digests) => {
        const day = new DayDigests();
        for (const each of digests) day.add(each);
        const ascending = digests.toSorted((a, b) => Buffer.compare(a, b));
        expect(await day.root(atOnce)).toBe(merkleRoot(ascending));
        expect(day.count).toBe(digests.length);
      }),
      { numRuns: 50 },
    );
  });

  test('of 100,000 documents are hashed in pieces, so that others have their turn in between', async () => {
    const day = new DayDigests();
    for (let number = 0; number < 100_000; number++) day.add(sha256(Buffer.from(String(number))));
    let turns = 0;
    expect(await day.root(() => Promise.resolve(void turns++))).toMatch(/^[0-9a-f]{64}$/);
    expect(turns).toBe(256);
  });
});

test('days follow each other over months, leap days and years', () => {
  expect(dayOf('2026-11-25T23:59:59.999Z')).toBe('2026-11-25');
  expect(dayOf(Date.UTC(2026, 10, 25, 23, 59))).toBe('2026-11-25');
  expect([dayAfter('2026-12-31'), dayAfter('2028-02-28'), dayAfter('2026-03-01', -1)]).toEqual([
    '2027-01-01',
    '2028-02-29',
    '2026-02-28',
  ]);
});
