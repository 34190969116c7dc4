// A store that was put back asks for a recording again while the station's disk is full, or takes no mark: its copy never counts as receipted.
import { describe, expect, test } from 'vitest';
import type { Spool } from '../../../agent/spool/spool.ts';
import { sha256Hex } from '../../../protocol/format/bytes.ts';
import { encodeReceipt, parseReceipt, RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { signFast } from '../../fakes/signer-fast.ts';
import {
  freshDisk,
  openSpool,
  prepare,
  receiptOne,
  ROOT,
  spoolOne,
  storeKey,
  type Prepared,
} from './scenario.ts';

const RESERVE_BYTES = 20_000;
const digestOf = ({ receipt }: Prepared): string => sha256Hex(receipt.bytes);

/** The receipt that the store gives an hour later. */
function later(prepared: Prepared): Prepared {
  const receipt = parseReceipt(prepared.receipt.bytes);
  const receivedAt = new Date(Date.parse(receipt.received_at) + 3_600_000).toISOString();
  const bytes = encodeReceipt({ ...receipt, received_at: receivedAt });
  return { ...prepared, receipt: { bytes, signature: signFast(storeKey, bytes, RECEIPT_TRUSTED_COMMENT) } };
}

async function receipted(
  reserveBytes = 0,
): Promise<{ disk: CrashDisk; spool: Spool; one: Prepared; two: Prepared }> {
  const disk = await freshDisk();
  if (reserveBytes > 0) disk.plant(`${ROOT}/reserve`, new Uint8Array(reserveBytes));
  const { spool } = await openSpool(disk, { reserveBytes });
  const [one, two] = [prepare(seededRandom(1)), prepare(seededRandom(2))];
  for (const each of [one, two]) await spoolOne(disk, spool, each);
  await receiptOne(spool, one);
  return { disk, spool, one, two };
}

/** As a power cut at this moment leaves it, opened again. */
async function reopened(disk: CrashDisk): Promise<Spool> {
  return (await openSpool(disk.crash(disk.steps, 'nothing'))).spool;
}

test('a full disk gives up its reserve for the mark of what the store asks for again', async () => {
  const { disk, spool, one } = await receipted(RESERVE_BYTES);
  disk.capacityBytes = disk.usedBytes;
  expect(await spool.askAgain(one.recording, digestOf(one))).toBe('waits');
  expect(disk.peek(`${ROOT}/reserve`)).toBeUndefined();
  for (const at of [spool, await reopened(disk)])
    await expect(at.reclaim(one.recording)).rejects.toMatchObject({ code: 'spool.not-receipted' });
});

describe('a disk that takes no mark', () => {
  async function unmarked(): Promise<Awaited<ReturnType<typeof receipted>>> {
    const found = await receipted();
    const { disk, spool, one } = found;
    disk.capacityBytes = disk.usedBytes;
    const asked = spool.askAgain(one.recording, digestOf(one));
    await expect(asked).rejects.toMatchObject({ code: 'spool.write-failed' });
    return found;
  }

  test('leaves the copy one without a receipt all the same: it is not reclaimed, and no old receipt counts', async () => {
    const { spool, one } = await unmarked();
    expect(spool.get(one.recording)?.state).toBe('spooled');
    await expect(spool.reclaim(one.recording)).rejects.toMatchObject({ code: 'spool.not-receipted' });
    await expect(receiptOne(spool, one)).rejects.toMatchObject({ code: 'receipt.asked-again' });
    expect(spool.get(one.recording)?.state).toBe('spooled');
  });

  test('is asked again as often as the store or the station wants, and marks it once it can', async () => {
    const { disk, spool, one } = await unmarked();
    const asked = spool.askAgain(one.recording, digestOf(one));
    await expect(asked).rejects.toMatchObject({ code: 'spool.write-failed' });
    expect(await spool.askAgain(one.recording, 'a'.repeat(64))).toBe('other');
    disk.capacityBytes = Infinity;
    expect(await spool.askAgain(one.recording, digestOf(one))).toBe('waits');
    for (const at of [spool, await reopened(disk)]) {
      expect(at.get(one.recording)?.state).toBe('spooled');
      expect((await at.takenBack()).map(({ receipt_sha256 }) => receipt_sha256)).toEqual([digestOf(one)]);
      expect(await at.askAgain(one.recording, digestOf(one))).toBe('other');
    }
  });

  test('has forgotten it behind a cut, and follows the store when it asks once more', async () => {
    const { disk, one } = await unmarked();
    const cut = disk.crash(disk.steps, 'nothing');
    cut.capacityBytes = Infinity;
    const { spool } = await openSpool(cut);
    expect(spool.get(one.recording)?.state).toBe('receipted');
    expect(await spool.askAgain(one.recording, digestOf(one))).toBe('waits');
    expect((await reopened(cut)).get(one.recording)?.state).toBe('spooled');
  });

  test('ends it with another receipt that comes before the mark: the one that was taken back never counts, also behind a cut', async () => {
    const { disk, spool, one } = await unmarked();
    disk.capacityBytes = Infinity;
    await receiptOne(spool, later(one));
    await spool.askedOver(one.recording);
    expect(await spool.askAgain(one.recording, digestOf(one))).toBe('other');
    disk.corrupt(`${ROOT}/ready/${one.recording}/receipt.json`, (bytes) => bytes.subarray(0, 20));
    expect(await spool.recheck(one.recording)).toBe('unreceipted');
    for (const at of [spool, await reopened(disk)]) {
      await expect(receiptOne(at, one)).rejects.toMatchObject({ code: 'receipt.asked-again' });
      expect(at.get(one.recording)?.state).toBe('spooled');
    }
  });

  test('lets what was asked for leave for the quarantine, and is replaced by what is pulled again', async () => {
    const { spool, one } = await unmarked();
    await spool.quarantine(one.recording, 'a unit is damaged').catch(() => undefined);
    const { camera, source, original } = one.documents.manifest;
    expect(spool.get(one.recording)).toBeUndefined();
    expect(spool.replacedBy(camera.id, source.path_sha256, original.sha256)).toEqual([one.recording]);
  });

  test('does not forget what was taken back before', async () => {
    const { disk, spool, one } = await receipted();
    const [second, recording] = [later(one), one.recording];
    await spool.askAgain(recording, digestOf(one));
    await receiptOne(spool, second);
    await spool.askedOver(recording);
    disk.capacityBytes = disk.usedBytes;
    await expect(spool.askAgain(recording, digestOf(second))).rejects.toMatchObject({
      code: 'spool.write-failed',
    });
    for (const each of [one, second])
      await expect(receiptOne(spool, each)).rejects.toMatchObject({ code: 'receipt.asked-again' });
    disk.capacityBytes = Infinity;
    expect(await spool.askAgain(recording, digestOf(second))).toBe('waits');
    for (const each of [one, second])
      await expect(receiptOne(await reopened(disk), each)).rejects.toMatchObject({
        code: 'receipt.asked-again',
      });
  });
});
