import { expect, test } from 'vitest';
import { CHAIN_START } from '../../../../protocol/custody/custody-entry.ts';
import { makeSegmentId } from '../../../../protocol/format/ids.ts';
import { makeSecretKey, publicKeyOf } from '../../../../protocol/documents/minisign.ts';
import type { HeldSegment } from '../../../../agent/receiver/custody/custody-batch.ts';
import {
  CustodyFile,
  segmentPath,
  type CustodyUse,
} from '../../../../agent/receiver/custody/custody-file.ts';
import { FolderSyncs } from '../../../../protocol/format/folder-syncs.ts';
import { CrashDisk, SURVIVALS } from '../../../fakes/files-crash.ts';
import { SeededRandom } from '../../../fakes/random-seeded.ts';
import { SegmentMaker } from '../custody-sample.ts';
import { STATION } from '../sample.ts';

const random = new SeededRandom(1);
const key = makeSecretKey(random);
const log = new SegmentMaker(STATION, makeSegmentId(random), key);
for (let count = 0; count < 30; count++) log.add('agent-started', { version: `${count}` });
/** Longer than what is read of an end. */
const LONG = new SegmentMaker(STATION, log.segment, key);
for (let count = 0; count < 1000; count++) LONG.add('agent-started', { version: `${count}` });
const PATH = segmentPath('/custody', log.segment);

function openOn(
  disk: CrashDisk,
  use: CustodyUse = { station: STATION, keys: [publicKeyOf(key)] },
): Promise<CustodyFile> {
  return CustodyFile.open(disk, new FolderSyncs(disk), '/custody', log.segment, use);
}

function emptyDisk(): CrashDisk {
  const disk = new CrashDisk();
  disk.plantFolder('/custody');
  return disk;
}

/** What is held after `count` lines, none of which is a checkpoint. */
function heldAt(count: number): HeldSegment {
  return { head: headAt(count), keyId: undefined };
}

function headAt(count: number): typeof CHAIN_START {
  const maker = new SegmentMaker(STATION, log.segment, makeSecretKey(new SeededRandom(2)));
  for (let at = 1; at < count; at++) maker.add('agent-started', { version: `${at - 1}` });
  return maker.head;
}

test('appended lines are found again, with their head', async () => {
  const disk = emptyDisk();
  const file = await openOn(disk);
  expect(file.head).toEqual(CHAIN_START);
  await file.append(log.batch(1, 10), heldAt(10));
  await file.append(log.batch(11), heldAt(30));
  expect((await openOn(disk)).head).toEqual(log.head);
  expect(Buffer.from(disk.peek(PATH) ?? []).equals(log.batch())).toBe(true);
});

test('a head that was told survives every power cut', async () => {
  const disk = emptyDisk();
  const file = await openOn(disk);
  for (let count = 5; count <= 30; count += 5) {
    await file.append(log.batch(count - 4, count), heldAt(count));
    disk.claim(String(count));
  }
  for (let step = 0; step <= disk.steps; step++)
    for (const survival of SURVIVALS) {
      const after = disk.crash(step, survival);
      const claimed = Number(disk.claimsAt(step).at(-1) ?? 0);
      const found = await openOn(after).catch((error: unknown) => {
        if (claimed > 0) throw error;
        return { head: CHAIN_START };
      });
      expect(found.head.sequence).toBeGreaterThanOrEqual(claimed);
    }
});

test('a torn end is left out, and what is appended next follows the last whole line', async () => {
  for (const torn of [1, 50, log.lines[19]?.length ?? 0, 5000]) {
    const disk = emptyDisk();
    const whole = log.batch(1, 19);
    const tail = torn > 1000 ? new Uint8Array(torn) : log.batch(20, 20).subarray(0, torn);
    disk.plant(PATH, Buffer.concat([whole, tail]));
    const file = await openOn(disk);
    expect(file.tornBytes).toBe(tail.length);
    expect(file.head).toEqual(headAt(19));
    await file.append(log.batch(20), heldAt(30));
    expect(file.tornBytes).toBe(0);
    expect(Buffer.from(disk.peek(PATH) ?? []).equals(log.batch())).toBe(true);
  }
});

test('after a failed write or sync the file is written anew and nothing that was not durable is claimed', async () => {
  for (const operation of ['write', 'sync'] as const) {
    const disk = emptyDisk();
    const file = await openOn(disk);
    await file.append(log.batch(1, 10), heldAt(10));
    disk.fail({ operation, nth: 1, code: 'EIO' });
    await expect(file.append(log.batch(11), heldAt(30))).rejects.toMatchObject({ code: 'EIO' });
    expect(file.head).toEqual(headAt(10));
    await file.append(log.batch(11), heldAt(30));
    const after = await openOn(disk.crash(disk.steps, 'nothing'));
    expect(after.head).toEqual(log.head);
  }
});

test('a file of which a sync failed is written again when it is opened: what it says is durable', async () => {
  const disk = emptyDisk();
  const file = await openOn(disk);
  await file.append(log.batch(1, 10), heldAt(10));
  disk.fail({ operation: 'sync', nth: 1, code: 'EIO' });
  await expect(file.append(log.batch(11, 20), heldAt(20))).rejects.toMatchObject({ code: 'EIO' });
  const again = await openOn(disk);
  expect(again.head).toEqual(headAt(20));
  expect((await openOn(disk.crash(disk.steps, 'nothing'))).head).toEqual(headAt(20));
  await again.append(log.batch(21), heldAt(30));
  expect((await openOn(disk.crash(disk.steps, 'nothing'))).head).toEqual(log.head);
});

test('a file whose name an earlier run had no time to sync is durable once it is opened', async () => {
  const disk = emptyDisk();
  const file = await openOn(disk);
  disk.fail({ operation: 'syncFolder', nth: 1, code: 'EINTR' });
  await expect(file.append(log.batch(1, 10), heldAt(10))).rejects.toMatchObject({ code: 'EINTR' });
  await openOn(disk);
  expect(disk.crash(disk.steps, 'nothing').peek(PATH)).toEqual(disk.peek(PATH));
});

test('what another receiver appends to is not written to', async () => {
  const disk = emptyDisk();
  await (await openOn(disk)).append(log.batch(1, 10), heldAt(10));
  disk.fail({ operation: 'write', nth: 1, code: 'EIO' });
  expect((await openOn(disk, 'read')).head).toEqual(headAt(10));
});

test('a file in whose end no line holds is damaged', async () => {
  const disk = emptyDisk();
  disk.plant(PATH, 'nothing of a log\n');
  await expect(openOn(disk)).rejects.toMatchObject({ code: 'custody.damaged' });
  disk.plant(PATH, new Uint8Array(400_000).fill(65));
  await expect(openOn(disk)).rejects.toMatchObject({ code: 'custody.damaged' });
});

test('what the system shows wrong for a while is never written back', async () => {
  const maker = new SegmentMaker(STATION, log.segment, key);
  maker
    .add('agent-started', { version: 'x' })
    .checkpoint()
    .add('agent-started', { version: 'y' })
    .checkpoint();
  const bytes = maker.batch();
  for (let bit = 0; bit < 8 * bytes.length; bit += 3) {
    const disk = emptyDisk();
    disk.plant(PATH, bytes);
    disk.misreadBit(PATH, bit);
    await openOn(disk).catch((error: unknown) => expect(error).toMatchObject({ code: 'custody.damaged' }));
    const after = disk.crash(disk.steps, 'everything');
    expect(Buffer.from(after.peek(PATH) ?? []).equals(Buffer.from(bytes)), `bit ${bit}`).toBe(true);
  }
});

test('a file whose beginning does not hold is not written anew as it is', async () => {
  const disk = emptyDisk();
  disk.plant(PATH, Buffer.concat([LONG.batch(), Buffer.from('{')]));
  const file = await openOn(disk);
  expect(file.tornBytes).toBe(1);
  const more = new SegmentMaker(STATION, log.segment, key);
  const before = disk.peek(PATH);
  disk.misreadBit(PATH, 8 * 2000 + 1);
  const entry = more.add('agent-started', { version: 'z' }).batch(2);
  await expect(file.append(entry, heldAt(2))).rejects.toMatchObject({ code: 'custody.damaged' });
  expect(Buffer.from(disk.crash(disk.steps, 'everything').peek(PATH) ?? [])).toEqual(
    Buffer.from(before ?? []),
  );
});
