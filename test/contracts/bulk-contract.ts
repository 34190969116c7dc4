// What every Bulk must do, in the calling thread and in workers. Judged by reading the files that it leaves.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bulk, Sealing, SealJob } from '../../agent/seal/bulk.ts';
import { OVERLAP_BYTES, resumeFrom } from '../../agent/seal/seal.ts';
import type { Piece } from '../../drivers/driver.ts';
import { makeIdentity } from '../../protocol/age/age-keys.ts';
import { openSmall } from '../../protocol/age/sealed-file-open.ts';
import { sealedSizeBytes } from '../../protocol/age/sealed-file.ts';
import { sha256 } from '../../protocol/format/bytes.ts';
import { isDockError } from '../../protocol/format/errors.ts';
import {
  DIGEST_BYTES,
  PULL_PIECE_BYTES,
  UNIT_BYTES,
  UNREADABLE_RANGES_MAX,
} from '../../protocol/format/limits.ts';
import { seededRandom } from '../fakes/random-seeded.ts';
import type { ContractRunner } from './runner.ts';

/** A Bulk that works on the machine's disk, and an empty folder there. */
export interface BulkSubject {
  readonly bulk: Bulk;
  readonly folder: string;
}

const store = makeIdentity(seededRandom(1));
const escrow = makeIdentity(seededRandom(2));
const recipients = [store.recipient, escrow.recipient];

/** Random bytes of a test, always the same for a length. */
export function contentOf(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const block = seededRandom(sizeBytes + 1).bytes(4099);
  const content = new Uint8Array(sizeBytes);
  for (let at = 0; at < sizeBytes; at += block.length) content.set(block.subarray(0, sizeBytes - at), at);
  return content;
}

/** Pieces of the content, in memory of their own as a driver gives it. */
export function* piecesOf(content: Uint8Array, pieceBytes: number): Generator<Piece> {
  for (let at = 0; at < content.length; at += pieceBytes)
    yield { kind: 'bytes', bytes: content.slice(at, at + pieceBytes) };
}

function jobIn(folder: string, name = 'a'): SealJob {
  return { payloadPath: join(folder, `${name}.age`), chunksPath: join(folder, `${name}.bin`), recipients };
}

async function writeAll(sealing: Pick<Sealing, 'write'>, pieces: Iterable<Piece>): Promise<void> {
  for (const piece of pieces) await sealing.write(piece);
}

const hexOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const refusal = (code: string) => (error: unknown) => {
  assert.equal(isDockError(error) ? error.code : (error as NodeJS.ErrnoException).code, code);
  return true;
};

/** Files of that folder that this process holds open, in whatever thread. */
function openFilesIn(folder: string): string[] {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // the one that lists
    }
  });
  return links.filter((link) => link.startsWith(`${folder}/`));
}

/** The digests that SPEC 3.3 asks for. */
function chunksOf(sealed: Uint8Array): Buffer {
  const digests: Uint8Array[] = [];
  for (let at = 0; at < sealed.length; at += UNIT_BYTES)
    digests.push(sha256(sealed.subarray(at, at + UNIT_BYTES)));
  return Buffer.concat(digests);
}

async function sealWhole(bulk: Bulk, job: SealJob, content: Uint8Array, pieceBytes = PULL_PIECE_BYTES) {
  const sealing = await bulk.startSeal(job);
  await writeAll(sealing, piecesOf(content, pieceBytes));
  return sealing.finish();
}

function sealContract({ test }: ContractRunner, make: () => Promise<BulkSubject>): void {
  const sizes = [0, 1, 65_536, 523_878, 523_879, 3 * PULL_PIECE_BYTES + 7]; // 523,878 with two recipients fill a unit
  for (const sizeBytes of sizes)
    test(`${sizeBytes} bytes are sealed for each recipient, with their digests beside them`, async () => {
      const { bulk, folder } = await make();
      const job = jobIn(folder);
      const content = contentOf(sizeBytes);
      const result = await sealWhole(bulk, job, content);
      const sealed = await readFile(job.payloadPath);
      const chunks = await readFile(job.chunksPath);
      for (const { identity } of [store, escrow])
        assert.ok(Buffer.from(openSmall(sealed, [identity])).equals(content));
      assert.ok(chunks.equals(chunksOf(sealed)));
      assert.equal(sealed.length, sealedSizeBytes(sizeBytes, 2));
      assert.deepEqual(result, {
        originalSizeBytes: sizeBytes,
        originalSha256: hexOf(content),
        sealedSizeBytes: sealed.length,
        chunksSha256: hexOf(chunks),
        unreadable: [],
        media: null,
      });
      assert.deepEqual(openFilesIn(folder), []);
    });

  test('neither the size of the pieces nor what else lies in their buffers matters', async () => {
    const { bulk, folder } = await make();
    const content = contentOf(300_001);
    for (const [at, pieceBytes] of [70_000, 300_001, 999].entries()) {
      const job = jobIn(folder, `p${at}`);
      const sealing = await bulk.startSeal(job);
      for (let from = 0; from < content.length; from += pieceBytes) {
        const part = content.subarray(from, from + pieceBytes);
        const wide = new Uint8Array(part.length + 20).fill(0xaa);
        wide.set(part, 7);
        await sealing.write({ kind: 'bytes', bytes: wide.subarray(7, 7 + part.length) });
      }
      const { originalSha256 } = await sealing.finish();
      assert.equal(originalSha256, hexOf(content));
      assert.ok(Buffer.from(openSmall(await readFile(job.payloadPath), [store.identity])).equals(content));
    }
  });

  test('a piece in memory that Node shares among buffers is taken, and its neighbours stay', async () => {
    const { bulk, folder } = await make();
    const job = jobIn(folder);
    const sealing = await bulk.startSeal(job);
    const neighbour = Buffer.from('neighbour');
    const bytes = Buffer.from('shared') as Uint8Array<ArrayBuffer>;
    await sealing.write({ kind: 'bytes', bytes });
    await sealing.write({ kind: 'bytes', bytes: new Uint8Array(0) });
    await sealing.finish();
    assert.equal(String(openSmall(await readFile(job.payloadPath), [store.identity])), 'shared');
    assert.equal(String(neighbour), 'neighbour');
  });

  test('each sealing of the same content is another file', async () => {
    const { bulk, folder } = await make();
    for (const name of ['a', 'b']) await sealWhole(bulk, jobIn(folder, name), contentOf(5000));
    const [a, b] = [await readFile(join(folder, 'a.age')), await readFile(join(folder, 'b.age'))];
    assert.notEqual(a.subarray(-1000).toString('hex'), b.subarray(-1000).toString('hex'));
  });

  test('several sealings at once keep their bytes apart', async () => {
    const { bulk, folder } = await make();
    const results = await Promise.all(
      [1, 2, 3, 4, 5].map((at) =>
        sealWhole(bulk, jobIn(folder, String(at)), contentOf(at * 400_000), at * 50_000),
      ),
    );
    for (const [at, result] of results.entries()) {
      const content = contentOf((at + 1) * 400_000);
      assert.equal(result.originalSha256, hexOf(content));
      const sealed = await readFile(join(folder, `${at + 1}.age`));
      assert.ok(Buffer.from(openSmall(sealed, [escrow.identity])).equals(content));
    }
  });
}

function unreadableContract({ test }: ContractRunner, make: () => Promise<BulkSubject>): void {
  test('unreadable ranges are sealed as zeros and named, touching ones as one', async () => {
    const { bulk, folder } = await make();
    const job = jobIn(folder);
    const sealing = await bulk.startSeal(job);
    const pieces: Piece[] = [
      { kind: 'unreadable', sizeBytes: 512 },
      { kind: 'unreadable', sizeBytes: 700_000 },
      ...piecesOf(contentOf(100), 100),
      { kind: 'unreadable', sizeBytes: 3 },
    ];
    await writeAll(sealing, pieces);
    assert.equal(sealing.positionBytes, 700_615);
    const { unreadable, originalSha256 } = await sealing.finish();
    const content = new Uint8Array(700_615);
    content.set(contentOf(100), 700_512);
    assert.equal(originalSha256, hexOf(content));
    assert.deepEqual(unreadable, [
      { offset_bytes: 0, size_bytes: 700_512 },
      { offset_bytes: 700_612, size_bytes: 3 },
    ]);
    assert.ok(Buffer.from(openSmall(await readFile(job.payloadPath), [store.identity])).equals(content));
  });

  test('as many separate ranges as a manifest can name are taken, and one more ends the sealing', async () => {
    const { bulk, folder } = await make();
    for (const [name, count] of [
      ['good', UNREADABLE_RANGES_MAX],
      ['bad', UNREADABLE_RANGES_MAX + 1],
    ] as const) {
      const sealing = await bulk.startSeal(jobIn(folder, name));
      const all = async (): Promise<number> => {
        for (let at = 0; at < count; at++) {
          await sealing.write({ kind: 'unreadable', sizeBytes: 1 });
          await writeAll(sealing, piecesOf(contentOf(1), 1));
        }
        return (await sealing.finish()).unreadable.length;
      };
      if (name === 'good') assert.equal(await all(), count);
      else await assert.rejects(all(), refusal('pull.too-damaged'));
      if (name === 'bad') await assert.rejects(sealing.finish(), refusal('pull.too-damaged'));
      await sealing.abort();
    }
    assert.deepEqual(openFilesIn(folder), []);
  });
}

function resumeContract({ test }: ContractRunner, make: () => Promise<BulkSubject>): void {
  test('what is read again is known, however it came, and other bytes are not', async () => {
    const { bulk, folder } = await make();
    const sizes = [1, OVERLAP_BYTES / 4, PULL_PIECE_BYTES + 1, 2 * PULL_PIECE_BYTES + 12_345];
    for (const sizeBytes of sizes) {
      const content = contentOf(sizeBytes);
      for (const pieceBytes of [PULL_PIECE_BYTES, PULL_PIECE_BYTES - 512, 7_000]) {
        const sealing = await bulk.startSeal(jobIn(folder, `t${sizeBytes}-${pieceBytes}`));
        await writeAll(sealing, piecesOf(content, pieceBytes));
        const from = resumeFrom(sizeBytes);
        const again = content.slice(from);
        assert.ok(from === 0 || again.length >= PULL_PIECE_BYTES);
        assert.equal(await sealing.resumeDifference(again), undefined);
        for (const place of [0, again.length >> 1, again.length - 1]) {
          const other = again.slice();
          other[place] = (other[place] ?? 0) ^ 1;
          const whole = Buffer.concat([content.subarray(0, from), other]);
          const differing = { takenSha256: hexOf(content), againSha256: hexOf(whole) };
          assert.deepEqual(await sealing.resumeDifference(other), differing);
        }
        assert.notEqual(await sealing.resumeDifference(again.slice(0, -1)), undefined);
        assert.equal(await sealing.resumeDifference(again), undefined);
        const { originalSha256 } = await sealing.finish();
        assert.equal(originalSha256, hexOf(content));
      }
    }
  });

  test('nothing more than what was taken is known', async () => {
    const { bulk, folder } = await make();
    const sealing = await bulk.startSeal(jobIn(folder));
    assert.equal(await sealing.resumeDifference(new Uint8Array(0)), undefined);
    assert.notEqual(await sealing.resumeDifference(new Uint8Array(1)), undefined);
    await writeAll(sealing, piecesOf(contentOf(1000), 1000));
    assert.equal(await sealing.resumeDifference(contentOf(1000)), undefined);
    assert.notEqual(await sealing.resumeDifference(new Uint8Array([0, ...contentOf(1000)])), undefined);
    await sealing.abort();
  });

  test('an unreadable range counts as zeros when it is read again, and the sealing goes on behind it', async () => {
    const { bulk, folder } = await make();
    const sealing = await bulk.startSeal(jobIn(folder));
    await writeAll(sealing, piecesOf(contentOf(10), 10));
    await sealing.write({ kind: 'unreadable', sizeBytes: 3_000_000 });
    const overlap = 3_000_010 - resumeFrom(3_000_010);
    assert.equal(await sealing.resumeDifference(new Uint8Array(overlap)), undefined);
    assert.notEqual(await sealing.resumeDifference(new Uint8Array(overlap + 1)), undefined);
    await writeAll(sealing, piecesOf(contentOf(10), 10));
    const { originalSha256 } = await sealing.finish();
    assert.equal(
      originalSha256,
      hexOf(Buffer.concat([contentOf(10), new Uint8Array(3_000_000), contentOf(10)])),
    );
  });
}

function endingContract({ test }: ContractRunner, make: () => Promise<BulkSubject>): void {
  test('the position counts what was taken', async () => {
    const { bulk, folder } = await make();
    const sealing = await bulk.startSeal(jobIn(folder));
    assert.equal(sealing.positionBytes, 0);
    await writeAll(sealing, piecesOf(contentOf(100), 60));
    assert.equal(sealing.positionBytes, 100);
    await sealing.abort();
  });

  test('a sealing that is given up has closed its files, however often and whenever it is told', async () => {
    const { bulk, folder } = await make();
    for (const [at, written] of [0, 100, 2 * PULL_PIECE_BYTES].entries()) {
      const sealing = await bulk.startSeal(jobIn(folder, String(at)));
      await writeAll(sealing, piecesOf(contentOf(written), PULL_PIECE_BYTES));
      await Promise.all([sealing.abort(), sealing.abort()]);
      await sealing.abort();
      assert.deepEqual(openFilesIn(folder), []);
      await assert.rejects(async () => {
        await sealing.write({ kind: 'unreadable', sizeBytes: 1 });
        await sealing.finish();
      });
    }
  });

  test('giving up after the end changes nothing', async () => {
    const { bulk, folder } = await make();
    const job = jobIn(folder);
    const sealing = await bulk.startSeal(job);
    await writeAll(sealing, piecesOf(contentOf(100), 100));
    await sealing.finish();
    await sealing.abort();
    assert.ok(
      Buffer.from(openSmall(await readFile(job.payloadPath), [store.identity])).equals(contentOf(100)),
    );
  });

  test('a taken name is refused and what lies there stays', async () => {
    for (const taken of ['a.age', 'a.bin']) {
      const { bulk, folder } = await make();
      await writeFile(join(folder, taken), 'here');
      await assert.rejects(bulk.startSeal(jobIn(folder)), refusal('EEXIST'));
      assert.equal(await readFile(join(folder, taken), 'utf8'), 'here');
      assert.deepEqual(openFilesIn(folder), []);
    }
  });

  test('a folder that is not there and a recipient that is none are refused by name', async () => {
    const { bulk, folder } = await make();
    await assert.rejects(bulk.startSeal(jobIn(join(folder, 'none'))), refusal('ENOENT'));
    const job = { ...jobIn(folder), recipients: [store.recipient, 'age1nonsense'] };
    await assert.rejects(bulk.startSeal(job), refusal('key.recipient'));
    assert.deepEqual(await readdir(folder), []);
  });
}

function digestContract({ test }: ContractRunner, make: () => Promise<BulkSubject>): void {
  test('a digest is that of all bytes, unreadable ones as zeros', async () => {
    const { bulk } = await make();
    const digesting = await bulk.startDigest();
    const content = contentOf(2_500_000);
    await writeAll(digesting, piecesOf(content, PULL_PIECE_BYTES));
    await digesting.write({ kind: 'unreadable', sizeBytes: 100_000 });
    assert.deepEqual(await digesting.finish(), {
      sizeBytes: 2_600_000,
      sha256: hexOf(Buffer.concat([content, new Uint8Array(100_000)])),
    });
    await digesting.abort();
  });

  test('a digest of nothing is the digest of no bytes, and one that is given up is over', async () => {
    const { bulk } = await make();
    const digesting = await bulk.startDigest();
    assert.deepEqual(await digesting.finish(), { sizeBytes: 0, sha256: hexOf(new Uint8Array(0)) });
    const other = await bulk.startDigest();
    await other.write({ kind: 'unreadable', sizeBytes: 10 });
    await other.abort();
    await other.abort();
  });
}

/** A read for each unit of a sealed file. */
function unitReads(
  bulk: Bulk,
  { payloadPath }: SealJob,
  { sealed, chunks }: { readonly sealed: Uint8Array; readonly chunks: Uint8Array },
): Promise<Uint8Array<ArrayBuffer>>[] {
  return Array.from({ length: chunks.length / DIGEST_BYTES }, (_, unit) => {
    const position = unit * UNIT_BYTES;
    const digest = chunks.subarray(unit * DIGEST_BYTES, (unit + 1) * DIGEST_BYTES);
    return bulk.readUnit(payloadPath, position, Math.min(UNIT_BYTES, sealed.length - position), digest);
  });
}

function unitContract({ test }: ContractRunner, make: () => Promise<BulkSubject>): void {
  test('each unit is read back in a buffer of its own', async () => {
    const { bulk, folder } = await make();
    const job = jobIn(folder);
    await sealWhole(bulk, job, contentOf(1_200_000));
    const [sealed, chunks] = [await readFile(job.payloadPath), await readFile(job.chunksPath)];
    const units = await Promise.all(unitReads(bulk, job, { sealed, chunks }));
    for (const unit of units) assert.equal(unit.buffer.byteLength, unit.length);
    assert.ok(Buffer.concat(units).equals(sealed));
    assert.equal(hexOf(chunks), hexOf(await readFile(job.chunksPath))); // the caller's digests are still its own
  });

  test('a unit of a sealed file that another one took the place of since, or that was altered, is damaged', async () => {
    const { bulk, folder } = await make();
    const job = jobIn(folder);
    await sealWhole(bulk, job, contentOf(1_200_000));
    const [sealed, chunks] = [await readFile(job.payloadPath), await readFile(job.chunksPath)];
    const altered = sealed.slice();
    altered[UNIT_BYTES + 7] = (altered[UNIT_BYTES + 7] ?? 0) ^ 128;
    await writeFile(job.payloadPath, altered);
    const reads = await Promise.allSettled(unitReads(bulk, job, { sealed, chunks }));
    assert.deepEqual(
      reads.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    await writeFile(
      job.payloadPath,
      Buffer.concat([sealed.subarray(UNIT_BYTES, 2 * UNIT_BYTES), sealed.subarray(UNIT_BYTES)]),
    );
    const [first] = await Promise.allSettled(unitReads(bulk, job, { sealed, chunks }));
    assert.equal(first?.status, 'rejected');
  });

  test('a unit that is other than it was, or shorter, is damaged; a file that is gone is an error of the system', async () => {
    const { bulk, folder } = await make();
    const path = join(folder, 'unit');
    const content = contentOf(100_000);
    const read = (): Promise<Uint8Array> =>
      bulk.readUnit(path, 1000, 90_000, sha256(content.subarray(1000, 91_000)));
    await writeFile(path, content);
    assert.ok(Buffer.from(await read()).equals(content.subarray(1000, 91_000)));
    for (const at of [1000, 50_000, 90_999]) {
      const damaged = content.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await writeFile(path, damaged);
      await assert.rejects(read(), refusal('spool.unit-damaged'));
    }
    await writeFile(path, content);
    await truncate(path, 90_999);
    await assert.rejects(read(), refusal('spool.unit-damaged'));
    await truncate(path, 10);
    await assert.rejects(read(), refusal('spool.unit-damaged'));
    await assert.rejects(bulk.readUnit(join(folder, 'none'), 0, 10, sha256(content)), refusal('ENOENT'));
    assert.deepEqual(openFilesIn(folder), []);
  });

  test('units are read while sealings are under way', async () => {
    const { bulk, folder } = await make();
    const content = contentOf(UNIT_BYTES);
    await writeFile(join(folder, 'unit'), content);
    const reads: Promise<Uint8Array>[] = [];
    const sealing = await bulk.startSeal(jobIn(folder));
    for (const piece of piecesOf(contentOf(4 * PULL_PIECE_BYTES), PULL_PIECE_BYTES)) {
      reads.push(bulk.readUnit(join(folder, 'unit'), 0, UNIT_BYTES, sha256(content)));
      await sealing.write(piece);
    }
    for (const unit of await Promise.all(reads)) assert.ok(Buffer.from(unit).equals(content));
    assert.equal((await sealing.finish()).originalSha256, hexOf(contentOf(4 * PULL_PIECE_BYTES)));
  });

  test('a small text is sealed for each recipient', async () => {
    const { bulk } = await make();
    const text = Buffer.from('{"path":"..."}');
    const sealed = await bulk.sealSmall(text, recipients);
    for (const { identity } of [store, escrow])
      assert.ok(Buffer.from(openSmall(sealed, [identity])).equals(text));
    assert.equal(String(text), '{"path":"..."}');
    await assert.rejects(bulk.sealSmall(text, ['age1nonsense']), refusal('key.recipient'));
  });
}

function lookContract({ test }: ContractRunner, make: () => Promise<BulkSubject>): void {
  test('many folders are looked into in one go: what they hold, and how long one file of each is', async () => {
    const { bulk, folder } = await make();
    const names = Array.from({ length: 100 }, (_, at) => `folder ${at}`);
    for (const [at, name] of names.entries()) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'other'), '');
      await writeFile(join(folder, name, 'wanted'), 'x'.repeat(at));
    }
    const looks = await bulk.lookInto({ parent: folder, names, file: 'wanted' });
    assert.deepEqual(looks.kinds, [['other', 'wanted']]);
    assert.deepEqual([...looks.kindOf], Array(100).fill(0));
    assert.deepEqual([...looks.sizesBytes], [...names.keys()]);
    const none = await bulk.lookInto({ parent: folder, names: [], file: 'wanted' });
    assert.deepEqual([none.kinds.length, none.kindOf.length, none.sizesBytes.length], [0, 0, 0]);
  });

  test('no length is told of what is not there, and of what is no file', async () => {
    const { bulk, folder } = await make();
    for (const name of ['none', 'link', 'folder']) await mkdir(join(folder, name));
    await writeFile(join(folder, 'target'), 'x');
    await symlink(join(folder, 'target'), join(folder, 'link', 'wanted'));
    await mkdir(join(folder, 'folder', 'wanted'));
    const names = ['none', 'link', 'folder'];
    const { kinds, kindOf, sizesBytes } = await bulk.lookInto({ parent: folder, names, file: 'wanted' });
    assert.deepEqual(kinds, [[], ['wanted']]);
    assert.deepEqual([...kindOf], [0, 1, 1]);
    assert.deepEqual([...sizesBytes], [Number.NaN, Number.NaN, Number.NaN]);
  });

  test('a folder that is not there, or none, is an error of the system', async () => {
    const { bulk, folder } = await make();
    await mkdir(join(folder, 'good'));
    await writeFile(join(folder, 'file'), 'x');
    const look = (name: string) => bulk.lookInto({ parent: folder, names: ['good', name], file: 'wanted' });
    await assert.rejects(look('none'), refusal('ENOENT'));
    await assert.rejects(look('file'), refusal('ENOTDIR'));
  });
}

/** Runs the suite; `make` gives a subject with a fresh folder each time. */
export function bulkContract(runner: ContractRunner, make: () => Promise<BulkSubject>): void {
  sealContract(runner, make);
  unreadableContract(runner, make);
  resumeContract(runner, make);
  endingContract(runner, make);
  digestContract(runner, make);
  unitContract(runner, make);
  lookContract(runner, make);
}
