// Released recordings that a restored store may lack: each is given, whatever the disk refuses meanwhile, and one that is just being reclaimed too.
import { expect, test } from 'vitest';
import type { Spool } from '../../../agent/spool/spool.ts';
import { encodeReceipt, parseReceipt, RECEIPT_TRUSTED_COMMENT } from '../../../protocol/documents/receipt.ts';
import { signDocument } from '../../../protocol/documents/minisign.ts';
import { makeSessionId, type RecordingId } from '../../../protocol/format/ids.ts';
import type { CrashDisk } from '../../fakes/files-crash.ts';
import { seededRandom } from '../../fakes/random-seeded.ts';
import { freshDisk, openSpool, prepare, receiptOne, spoolOne, storeKey, type Prepared } from './scenario.ts';

const random = seededRandom(3);
const vault = makeSessionId(random);
const UNTIL = '2020-01-01T00:00:00.000Z';

/** A recording with a receipt of that vault. */
function preparedHere(): Prepared {
  const prepared = prepare(random);
  const bytes = encodeReceipt({ ...parseReceipt(prepared.receipt.bytes), vault });
  const signature = signDocument(storeKey, bytes, RECEIPT_TRUSTED_COMMENT);
  return { ...prepared, receipt: { bytes, signature } };
}

async function receipted(disk: CrashDisk, spool: Spool): Promise<RecordingId> {
  const prepared = preparedHere();
  await spoolOne(disk, spool, prepared);
  await receiptOne(spool, prepared);
  return prepared.recording;
}

async function into(given: RecordingId[], spool: Spool): Promise<void> {
  for await (const recording of spool.withdrawLost(vault, UNTIL)) given.push(recording);
}

test('where the machine is short in the middle, what was withdrawn before is given, and the rest at the next try', async () => {
  const disk = await freshDisk();
  const { spool } = await openSpool(disk);
  const recordings = [await receipted(disk, spool), await receipted(disk, spool)];
  for (const recording of recordings) await spool.reclaim(recording);
  const given: RecordingId[] = [];
  disk.fail({ operation: 'list', path: `/spool/released/${recordings[0]}`, nth: 1, code: 'EMFILE' });
  await expect(into(given, spool)).rejects.toMatchObject({ code: 'EMFILE' });
  expect(given).toEqual([recordings[1]]);
  await into(given, spool);
  expect(given.toSorted()).toEqual(recordings.toSorted());
  expect(recordings.map((recording) => spool.stateOf(recording))).toEqual([undefined, undefined]);
  await spool.close();
});

test('one that the disk moved back and did not sync is here, and not lost', async () => {
  const disk = await freshDisk();
  const { spool } = await openSpool(disk);
  const recording = await receipted(disk, spool);
  disk.fail({ operation: 'unlink', path: 'payload.age', nth: 1, code: 'EIO' });
  await expect(spool.reclaim(recording)).rejects.toMatchObject({ code: 'spool.write-failed' });
  expect(spool.stateOf(recording)).toBe('released');
  disk.fail({ operation: 'syncFolder', path: '/spool/ready', nth: 1, code: 'EIO' });
  const given: RecordingId[] = [];
  await expect(into(given, spool)).rejects.toMatchObject({ code: 'EIO' });
  await into(given, spool);
  expect([given, spool.stateOf(recording)]).toEqual([[], 'receipted']);
  await spool.close();
});

test('one whose reclaim runs is given', async () => {
  const disk = await freshDisk();
  const { spool } = await openSpool(disk);
  const recording = await receipted(disk, spool);
  const reclaimed = spool.reclaim(recording);
  const given: RecordingId[] = [];
  await into(given, spool);
  await reclaimed;
  expect([given, spool.stateOf(recording)]).toEqual([[recording], undefined]);
  await spool.close();
});
