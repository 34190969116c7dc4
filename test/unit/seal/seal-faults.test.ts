// A sealing on a disk that fails: each create, write, sync and close in its turn, a full disk, a power cut behind the end.
import { describe, expect, test } from 'vitest';
import type { SealResult } from '../../../agent/seal/bulk.ts';
import { bulkInline } from '../../fakes/bulk-inline.ts';
import { makeIdentity } from '../../../protocol/age/age-keys.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { isDockError, systemCode } from '../../../protocol/format/errors.ts';
import { PULL_PIECE_BYTES } from '../../../protocol/format/limits.ts';
import { openSmall } from '../../../protocol/age/sealed-file-open.ts';
import { contentOf, piecesOf } from '../../contracts/bulk-contract.ts';
import type { Fault } from '../../fakes/fault-plan.ts';
import { CrashDisk, SURVIVALS } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';

const store = makeIdentity(seededRandom(1));
const job = { payloadPath: '/s/payload.age', chunksPath: '/s/chunks.bin', recipients: [store.recipient] };
const content = contentOf(3 * PULL_PIECE_BYTES + 7);

interface Outcome {
  readonly result: SealResult | undefined;
  readonly error: unknown;
  /** What the calls behind the failure said. */
  readonly later: unknown[];
}

function newDisk(): CrashDisk {
  const disk = new CrashDisk();
  disk.plantFolder('/s');
  return disk;
}

async function sealOn(disk: CrashDisk, pieceBytes = PULL_PIECE_BYTES): Promise<Outcome> {
  const bulk = bulkInline({ files: disk, random: seededRandom(2) });
  const later: unknown[] = [];
  const sealing = await bulk.startSeal(job).catch((error: unknown) => ({ error }));
  if ('error' in sealing) return { result: undefined, error: sealing.error, later };
  try {
    for (const piece of piecesOf(content, pieceBytes)) await sealing.write(piece);
    return { result: await sealing.finish(), error: undefined, later };
  } catch (error) {
    for (const call of [
      () => sealing.write({ kind: 'unreadable', sizeBytes: 1 }),
      () => sealing.resumeDifference(new Uint8Array(1)),
      () => sealing.finish(),
    ])
      later.push(
        await call().then(
          () => 'no error',
          (again: unknown) => again,
        ),
      );
    return { result: undefined, error, later };
  } finally {
    await sealing.abort();
  }
}

function expectWhole(disk: CrashDisk, result: SealResult | undefined): void {
  const sealed = disk.peek(job.payloadPath) ?? new Uint8Array(0);
  expect(Buffer.compare(openSmall(sealed, [store.identity]), content)).toBe(0);
  expect(result?.sealedSizeBytes).toBe(sealed.length);
  expect(result?.chunksSha256).toBe(sha256Hex(disk.peek(job.chunksPath) ?? new Uint8Array(0)));
}

describe.each(['create', 'write', 'sync', 'close'] as const)('a disk whose %s fails', (operation) => {
  test('ends the sealing for good at each of them, with all files closed', async () => {
    const healthy = newDisk();
    expectWhole(healthy, (await sealOn(healthy)).result);
    const calls = healthy.calls(operation);
    expect(calls).toBeGreaterThanOrEqual(2);
    for (let nth = 1; nth <= calls; nth++) {
      const disk = newDisk();
      disk.fail({ operation, nth, code: 'EIO' });
      const { result, error, later } = await sealOn(disk);
      expect(result).toBeUndefined();
      expect(systemCode(error)).toBe('EIO');
      for (const again of later) expect(again).toBe(error);
      expect(disk.openFiles).toBe(0);
    }
  });
});

test('nothing is synced any more after a sync that failed', async () => {
  const syncs = (disk: CrashDisk): string[] =>
    Array.from({ length: disk.steps }, (_, step) => disk.stepLabel(step + 1)).filter((label) =>
      label.includes('sync'),
    );
  const disk = newDisk();
  disk.fail({ operation: 'sync', nth: 1, code: 'EIO', path: 'payload' });
  expect((await sealOn(disk)).result).toBeUndefined();
  expect(syncs(disk).filter((label) => label.includes('payload'))).toEqual(['failed sync /s/payload.age']);
});

test('a failure that the disk only tells at the close of a file is told as well', async () => {
  for (const path of ['payload', 'chunks']) {
    const fault: Fault = { operation: 'close', nth: 1, code: 'ENOSPC', path, applied: true };
    const disk = newDisk();
    disk.fail(fault);
    expect(systemCode((await sealOn(disk)).error)).toBe('ENOSPC');
  }
});

test('a disk that fills up ends the sealing wherever that is, and never leaves a file that counts', async () => {
  for (let capacity = 0; capacity < content.length + 2000; capacity += 400_003) {
    const disk = newDisk();
    disk.capacityBytes = capacity;
    const { result, error } = await sealOn(disk);
    expect(result).toBeUndefined();
    expect(systemCode(error)).toBe('ENOSPC');
    expect(disk.openFiles).toBe(0);
  }
});

test('once it has ended well, no power cut takes a byte of either file', async () => {
  const disk = newDisk();
  const { result } = await sealOn(disk, 100_000);
  const steps = disk.steps;
  await disk.syncFolder('/s'); // the names are the caller's
  for (const survival of SURVIVALS) expectWhole(disk.crash(disk.steps, survival), result);
  expect(disk.steps).toBe(steps + 1);
});

test('what lies on the disk before the end never opens as a whole', async () => {
  const disk = newDisk();
  await sealOn(disk);
  const lastWrites = disk.steps - 2;
  for (let step = 1; step < lastWrites; step += 3) {
    const cut = disk.crash(step, 'everything');
    const sealed = cut.peek(job.payloadPath);
    if (sealed === undefined || sealed.length === disk.peek(job.payloadPath)?.length) continue;
    expect(() => openSmall(sealed, [store.identity])).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^sealed\./) }),
    );
  }
});

test('plaintext is in no byte that was written', async () => {
  const disk = newDisk();
  await sealOn(disk);
  const written = Buffer.concat([...disk.tree().values()].map((bytes) => bytes ?? new Uint8Array(0)));
  for (const at of [0, 1_000_000, content.length - 64])
    expect(written.includes(Buffer.from(content.slice(at, at + 32)))).toBe(false);
});

test('giving up while the disk is at work waits for it and closes the files', async () => {
  const disk = newDisk();
  const bulk = bulkInline({ files: disk, random: seededRandom(2) });
  const sealing = await bulk.startSeal(job);
  const writing = (async () => {
    for (const piece of piecesOf(content, PULL_PIECE_BYTES)) await sealing.write(piece);
    await sealing.finish();
  })().catch((error: unknown) => error);
  await sealing.abort();
  expect(disk.openFiles).toBe(0);
  expect(isDockError(await writing)).toBe(true);
});
